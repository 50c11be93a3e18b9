#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The program killed amid what it does to a file: that is whole, the program opens it again, and nothing is left beside it.

The moments are numbers of bytes that the program has written since it was told to begin, at random. COFFER_TEST_SEED gives those of
another run again; COFFER_TEST_KILLS is how many times each kind of work is killed, if not once.
"""
import hashlib
import os
import random
import re
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from typing import Dict, Set

from coffer import APPLICATION, CofferCase, VaultWindow, main
from gtkdrive import (PATIENCE, Match, Node, Window, activate_action, do, find, find_all, key, press, set_text, showing,
                      wait)

SEED = int(os.environ.get("COFFER_TEST_SEED") or random.randrange(1000000))
KILLS = int(os.environ.get("COFFER_TEST_KILLS") or 1)
KEYS = 10
VALUE = 2000000
# Of what is written at least, so that it is not over before: a kill is at a place within.
MOST = 0.9
TEXT = b"some text"


def sums_of(path: str) -> Dict[bytes, str]:
    """What is in a vault. As SQLite reads it, which plays a journal back: of copies only."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {name: hashlib.sha256(value).hexdigest() for name, value in db.execute("SELECT key, value FROM kv")}


def written_by(pid: int) -> int:
    with open("/proc/%d/io" % pid, encoding="ascii") as file:
        return int(re.search("^wchar: ([0-9]+)$", file.read(), re.MULTILINE).group(1))


class KilledTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        # Each test has its own: one alone is killed where it was among the others.
        self.random = random.Random("%d %s" % (SEED, self.id()))
        self.place = self.folder + "/vault"
        self.path = self.place + "/half.kvault"
        os.makedirs(self.folder + "/config/glib-2.0/settings")
        with open(self.folder + "/config/glib-2.0/settings/keyfile", "w", encoding="utf-8") as settings:
            settings.write("[io/github/coffervault/Coffer]\ncache-on=true\ncache-interval=3600\n")

    def make(self, log: bool, waiting: bool = False, older: bool = False, maps: bool = False) -> None:
        """A vault half of which is free. log: it has one; waiting: in which the last of it waits; older: of that shape; maps: with
        page maps."""
        made = self.folder + "/made.kvault"
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place)
        with closing(sqlite3.connect(made, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = OFF")
            db.execute("PRAGMA page_size = 32768")
            if maps:
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            if log:
                db.execute("PRAGMA journal_mode = WAL")
            if older:
                db.execute("CREATE TABLE kv (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB UNIQUE NOT NULL, value BLOB NOT NULL, "
                           "size INTEGER NOT NULL)")
            else:
                db.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
            for i in range(2 * KEYS):
                db.execute("INSERT INTO kv (key, value%s) VALUES (?, randomblob (?)%s)" % ((", size", ", %d" % VALUE) if older else ("", "")),
                           (b"key%02d" % i, VALUE))
            db.execute("DELETE FROM kv WHERE rowid % 2")
            if log:
                db.execute("PRAGMA wal_checkpoint (TRUNCATE)")
            db.execute("PRAGMA wal_autocheckpoint = 0")
            if waiting:
                db.execute("UPDATE kv SET value = randomblob (?)", (VALUE,))
            shutil.copy(made, self.path)
            if waiting:
                shutil.copy(made + "-wal", self.path + "-wal")
        os.unlink(made)
        self.sums = self.look()
        self.assertEqual(len(self.sums), KEYS)

    def look(self) -> Dict[bytes, str]:
        """What is in the vault as it lies there, which is not touched."""
        copied = self.folder + "/look"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(self.place, copied, ignore=shutil.ignore_patterns("*-shm"))
        return sums_of(copied + "/half.kvault")

    def open(self) -> VaultWindow:
        self.coffer = self.start(self.path, GSETTINGS_BACKEND="keyfile", XDG_CONFIG_HOME=self.folder + "/config")
        window = self.coffer.window("half.kvault")
        window.wait_for_rows(len(self.sums))
        return window

    def storage(self) -> Node:
        key("ctrl+shift+s")
        return wait(lambda: next(iter(self.coffer.windows("Storage")), None), "the window")

    def seek(self, root: Node, name: str) -> Node:
        """A button that can be pressed, and may be scrolled away."""
        return wait(lambda: next((node for node in find_all(root, "push button", name) if node.has("SENSITIVE")), None), name)

    def kill_after(self, button: Node, least: float) -> None:
        """The button begins what writes that many bytes at least."""
        pid = self.coffer.process.pid
        wanted = int(self.random.random() * least * MOST)
        before = written_by(pid)
        end = time.monotonic() + PATIENCE
        do(button)
        while written_by(pid) - before < wanted:
            self.assertLess(time.monotonic(), end, "%d bytes were not written" % wanted)
        self.coffer.process.kill()
        self.assertEqual(self.coffer.process.wait(), -9)
        print("%s: killed after %d bytes, seed %d" % (self.id(), wanted, SEED), file=sys.stderr)

    def begin(self, name: str, title: str, answer: Match, way: str = "") -> Node:
        """The button that begins it, of the dialog that asks."""
        do(self.seek(self.storage(), name))
        dialog = self.coffer.dialog(title)
        if way:
            Window(dialog).click(find(dialog, "label", way, showing))
        return find(dialog, "push button", answer, lambda node: node.has("SENSITIVE"))

    def edit(self, window: VaultWindow) -> None:
        press(window.frame, "Edit…")
        self.coffer.answer("Edit “half.kvault”?", "Edit")
        find(window.frame, "push button", "Add Files", showing)

    def beside(self) -> Set[str]:
        """The files beside the vault, without a journal that does not count: SQLite leaves that, until it writes the next one."""
        files = set(os.listdir(self.place)) - {"half.kvault"}
        try:
            with open(self.path + "-journal", "rb") as journal:
                if journal.read(1) in (b"", b"\0"):
                    files.discard("half.kvault-journal")
        except FileNotFoundError:   # or it has just gone
            files.discard("half.kvault-journal")
        return files

    def assert_whole(self) -> None:
        """As SQLite sees it, and as the program does: that opens it, tidies up when it may write, and leaves the file alone."""
        self.assertEqual(self.look(), self.sums)
        window = self.open()
        self.edit(window)
        wait(lambda: self.beside() <= {"half.kvault-wal", "half.kvault-shm"}, "nothing else beside it")
        self.assert_quits(self.coffer)
        self.assertEqual(self.beside(), set())
        self.assertEqual(sums_of(self.path), self.sums)

    def test_swap(self) -> None:
        for i in range(KILLS):
            self.make(log=i % 2 == 0)
            self.open()
            self.kill_after(self.begin("Compact…", "Compact the Vault?", re.compile("^(C_ompact )?Compact$")), KEYS * VALUE)
            self.assert_whole()

    def test_in_place(self) -> None:
        for i in range(KILLS):
            self.make(log=i % 2 == 1)
            self.open()
            button = self.begin("Compact…", "Compact the Vault?", re.compile("^(C_ompact )?Compact$"), "Rewrite the file in place")
            self.kill_after(button, 3 * KEYS * VALUE)    # elsewhere, into the log or journal, and back
            self.assert_whole()

    def test_convert_or_reclaim(self) -> None:
        """One of the two, at random."""
        for i in range(KILLS):
            older = self.random.random() < 0.5
            self.make(log=i % 2 == 0, older=older, maps=not older)
            self.open()
            if older:
                self.kill_after(self.begin("Convert…", "Convert the Table?", re.compile("^(Con_vert )?Convert$")), KEYS * VALUE)
            else:
                self.kill_after(self.begin("Reclaim…", "Compact the Vault?", re.compile("^(C_ompact )?Compact$")), KEYS * VALUE // 4)
            self.assert_whole()

    def test_wipe(self) -> None:
        for i in range(KILLS):
            self.make(log=i % 2 == 0)
            self.open()
            self.kill_after(self.begin("Wipe…", "Wipe Free Space Now?", re.compile("^(_Wipe )?Wipe$")), KEYS * VALUE)
            self.assert_whole()

    def test_checkpoint(self) -> None:
        for _ in range(KILLS):
            self.make(log=True, waiting=True)
            self.open()
            self.kill_after(self.begin("Checkpoint…", "Move the Log Into the Main File?", re.compile("^(Check_point )?Checkpoint$")),
                            KEYS * VALUE)
            self.assert_whole()

    def test_copy(self) -> None:
        """What has the name of the copy is one; the next copy of that name takes away what the killed one left."""
        copies = self.folder + "/copies"
        os.mkdir(copies)
        for i in range(KILLS):
            self.make(log=i % 2 == 0)
            self.open()
            do(self.seek(self.storage(), "Save Copy…"))
            chooser = self.coffer.enter_file("Save Copy", copies + "/copied.kvault")
            self.kill_after(find(chooser, "push button", re.compile("^(_Save )?Save$")), KEYS * VALUE)
            if "copied.kvault" in os.listdir(copies):   # it was quicker
                self.assertEqual(sums_of(copies + "/copied.kvault"), self.sums)
                os.unlink(copies + "/copied.kvault")
            self.assert_whole()

            self.open()
            storage = self.storage()
            do(self.seek(storage, "Save Copy…"))
            self.coffer.choose_file("Save Copy", copies + "/copied.kvault", "Save")
            wait(lambda: [node for node in find_all(storage, "label") if node.name.startswith("Saved as ")], "the copy")
            self.assertEqual(os.listdir(copies), ["copied.kvault"])
            self.assertEqual(sums_of(copies + "/copied.kvault"), self.sums)
            os.unlink(copies + "/copied.kvault")
            press(storage, "Close")
            wait(lambda: not self.coffer.windows("Storage"), "the window to go")
            self.assert_quits(self.coffer)

    def test_flush(self) -> None:
        """What waited is in the file, or it is not."""
        for i in range(KILLS):
            self.make(log=i % 2 == 0)
            window = self.open()
            self.edit(window)
            window.activate()
            key("ctrl+f")
            set_text(find(window.frame, "entry", "Search keys"), TEXT.decode())
            key("ctrl+a", "ctrl+c", "Escape")
            window.wait_for_rows(KEYS)
            activate_action(APPLICATION, "paste", window=1)
            dialog = self.coffer.dialog("Add Text?")
            set_text(find(dialog, "text", "New key"), "waits")
            press(dialog, "Add")
            window.wait_for_rows(KEYS + 1)
            self.assertEqual(self.look(), self.sums)
            storage = self.storage()
            self.kill_after(self.seek(storage, "Flush Now"), 2 * 32768)   # at least a page of the table, and one of the index
            if b"waits" in self.look():
                self.sums[b"waits"] = hashlib.sha256(TEXT).hexdigest()
            self.assert_whole()


if __name__ == "__main__":
    main()
