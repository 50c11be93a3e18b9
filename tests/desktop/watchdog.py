# SPDX-License-Identifier: MIT
"""How long turns of the program's main loop take: what it logs when COFFER_WATCHDOG names a file."""
import os
import time
from typing import List, NamedTuple

# What a frame has at 60 Hz.
LIMIT_MS = 16.0


class Turn(NamedTuple):
    """A turn of over 16 ms. busy: the milliseconds of it that the main thread was on a processor."""

    end: float
    ms: float
    busy: float


class Watchdog:
    """The log of a program started with env=watchdog.env."""

    def __init__(self, folder: str):
        self.path = os.path.join(folder, "watchdog")
        self.since = 0.0

    @property
    def env(self) -> dict:
        return {"COFFER_WATCHDOG": self.path}

    def forget(self) -> None:
        """Turns that ended until now count no more."""
        self.since = time.monotonic()

    def turns(self) -> List[Turn]:
        """The long turns since then."""
        with open(self.path, encoding="ascii") as file:
            turns = [Turn(*map(float, line.split())) for line in file]
        return [turn for turn in turns if turn.end > self.since and turn.ms > 0]

    def stalls(self) -> List[Turn]:
        """Those in which the main thread itself was busy for too long. On a machine that has other things to do a turn may
        take any time by the clock."""
        return [turn for turn in self.turns() if turn.busy > LIMIT_MS]
