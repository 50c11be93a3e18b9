#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pictures in a window: window-pictures.py COFFER

Runs inside a headless session. Through 200 photos by a key that repeats 30 times a second: each has a patch of a colour
of its own, and those that come to the screen are counted. Then an animation of 14 MB: what the window grows by. At last a
gigabyte as bytes, to its end and back in steps: what it grows by. Of each, the longest turn of the main loop. Exit status 1
where under 20 a second are seen, it grows by over 100 MB for the animation or 10 for the bytes, or a turn takes the processor
for over 16 ms.
"""
import ctypes
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import gi
gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib  # noqa: E402

from programs import Watch, end, memory_mib, wait_until_still, xdo  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "desktop"))
import screen  # noqa: E402
from watchdog import Watchdog  # noqa: E402

N_PHOTOS, WIDTH, HEIGHT, PATCH = 200, 1920, 1280, 640
DELAY_MS = 33
LEAST_A_SECOND, MOST_MB, BYTES_MOST_MB, LONGEST_MS = 20.0, 100.0, 10.0, 16.0
GIGABYTE = 999_999_000   # SQLite's limit is a little more
FRAMES, FRAME_WIDTH, FRAME_HEIGHT = 25, 1000, 500


def colour_of(number):
    """Far enough from the others' for what a JPEG does to it."""
    return tuple(16 + 32 * part for part in (number % 8, number // 8 % 8, number // 64))


def number_of(colour):
    """None: no photo's."""
    parts = [channel // 32 for channel in colour]
    number = parts[0] + 8 * parts[1] + 64 * parts[2]
    exact = number < N_PHOTOS and all(abs(a - b) < 9 for a, b in zip(colour, colour_of(number)))
    return number if exact else None


def photo(number):
    """Something to decode, 1920 × 1280, and the patch in its middle."""
    small = bytes((i * 7919 + number * 104729 >> i % 7) & 0xff for i in range(48 * 32 * 3))
    pixbuf = GdkPixbuf.Pixbuf.new_from_bytes(GLib.Bytes.new(small), GdkPixbuf.Colorspace.RGB, False, 8, 48, 32, 48 * 3)
    pixbuf = pixbuf.scale_simple(WIDTH, HEIGHT, GdkPixbuf.InterpType.BILINEAR)
    red, green, blue = colour_of(number)
    pixbuf.new_subpixbuf((WIDTH - PATCH) // 2, (HEIGHT - PATCH) // 2, PATCH, PATCH).fill(
        red << 24 | green << 16 | blue << 8 | 0xff)
    return bytes(pixbuf.save_to_bufferv("jpeg", ["quality"], ["88"])[1])


def pack(codes):
    """Numbers of 9 bits, the lowest first."""
    bits, n_bits, data = 0, 0, bytearray()
    for code in codes:
        bits |= code << n_bits
        n_bits += 9
        while n_bits >= 8:
            data.append(bits & 0xff)
            bits >>= 8
            n_bits -= 8
    data.append(bits)
    return bytes(data)


def codes_of(number):
    """A GIF's codes that pack nothing: single pixels, cleared before the codes would grow."""
    for i in range(FRAME_WIDTH * FRAME_HEIGHT):
        if i % 254 == 0:
            yield 256
        yield (i * 31 + i // FRAME_WIDTH * 7 + number * 11) & 0xff
    yield 257


def frame(number):
    data = pack(codes_of(number))
    blocks = b"".join(bytes([len(data[at:at + 255])]) + data[at:at + 255] for at in range(0, len(data), 255))
    size = FRAME_WIDTH.to_bytes(2, "little") + FRAME_HEIGHT.to_bytes(2, "little")
    return b"\x21\xf9\x04\x00\x04\x00\x00\x00" + b"\x2c\0\0\0\0" + size + b"\x00\x08" + blocks + b"\0"


def animation():
    size = FRAME_WIDTH.to_bytes(2, "little") + FRAME_HEIGHT.to_bytes(2, "little")
    palette = bytes(channel for i in range(256) for channel in (i, 255 - i, i // 2))
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    return b"GIF89a" + size + b"\xf7\0\0" + palette + loop + b"".join(frame(i) for i in range(5)) * (FRAMES // 5) + b";"


def make_vault(path, values):
    if os.path.exists(path):
        return
    with sqlite3.connect(path + ".part") as db:
        db.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
        db.execute("CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        db.executemany("INSERT INTO kv VALUES (?1, CASE typeof(?2) WHEN 'integer' THEN zeroblob(?2) ELSE ?2 END)", values())
    db.close()
    os.rename(path + ".part", path)


def photos():
    for number in range(N_PHOTOS):
        yield b"img/%03d.jpg" % number, photo(number)


def moving():
    for name in b"abcd":
        yield b"%c.txt" % name, b"words"
    yield b"e.gif", animation()


def large():
    yield b"a", bytes(range(256)) * 20
    yield b"z", GIGABYTE


class Spot:
    """One pixel of the screen, over and over."""

    def __init__(self, watch, x, y):
        self.watch, self.x, self.y = watch, x, y

    def look(self):
        x11 = self.watch.x11
        image = x11.XGetImage(self.watch.connection, self.watch.root, self.x, self.y, 1, 1, screen.ALL_PLANES, screen.Z_PIXMAP)
        blue, green, red = ctypes.string_at(image.contents.data, 3)
        x11.XFree(image.contents.data)
        x11.XFree(image)
        return red, green, blue


def find_patch(watch, number):
    """The middle of the patch of that photo in the preview, which has the right of the window."""
    pixels, (width, height) = watch.look(), watch.size
    found = []
    for y in range(0, height, 4):
        for x in range(width * 2 // 3, width, 4):
            at = (y * width + x) * 4
            if number_of((pixels[at + 2], pixels[at + 1], pixels[at])) == number:
                found.append((x, y))
    if not found:
        sys.exit("the photo is not on the screen")
    return int(statistics.median(x for x, _ in found)), int(statistics.median(y for _, y in found))


def hold(spot):
    """(photos seen, seconds) while the key is held."""
    seen = set()
    begin = time.monotonic()
    keys = subprocess.Popen(["xdotool", "key", "--delay", str(DELAY_MS), "--repeat", str(N_PHOTOS - 1), "Down"])
    while keys.poll() is None:
        number = number_of(spot.look())
        if number is not None:
            seen.add(number)
        time.sleep(0.003)
    return len(seen), time.monotonic() - begin


def judge(words, value, most, good):
    print(f"{words}: {'met' if good else 'NOT MET'}" % (value, most), flush=True)
    return good


def run(coffer, vault, watch, folder, work):
    dog = Watchdog(folder)
    process = subprocess.Popen([coffer, vault], env={**os.environ, **dog.env}, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        empty = watch.look()
        wait_until_still(watch, process, empty)
        return work(watch, process, dog)
    finally:
        end(process)


def longest(dog, what):
    value = max((turn.busy for turn in dog.turns()), default=0)
    return judge(f"{what}: longest turn %5.1f of %.0f ms", value, LONGEST_MS, value <= LONGEST_MS)


def measure_photos(watch, process, dog):
    xdo("key", "Home")
    wait_until_still(watch, process)
    spot = Spot(watch, *find_patch(watch, 0))
    dog.forget()
    seen, seconds = hold(spot)
    a_second = seen / seconds
    good = judge("arrow key: %5.1f photos a second of %.0f", a_second, LEAST_A_SECOND, a_second >= LEAST_A_SECOND)
    return longest(dog, "arrow key") and good


def measure_animation(watch, process, dog):
    xdo("key", "Home")
    time.sleep(2)
    before = memory_mib(process.pid)
    dog.forget()
    xdo("key", "End")
    most, until = 0, time.monotonic() + 5
    while time.monotonic() < until:
        most = max(most, memory_mib(process.pid))
        time.sleep(0.05)
    grown = (most - before) * 1.048576
    good = judge("animation: grows by %5.1f of %.0f MB", grown, MOST_MB, grown <= MOST_MB)
    return longest(dog, "animation") and good


def measure_bytes(watch, process, dog):
    xdo("key", "Home")
    time.sleep(2)
    before = memory_mib(process.pid, "Rss:")   # what is shared with others is no growth when they end
    dog.forget()
    xdo("key", "End")
    time.sleep(2)
    xdo("mousemove", str(watch.size[0] * 5 // 6), str(watch.size[1] // 3), "click", "1", "key", "ctrl+End")
    most = 0
    for key in ["Prior"] * 60 + ["ctrl+Home"] + ["Next"] * 60:
        xdo("key", key)
        time.sleep(0.05)
        most = max(most, memory_mib(process.pid, "Rss:"))
    grown = (most - before) * 1.048576
    good = judge("a gigabyte of bytes: grows by %5.1f of %.0f MB", grown, BYTES_MOST_MB, grown <= BYTES_MOST_MB)
    return longest(dog, "bytes") and good


def main(coffer):
    watch = Watch()
    made = os.environ["COFFER_BENCH_FOLDER"]
    os.makedirs(made, exist_ok=True)
    good = True
    for name, values, work in (("photos", photos, measure_photos), ("moving", moving, measure_animation),
                               ("large", large, measure_bytes)):
        path = os.path.join(made, f"window-{name}.db")
        make_vault(path, values)
        with tempfile.TemporaryDirectory(prefix="coffer-pictures-") as folder:
            good = run(coffer, path, watch, folder, work) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
