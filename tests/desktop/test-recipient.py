#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a program of GTK gets of keys that are dropped on it or pasted there: files, also by the portal as one that may not read ours does;
the picture of a picture, and the text of a text."""
import itertools
import os
import re
import sqlite3
import subprocess
import sys
import unittest
from contextlib import closing
from typing import Callable, Dict

import gi
from coffer import CofferCase, main
from gtkdrive import Program, Window, do, extents, gone, key, press, wait, xdo
from pictures import decode
from portal import Portal
from screen import Picture
from vaults import make_vault, read_vault

try:
    gi.require_version("Gtk", "4.0")
    HAVE_GTK = True
except ValueError:
    HAVE_GTK = False

TEXT = "größer\r\n\tals “nichts”\n\n"


def read_tree(folder: str) -> Dict[str, bytes]:
    """All files, by their paths in the folder."""
    content = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                content[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return content


@unittest.skipUnless(HAVE_GTK, "gir1.2-gtk-4.0 is not installed")
class RecipientTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        os.mkdir(self.folder + "/got")
        self.picture = Picture(64, 48, bytes(range(256)) * 36)
        self.picture.save(self.folder + "/picture")
        with open(self.folder + "/picture", "rb") as file:
            png = file.read()
        self.path = self.folder + "/vault/v.db"
        self.values = {b"a/b/one.bin": os.urandom(1 << 20) * 24, b"a/b/two": b"\x89PNG\r\n\x1a\n" + bytes(100), b"a/c:/\xff.txt": b"odd",
                       b"p.png": png, b"t.txt": TEXT.encode()}
        self.files = {"b/one.bin": self.values[b"a/b/one.bin"], "b/two.png": self.values[b"a/b/two"], "c_/_.txt": b"odd"}
        make_vault(self.path, list(self.values.items()))
        self.taken = 0

    def open(self, kind: str) -> None:
        """Both programs, side by side."""
        process = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "recipient.py"), kind, self.folder + "/got"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        program = Program(process.pid)
        self.recipient = Window(wait(program.windows, "the window of the recipient")[0])
        self.recipient.resize(600, 500)
        self.recipient.move(0, 50)
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.says(re.compile("^%d keys" % len(self.values)))
        self.window.resize(620, 700)
        self.window.move(640, 50)
        wait(lambda: extents(self.window.frame)[2:] == (620, 700) and self.window.geometry()[0] >= 640, "the windows side by side")
        self.window.activate()
        key("F9")   # where the list is narrow a click opens
        gone(self.window.frame, "list", "Tables")

    def select(self, first: int, last: int) -> None:
        self.window.activate()
        self.window.focus_list()
        key("Home", *["Down"] * first, *["shift+Down"] * (last - first))
        wait(lambda: [node.has("SELECTED") for node in self.window.row_nodes()] == [first <= row <= last for row in range(len(self.values))],
             "the rows to be selected")

    def drop(self, row: int) -> str:
        """Let go of once the recipient would take it."""
        x, y = self.window.point(self.window.row_nodes()[row], 0.1)
        to_x, to_y = self.recipient.point(self.recipient.frame)
        xdo("mousemove", x, y, "mousedown", 1)
        self.addCleanup(xdo, "mouseup", 1)
        for step in range(1, 8):
            xdo("mousemove", x + 3 * step, y + 2 * step)
        sides = itertools.cycle((3, -3, 0))

        def is_over() -> bool:
            xdo("mousemove", to_x + next(sides), to_y)
            return os.path.exists(self.folder + "/got/over")

        wait(is_over, "the recipient to want it")
        xdo("mouseup", 1)
        return self.next()

    def paste(self, says: str) -> str:
        self.window.activate()
        key("ctrl+c")
        self.window.says(says)
        self.recipient.activate()
        key("ctrl+v")
        return self.next()

    def next(self) -> str:
        """The folder of what it took next."""
        self.taken += 1
        folder = "%s/got/%d" % (self.folder, self.taken)
        wait(lambda: os.path.exists(folder), "the recipient to have something")
        if os.path.exists(folder + "/error"):
            with open(folder + "/error", encoding="utf-8") as file:
                self.fail(file.read())
        return folder

    def close(self) -> None:
        """Nothing is left behind, and the file is as it was."""
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/coffer/opened"), [])
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)

    def check_twice(self, first: int, last: int, says: str, check: Callable[[str], None]) -> None:
        """By a drop and by the clipboard."""
        self.select(first, last)
        check(self.drop(first))
        check(self.paste(says))
        self.close()

    def test_files(self) -> None:
        self.open("files")
        self.check_twice(0, 2, "3 keys copied", lambda folder: self.assertEqual(read_tree(folder), self.files))

    def open_with_portal(self) -> Portal:
        portal = Portal(self.folder + "/portal")
        self.addCleanup(portal.close)
        self.open("files")
        return portal

    def test_files_by_the_portal(self) -> None:
        portal = self.open_with_portal()
        files = {"one.bin": self.values[b"a/b/one.bin"], "two.png": self.values[b"a/b/two"]}
        self.check_twice(0, 1, "2 keys copied", lambda folder: self.assertEqual(read_tree(folder), files))
        self.assertEqual(portal.retrieved, 2)

    def test_many_by_the_portal(self) -> None:
        """Of most the list does not know the keys: they are read after they were selected, or copied."""
        self.values = {b"a/%03d" % i: b"%d" % i for i in range(600)}
        os.remove(self.path)
        make_vault(self.path, list(self.values.items()))
        files = {"%03d.txt" % i: b"%d" % i for i in range(600)}
        portal = self.open_with_portal()
        self.window.focus_list()
        key("ctrl+a")
        self.window.says(re.compile("600 selected, "))
        self.assertEqual(read_tree(self.paste("600 keys copied")), files)
        self.assertEqual(portal.retrieved, 1)
        self.assertEqual(read_tree(self.drop(0)), files)
        self.assertEqual(portal.retrieved, 2)
        self.close()

    def test_folders_beside_the_portal(self) -> None:
        """It takes none; who may read our files has them nevertheless, and who has not is told of."""
        def check(folder: str) -> None:
            self.assertEqual(read_tree(folder), self.files)
            if self.taken == 1:
                self.window.says(re.compile("^Programs in a sandbox get none of these"))

        portal = self.open_with_portal()
        self.check_twice(0, 2, "3 keys copied", check)
        self.assertEqual(portal.retrieved, 0)

    def test_picture(self) -> None:
        def check(folder: str) -> None:
            with open(folder + "/picture.png", "rb") as file:
                self.assertEqual(decode(file.read()), self.picture)

        self.open("picture")
        self.check_twice(3, 3, "1 key copied", check)

    def test_text(self) -> None:
        self.open("text")
        self.check_twice(4, 4, "1 key copied", lambda folder: self.assertEqual(read_tree(folder), {"text": TEXT.encode()}))

    def test_keys_as_text(self) -> None:
        """Of several, or of what is no text, the keys are the text."""
        keys = "a/b/one.bin\na/b/two\na/c:/\\xff.txt"
        self.open("text")
        self.check_twice(0, 2, "3 keys copied", lambda folder: self.assertEqual(read_tree(folder), {"text": keys.encode()}))

    def test_closed_meanwhile(self) -> None:
        """It asks, and closes once that is stopped. Another program keeps the values from being read."""
        self.open("files")
        self.select(3, 4)
        self.paste("2 keys copied")   # what finds names has the file open by then: below it could not open it
        self.select(4, 4)
        key("ctrl+c")
        self.window.says("1 key copied")
        with closing(sqlite3.connect(self.path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.recipient.activate()
            key("ctrl+v")
            self.window.says(re.compile("^Waiting for another program"))
            do(self.window.frame, "window.close")
            press(self.coffer.dialog("Files Are Still Being Handed Over"), "Stop and Close")
            self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        wait(lambda: os.path.exists(self.folder + "/got/2"), "the recipient to have something")
        self.assertEqual(os.listdir(self.folder + "/got/2"), ["error"])
        self.assertEqual(os.listdir(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/coffer/opened"), [])
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)


if __name__ == "__main__":
    main()
