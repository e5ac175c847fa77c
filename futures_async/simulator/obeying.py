"""uvicorn as a program serves by it: what the shell had it ignore, it ignores."""

from __future__ import annotations

import signal
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """Ends by Ctrl-C and SIGTERM, but for those that are ignored as it is made.

    A shell without job control starts so what it puts in the background: the Ctrl-C that comes there is meant for the
    program in front. uvicorn asks for both all the same.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ignored = {sig for sig in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(sig) is signal.SIG_IGN}

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order, unless that signal is to be ignored."""
        if sig not in self._ignored:
            self.end(sig, frame)

    def end(self, sig: int, frame: FrameType | None) -> None:
        """What a signal does; uvicorn raises it anew once all is closed."""
        super().handle_exit(sig, frame)
