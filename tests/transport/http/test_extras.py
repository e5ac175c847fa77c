"""What is imported, and when."""

from __future__ import annotations

import subprocess
import sys


def test_libraries_that_may_not_serve_are_imported_when_one_does() -> None:
    program = (
        "import sys; from futures_async.adapters import Bitget; from futures_async import Credentials;"
        "exchange = Bitget(Credentials('k', 's', passphrase='p'));"
        "print(sorted({'httpx', 'httpcore', 'httpx2', 'httptools', 'trio'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
