#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A value is opened with another program, which changes it; the vault takes the change when it is told to."""
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import List

from coffer import CofferCase, main
from gtkdrive import find, gone, key, press, wait, xdo

HEADER = bytes.fromhex("894b010600000000564b")   # UTF-8 text behind a header
APPLICATION = """[Desktop Entry]
Type=Application
Name=Scribble
Exec=%s %%f
MimeType=text/plain;
"""
# Writes a new file and gives it the name of the old, as many programs do.
PROGRAM = """#!/bin/sh
printf '%%s' "$1" >%(folder)s/opened
while [ ! -e %(folder)s/go ]; do sleep 0.05; done
printf 'new words' >"$1.new" && mv "$1.new" "$1"
"""


def make_vault(path: str) -> None:
    with closing(sqlite3.connect(path)) as vault:
        vault.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
        vault.execute("CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        vault.executemany("INSERT INTO kv VALUES (?, ?)", [(b"notes/.. odd:name", HEADER + b"old words"), (b"other", b"other")])
        vault.commit()


def read_value(path: str) -> bytes:
    with closing(sqlite3.connect(path)) as vault:
        return vault.execute("SELECT value FROM kv WHERE key = ?", (b"notes/.. odd:name",)).fetchone()[0]


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

    def go(self) -> None:
        open(self.folder + "/go", "w", encoding="utf-8").close()

    def test_update(self) -> None:
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “notes.db”?", "Edit")
        gone(self.window.frame, "label", "Open for viewing")
        path = self.open_outside()
        # Without the header, by a name that is safe.
        self.assertEqual(os.path.basename(path), "_.. odd_name.txt")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"old words")
        self.go()
        self.window.says(re.compile("was changed by another program"))
        self.assertEqual(read_value(self.path), HEADER + b"old words")
        press(self.window.frame, "Update Value")
        self.window.says(re.compile("” updated"))
        self.assert_quits(self.coffer)
        self.assertEqual(read_value(self.path), HEADER + b"new words")
        self.assertEqual(opened_folders(), [])

    def test_changes_are_not_lost_by_closing(self) -> None:
        self.open_outside()
        self.go()
        self.window.says(re.compile("was changed by another program"))
        key("ctrl+w")
        self.coffer.answer("1 Value Was Changed by Another Program", "Cancel")
        # Not while the vault is open for viewing: that is asked first, and the offer stands.
        press(self.window.frame, "Update Value")
        self.coffer.answer("Edit “notes.db”?", "Cancel")
        self.window.says(re.compile("was changed by another program"))
        key("ctrl+w")
        press(self.coffer.dialog("1 Value Was Changed by Another Program"), "Discard Changes")
        wait(lambda: self.coffer.process.poll() is not None, "the program to end")
        self.assertEqual((self.coffer.process.returncode, self.coffer.complaints()), (0, []))
        self.assertEqual(read_value(self.path), HEADER + b"old words")
        self.assertEqual(opened_folders(), [])

    def test_changes_survive_a_kill(self) -> None:
        """What a process left behind is swept at the next start, but for what another program wrote."""
        path = self.open_outside()
        self.go()
        self.window.says(re.compile("was changed by another program"))
        self.coffer.kill()
        left = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(path))), "older")
        os.makedirs(left + "/value")
        for name in ("/lock", "/value/a.txt", "/value/.stamp"):
            open(left + name, "w", encoding="utf-8").close()
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("notes.db")
        wait(lambda: not os.path.exists(left), "the other folder to be swept")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"new words")
        shutil.rmtree(os.path.dirname(os.path.dirname(path)))
        self.assert_quits(self.coffer)
        self.assertEqual(read_value(self.path), HEADER + b"old words")


main()
