#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Vaults that are damaged in part: what can be read is shown, what cannot is told, and nothing is written any more."""
import re
from typing import Dict, Tuple

from coffer import Coffer, CofferCase, Row, VaultWindow, main, read_row, size_text
from gtkdrive import key, showing, wait
from vaults import Fixture, shown, state_of


def rows_if_known(window: VaultWindow, count: int) -> Dict[str, Row]:
    """The first rows by their keys, once each has a type."""
    rows = [read_row(node) for node in window.row_nodes()[:count]]
    return {row.key: row for row in rows} if len(rows) == count and all(row.kind for row in rows) else {}


class DamagedTest(CofferCase):
    def open(self, name: str) -> Tuple[Coffer, VaultWindow]:
        self.fixture = Fixture(name)
        path = self.fixture.copy(self.folder)
        self.before = state_of(self.folder)
        coffer = self.start(path)
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


if __name__ == "__main__":
    main()
