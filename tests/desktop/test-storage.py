#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where the bytes are, and getting them back."""
import os
import re
import sqlite3
from contextlib import closing

from coffer import APPLICATION, CofferCase, Coffer, VaultWindow, main, size_text
from gtkdrive import (PATIENCE, Match, Node, Window, activate_action, do, find, find_all, key, press, set_text, showing,
                      wait)
from vaults import make_vault, read_vault


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
        wait(lambda: find_all(storage, "label", "Nobody else has it open"), "who has it open")   # perhaps scrolled away

        press(storage, "Compact…")
        coffer.answer("Compact the Vault?", "Compact")
        # The receipt comes in the place of the progress, of which GTK 4.8 does not always tell; the numbers stand where they stood.
        wait(lambda: os.stat(path).st_size < size - 1900000, "the smaller file")
        find(storage, "label", "Nothing", showing)             # that could be freed
        find(storage, "label", size_text(os.stat(path).st_size), showing)
        self.assertEqual(read_vault(path), before)
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        window.wait_for_rows(20)
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

        def seek(role: str, name: Match) -> Node:
            """It may be scrolled away."""
            return wait(lambda: next(iter(find_all(storage, role, name)), None), "“%s”" % name)

        do(seek("push button", "Check…"))
        coffer.answer("Look for Damage?", "Quick Check")
        seek("label", re.compile('^key "odd" of table "kv": '))

    def paste(self, coffer: Coffer, window: VaultWindow, name: str) -> None:
        """What is on the clipboard becomes a value."""
        activate_action(APPLICATION, "paste", window=1)
        dialog = coffer.dialog("Add Text?")
        set_text(find(dialog, "text", "New key"), name)
        press(dialog, "Add")
        window.says("1 file added")

    def test_write_cache(self) -> None:
        """What is added waits, is told of, and is in the file when a person says so, or closes."""
        path = make_vault(self.folder + "/c.kvault", [(b"a", b"1")])
        os.mkdir(self.folder + "/config")
        os.mkdir(self.folder + "/config/glib-2.0")
        os.mkdir(self.folder + "/config/glib-2.0/settings")
        with open(self.folder + "/config/glib-2.0/settings/keyfile", "w", encoding="utf-8") as settings:
            settings.write("[io/github/coffervault/Coffer]\ncache-on=true\ncache-interval=3600\n")
        coffer = self.start(path, GSETTINGS_BACKEND="keyfile", XDG_CONFIG_HOME=self.folder + "/config")
        window = coffer.window("c.kvault")
        window.wait_for_rows(1)
        press(window.frame, "Edit…")
        coffer.answer("Edit “c.kvault”?", "Edit")
        find(window.frame, "push button", "Add Files", showing)
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        find(storage, "label", re.compile("^Faster; what was added in the last 3,?600 s may be lost"))
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")

        window.activate()
        key("ctrl+f")
        set_text(find(window.frame, "entry", "Search keys"), "some text")
        key("ctrl+a", "ctrl+c", "Escape")
        window.wait_for_rows(1)
        self.paste(coffer, window, "b")
        window.wait_for_rows(2)
        find(window.frame, "push button", "Cache " + size_text(10), showing)
        self.assertEqual(read_vault(path), {b"a": b"1"})
        key("ctrl+s")
        window.says("1 value written to the file")
        self.assertEqual(read_vault(path), {b"a": b"1", b"b": b"some text"})

        self.paste(coffer, window, "c")
        window.wait_for_rows(3)
        self.assertEqual(len(read_vault(path)), 2)
        self.assert_quits(coffer)
        self.assertEqual(read_vault(path), {b"a": b"1", b"b": b"some text", b"c": b"some text"})


if __name__ == "__main__":
    main()
