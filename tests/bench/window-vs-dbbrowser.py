#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Coffer against DB Browser for SQLite on one file: window-vs-dbbrowser.py COFFER VAULT

Runs inside a headless session. Both programs are started in turn, five times each after one
for the caches; the time is from starting the process to the first sight of the picture that
then stays for two seconds, on the whole screen, looked at every 20 ms or so; "rows" leaves out
later changes of a few words, as of a count that goes on behind. Memory is what the process and
its children hold in the end, shared pages counted in shares (PSS). Last, Coffer without a
file. Exit status 1 where Coffer takes longer or more.
"""
import ctypes
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "desktop"))
import screen  # noqa: E402

ROUNDS = 5
STILL_SECONDS = 2.0
WORDS_LINES = 100     # of the screen: fewer changed lines are words, not rows
GIVE_UP_SECONDS = 30.0
EMPTY_WINDOW_MS = 400


class Watch:
    """The screen as bytes, over one connection."""

    def __init__(self):
        self.x11 = screen._load_x11()
        self.connection = self.x11.XOpenDisplay(None)
        if not self.connection:
            sys.exit("no display")
        number = self.x11.XDefaultScreen(self.connection)
        self.root = self.x11.XRootWindow(self.connection, number)
        self.size = (self.x11.XDisplayWidth(self.connection, number),
                     self.x11.XDisplayHeight(self.connection, number))

    def look(self):
        image = self.x11.XGetImage(self.connection, self.root, 0, 0, *self.size, screen.ALL_PLANES,
                                   screen.Z_PIXMAP)
        head = image.contents
        pixels = ctypes.string_at(head.data, head.bytes_per_line * head.height)
        self.x11.XFree(head.data)
        self.x11.XFree(image)
        return pixels

    def changed_lines(self, one, other):
        stride = self.size[0] * 4
        return sum(one[at:at + stride] != other[at:at + stride] for at in range(0, len(one), stride))

    def wait_for(self, picture):
        """Until the screen shows that again; what it shows if it will not."""
        end = time.monotonic() + 5
        now = self.look()
        while now != picture and time.monotonic() < end:
            time.sleep(0.05)
            now = self.look()
        return now


def family(pid):
    """A process and all that descend from it."""
    found = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            for child in file.read().split():
                found += family(int(child))
    except OSError:
        pass
    return found


def memory_mib(pid):
    total = 0
    for each in family(pid):
        try:
            with open(f"/proc/{each}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024


def tidy(vault):
    """DB Browser leaves an empty log and its index behind when it is ended."""
    for side in ("-wal", "-shm"):
        path = pathlib.Path(vault + side)
        if path.exists() and (side == "-shm" or path.stat().st_size == 0):
            path.unlink()


def start(watch, command):
    """(ms to the first change, to the rows, to the still picture, MiB) of one run."""
    empty = watch.look()
    begin = time.monotonic()
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    last, first, rows, changed = empty, None, begin, begin
    while True:
        now = watch.look()
        seen = time.monotonic()
        if now != last:
            first = first or seen
            if watch.changed_lines(now, last) > WORDS_LINES:
                rows = seen
            last, changed = now, seen
        elif first and seen - changed > STILL_SECONDS:
            break
        if process.poll() is not None or seen - begin > GIVE_UP_SECONDS:
            sys.exit(f"{command[0]} {'ended' if process.poll() is not None else 'never rests'}")
        time.sleep(0.015)
    memory = memory_mib(process.pid)
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    watch.wait_for(empty)
    return *((when - begin) * 1000 for when in (first, rows, changed)), memory


def medians(runs):
    return tuple(statistics.median(column) for column in zip(*runs))


def show(name, figures):
    print(f"{name:32} first sight {figures[0]:5.0f} ms   rows {figures[1]:5.0f} ms   "
          f"still {figures[2]:5.0f} ms   {figures[3]:4.0f} MiB", flush=True)


def main(coffer, vault):
    watch = Watch()
    commands = {"coffer, 1,000,000 keys": [coffer, vault],
                "sqlitebrowser, the same file": ["sqlitebrowser", "-t", "kv", vault],
                "coffer, no file": [coffer]}
    runs = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            tidy(vault)
            figures = start(watch, command)
            if number > 0:
                runs[name].append(figures)
    tidy(vault)
    ours, theirs, empty = (medians(each) for each in runs.values())
    for name, each in runs.items():
        show(name, medians(each))
    time_ratio, memory_ratio = ours[2] / theirs[2], ours[3] / theirs[3]
    good = time_ratio <= 1 and memory_ratio <= 1 and empty[2] <= EMPTY_WINDOW_MS
    print(f"{time_ratio:.2f} x its time ({ours[1] / theirs[1]:.2f} to the rows), {memory_ratio:.2f} x its memory; "
          f"empty window {empty[2]:.0f} of {EMPTY_WINDOW_MS} ms{'' if good else '  TOO SLOW OR TOO LARGE'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
