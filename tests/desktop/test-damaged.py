#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Vaults that are damaged in part: what can be read is shown, what cannot is told, and nothing is written any more."""
import os
import re
import sqlite3
from contextlib import closing
from typing import Dict, Tuple

from coffer import LIKE_ANYBODY, Coffer, CofferCase, Row, VaultWindow, main, read_row, size_text
from gtkdrive import do, find, find_all, key, press, showing, wait
from vaults import Fixture, make_vault, read_vault, shown, state_of


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

    def test_storage_before_editing(self) -> None:
        coffer, window = self.open("v010_media.db")
        window.says(re.compile("^[0-9]+ keys"))
        self.assert_offers(coffer, "")
        self.close(coffer)


if __name__ == "__main__":
    main()
