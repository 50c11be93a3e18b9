# SPDX-License-Identifier: MIT
"""Programs in a headless session as the benchmarks see them: when their picture is there, and what memory they hold."""
import ctypes
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "desktop"))
import screen  # noqa: E402

STILL_SECONDS = 2.0
WORDS_LINES = 100     # of the screen: fewer changed lines are words, not rows
GIVE_UP_SECONDS = 120.0


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


def memory_mib(pid, kind="Pss:"):
    total = 0
    for each in family(pid):
        try:
            with open(f"/proc/{each}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(kind))
        except OSError:
            pass
    return total / 1024


def peak_mib(pid):
    """The most that each of them ever held, pages that others share counted in full: for comparing runs of one program."""
    total = 0
    for each in family(pid):
        try:
            with open(f"/proc/{each}/status", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        except OSError:
            pass
    return total / 1024


def forget_sizes():
    """What Coffer keeps of files that it has seen, in the cache folder of this session."""
    shutil.rmtree(pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "coffer" / "sizes", ignore_errors=True)


def tidy(vault):
    """DB Browser leaves an empty log and its index behind when it is ended."""
    for side in ("-wal", "-shm"):
        path = pathlib.Path(vault + side)
        if path.exists() and (side == "-shm" or path.stat().st_size == 0):
            path.unlink()


def end(process):
    """A program that was started in a session of its own, and its children."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_still(watch, process, empty=None):
    """When the picture first changed, when its rows did last, and when anything did, in seconds of the clock.

    empty: the screen without the program, if it may show by now."""
    begin = time.monotonic()
    last, first, rows, changed = empty or watch.look(), None, begin, begin
    while True:
        now = watch.look()
        seen = time.monotonic()
        if now != last:
            first = first or seen
            if watch.changed_lines(now, last) > WORDS_LINES:
                rows = seen
            last, changed = now, seen
        elif first and seen - changed > STILL_SECONDS:
            return first, rows, changed
        if process.poll() is not None or seen - begin > GIVE_UP_SECONDS:
            sys.exit(f"{process.args[0]} {'ended' if process.poll() is not None else 'never rests'}")
        time.sleep(0.015)


def start(watch, command):
    """(ms to the first change, to the rows, to the still picture, MiB once it is still, at most) of one run."""
    empty = watch.look()
    begin = time.monotonic()
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    moments = wait_until_still(watch, process, empty)
    memory, peak = memory_mib(process.pid), peak_mib(process.pid)
    end(process)
    watch.wait_for(empty)
    return *((when - begin) * 1000 for when in moments), memory, peak


def medians(runs):
    return tuple(statistics.median(column) for column in zip(*runs))


def show(name, figures):
    print(f"{name:32} first sight {figures[0]:5.0f} ms   rows {figures[1]:5.0f} ms   "
          f"still {figures[2]:5.0f} ms   {figures[3]:4.0f} MiB", flush=True)


def xdo(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)
