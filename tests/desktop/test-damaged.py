#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Damaged vaults: what can be read is shown, or saved, what cannot is told, and nothing is written to them any more."""
import os
import re
import sqlite3
from contextlib import closing
from typing import Dict, Tuple

from coffer import LIKE_ANYBODY, Coffer, CofferCase, Row, VaultWindow, main, read_row, size_text
from gtkdrive import Node, do, extents, find, find_all, key, press, showing, wait
from vaults import Fixture, make_vault, read_vault, shown, state_of


EXPORT = re.compile("Export What Is Readable…$")


def rows_if_known(window: VaultWindow, count: int) -> Dict[str, Row]:
    """The first rows by their keys, once each has a type."""
    rows = [read_row(node) for node in window.row_nodes()[:count]]
    return {row.key: row for row in rows} if len(rows) == count and all(row.kind for row in rows) else {}


class DamagedTest(CofferCase):
    def open(self, name: str, mode: int = 0o644) -> Tuple[Coffer, VaultWindow]:
        self.fixture = Fixture(name)
        path = self.fixture.copy(self.folder)
        os.chmod(path, mode)
        self.before = state_of(self.folder)
        coffer = self.start(path, through=LIKE_ANYBODY)
        return coffer, coffer.window(self.fixture.base_name)

    def close(self, coffer: Coffer) -> None:
        self.assert_quits(coffer)
        self.assertEqual(state_of(self.folder), self.before)

    def test_wrecked_pages(self) -> None:
        coffer, window = self.open("damaged/table_leaf_wrecked.db")
        # All 307 keys are in the index; fixtures.json has those whose values cannot be read, and a few others.
        lost = [entry for entry in self.fixture.tables["kv"] if entry.size < 0]
        window.says(re.compile("^307 keys, .*, %d unreadable" % len(lost)))

        window.focus_list()
        first = wait(lambda: rows_if_known(window, 12), "the first rows")
        for entry in self.fixture.tables["kv"][:12]:
            size = size_text(entry.size) if entry.size >= 0 else ""
            self.assertEqual(first[shown(entry.key)].size, size)
            self.assertEqual(first[shown(entry.key)].kind == "Damaged", entry.size < 0, entry)

        window.choose_with_keys("files/data.json")
        window.says(re.compile("Is Damaged$"))
        window.choose_with_keys("files/photo.png")
        wait(lambda: "33783 bytes" in window.facts().get("Size", ""), "the facts of a value that is whole")
        key("End")
        window.wait_for_selected("row:00299")
        wait(lambda: showing(window.selected()), "the last row in view")
        self.close(coffer)

    def test_wrong_bytes_that_sqlite_does_not_see(self) -> None:
        """The value is as long as it should be; its picture is refused or spoilt, and the next one shows."""
        coffer, window = self.open("damaged/value_bytes_flipped.db")
        window.says(re.compile("^307 keys"))
        window.focus_list()
        window.choose_with_keys("files/photo.png")
        wait(lambda: "33783 bytes" in window.facts().get("Size", ""), "its facts")
        window.choose_with_keys("files/exif_orientation_6.jpg")
        wait(lambda: window.facts().get("Dimensions") == "320 × 480", "the next picture")
        self.close(coffer)

    def assert_offers(self, coffer: Coffer, why: str) -> None:
        """What changes the file is not offered in Storage, and says why; or it is, if there is no why."""
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        for name in ("Change…", "Convert…", "Wipe…", "Optimize"):
            wait(lambda: [node for node in find_all(storage, "push button", name) if node.has("SENSITIVE") == (not why)], name)
        wait(lambda: [node for node in find_all(storage, "check box", re.compile("^Turn on page maps")) if node.has("SENSITIVE") == (not why)], "page maps")
        if why:
            wait(lambda: len(find_all(storage, "label", why)) == 5, "why not, in each of the rows")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")

    def test_storage_writes_nothing(self) -> None:
        coffer, window = self.open("damaged/table_leaf_wrecked.db")
        window.says(re.compile("unreadable"))
        self.assert_offers(coffer, "The file is damaged, so nothing is written to it")
        self.close(coffer)

    def assert_checkpoint(self, name: str, offered: bool) -> None:
        """Another program has left something in the log."""
        self.fixture = Fixture(name)
        path = self.fixture.copy(self.folder)
        writer = sqlite3.connect(path)
        self.addCleanup(writer.close)
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE another (a)")
        writer.commit()
        coffer = self.start(path)
        window = coffer.window(self.fixture.base_name)
        window.says(re.compile("^[0-9]+ keys" if offered else "unreadable"))
        window.activate()
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        find(storage, "label", re.compile("pages? in use$"))   # it knows of the log
        wait(lambda: [node for node in find_all(storage, "push button", re.compile("Checkpoint…$")) if node.has("SENSITIVE") == offered], "Checkpoint")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)

    def test_log_of_a_damaged_file(self) -> None:
        self.assert_checkpoint("damaged/table_leaf_wrecked.db", False)

    def test_log_before_editing(self) -> None:
        self.assert_checkpoint("v010_media.db", True)

    def test_storage_of_a_file_for_reading(self) -> None:
        coffer, window = self.open("v010_media.db", 0o444)
        window.says(re.compile("^[0-9]+ keys"))
        self.assert_offers(coffer, "The file cannot be written")
        self.close(coffer)

    def test_storage_of_a_locked_table(self) -> None:
        """What keeps its keys from being written is no reason against what is done to the file, but against writing its rows anew."""
        why = "The table has triggers, which would be skipped"
        path = make_vault(self.folder + "/locked.kvault", [(b"a", b"1")])
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE told (n)")
            db.execute("CREATE TRIGGER tell AFTER INSERT ON kv BEGIN INSERT INTO told VALUES (1); END")
        coffer = self.start(path)
        window = coffer.window("locked.kvault")
        window.wait_for_rows(1)
        window.activate()
        key("ctrl+shift+s")
        storage = wait(lambda: next(iter(coffer.windows("Storage")), None), "the window")
        for name in ("Wipe…", "Optimize"):
            wait(lambda: [node for node in find_all(storage, "push button", name) if node.has("SENSITIVE")], name)
        wait(lambda: [node for node in find_all(storage, "check box", re.compile("^Turn on page maps")) if not node.has("SENSITIVE")], "page maps")
        self.assertEqual(len(find_all(storage, "label", why)), 1)
        do(wait(lambda: next((node for node in find_all(storage, "push button", "Change…") if node.has("SENSITIVE")), None), "the button"))
        coffer.answer("Use a Write-Ahead Log?", "Use Log")
        wait(lambda: find_all(storage, "label", "Write-ahead log"), "the log")
        do(find_all(storage, "push button", "Wipe…")[0])
        coffer.answer("Wipe Free Space Now?", "Wipe")
        wait(lambda: find_all(storage, "label", re.compile("^Wiped at ")), "it to be wiped")
        press(storage, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)
        with open(path, "rb") as file:
            self.assertEqual(file.read(20)[18:], bytes([2, 2]))
        self.assertEqual(read_vault(path), {b"a": b"1"})

    def open_what_no_view_opens(self) -> Tuple[Coffer, VaultWindow]:
        """Of twenty values the last ones are cut off."""
        os.mkdir(self.folder + "/vault")
        self.path = self.folder + "/vault/cut.kvault"
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
            db.executemany("INSERT INTO kv VALUES (?, ?)", ((b"%02d" % i, bytes([i]) * 50000) for i in range(20)))
            db.commit()
        self.whole = read_vault(self.path)
        os.truncate(self.path, os.stat(self.path).st_size * 3 // 4096 // 4 * 4096)
        self.before = state_of(self.folder + "/vault")
        coffer = self.start(self.path)
        window = coffer.window("cut.kvault")
        window.says("“cut.kvault” Is Damaged")
        return coffer, window

    def test_export_of_what_no_view_opens(self) -> None:
        coffer, window = self.open_what_no_view_opens()
        wait(lambda: find_all(window.frame, "push button", EXPORT, lambda node: node.has("FOCUSED")), "the button, with the focus")
        press(window.frame, "Export What Is Readable…")
        saved = self.folder + "/saved.kvault"
        coffer.choose_file("Export What Is Readable", saved, "Save")
        label = window.says(re.compile(r"keys \(.*\) are in %s\. Could not be read: [0-9]+\. Keys of which" % re.escape(saved)))
        values = read_vault(saved)
        self.assertGreater(len(values), 10)
        self.assertEqual(values, {name: self.whole[name] for name in values})
        self.assertIn("%d keys (%s)" % (len(values), size_text(sum(map(len, values.values())))), label.name)
        self.assertLessEqual(len(values) + int(re.search("read: ([0-9]+)", label.name).group(1)), 20)
        wait(lambda: find_all(window.frame, "push button", re.compile("Open New Vault$"), lambda node: node.has("FOCUSED")), "the way to it")
        press(window.frame, "Open New Vault")
        window = coffer.window("saved.kvault")
        window.wait_for_rows(len(values))
        self.assert_quits(coffer)
        self.assertEqual(state_of(self.folder + "/vault"), self.before)

    def start_export(self, coffer: Coffer, window: VaultWindow) -> Node:
        press(window.frame, "Export What Is Readable…")
        coffer.choose_file("Export What Is Readable", self.folder + "/vault/saved.kvault", "Save")
        return find(window.frame, "push button", re.compile("Cancel$"))

    def test_cancelled_and_closed(self) -> None:
        """While another program has the file for itself: nothing is left behind, of what was cancelled nor of what the window was closed over."""
        coffer, window = self.open_what_no_view_opens()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("PRAGMA writable_schema = 1")   # else SQLite refuses the file
            other.execute("BEGIN EXCLUSIVE")
            do(self.start_export(coffer, window))
            window.says(re.compile("Cancelled. No copy was left behind.$"))
            wait(lambda: find_all(window.frame, "push button", EXPORT, lambda node: node.has("FOCUSED")), "the button again")
            self.start_export(coffer, window)
            do(window.frame, "window.close")
            coffer.answer("The Vault Is Still Being Worked On", "Cancel")
            find(window.frame, "push button", re.compile("Cancel$"))
            do(window.frame, "window.close")
            coffer.answer("The Vault Is Still Being Worked On", "Stop and Close")
            self.assertEqual(coffer.process.wait(60), 0)
        self.assertEqual(coffer.complaints(), [])
        self.assertEqual(state_of(self.folder + "/vault"), self.before)

    def test_closing_waits_for_what_is_lost(self) -> None:
        """The question whether to stop the export ends with it; what it could not save is there to be seen, and the window stays."""
        coffer, window = self.open_what_no_view_opens()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("PRAGMA writable_schema = 1")
            other.execute("BEGIN EXCLUSIVE")
            self.start_export(coffer, window)
            do(window.frame, "window.close")
            coffer.dialog("The Vault Is Still Being Worked On")
        wait(lambda: not coffer.windows("The Vault Is Still Being Worked On"), "the question to go")
        window.says(re.compile("Could not be read: [1-9]"))
        self.assert_quits(coffer)

    def test_nothing_is_offered_where_nothing_is_left(self) -> None:
        """All keys are there, and no value is whole."""
        self.fixture = Fixture("v086_media_autopack.db")
        path = self.fixture.copy(self.folder)
        os.truncate(path, 188416)
        self.before = state_of(self.folder)
        coffer = self.start(path)
        window = coffer.window(self.fixture.base_name)
        window.says(re.compile("None of its values can be read here.$"))
        find(window.frame, "push button", re.compile("Open Another…$"))
        self.assertFalse([node for node in find_all(window.frame, "push button", EXPORT) if extents(node)[2] > 0])   # not a grey one either
        self.close(coffer)

    def test_storage_before_editing(self) -> None:
        coffer, window = self.open("v010_media.db")
        window.says(re.compile("^[0-9]+ keys"))
        self.assert_offers(coffer, "")
        self.close(coffer)


if __name__ == "__main__":
    main()
