"""Several hosts of one account, each a process of its own, and what can happen to them and to their servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.processes.host import LEASE_S
from tests.redis_servers import until

ROOT = Path(__file__).parents[2]


class Lead(NamedTuple):
    """A time for which a host thought that it leads, on the monotonic clock."""

    began: float
    until: float
    life: int


class Slot:
    """A place for one host after another."""

    def __init__(self, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", "tests.processes.host", *arguments]
        self._nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.life = 0
        self.pid = 0
        self.ends: list[str] = []
        self.leads: list[Lead] = []
        self.owns: list[float] = []
        self.ok_at = 0.0
        """When a snapshot last held the account as it is now."""
        self.orders: dict[str, set[str]] = {"placed": set(), "absent": set(), "unknown": set()}
        """Prices of orders, by what their caller was told."""
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def start(self, life: int) -> None:
        """Have a host here; the one before has died."""
        self.life, self.pid = life, 0
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{life}\n")
        self._nursery.stdin.flush()
        until(lambda: self.pid)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        before = len(self.ends)
        self.send(signal.SIGKILL)
        until(lambda: len(self.ends) > before)

    def close(self) -> None:
        """End the process that forks; what it said has been heard then."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait()
        self._listening.join()
        assert self._nursery.stdout is not None
        self._nursery.stdout.close()

    def _listen(self) -> None:
        assert self._nursery.stdout is not None
        for line in self._nursery.stdout:
            word, *figures = line.split()
            if word == "born":
                self.pid = int(figures[0])
            elif word == "died":
                self.ends.append(" ".join(figures))
            elif word == "leads":
                self.leads.append(Lead(float(figures[0]), float(figures[1]), self.life))
            elif word == "owns":
                self.owns.append(float(figures[0]))
            elif word == "sees":
                if figures[1] == "ok":
                    self.ok_at = float(figures[0])
            else:
                self.orders[word].add(figures[0])


class Fleet:
    """The hosts, and who of them does what."""

    def __init__(self, hosts: int, arguments: Sequence[str]) -> None:
        self.slots = [Slot(arguments) for _ in range(hosts)]
        self.lives = 0
        for slot in self.slots:
            self.start(slot)

    def start(self, slot: Slot) -> None:
        self.lives += 1
        slot.start(self.lives)

    def leader(self) -> Slot:
        """Who thinks so now, or did last."""
        return max(self.slots, key=lambda slot: slot.leads[-1].until if slot.leads else 0.0)

    def owner(self) -> Slot:
        """Who trades, or did last."""
        return max(self.slots, key=lambda slot: slot.owns[-1] if slot.owns else 0.0)

    def settle(self, moment: float, *, but: int = 0) -> float:
        """Wait until somebody, not of that life, thinks so after that; how long it took, in leases."""

        def leads() -> list[float]:
            said = (lead for slot in self.slots for lead in tuple(slot.leads))
            return [lead.began for lead in said if lead.began > moment and lead.life != but]

        until(leads)
        return (min(leads()) - moment) / LEASE_S

    def pause(self, slot: Slot, meanwhile: Callable[[], object]) -> None:
        """The host sleeps, and wakes up knowing nothing of it."""
        slot.send(signal.SIGSTOP)
        try:
            meanwhile()
        finally:
            slot.send(signal.SIGCONT)

    def told(self, word: str) -> set[str]:
        return {price for slot in self.slots for price in slot.orders[word]}

    def two_at_once(self) -> list[tuple[Lead, Lead]]:
        """Leads that began before that of another host was over, and that other one's."""
        leads = sorted(lead for slot in self.slots for lead in slot.leads)
        return [
            (first, second)
            for number, second in enumerate(leads)
            for first in leads[:number]
            if first.life != second.life and second.began < first.until
        ]

    def all_see_after(self, moment: float) -> bool:
        """Every host knows the account as it is after that."""
        return all(slot.ok_at > moment for slot in self.slots)

    def end(self) -> None:
        """Kill all."""
        for slot in self.slots:
            slot.kill()
            slot.close()
