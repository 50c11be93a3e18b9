#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where the bytes are, and getting them back."""
import os
import re
import shutil
import resource
import sqlite3
import struct
import subprocess
import unittest
from contextlib import closing, suppress

from coffer import APPLICATION, CofferCase, Coffer, VaultWindow, main, size_text
from gi.repository import GLib
from gtkdrive import (PATIENCE, Match, Node, Window, activate_action, do, extents, find, find_all, gone, key, press, set_text,
                      showing, text_of, wait, xdo)
from vaults import make_vault, read_vault
from watchdog import Watchdog, limit_here

GROWN = "Somebody who reads or writes for long keeps it from being emptied. A checkpoint tells who."
FAILED = "What Waits Could Not Be Written"


class StorageTest(CofferCase):
    def half_empty(self) -> str:
        os.mkdir(self.folder + "/vault")
        path = make_vault(self.folder + "/vault/half.kvault", ((b"key%03d" % i, os.urandom(100000)) for i in range(40)))
        with closing(sqlite3.connect(path)) as db:
            db.execute("DELETE FROM kv WHERE key >= ?", (b"key020",))
            db.commit()
        return path

    def test_compact(self) -> None:
        path = self.half_empty()
        size = os.stat(path).st_size
        before = read_vault(path)
        coffer = self.start(path)
        window = coffer.window("half.kvault")
        window.wait_for_rows(20)

        find(window.frame, "push button", re.compile("^Reclaimable "), showing)
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        find(storage, "label", size_text(size), showing)
        find(storage, "image", "Space used", showing)
        find(storage, "label", "Keys and index", showing)      # read behind
        nobody = re.compile("^No other program (of yours |in this sandbox )?has it open")
        wait(lambda: find_all(storage, "label", nobody), "who has it open")   # perhaps scrolled away

        find(storage, "image", "There is enough disk space", showing)
        find(storage, "image", "There is enough memory", showing)
        press(storage, "Compact…")
        coffer.answer("Compact the Vault?", "Compact")
        wait(lambda: os.stat(path).st_size < size - 1900000, "the smaller file")
        find(storage, "label", re.compile("^Freed "), showing)
        find(storage, "label", "Main file before: " + size_text(size), showing)
        find(storage, "label", "Main file after: " + size_text(os.stat(path).st_size), showing)
        find(storage, "label", "Keys after: 20", showing)
        find(storage, "label", "on disk, was " + size_text(size), showing)
        self.assertEqual(read_vault(path), before)
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        window.wait_for_rows(20)
        find(window.frame, "label", "Open for viewing", showing)   # it was only viewed, and still is
        self.assert_quits(coffer)
        self.assertEqual(read_vault(path), before)
        self.assertEqual(sorted(os.listdir(self.folder + "/vault")), ["half.kvault"])

    def test_save_a_copy(self) -> None:
        path = self.half_empty()
        copy = self.folder + "/copied.kvault"
        coffer = self.start(path)
        coffer.window("half.kvault").wait_for_rows(20)
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        do(wait(lambda: next(iter(find_all(storage, "push button", "Save Copy…")), None), "the button"))   # perhaps scrolled away
        coffer.choose_file("Save Copy", copy, "Save")
        wait(lambda: [node for node in find_all(storage, "label") if node.name.startswith("Saved as ")], "the copy")
        self.assertEqual(read_vault(copy), read_vault(path))
        # With its vault's window this one goes, too.
        do(coffer.window("half.kvault").frame, "window.close")
        self.assertEqual(coffer.process.wait(PATIENCE), 0, coffer.said())

    def test_another_file_comes(self) -> None:
        """Another file comes to the path: what waits is written to it if a person says just that, and by nothing else."""
        path = make_vault(self.folder + "/c.kvault", [(b"a", b"1")])
        other = make_vault(self.folder + "/other.kvault", [(b"b", b"theirs"), (b"x", b"2"), (b"y", b"3")])
        theirs = {b"b": b"theirs", b"x": b"2", b"y": b"3"}
        os.makedirs(self.folder + "/config/glib-2.0/settings")
        with open(self.folder + "/config/glib-2.0/settings/keyfile", "w", encoding="utf-8") as settings:
            settings.write("[io/github/coffervault/Coffer]\ncache-on=true\ncache-interval=3600\n")
        coffer = self.start(path, GSETTINGS_BACKEND="keyfile", XDG_CONFIG_HOME=self.folder + "/config")
        window = coffer.window("c.kvault")
        window.wait_for_rows(1)
        press(window.frame, "Edit…")
        coffer.answer("Edit “c.kvault”?", "Edit")
        find(window.frame, "push button", "Add Files", showing)
        window.activate()
        key("ctrl+f")
        set_text(find(window.frame, "entry", "Search keys"), "some text")
        key("ctrl+a", "ctrl+c", "Escape")
        window.wait_for_rows(1)
        self.paste(coffer, window, "b")
        window.wait_for_rows(2)

        os.rename(other, path)
        find(window.frame, "push button", re.compile("^Cache, not written: "), showing)
        window.wait_for_rows(3)
        window.activate()
        key("ctrl+s")
        coffer.answer("Write to Another File?", "Cancel")
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        wait(lambda: find_all(storage, "label", re.compile("^Another file has taken the place of the vault. What waits was meant")), "the reason")
        do(wait(lambda: next(iter(find_all(storage, "push button", "Flush Now")), None), "the button"))   # perhaps scrolled away
        coffer.answer("Write to Another File?", "Cancel")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assertEqual(read_vault(path), theirs)

        do(window.frame, "window.close")
        coffer.answer("Write to Another File?", "Keep Open")
        self.assertEqual(read_vault(path), theirs)
        do(window.frame, "window.close")
        coffer.answer("Write to Another File?", "Write to This File")
        self.assertEqual(coffer.process.wait(PATIENCE), 0, coffer.said())
        self.assertEqual(read_vault(path), {**theirs, b"b": b"some text"})

    def test_log_and_findings(self) -> None:
        """A log that another program holds; an odd key that a check names."""
        path = self.half_empty()
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("INSERT INTO kv VALUES ('odd', x'01')")
            db.commit()
            reader = db.execute("SELECT key FROM kv")
            reader.fetchone()
            with closing(sqlite3.connect(path)) as writer:
                writer.execute("INSERT INTO kv VALUES (x'7a', zeroblob (300000))")
                writer.commit()
            coffer = self.start(path)
            window = coffer.window("half.kvault")
            window.wait_for_rows(22)
            find(window.frame, "push button", "All saved, in file and log", showing)
            find(window.frame, "label", re.compile("^.* not in the file yet$"), showing)
            do(find(window.frame, "push button", re.compile("^WAL "), showing))
            storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
            find(storage, "label", "Not yet in the main file", showing)
            find(storage, "label", "It is safe in the log, and must go wherever the file goes", showing)
            press(storage, "Checkpoint…")
            dialog = coffer.dialog("Move the Log Into the Main File?")
            Window(dialog).click(find(dialog, "label", "At once", showing))
            coffer.answer("Move the Log Into the Main File?", "Checkpoint")
            find(storage, "label", re.compile(r"^Held by .*process %d\)$" % os.getpid()), showing)
            reader.close()
        press(storage, "Checkpoint…")
        coffer.answer("Move the Log Into the Main File?", "Checkpoint")
        wait(lambda: os.stat(path + "-wal").st_size == 0, "an empty log")
        find(window.frame, "push button", re.compile("Edit…$"), showing)      # it is viewed, as before

        def seek(role: str, name: Match) -> Node:
            """It may be scrolled away."""
            return wait(lambda: next(iter(find_all(storage, role, name)), None), "“%s”" % name)

        do(seek("push button", "Check…"))
        coffer.answer("Look for Damage?", "Quick Check")
        seek("label", re.compile('^key "odd" of table "kv": '))
        # It is there when the window comes again, after all else.
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        seek("label", re.compile('^key "odd" of table "kv": '))

    def test_release(self) -> None:
        """What this window plays holds the log: it lets go of it when a person says so, and plays on."""
        size = 20000000
        sound = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) \
            + b"data" + struct.pack("<I", size) + bytes(size)
        path = make_vault(self.folder + "/p.kvault", [(b"a.wav", sound), (b"b", b"1")])
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("PRAGMA journal_mode = WAL")
            coffer = self.start(path)
            window = coffer.window("p.kvault")
            window.wait_for_rows(2)
            window.activate()
            window.choose_with_mouse("a.wav")
            press(window.frame, "Play")
            find(window.frame, "label", re.compile("^0:0[1-9] / 1:53"), showing)
            writer.execute("INSERT INTO kv VALUES (x'7a', zeroblob (300000))")
            writer.commit()
            key("ctrl+shift+s")
            storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
            press(storage, "Checkpoint…")
            dialog = coffer.dialog("Move the Log Into the Main File?")
            Window(dialog).click(find(dialog, "label", "At once", showing))
            coffer.answer("Move the Log Into the Main File?", "Checkpoint")
            reader = re.compile("“a.wav” is open in the player. Release closes it")
            wait(lambda: find_all(storage, "label", reader), "who holds it")   # perhaps scrolled away
            self.assertGreater(os.stat(path + "-wal").st_size, 300000)
            do(find_all(storage, "push button", "Release")[0])
            wait(lambda: os.stat(path + "-wal").st_size == 0, "an empty log")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        find(window.frame, "push button", "Pause", showing)
        self.assert_quits(coffer)

    def test_question_ends_with_the_job(self) -> None:
        """A checkpoint waits for a reader; the question whether to stop it is over when it is, and the window closes unanswered."""
        path = make_vault(self.folder + "/q.kvault", [(b"a", b"1")])
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN")
            db.execute("SELECT key FROM kv").fetchall()
            with closing(sqlite3.connect(path)) as writer:
                writer.execute("INSERT INTO kv VALUES (x'7a', zeroblob (300000))")
                writer.commit()
            coffer = self.start(path)
            coffer.window("q.kvault").wait_for_rows(2)
            key("ctrl+shift+s")
            storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
            press(storage, "Checkpoint…")
            coffer.answer("Move the Log Into the Main File?", "Checkpoint")
            activate_action(APPLICATION, "quit")
            dialog = coffer.dialog("The Vault Is Still Being Worked On")
            find(dialog, "label", re.compile("^If you stop now, what was moved into the main file stays there"), showing)
            db.rollback()
            self.assertEqual(coffer.process.wait(PATIENCE), 0, coffer.said())
        self.assertEqual(coffer.complaints(), [])

    def test_question_ends_with_a_failure(self) -> None:
        """The folder of a copy goes while another program keeps it waiting: the question goes, too, and the window stays."""
        path = make_vault(self.folder + "/q.kvault", [(b"a", b"1")])
        os.mkdir(self.folder + "/out")
        coffer = self.start(path)
        window = coffer.window("q.kvault")
        window.wait_for_rows(1)
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        do(wait(lambda: next(iter(find_all(storage, "push button", "Save Copy…")), None), "the button"))
        dialog = coffer.enter_file("Save Copy", self.folder + "/out/copy.kvault")
        with closing(sqlite3.connect(path)) as db:
            db.execute("BEGIN EXCLUSIVE")
            press(dialog, "Save")
            find(storage, "push button", "Cancel", showing)
            activate_action(APPLICATION, "quit")
            coffer.dialog("The Vault Is Still Being Worked On")
            shutil.rmtree(self.folder + "/out")
        wait(lambda: not coffer.windows("The Vault Is Still Being Worked On"), "the question to go")
        wait(lambda: find_all(storage, "label", "Not copied"), "how it ended")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)

    def test_question_ends_with_findings(self) -> None:
        """A check goes on once another program lets it; what it found is there to be seen, and the window stays."""
        path = make_vault(self.folder + "/q.kvault", [(b"a", b"1")])
        with closing(sqlite3.connect(path)) as db:
            db.execute("INSERT INTO kv VALUES ('odd', x'01')")
            db.commit()
        coffer = self.start(path)
        coffer.window("q.kvault").wait_for_rows(2)
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        do(wait(lambda: next(iter(find_all(storage, "push button", "Check…")), None), "the button"))
        question = coffer.dialog("Look for Damage?")
        with closing(sqlite3.connect(path)) as db:
            db.execute("BEGIN EXCLUSIVE")
            press(question, "Quick Check")
            find(storage, "push button", "Cancel", showing)
            activate_action(APPLICATION, "quit")
            coffer.dialog("The Vault Is Still Being Worked On")
        wait(lambda: not coffer.windows("The Vault Is Still Being Worked On"), "the question to go")
        wait(lambda: find_all(storage, "label", re.compile('^key "odd"')), "what was found")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)

    def test_many_findings(self) -> None:
        """The first fifty have rows, which come a few with each frame, as others take their places, and when the window comes again."""
        path = make_vault(self.folder + "/odd.kvault", [(b"a", b"1")])
        with closing(sqlite3.connect(path)) as db:
            db.executemany("INSERT INTO kv VALUES (?, x'01')", (("odd%02d" % i,) for i in range(60)))
            db.commit()
        dog = Watchdog(self.folder)
        coffer = self.start(path, **dog.env)
        window = coffer.window("odd.kvault")
        window.wait_for_rows(61)

        def open_storage() -> Node:
            key("ctrl+shift+s")
            return wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")

        def wait_for(*numbers: int) -> None:
            """The rows that there are by now, and what stands below them."""
            wait(lambda: [int(node.name[8:10]) for node in find_all(storage, "label", re.compile('^key "odd'))] == list(numbers), "them")

        def choose(number: int, item: str) -> None:
            """From a menu, for which it scrolls down, in the column of the rows."""
            x, y, width, height = Window(storage).geometry()
            xdo("mousemove", x + width * 3 // 4, y + height // 2)
            row = find_all(storage, "list item", re.compile('^key "odd%02d"' % number))[0]
            button = find_all(row, "push button", "What to Do")[-1]
            wait(lambda: showing(button) or xdo("click", 5), "the button in view")
            do(button)
            press(storage, item, "menu item")

        storage = open_storage()
        do(wait(lambda: next(iter(find_all(storage, "push button", "Check…")), None), "the button"))
        coffer.answer("Look for Damage?", "Quick Check")
        wait_for(*range(50))
        wait(lambda: find_all(storage, "label", "10 more"), "how many more")
        choose(3, "Ignore")
        wait_for(*range(3), *range(4, 51))
        wait(lambda: find_all(storage, "label", "9 more") and find_all(storage, "label", "1 ignored"), "the rest")
        self.assertFalse(find_all(storage, "label", "10 more"))
        do(find_all(storage, "push button", "Show Again")[0])
        wait_for(*range(50))
        wait(lambda: find_all(storage, "label", "10 more"), "how many more")

        # In one turn they take four times as much as that. A turn here may be one that answers what this test asks, of all widgets.
        longest = []
        while len(longest) < 5 and (not longest or longest[-1] > 2 * limit_here()):
            press(storage, "Close")
            wait(lambda: not coffer.windows("Storage"), "the window to go")
            dog.forget()
            storage = open_storage()
            wait_for(*range(50))
            wait(lambda: find_all(storage, "label", "10 more"), "how many more")
            longest.append(max((turn.busy for turn in dog.turns()), default=0.0))
        self.assertLessEqual(longest[-1], 2 * limit_here(), longest)

    @unittest.skipUnless(os.environ.get("COFFER_TEST_FULL"), "a log of 1 GB: by hand")
    def test_large_log(self) -> None:
        """It has grown since another program reads: that is told, with who it is, and once that ends its room comes back."""
        path = self.half_empty()
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            reader = db.execute("SELECT key FROM kv")
            reader.fetchone()
            with closing(sqlite3.connect(path)) as writer:
                writer.execute("PRAGMA synchronous = OFF")
                writer.execute("INSERT INTO kv VALUES (x'7a', zeroblob (995000000))")
                writer.commit()
            size = os.stat(path + "-wal").st_size
            coffer = self.start(path)
            window = coffer.window("half.kvault")
            window.wait_for_rows(21)
            do(find(window.frame, "push button", "WAL " + size_text(size), showing))
            storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
            find(storage, "label", size_text(size), showing)
            find(storage, "label", GROWN)
            press(storage, "Checkpoint…")
            coffer.answer("Move the Log Into the Main File?", "Checkpoint")
            find(storage, "label", re.compile(r"^Held by .*process %d\)$" % os.getpid()), showing)
            self.assertEqual(os.stat(path + "-wal").st_size, size)
            reader.close()
        press(storage, "Checkpoint…")
        coffer.answer("Move the Log Into the Main File?", "Checkpoint")
        wait(lambda: os.stat(path + "-wal").st_size == 0, "an empty log")
        find(storage, "label", "Everything is in the main file", showing)
        gone(storage, "label", GROWN)
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)
        self.assertEqual(os.listdir(os.path.dirname(path)), ["half.kvault"])

    def paste(self, coffer: Coffer, window: VaultWindow, name: str) -> None:
        """What is on the clipboard becomes a value."""
        activate_action(APPLICATION, "paste", window=1)
        dialog = coffer.dialog("Add Text?")
        set_text(find(dialog, "text", "New key"), name)
        press(dialog, "Add")
        window.says("1 file added")

    def edit_with_cache(self, path: str, capacity: int = 8) -> Coffer:
        os.mkdir(self.folder + "/config")
        os.mkdir(self.folder + "/config/glib-2.0")
        os.mkdir(self.folder + "/config/glib-2.0/settings")
        with open(self.folder + "/config/glib-2.0/settings/keyfile", "w", encoding="utf-8") as settings:
            settings.write("[io/github/coffervault/Coffer]\ncache-on=true\ncache-interval=3600\ncache-capacity=%d\ncache-threshold=500\n" % capacity)
        coffer = self.start(path, GSETTINGS_BACKEND="keyfile", XDG_CONFIG_HOME=self.folder + "/config")
        window = coffer.window("c.kvault")
        window.wait_for_rows(1)
        press(window.frame, "Edit…")
        coffer.answer("Edit “c.kvault”?", "Edit")
        find(window.frame, "push button", "Add Files", showing)
        return coffer

    def copy_text(self, window: VaultWindow) -> None:
        """The words “some text” are on the clipboard then."""
        window.activate()
        key("ctrl+f")
        set_text(find(window.frame, "entry", "Search keys"), "some text")
        key("ctrl+a", "ctrl+c", "Escape")
        window.wait_for_rows(1)

    def test_write_cache(self) -> None:
        """What is added waits, is told of, and is in the file when a person says so, or closes."""
        path = make_vault(self.folder + "/c.kvault", [(b"a", b"1")])
        coffer = self.edit_with_cache(path)
        window = coffer.window("c.kvault")
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        find(storage, "label", re.compile("^Faster; what was added in the last 3,?600 s may be lost"))
        # What is kept is shown: no more is waited for than there is room for.
        self.assertEqual([text_of(find(storage, "spin button", name)) for name in ("Capacity", "Flush at")], ["8", "8"])
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")

        self.copy_text(window)
        self.paste(coffer, window, "b")
        window.wait_for_rows(2)
        find(window.frame, "push button", "Cache " + size_text(10), showing)
        find(window.frame, "label", re.compile(r"^1 value, the oldest for \d+ s$"), showing)
        find(window.frame, "push button", "Not all saved", showing)
        self.assertEqual(read_vault(path), {b"a": b"1"})
        key("ctrl+s")
        window.says("1 value written to the file")
        self.assertEqual(read_vault(path), {b"a": b"1", b"b": b"some text"})

        self.paste(coffer, window, "c")
        window.wait_for_rows(3)
        self.assertEqual(len(read_vault(path)), 2)
        self.assert_quits(coffer)
        self.assertEqual(read_vault(path), {b"a": b"1", b"b": b"some text", b"c": b"some text"})

    def test_close_over_a_failing_flush(self) -> None:
        """Nothing can be written as the window closes: a person says what becomes of what waits."""
        path = make_vault(self.folder + "/c.kvault", [(b"a", b"1")])
        coffer = self.edit_with_cache(path)
        window = coffer.window("c.kvault")
        self.copy_text(window)
        self.paste(coffer, window, "b")
        window.wait_for_rows(2)

        # As on a full disk: no file may grow.
        def limit(size: int) -> None:
            resource.prlimit(coffer.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        limit(1)
        do(window.frame, "window.close")
        dialog = coffer.dialog(FAILED)
        find(dialog, "label", re.compile("1 value still waits in memory, and is lost if you discard it"))
        press(dialog, "Try Again")
        wait(lambda: dialog not in coffer.windows(FAILED), "that one to go")
        coffer.answer(FAILED, "Keep Open")               # which failed again
        window.wait_for_rows(2)
        find(window.frame, "push button", "Cache, not written: " + size_text(10), showing)
        self.assertEqual(read_vault(path), {b"a": b"1"})

        do(window.frame, "window.close")
        dialog = coffer.dialog(FAILED)
        limit(resource.RLIM_INFINITY)
        press(dialog, "Try Again")
        self.assertEqual(coffer.process.wait(PATIENCE), 0, coffer.said())
        self.assertEqual(read_vault(path), {b"a": b"1", b"b": b"some text"})

    def test_narrow_while_much_is_told(self) -> None:
        """What waits and cannot be written, a log, room to reclaim: none of that keeps the window from being narrow."""
        path = make_vault(self.folder + "/c.kvault", [(b"a", b"1"), (b"b", bytes(3000000))])
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("DELETE FROM kv WHERE key = x'62'")
            db.commit()
            coffer = self.edit_with_cache(path)
            window = coffer.window("c.kvault")
            self.copy_text(window)
            self.paste(coffer, window, "b")
            window.wait_for_rows(2)
            resource.prlimit(coffer.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            window.activate()
            key("ctrl+s")
            coffer.answer(FAILED, "Close")
            for name in ("Cache, not written: " + size_text(10), re.compile("^WAL "), re.compile("^Reclaimable "), "Not all saved"):
                find(window.frame, "push button", name, showing)
            for width in (870, 850, 610, 590, 360):   # as somebody drags its edge: panes fold at 860 and 600
                window.resize(width, 640)
                wait(lambda: extents(window.frame)[2] == width, "a window %d wide" % width)
            find(window.frame, "push button", "Cache, not written: " + size_text(10), showing)
            resource.prlimit(coffer.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            self.assert_quits(coffer)
        self.assertEqual(read_vault(path), {b"a": b"1", b"b": b"some text"})

    def test_full_disk(self) -> None:
        """50 MB wait and the disk is full: that is told, nothing is lost, and it is written once there is room, without anybody's doing."""
        disk = self.folder + "/disk"
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "none", disk], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        values = {b"%02d.bin" % i: os.urandom(1000000) for i in range(50)}
        os.mkdir(self.folder + "/files")
        for name, value in values.items():
            with open(self.folder + "/files/" + name.decode(), "wb") as file:
                file.write(value)
        path = make_vault(disk + "/c.kvault", [(b"a", b"1")])
        coffer = self.edit_with_cache(path, 64)
        window = coffer.window("c.kvault")
        uris = ["file://%s/files/%s" % (self.folder, name.decode()) for name in values]
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), list(b""), uris)), window=1)
        press(wait(lambda: next(iter(coffer.windows("Add 50 Files")), None), "the sheet"), "Add")
        window.says("50 files added")
        find(window.frame, "push button", "Cache " + size_text(50000100), showing)

        with open(disk + "/ballast", "wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(65536))
        do(window.frame, "window.close")
        find(coffer.dialog(FAILED), "label", "The disk is full.\n50 values still wait in memory, and are lost if you discard them.")
        coffer.answer(FAILED, "Keep Open")
        window.activate()
        key("ctrl+s")
        find(coffer.dialog(FAILED), "label", "The disk is full.\n50 values still wait in memory. They are tried again by themselves.")
        coffer.answer(FAILED, "Close")
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        find(storage, "label", re.compile("^The disk is full. Nothing is lost: all of it still waits, and is tried again in [0-9] s"))
        press(storage, "Close")
        self.assertEqual(read_vault(path), {b"a": b"1"})
        os.unlink(disk + "/ballast")
        find(window.frame, "push button", "All saved", showing)
        self.assertEqual(read_vault(path), {b"a": b"1", **values})
        self.assert_quits(coffer)
        self.assertEqual(os.listdir(disk), ["c.kvault"])

    def test_discard_as_it_closes(self) -> None:
        path = make_vault(self.folder + "/c.kvault", [(b"a", b"1")])
        coffer = self.edit_with_cache(path)
        window = coffer.window("c.kvault")
        self.copy_text(window)
        self.paste(coffer, window, "b")
        window.wait_for_rows(2)
        resource.prlimit(coffer.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        do(window.frame, "window.close")
        press(coffer.dialog(FAILED), "Discard and Close")
        self.assertEqual(coffer.process.wait(PATIENCE), 0, coffer.said())
        self.assertEqual(read_vault(path), {b"a": b"1"})


if __name__ == "__main__":
    main()
