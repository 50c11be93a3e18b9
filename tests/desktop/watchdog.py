# SPDX-License-Identifier: MIT
"""How long turns of the program's main loop take: what it logs when COFFER_WATCHDOG names a file."""
import os
import time
from typing import List, NamedTuple

# What a frame has at 60 Hz.
LIMIT_MS = 16.0

# What the work in limit_here() takes of a processor of 2.4 GHz, on which turns take what the benchmarks say.
WORK_MS = 9.0


def limit_here() -> float:
    """The most milliseconds that a turn may take in a test, on this machine as it is now: half as much again as a frame, and that
    times as much as the machine is slower than the one on which the turns were measured. A turn that grows with the vault takes
    many times as much on any machine; whether one keeps within a frame is for COFFER_TEST_FULL and the benchmarks to say, which
    have a quiet one."""
    if os.environ.get("COFFER_TEST_FULL"):
        return LIMIT_MS
    took = []
    for _ in range(5):
        began = time.thread_time()
        words = {"key %d" % (number * 7919 % 20000): [number] for number in range(20000)}
        sorted(words)
        took.append((time.thread_time() - began) * 1e3)
    return LIMIT_MS * 1.5 * max(1.0, min(took) / WORK_MS)


class Turn(NamedTuple):
    """A turn of over 16 ms. busy: the milliseconds of it that the main thread was on a processor; blocked: those that it neither
    was nor waited for one that others had, but for a lock, a disk, or another program."""

    end: float
    ms: float
    busy: float
    blocked: float


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
