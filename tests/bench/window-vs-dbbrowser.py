#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Coffer against DB Browser for SQLite on one file: window-vs-dbbrowser.py COFFER VAULT

Runs inside a headless session. Both programs are started in turn, five times each after one
for the caches; the time is from starting the process to the first sight of the picture whose
rows then stay, on the whole screen, looked at every 20 ms or so. "still" is when the last word
changed: Coffer counts keys and gathers sizes behind its rows, and says so in the status bar, so
it is told beside. Memory is what the process and its children hold once nothing has changed for
two seconds, hence with all sizes known, shared pages counted in shares (PSS). Last, Coffer
without a file. Exit status 1 where Coffer takes longer or more.
"""
import sys

from programs import Watch, forget_sizes, medians, show, start, tidy

ROUNDS = 5
EMPTY_WINDOW_MS = 400


def main(coffer, vault):
    watch = Watch()
    commands = {"coffer, 1,000,000 keys": [coffer, vault],
                "sqlitebrowser, the same file": ["sqlitebrowser", "-t", "kv", vault],
                "coffer, no file": [coffer]}
    runs = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            tidy(vault)
            forget_sizes()
            figures = start(watch, command)
            if number > 0:
                runs[name].append(figures)
    tidy(vault)
    ours, theirs, empty = (medians(each) for each in runs.values())
    for name, each in runs.items():
        show(name, medians(each))
    time_ratio, memory_ratio = ours[1] / theirs[1], ours[3] / theirs[3]
    good = time_ratio <= 1 and memory_ratio <= 1 and empty[2] <= EMPTY_WINDOW_MS
    print(f"{time_ratio:.2f} x its time to the rows ({ours[2] / theirs[2]:.2f} until all is still), "
          f"{memory_ratio:.2f} x its memory; empty window {empty[2]:.0f} of {EMPTY_WINDOW_MS} ms{'' if good else '  TOO SLOW OR TOO LARGE'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
