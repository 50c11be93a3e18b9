#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A value is opened with another program, which changes it; the vault takes the change when it is told to."""
import os
import re
import sqlite3
import subprocess
from contextlib import closing
from typing import List

from coffer import CofferCase, main
from gtkdrive import find_all, gone, key, press, showing, try_to, wait, xdo

HEADER = bytes.fromhex("894b010600000000564b")   # UTF-8 text behind a header
APPLICATION = """[Desktop Entry]
Type=Application
Name=Scribble
Exec=%s %%f
MimeType=text/plain;
"""
# Writes a new file and gives it the name of the old, as many programs do, for each go; while it is busy, again and again.
PROGRAM = """#!/bin/sh
cd %(folder)s
printf '%%s' "$1" >opened
n=1
while [ ! -e stop ]; do
  if [ -e busy ]; then touch "$1"; touch working; fi
  if [ -e go$n ]; then printf "words $n" >"$1.new" && mv "$1.new" "$1"; n=$((n+1)); fi
  sleep 0.05
done
touch stopped
"""


def make_vault(path: str) -> None:
    with closing(sqlite3.connect(path)) as vault:
        vault.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
        vault.execute("CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        vault.executemany("INSERT INTO kv VALUES (?, ?)", [(b"notes/.. odd:name", HEADER + b"old words"), (b"other", b"other")])
        vault.commit()


def read_value(path: str, name: bytes = b"notes/.. odd:name") -> bytes:
    with closing(sqlite3.connect(path)) as vault:
        return vault.execute("SELECT value FROM kv WHERE key = ?", (name,)).fetchone()[0]


def write_value(path: str, value: bytes, name: bytes = b"notes/.. odd:name") -> None:
    with closing(sqlite3.connect(path)) as vault:
        vault.execute("UPDATE kv SET value = ? WHERE key = ?", (value, name))
        vault.commit()


def opened_folders() -> List[str]:
    root = os.path.expanduser("~/.cache/coffer/opened") if "XDG_CACHE_HOME" not in os.environ \
        else os.path.join(os.environ["XDG_CACHE_HOME"], "coffer", "opened")
    return os.listdir(root) if os.path.isdir(root) else []


class OutsideTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/bin")
        program = self.folder + "/bin/scribble"
        with open(program, "w", encoding="utf-8") as file:
            file.write(PROGRAM % {"folder": self.folder})
        os.chmod(program, 0o755)
        applications = os.path.join(os.environ["XDG_DATA_HOME"], "applications")
        os.makedirs(applications, exist_ok=True)
        with open(applications + "/scribble.desktop", "w", encoding="utf-8") as file:
            file.write(APPLICATION % program)
        subprocess.run(["update-desktop-database", applications], check=True)
        os.mkdir(self.folder + "/vault")
        self.path = self.folder + "/vault/notes.db"
        make_vault(self.path)
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("notes.db")
        self.window.wait_for_rows(2)

    def open_outside(self) -> str:
        """The file that the other program got."""
        self.window.focus_list()
        self.window.open_menu(self.window.selected())
        self.window.choose_item_with_keys("Open With…")
        # GTK's list of programs is none for assistive technology; the first is chosen.
        wait(lambda: self.coffer.windows("Select Application"), "the dialog")
        wait(lambda: xdo("getactivewindow", "getwindowname") == "Select Application", "the dialog to have the keyboard")
        key("Return")
        wait(lambda: os.path.exists(self.folder + "/opened"), "the other program to start")
        return wait(self.read_name, "the name of the file")

    def read_name(self) -> str:
        with open(self.folder + "/opened", encoding="utf-8") as file:
            return file.read()

    def touch(self, name: str) -> None:
        open(self.folder + "/" + name, "w", encoding="utf-8").close()

    def go(self, n: int = 1) -> None:
        self.touch("go%d" % n)
        self.window.says(re.compile("was changed by another program"))

    def stop(self) -> None:
        """What it may still write is kept, so it has to end before the program does."""
        self.touch("stop")
        wait(lambda: os.path.exists(self.folder + "/stopped"), "the other program to end")

    def edit(self) -> None:
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “notes.db”?", "Edit")
        gone(self.window.frame, "label", "Open for viewing")

    def assert_ends(self) -> None:
        wait(lambda: self.coffer.process.poll() is not None, "the program to end")
        self.assertEqual((self.coffer.process.returncode, self.coffer.complaints()), (0, []))

    def test_update(self) -> None:
        self.edit()
        path = self.open_outside()
        # Without the header, by a name that is safe.
        self.assertEqual(os.path.basename(path), "_.. odd_name.txt")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"old words")
        self.go()
        self.assertEqual(read_value(self.path), HEADER + b"old words")
        # Not while it is being written.
        self.touch("busy")
        wait(lambda: os.path.exists(self.folder + "/working"), "the other program to write")
        press(self.window.frame, "Update Value")
        self.window.says("The other program is still writing")
        self.assertEqual(read_value(self.path), HEADER + b"old words")
        os.remove(self.folder + "/busy")
        self.stop()
        wait(self.update_is_taken, "the update")
        self.window.says(re.compile("” updated"))
        key("ctrl+z")
        self.window.says("The old value is back")
        self.assertEqual(read_value(self.path), HEADER + b"old words")
        key("ctrl+shift+z")
        self.window.says("Value replaced")
        self.assert_quits(self.coffer)
        self.assertEqual(read_value(self.path), HEADER + b"words 1")
        self.assertEqual(opened_folders(), [])

    def update_is_taken(self) -> bool:
        """The offer comes back until the file is at rest."""
        for button in filter(showing, find_all(self.window.frame, "push button", re.compile("Update Value$"))):
            try_to(button)   # it may have gone since it was found
        return read_value(self.path) == HEADER + b"words 1"

    def test_two_who_changed_it(self) -> None:
        self.edit()
        self.open_outside()
        write_value(self.path, b"theirs")
        self.go()
        press(self.window.frame, "Update Value")
        self.coffer.answer("“notes/.. odd:name” Was Changed in the Vault, Too", "Cancel")
        press(self.window.frame, "Update Value")
        self.coffer.answer("“notes/.. odd:name” Was Changed in the Vault, Too", "Save a Copy")
        self.window.says("Saved as “notes/. (2). odd:name”")
        self.assertEqual(read_value(self.path), b"theirs")
        copy = b"notes/. (2). odd:name"
        self.assertEqual(read_value(self.path, copy), HEADER + b"words 1")

        # From then on it is the copy's.
        write_value(self.path, b"theirs, too", copy)
        self.go(2)
        press(self.window.frame, "Update Value")
        self.coffer.answer("“notes/. (2). odd:name” Was Changed in the Vault, Too", "Replace Anyway")
        wait(lambda: read_value(self.path, copy) == HEADER + b"words 2", "the copy to be replaced")
        self.window.says(re.compile("” updated"))

        # Closing can do it, too.
        self.go(3)
        self.stop()
        self.window.focus_list()
        key("ctrl+w")
        self.coffer.answer("1 Value Was Changed by Another Program", "Update Value")
        self.assert_ends()
        self.assertEqual(read_value(self.path, copy), HEADER + b"words 3")
        self.assertEqual(read_value(self.path), b"theirs")
        self.assertEqual(opened_folders(), [])

    def test_changes_are_not_lost_by_closing(self) -> None:
        self.open_outside()
        self.go()
        key("ctrl+w")
        self.coffer.answer("1 Value Was Changed by Another Program", "Cancel")
        # Not while the vault is open for viewing: that is asked first, and the offer stands.
        press(self.window.frame, "Update Value")
        self.coffer.answer("Edit “notes.db”?", "Cancel")
        self.window.says(re.compile("was changed by another program"))
        self.stop()
        key("ctrl+w")
        press(self.coffer.dialog("1 Value Was Changed by Another Program"), "Discard Changes")
        self.assert_ends()
        self.assertEqual(read_value(self.path), HEADER + b"old words")
        self.assertEqual(opened_folders(), [])

    def test_changes_survive_a_kill(self) -> None:
        """What a process left behind is swept at the next start, but for what another program wrote: that is told of."""
        path = self.open_outside()
        self.go()
        self.stop()
        self.coffer.kill()
        left = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(path))), "older")
        os.makedirs(left + "/value")
        for name in ("/lock", "/value/a.txt", "/value/.stamp"):
            open(left + name, "w", encoding="utf-8").close()
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("notes.db")
        self.window.says("An edit of “_.. odd_name.txt” was not saved")
        self.assertFalse(os.path.exists(left))
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"words 1")
        press(self.window.frame, "Look…")
        self.coffer.answer("Edits Were Not Saved", "Later")
        self.assertTrue(os.path.exists(path))
        self.assert_quits(self.coffer)

        self.coffer = self.start(self.path)
        self.window = self.coffer.window("notes.db")
        press(self.window.frame, "Look…")
        self.coffer.answer("Edits Were Not Saved", "Discard")
        wait(lambda: not opened_folders(), "the edit to be discarded")
        self.assert_quits(self.coffer)
        self.assertEqual(read_value(self.path), HEADER + b"old words")


main()
