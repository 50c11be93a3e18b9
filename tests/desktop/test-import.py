#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files come into a vault: by menu, by keys, by a drop; what is asked about, and what is in the file afterwards."""
import os
import re
import sqlite3
from contextlib import closing
from typing import Dict

from coffer import APPLICATION, CofferCase, main
from gi.repository import GLib
from gtkdrive import activate_action, do, find, find_all, key, press, set_text, showing, wait
from screen import Picture
from vaults import make_vault, read_vault


def shows_red(screen: Picture) -> bool:
    """Nothing else is as red."""
    return any(screen.pixel(x, y) == (255, 0, 0) for y in range(0, screen.height, 4) for x in range(0, screen.width, 4))


class ImportTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        self.path = self.folder + "/vault/v.db"
        self.values: Dict[bytes, bytes] = {b"img/a.png": b"old", b"img/z": b"last"}
        make_vault(self.path, list(self.values.items()))
        self.files = self.folder + "/files"
        os.mkdir(self.files)

    def make_files(self, **content: bytes) -> None:
        for name, value in content.items():
            path = os.path.join(self.files, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(value)

    def open(self) -> None:
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.wait_for_rows(len(self.values))
        self.assertEqual(find_all(self.window.frame, "push button", "Add Files", showing), [])
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        find(self.window.frame, "push button", "Add Files", showing)

    def close(self) -> None:
        """The file holds just what it should, is whole, and is alone in its folder."""
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def choose(self, action: str, title: str, path: str) -> None:
        press(self.window.frame, action, "menu item")
        self.coffer.choose_file(title, path, "Add")

    def add(self, name: str) -> None:
        """As if it were dropped on the prefix."""
        uris = ["file://" + self.files + name]
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), list(b"img/"), uris)), window=1)

    def open_add_menu(self) -> None:
        button = find(self.window.frame, "push button", "Add Files", showing)
        self.window.click(button)

    def test_files_go_at_once(self) -> None:
        """A single file, and undo."""
        self.make_files(**{"größer & schöner.txt": b"new"})
        self.open()
        self.window.activate()
        key("ctrl+i")
        self.coffer.choose_file("Add Files", self.files + "/größer & schöner.txt", "Add")
        self.window.says("1 file added")
        rows = self.window.wait_for_rows(3)
        self.assertEqual(rows[0].key, "größer & schöner.txt")
        press(self.window.frame, "Undo")
        self.window.says("1 key taken back")
        self.window.wait_for_rows(2)
        self.close()

    def test_a_folder_is_shown_before(self) -> None:
        """Where it goes can be changed; a picture shows itself; a conflict is asked about."""
        Picture(64, 64, bytes((255, 0, 0)) * 64 * 64).save(self.folder + "/red")
        with open(self.folder + "/red", "rb") as file:
            red = file.read()
        os.unlink(self.folder + "/red")
        self.make_files(**{"a.png": red, "deep/b.txt": b"b", "deep/er/c": b"c" * 100000, "z.txt": b"z"})
        self.open()
        self.window.activate()
        self.open_add_menu()
        self.choose("Add Folder…", "Add Folder", self.files)
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 4 Files")), None), "the sheet")
        prefix = find(sheet, name="Put under")
        set_text(prefix, "img:")   # and so between folders, too
        find(sheet, "label", re.compile("^img:deep:er:c$"))
        set_text(prefix, "img/")
        find(sheet, "label", "1 key exists already")
        find(sheet, "label", re.compile("^img/deep/er/c$"))
        wait(lambda: shows_red(Picture.grab()), "the picture")
        press(sheet, "1 More…")
        every = wait(lambda: next(iter(self.coffer.windows("All Keys")), None), "the list of all keys")
        find(every, "label", re.compile("^img/z.txt$"))
        press(every, "Close")
        self.assertEqual(read_vault(self.path), self.values)
        press(sheet, "Add")
        dialog = self.coffer.dialog("Replace “a.png”?")
        find(dialog, "label", "3 bytes, Text")
        find(dialog, "label", "64 × 64")
        press(dialog, "Keep Both")
        self.window.says("4 files added")
        self.values.update({b"img/a (2).png": red, b"img/deep/b.txt": b"b", b"img/deep/er/c": b"c" * 100000, b"img/z.txt": b"z"})
        self.window.wait_for_rows(6)
        self.close()

    def test_cancelled_by_a_conflict(self) -> None:
        self.make_files(**{"0": b"first", "a.png": b"new", "b": b"never"})
        self.open()
        self.add("")
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 3 Files")), None), "the sheet")
        find(sheet, "label", "1 key exists already")
        press(sheet, "Add")
        press(self.coffer.dialog("Replace “a.png”?"), "Cancel")
        self.coffer.answer("Keep the 1 File Added So Far?", "Take Back")
        self.window.says("1 key taken back")
        self.close()

    def add_beside_a_writer(self) -> sqlite3.Connection:
        """Another program writes, so that adding a file takes as long as we want it to."""
        self.make_files(**{"new": b"new"})
        self.open()
        writer = sqlite3.connect(self.path)
        self.addCleanup(writer.close)
        writer.execute("BEGIN IMMEDIATE")
        self.add("/new")
        self.window.says(re.compile("^Waiting for another program"))
        return writer

    def test_waits_for_another_program(self) -> None:
        """It says so, can be cancelled, and goes on when it may."""
        writer = self.add_beside_a_writer()
        press(self.window.frame, "Cancel Transfer")
        self.window.says("Nothing was added")
        self.add("/new")
        self.window.says(re.compile("^Waiting for another program"))
        writer.rollback()
        self.window.says("1 file added")
        writer.close()
        self.values[b"img/new"] = b"new"
        self.close()

    def test_closed_meanwhile(self) -> None:
        """The window asks first."""
        writer = self.add_beside_a_writer()
        do(self.window.frame, "window.close")
        self.coffer.answer("Files Are Still Being Added", "Cancel")
        do(self.window.frame, "window.close")
        press(self.coffer.dialog("Files Are Still Being Added"), "Stop and Close")
        self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        writer.rollback()
        writer.close()
        self.assertEqual(read_vault(self.path), self.values)


if __name__ == "__main__":
    main()
