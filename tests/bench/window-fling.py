#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Flinging through a million keys: window-fling.py COFFER VAULT

Runs inside a headless session. Once the first rows are there: Page Down as fast as a held key repeats, bursts of the
wheel, Page Up, End and Home, while the program logs every turn of its main loop that takes over 1 ms; those that draw a
frame do. Counted is the time that the main thread was on a processor, as other programs' work is not its own; the time
by the clock stands beside it. Exit status 1 where one turn in a hundred takes over 8 ms, or any over 16.
"""
import os
import subprocess
import sys
import tempfile

from programs import Watch, end, wait_until_still, xdo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "desktop"))
from watchdog import Watchdog  # noqa: E402

P99_MS, LONGEST_MS = 8.0, 16.0


def fling(step):
    """Five seconds or so of what a person does to get through many rows."""
    if step == "page down":
        xdo("key", "--delay", 30, "--repeat", 200, "Next")
    elif step == "wheel":
        for button in (5, 4, 5):
            xdo("click", "--delay", 5, "--repeat", 300, button)
    elif step == "page up":
        xdo("key", "--delay", 30, "--repeat", 150, "Prior")
    else:
        for _ in range(10):
            xdo("key", "--delay", 100, "End", "Prior", "Prior", "Home", "Next", "Next")


def figures(values):
    ordered = sorted(values)
    return ordered[len(ordered) * 99 // 100], ordered[-1]


def main(coffer, vault):
    watch = Watch()
    width, height = watch.size
    good = True
    with tempfile.TemporaryDirectory(prefix="coffer-fling-") as folder:
        dog = Watchdog(folder)
        process = subprocess.Popen([coffer, vault], env={**os.environ, **dog.env, "COFFER_WATCHDOG_MS": "1"},
                                   start_new_session=True, stderr=subprocess.DEVNULL)
        try:
            wait_until_still(watch, process)
            xdo("mousemove", width // 2, height // 2, "click", 1)
            for step in ("page down", "wheel", "page up", "ends"):
                dog.forget()
                fling(step)
                turns = dog.turns()
                if len(turns) < 50:
                    sys.exit("only %d turns: the keys went elsewhere" % len(turns))
                p99, longest = figures(turn.busy for turn in turns)
                clock = figures(turn.ms for turn in turns)
                met = p99 <= P99_MS and longest <= LONGEST_MS
                good = good and met
                print(f"{step:10} {len(turns):5d} turns   p99 {p99:5.1f} of {P99_MS:.0f} ms   longest {longest:5.1f} of "
                      f"{LONGEST_MS:.0f} ms   (by the clock {clock[0]:.1f} and {clock[1]:.1f}): "
                      f"{'met' if met else 'NOT MET'}", flush=True)
        finally:
            end(process)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
