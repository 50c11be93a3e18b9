#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the storage window does to a vault beside compacting, pressed by its buttons and seen in the file."""
import hashlib
import os
import re
import sqlite3
from contextlib import closing

from coffer import CofferCase, Coffer, main, size_text
from gtkdrive import Match, Node, Window, do, find, find_all, key, press, showing, text_of, type_text, wait
from vaults import Fixture, make_vault, read_vault


def ask(path: str, statement: str) -> object:
    with closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as db:
        return db.execute(statement).fetchone()[0]


class UpkeepTest(CofferCase):
    def open_storage(self, path: str, words: str, **env: str) -> Coffer:
        """Once the vault's window says so."""
        coffer = self.start(path, **env)
        coffer.window(os.path.basename(path)).says(re.compile("^" + words))
        key("ctrl+shift+s")
        self.storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        return coffer

    def close_all(self, coffer: Coffer) -> None:
        press(self.storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)

    def seek(self, name: Match, role: str = "push button") -> Node:
        """It may be scrolled away, and not be ready yet."""
        return wait(lambda: next((node for node in find_all(self.storage, role, name) if node.has("SENSITIVE")), None), "“%s”" % (name,))

    def test_cancelled(self) -> None:
        """Each job while it waits for another program: all is as it was."""
        os.mkdir(self.folder + "/vault")
        path = self.folder + "/vault/o.kvault"
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE kv (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB UNIQUE NOT NULL, value BLOB NOT NULL, size INTEGER NOT NULL)")
            db.executemany("INSERT INTO kv (key, value, size) VALUES (?, ?, 50000)", ((b"%02d" % i, bytes([i]) * 50000) for i in range(20)))
            db.execute("DELETE FROM kv WHERE id > 10")
            db.commit()
        before = read_vault(path), os.stat(path).st_size
        coffer = self.start(path)
        window = coffer.window("o.kvault")
        window.wait_for_rows(10)
        press(window.frame, "Edit…")
        coffer.answer("Edit “o.kvault”?", "Edit")
        find(window.frame, "push button", "Add Files", showing)
        key("ctrl+shift+s")
        self.storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        for button, question, answer in (("Compact…", "Compact the Vault?", "Compact"), ("Save Copy…", "", ""),
                                         ("Convert…", "Convert the Table?", "Convert"), ("Check…", "Look for Damage?", "Full Check")):
            seen = self.seek(button)
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                do(seen)
                if question:
                    coffer.answer(question, answer)
                else:
                    coffer.choose_file("Save Copy", self.folder + "/vault/copy.kvault", "Save")
                do(self.seek("Cancel"))
                self.seek("Compact…")   # in its place
        # A row that was hidden cannot always be asked for: in a new window it can.
        press(self.storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        key("ctrl+shift+s")
        self.storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        find(self.storage, "label", "Cancelled. Nothing was changed.", showing)
        self.close_all(coffer)
        self.assertEqual((read_vault(path), os.stat(path).st_size), before)
        self.assertEqual(ask(path, "SELECT count(*) FROM pragma_table_info('kv')"), 4)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["o.kvault"])

    def assert_settings(self, on: bool, *numbers: str) -> None:
        """Of the cache, and for deleted values, as they are shown."""
        wait(lambda: [text_of(node) for node in find_all(self.storage, "spin button")] == list(numbers), "the numbers")
        switch = re.compile("^(Collect|Write zeros)")
        wait(lambda: [node.has("CHECKED") for node in find_all(self.storage, "check box", switch)] == [on, on], "the switches")

    def test_settings_are_kept(self) -> None:
        """Of the cache, and that deleted values are written over: they hold at once, and the next time."""
        path = make_vault(self.folder + "/s.kvault", [(b"a", b"1"), (b"b", b"what is secret" * 100)])
        env = {"GSETTINGS_BACKEND": "keyfile", "XDG_CONFIG_HOME": self.folder + "/config"}
        coffer = self.open_storage(path, "2 keys", **env)
        for name, number in ("Capacity", "32"), ("Flush at", "8"), ("Flush at least every", "3599"):
            Window(self.storage).click(find(self.storage, "spin button", name), across=0.2)
            key("ctrl+a")
            type_text(number)
            key("Return")
        for name in "Collect", "Write zeros":
            do(self.seek(re.compile("^" + name), "check box"), "toggle")
        self.assert_settings(True, "32", "8", "3599")
        find(self.storage, "label", size_text(0) + " of " + size_text(32000000), showing)
        self.close_all(coffer)

        coffer = self.open_storage(path, "2 keys", **env)
        self.assert_settings(True, "32", "8", "3599")
        press(self.storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        window = coffer.window("s.kvault")
        press(window.frame, "Edit…")
        coffer.answer("Edit “s.kvault”?", "Edit")
        find(window.frame, "push button", "Add Files", showing)
        window.activate()
        window.choose_with_mouse("b")
        key("Delete")
        coffer.answer(re.compile("^Delete "), "Delete")
        window.wait_for_rows(1)
        self.assert_quits(coffer)
        with open(path, "rb") as file:
            self.assertNotIn(b"what is secret", file.read())

    def test_newer_shape_page_maps_and_reclaiming(self) -> None:
        path = Fixture("v010_media.db").copy(self.folder)
        before = read_vault(path, "kv")
        coffer = self.open_storage(path, "%d keys" % len(before))

        do(self.seek("Convert…"))
        coffer.answer("Convert the Table?", "Convert")
        wait(lambda: find_all(self.storage, "label", "The table is converted"), "the words of it")
        self.assertEqual(ask(path, "SELECT count(*) FROM pragma_table_info('kv')"), 2)
        self.assertEqual(read_vault(path, "kv"), before)

        do(self.seek(re.compile("^Turn on page maps when compacting"), "check box"), "toggle")
        do(self.seek("Compact…"))
        coffer.answer("Compact the Vault?", "Compact")
        wait(lambda: ask(path, "PRAGMA auto_vacuum") == 2, "the page maps")
        self.assertEqual(read_vault(path, "kv"), before)

        # Another program deletes half of it: this one sees that, and gives the pages back one by one.
        left = dict(sorted(before.items())[::2])
        with closing(sqlite3.connect(path)) as db:
            db.executemany("DELETE FROM kv WHERE key = ?", ((name,) for name in before.keys() - left.keys()))
            db.commit()
        size = os.stat(path).st_size
        free = ask(path, "PRAGMA freelist_count") * ask(path, "PRAGMA page_size")
        self.assertGreater(free, 0)
        do(self.seek("Reclaim…"))
        coffer.answer("Compact the Vault?", "Compact")   # with that way chosen
        wait(lambda: os.stat(path).st_size <= size - free, "the smaller file")
        self.assertEqual(ask(path, "PRAGMA freelist_count"), 0)
        self.assertEqual(read_vault(path, "kv"), left)
        self.close_all(coffer)

    def test_journal_there_and_back(self) -> None:
        path = make_vault(self.folder + "/j.kvault", [(b"a", b"1")])
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        coffer = self.open_storage(path, "1 key")
        for question, answer, mode in (("Use a Write-Ahead Log?", "Use Log", "wal"),
                                       ("Use a Rollback Journal?", "Use Rollback Journal", "delete")):
            do(self.seek("Change…"))
            coffer.answer(question, answer)
            wait(lambda: ask(path, "PRAGMA journal_mode") == mode, mode)   # pylint: disable=cell-var-from-loop
        self.assertEqual(read_vault(path), {b"a": b"1"})
        self.close_all(coffer)

    def test_full_check_and_what_is_readable(self) -> None:
        fixture = Fixture("damaged/table_leaf_wrecked.db")
        path = fixture.copy(self.folder)
        target = self.folder + "/saved.kvault"
        readable = {entry.key: entry.sha256 for entry in fixture.tables["kv"] if entry.size >= 0}
        lost = {entry.key for entry in fixture.tables["kv"] if entry.size < 0}
        coffer = self.open_storage(path, "307 keys")
        do(self.seek("Check…"))
        coffer.answer("Look for Damage?", "Full Check")
        wait(lambda: find_all(self.storage, "label", re.compile("^Checked at .*, 307 keys: 88 damaged, 0 odd$")), "what it found")
        do(self.seek("Export…"))
        coffer.choose_file(re.compile("Export"), target, "Save")
        wait(lambda: find_all(self.storage, "label", re.compile(r"^223 keys \(.*\) are in .*/saved\.kvault")), "the new vault")
        saved = read_vault(target)
        self.assertEqual(len(saved), 223)
        self.assertFalse(saved.keys() & lost)
        self.assertEqual({name: hashlib.sha256(saved[name]).hexdigest() for name in readable}, readable)
        self.close_all(coffer)

    def test_delete_what_is_odd(self) -> None:
        path = make_vault(self.folder + "/o.kvault", [(b"a", b"1")])
        with closing(sqlite3.connect(path)) as db:
            db.execute("INSERT INTO kv VALUES ('odd', x'01')")
            db.commit()
        coffer = self.open_storage(path, "2 keys")
        window = coffer.window("o.kvault")
        do(self.seek("Check…"))
        coffer.answer("Look for Damage?", "Quick Check")
        wait(lambda: find_all(self.storage, "label", re.compile('^key "odd" of table "kv": ')), "what it found")
        do(find_all(self.storage, "push button", "What to Do")[-1])   # the one in the menu button
        press(self.storage, "Delete…", "menu item")
        coffer.answer("Delete This Key?", "Delete")
        window.wait_for_rows(1)
        self.close_all(coffer)
        self.assertEqual(read_vault(path), {b"a": b"1"})


if __name__ == "__main__":
    main()
