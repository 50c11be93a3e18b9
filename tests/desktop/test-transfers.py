#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Transfers that take long, as another program has the vault meanwhile: they are paused, asked about as the window closes, and taken back;
and the desktop is told of their end."""
import os
import re
import shutil
import sqlite3
import time
from contextlib import closing
from typing import Callable

from coffer import APPLICATION, CofferCase, main
from gi.repository import GLib
from gtkdrive import activate_action, do, extents, find, find_all, gone, key, press, showing, wait, xdo, xprop
from notices import Notices
from vaults import make_vault, read_vault

WAITING = re.compile("^Waiting for another program")
# How long a transfer takes about whose end the desktop is told: see coffer-window-notices.c. Nothing shows that it is over, so that time
# does pass here.
LONG = 10


class TransfersTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        os.mkdir(self.folder + "/files")
        self.path = self.folder + "/vault/v.db"
        self.values = {b"img/a": b"old", b"img/z": b"last"}
        make_vault(self.path, list(self.values.items()))
        for name in ("0", "a", "z", "zz"):
            with open(self.folder + "/files/" + name, "wb") as file:
                file.write(name.encode() * 100000)
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.wait_for_rows(2)
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        find(self.window.frame, "push button", "Add Files", showing)

    def lock(self, how: str = "IMMEDIATE") -> sqlite3.Connection:
        """Until rollback() or its end."""
        other = sqlite3.connect(self.path)
        self.addCleanup(other.close)
        other.execute("BEGIN " + how)
        return other

    def close(self) -> None:
        """The file holds just what it should, is whole, and is alone in its folder."""
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def close_and_stay(self, title: str) -> None:
        """The window asks first, and stays."""
        do(self.window.frame, "window.close")
        self.coffer.answer(title, "Cancel")

    def add(self, name: str) -> None:
        uris = ["file://%s/files/%s" % (self.folder, name)]
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), list(b"img/"), uris)), window=1)

    def add_half(self) -> sqlite3.Connection:
        """Two of four files are in, one of them over a value, and the next has to wait."""
        uris = ["file://" + self.folder + "/files"]
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), list(b"img/"), uris)), window=1)
        press(wait(lambda: next(iter(self.coffer.windows("Add 4 Files")), None), "the sheet"), "Add")
        self.coffer.answer("Replace “a”?", "Replace")
        dialog = self.coffer.dialog("Replace “z”?")
        other = self.lock()
        press(dialog, "Replace")
        self.window.says(WAITING)
        self.half = {**self.values, b"img/0": b"0" * 100000, b"img/a": b"a" * 100000}
        return other

    def test_paused_and_taken_back(self) -> None:
        find(self.window.frame, "push button", "All saved", showing)
        other = self.add_half()
        press(self.window.frame, "Pause")
        self.window.says("Paused")
        find(self.window.frame, "push button", "Being written", showing)
        other.rollback()
        self.close_and_stay("Files Are Still Being Added")
        self.window.says("Paused")
        self.assertEqual(read_vault(self.path), self.half)
        press(self.window.frame, "Cancel Transfer")
        dialog = self.coffer.dialog("Keep the 2 Files Added So Far?")
        other.execute("BEGIN IMMEDIATE")
        press(dialog, "Take Back")
        self.window.says("Taking back 2 keys")
        self.window.says(WAITING)
        press(self.window.frame, "Pause")
        self.window.says("Paused")
        self.close_and_stay("Keys Are Still Being Taken Back")
        self.assertEqual(read_vault(self.path), self.half)
        press(self.window.frame, "Go On")
        self.window.says(WAITING)
        other.rollback()
        self.window.says("2 keys taken back")
        gone(self.window.frame, "label", "Taking back 2 keys")
        find(self.window.frame, "push button", re.compile("^(All|Not all) saved$"), showing)
        self.window.wait_for_rows(2)
        self.close()

    def test_paused_and_gone_on(self) -> None:
        """Where there is no room for all of it, what it waits for is told, not how far it is."""
        other = self.add_half()
        self.window.resize(360, 700)
        gone(self.window.frame, "progress bar", "Adding 4 files")
        self.window.says(WAITING)
        press(self.window.frame, "Pause")
        bar = find(self.window.frame, "progress bar", "Adding 4 files")
        self.assertEqual(extents(bar)[2], 90)   # so that the keys and their bytes have room
        press(self.window.frame, "Go On")
        gone(self.window.frame, "progress bar", "Adding 4 files")
        self.window.says(WAITING)
        self.window.resize(1000, 700)
        find(self.window.frame, "progress bar", "Adding 4 files")
        other.rollback()
        self.window.says("2 files added, 2 replaced")
        gone(self.window.frame, "push button", "Cancel Transfer")
        self.values.update({b"img/" + name: name * 100000 for name in (b"0", b"a", b"z", b"zz")})
        self.window.wait_for_rows(4)
        self.close()

    def test_closed_while_paused(self) -> None:
        """What is in by then stays."""
        other = self.add_half()
        press(self.window.frame, "Pause")
        self.window.says("Paused")
        other.rollback()
        do(self.window.frame, "window.close")
        press(self.coffer.dialog("Files Are Still Being Added"), "Stop and Close")
        self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.half)

    def assert_gone(self) -> None:
        """The window has closed by itself, and all was written."""
        self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)

    def test_closed_when_done(self) -> None:
        """Which what pauses is, too: it goes on for that."""
        other = self.add_half()
        press(self.window.frame, "Pause")
        self.window.says("Paused")
        do(self.window.frame, "window.close")
        press(self.coffer.dialog("Files Are Still Being Added"), "Close When Done")
        self.window.says(WAITING)
        do(self.window.frame, "window.close")   # it can be asked about again
        press(self.coffer.dialog("Files Are Still Being Added"), "Close When Done")
        other.rollback()
        self.values.update({b"img/" + name: name * 100000 for name in (b"0", b"a", b"z", b"zz")})
        self.assert_gone()

    def test_closed_when_done_though_asked_twice(self) -> None:
        """To close it under the question, as by quitting, changes nothing of it."""
        other = self.add_half()
        do(self.window.frame, "window.close")
        question = self.coffer.dialog("Files Are Still Being Added")
        activate_action(APPLICATION, "quit")
        press(question, "Close When Done")
        wait(lambda: not self.coffer.windows("Files Are Still Being Added"), "the question to go")
        self.window.says(WAITING)
        other.rollback()
        self.values.update({b"img/" + name: name * 100000 for name in (b"0", b"a", b"z", b"zz")})
        self.assert_gone()

    def test_question_ends_with_the_transfers(self) -> None:
        """The question whether to stop them is about the one that runs, and over when all are: the window closes unanswered."""
        self.add("0")
        self.window.says("1 file added")
        other = self.lock()
        self.window.activate()
        key("ctrl+z")
        find(self.window.frame, "push button", "Cancel Transfer", showing)
        self.add("z")
        press(wait(lambda: next(iter(self.coffer.windows("Add 1 File")), None), "the sheet"), "Add")
        find(self.window.frame, "push button", "2 Transfers", showing)
        do(self.window.frame, "window.close")
        self.coffer.dialog("A Step Is Still Being Undone")
        other.rollback()
        question, = wait(lambda: self.coffer.windows("Files Are Still Being Added"), "the question to follow")
        find(question, "label", "What has been added by now stays in the vault.")
        conflict, = wait(lambda: self.coffer.windows("Replace “z”?"), "what the other one asks")
        press(conflict, "Replace")
        self.values[b"img/z"] = b"z" * 100000
        self.assert_gone()

    def test_closed_when_a_job_and_a_transfer_are_done(self) -> None:
        """The job is asked about first; to stop that leaves the transfer to be asked about, and both are waited for, which is the last to end."""
        os.mkdir(self.folder + "/out")
        other = self.export_both()
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(self.coffer.windows("Storage")), None), "the window")

        def check() -> None:
            do(wait(lambda: next(iter(find_all(storage, "push button", "Check…", showing)), None), "the button"))
            self.coffer.answer("Look for Damage?", "Quick Check")
            find(storage, "push button", "Cancel", showing)

        check()
        do(self.window.frame, "window.close")
        press(self.coffer.dialog("The Vault Is Still Being Worked On"), "Stop and Close")
        self.coffer.answer("Keys Are Still Being Exported", "Cancel")
        check()
        do(self.window.frame, "window.close")
        press(self.coffer.dialog("The Vault Is Still Being Worked On"), "Close When Done")
        wait(lambda: not self.coffer.windows("The Vault Is Still Being Worked On"), "the question to go")
        other.rollback()
        self.assert_gone()
        self.assertEqual(sorted(os.listdir(self.folder + "/out/img")), ["a.txt", "z.txt"])

    def test_question_ends_with_a_failure(self) -> None:
        """Which is there to be seen, and the window stays."""
        os.mkdir(self.folder + "/out")
        other = self.export_both()
        do(self.window.frame, "window.close")
        self.coffer.dialog("Keys Are Still Being Exported")
        self.take_folder()
        other.close()
        self.coffer.answer("Not All Keys Could Be Exported", "Close")
        find(self.window.frame, "push button", "Add Files", showing)
        self.close()

    # Who is told

    def is_away(self) -> bool:
        return "Iconic" in xprop(self.window.xid, "WM_STATE")

    def export_both(self) -> sqlite3.Connection:
        """Keys, to a folder, which another program keeps from it."""
        self.window.activate()
        self.window.focus_list()
        key("Home", "shift+Down", "ctrl+e")
        press(wait(lambda: next(iter(self.coffer.windows("Export 2 Keys")), None), "the sheet"), "Choose Folder…")
        dialog = self.coffer.enter_file("Export to a Folder", self.folder + "/out")
        other = self.lock("EXCLUSIVE")
        press(dialog, "Export")
        self.window.says(WAITING)
        return other

    def export_out_of_sight(self, meanwhile: Callable[[], None]) -> None:
        """Both keys, for long."""
        other = self.export_both()
        began = time.monotonic()
        xdo("windowminimize", self.window.xid)
        wait(self.is_away, "the window to go out of sight")
        wait(lambda: time.monotonic() - began > LONG + 1, "the time to pass")
        meanwhile()
        other.close()

    def take_folder(self) -> None:
        """And put a file in its place."""
        shutil.rmtree(self.folder + "/out")
        with open(self.folder + "/out", "wb"):
            pass

    def test_the_desktop_is_told_of_an_export(self) -> None:
        """And of one that failed, whose folder went."""
        os.mkdir(self.folder + "/out")
        notices = Notices()
        self.addCleanup(notices.close)
        self.export_out_of_sight(lambda: None)
        notice, = wait(lambda: notices.told, "the desktop to be told")
        self.assertEqual((notice.title, notice.body, list(notice.actions)), ("v.db", "2 files exported", ["default"]))
        self.assertEqual(sorted(os.listdir(self.folder + "/out/img")), ["a.txt", "z.txt"])
        self.assertTrue(self.is_away())
        notices.click(notice)
        wait(self.window.active, "the window to be back")
        self.window.says("2 files exported")
        self.export_out_of_sight(self.take_folder)
        wait(lambda: len(notices.told) == 2, "the desktop to be told")
        self.assertEqual(notices.told[1].body, "Not All Keys Could Be Exported")
        notices.click(notices.told[1])
        self.coffer.answer("Not All Keys Could Be Exported", "Close")
        self.close()


if __name__ == "__main__":
    main()
