#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Storage window of a vault of 10 GB with 100,000 keys: storage-page.py COFFER VAULT

Runs inside a headless session, on a copy of VAULT that says it is longer; most of it is a hole, since no number of the window may need it.

Counted is the time from the key that opens the window to the last change of its picture, by then with all numbers that need no look
at the pages; and the longest turn of the main loop until then, by the time that it was on a processor. Then what the program costs
while nobody does anything: with the window open, and with it and the vault's window minimized. Exit status 1 over a budget.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from programs import WORDS_LINES, Watch, end, wait_until_still, xdo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "desktop"))
from watchdog import Watchdog  # noqa: E402

FILE_SIZE = 10 << 30
PAGE_SIZE = 32768
COUNT_AT = 28         # SQLite's file format, "The Database Header": pages of the file
ROUNDS = 5
NUMBERS_MS, TURN_MS = 200.0, 16.0
IDLE_SECONDS = 20
IDLE_SHARE = 0.001    # of a processor


def make_long(vault, path):
    """The same keys in a file that says it is longer."""
    shutil.copy(vault, path)
    with open(path, "r+b") as file:
        file.truncate(FILE_SIZE)
        file.seek(COUNT_AT)
        file.write((FILE_SIZE // PAGE_SIZE).to_bytes(4, "big"))


def cpu_seconds(pid):
    """Of the process, with those of its threads that have ended, to the nanosecond: Linux's MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)."""
    return time.clock_gettime(~pid << 3 | 2)


def open_window(watch, process):
    """Milliseconds to the first sight of it, and to all of its numbers."""
    before = watch.look()
    begin = time.monotonic()
    xdo("key", "ctrl+shift+s")
    first, _, changed = wait_until_still(watch, process, before)
    if watch.changed_lines(before, watch.look()) < WORDS_LINES:
        sys.exit("no window came")
    return (first - begin) * 1000, (changed - begin) * 1000


def share_of(pid, what, budget):
    time.sleep(2)     # what it began with
    before = cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    share = (cpu_seconds(pid) - before) / IDLE_SECONDS
    print(f"{what:44} {share * 100:9.3f} % of a processor, budget {budget * 100:.3f}: {'met' if share <= budget else 'NOT MET'}", flush=True)
    return share


def measure(coffer, vault, folder):
    watch = Watch()
    width, height = watch.size
    dog = Watchdog(folder)
    process = subprocess.Popen([coffer, vault], env={**os.environ, **dog.env, "COFFER_WATCHDOG_MS": "1"},
                               start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        wait_until_still(watch, process)
        xdo("mousemove", width // 2, height // 2, "click", 1)
        without = watch.look()
        times, turns = [], []
        for number in range(ROUNDS):
            dog.forget()
            times.append(open_window(watch, process))
            turns.append(max((turn.busy for turn in dog.turns()), default=0))
            if number < ROUNDS - 1:
                xdo("key", "Escape")
                watch.wait_for(without)
        first, numbers = (statistics.median(column) for column in zip(*times))
        longest = max(turns)
        fast = numbers <= NUMBERS_MS and longest <= TURN_MS
        print(f"{'Storage of 10 GB, 100,000 keys':44} first sight {first:5.0f} ms   numbers {numbers:5.0f} of {NUMBERS_MS:.0f} ms   "
              f"longest turn {longest:5.1f} of {TURN_MS:.0f} ms ({', '.join(f'{turn:.1f}' for turn in turns)}): "
              f"{'met' if fast else 'NOT MET'}", flush=True)
        shown = share_of(process.pid, "  the window open, nobody does anything", IDLE_SHARE)
        for window in subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(process.pid)], check=True, stdout=subprocess.PIPE,
                                     universal_newlines=True).stdout.split():
            xdo("windowminimize", window)
        hidden = share_of(process.pid, "  minimized", IDLE_SHARE)
        return fast and shown <= IDLE_SHARE and hidden <= IDLE_SHARE
    finally:
        end(process)


def main(coffer, vault):
    with tempfile.TemporaryDirectory(prefix="coffer-storage-", dir=os.path.dirname(vault)) as folder:
        path = os.path.join(folder, "long.kvault")
        make_long(vault, path)
        return 0 if measure(coffer, path, folder) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
