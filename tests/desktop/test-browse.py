#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Finding one's way in a million keys, or ten: with keys alone, with the mouse alone; and in a file of many kinds of things."""
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from typing import Optional

from coffer import CofferCase, VaultWindow, main, read_row, size_text
from gtkdrive import Node, again, drag, extents, find, key, park_pointer, press, showing, type_text, wait
from vaults import LARGE, Fixture, make_large_vault, state_of
from watchdog import Watchdog

ZOO = 1000

# To answer what a test asks takes some twenty of them by itself, with four times as much to do as there are processors, too; what
# is done for each of a million rows takes far more.
LONGEST_TURN_MS = 64.0


class BrowseCase(CofferCase):
    window: VaultWindow

    def start_on(self, path: str, name: str) -> None:
        self.dog = Watchdog(self.folder)
        self.coffer = self.start(path, **self.dog.env)
        self.window = self.coffer.window(name)
        wait(lambda: [row for row in map(read_row, self.window.row_nodes()[:5]) if row.size], "the first rows")
        self.window.activate()
        self.dog.forget()

    def close(self, folder: str, before: dict) -> None:
        self.assertEqual([turn for turn in self.dog.stalls() if turn.busy > LONGEST_TURN_MS], [])
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(folder), before)

    def wait_for_label(self, text: str) -> None:
        wait(lambda: any(text in node.name and showing(node) for node in again(self.window.frame).walk() if node.role == "label"),
             text, 60)

    def wait_for_none_selected(self) -> None:
        wait(lambda: not any(" selected" in node.name and showing(node)
                             for node in again(self.window.frame).walk() if node.role == "label"),
             "nothing to be selected")

    def wait_for_first(self, name: str, size: int) -> None:
        """The row on top of the list is that one, and complete."""
        wait(lambda: read_row(self.window.row_nodes()[0])[:2] == (name, size_text(size)), "“%s” on top" % name, 60)

    def wait_for_row(self, name: str) -> None:
        """The row of that key is the one selected, and in view."""
        self.window.wait_for_selected(name)
        wait(lambda: showing(self.window.selected()), "“%s” in view" % name)

    def has_keyboard(self, name: str) -> bool:
        focused = [node for node in again(self.window.frame).walk() if node.has("FOCUSED")]
        return bool(focused) and any(name in node.name for node in focused[-1].lineage())

    def wait_for_keyboard_in(self, name: str) -> None:
        wait(lambda: self.has_keyboard(name), "the keyboard in “%s”" % name)

    def table_or_prefix(self, name: str) -> Node:
        return find(self.window.frame, "list item", re.compile("^%s(,|$)" % re.escape(name)))


class MillionTest(BrowseCase):
    @classmethod
    def setUpClass(cls) -> None:
        """All but 1,000 keys item/… of less than 100 bytes and 1,000 keys zoo/…, the n-th of 1,000 + n. No test may change the file."""
        folder = tempfile.TemporaryDirectory(prefix="coffer-browse-")
        cls.addClassCleanup(folder.cleanup)
        cls.big = folder.name
        cls.path = make_large_vault(cls.big + "/big.db", LARGE - ZOO)
        with closing(sqlite3.connect(cls.path)) as db, db:
            db.executemany("INSERT INTO kv VALUES (CAST (printf ('zoo/%04d', ?1) AS BLOB), zeroblob (1000 + ?1))", ((i,) for i in range(ZOO)))
        cls.before = state_of(cls.big)

    def setUp(self) -> None:
        super().setUp()
        self.start_on(self.path, "big.db")

    def title(self, name: str) -> Node:
        return find(self.window.table(), "push button", name)

    def test_keys_alone(self) -> None:
        key("End")
        self.wait_for_row("zoo/0999")
        key("Home")
        self.wait_for_row("item/0000000")
        self.window.choose_with_keys("item/0500042")
        self.wait_for_row("item/0500042")
        # A search, and back to the same row.
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        type_text("oo/0777")
        self.wait_for_label("1 of %d keys" % LARGE)
        key("Down")
        self.wait_for_row("zoo/0777")
        key("Escape")
        self.wait_for_label("%d keys" % LARGE)
        self.wait_for_row("zoo/0777")
        # By size, by the header before the rows: the last title is the first.
        self.wait_for_keyboard_in("Keys")
        key("ctrl+shift+a")
        self.wait_for_none_selected()
        key("shift+Tab", "shift+Tab")
        self.wait_for_keyboard_in("Size")
        key("Return")
        wait(lambda: all(row.size == size_text(0) for row in map(read_row, self.window.row_nodes()[:10])), "the smallest on top", 60)
        key("Return")
        self.wait_for_first("zoo/0999", 1999)
        key("shift+Tab")
        self.wait_for_keyboard_in("Key")
        key("Return")
        self.wait_for_first("item/0000000", 0)
        # A prefix, in the sidebar.
        self.table_or_prefix("zoo/")
        key("Tab", "Tab", "Tab", "F6")
        self.wait_for_keyboard_in("CofferPreview")
        key("F6")
        self.wait_for_keyboard_in("Tables")
        key("Home", "Down", "Down", "Return")
        self.wait_for_first("zoo/0000", 1000)
        self.wait_for_label("%d keys" % ZOO)
        key("F6")
        self.wait_for_keyboard_in("Keys")
        key("ctrl+a")
        self.wait_for_label("%d selected" % ZOO)
        key("Escape")
        self.wait_for_none_selected()
        self.close(self.big, self.before)

    def test_mouse_alone(self) -> None:
        window = self.window
        self.table_or_prefix("zoo/")
        # By size and back.
        window.click(self.title("Size"))
        wait(lambda: all(row.size == size_text(0) for row in map(read_row, self.window.row_nodes()[:10])), "the smallest on top", 60)
        window.click(self.title("Size"))
        self.wait_for_first("zoo/0999", 1999)
        window.click(self.title("Key"))
        self.wait_for_first("item/0000000", 0)
        # To the end by the bar, once all rows are there, and a row there.
        self.wait_for_label("%d keys, " % LARGE)
        x, y, width, height = window.box(window.table())
        park_pointer()
        drag((x + width - 5, self.top_of_rows() + 12), (x + width - 5, y + height - 2))
        wait(lambda: self.last_in_view() == "zoo/0999", "the last row in view")
        window.choose_with_mouse("zoo/0999")
        # A prefix, where it stays selected, all others of it, and back to all keys.
        window.click(self.table_or_prefix("zoo/"))
        self.wait_for_label("%d keys" % ZOO)
        self.wait_for_row("zoo/0999")
        window.click(window.selected(), 3)
        press(window.frame, "Invert Selection", "menu item")
        self.wait_for_label("%d selected" % (ZOO - 1))
        window.click(self.table_or_prefix("kv"))
        self.wait_for_label("%d keys" % LARGE)
        self.close(self.big, self.before)

    def top_of_rows(self) -> int:
        _, y, _, _ = self.window.box(self.window.row_nodes()[0])
        return y

    def last_in_view(self) -> Optional[str]:
        rows = [node for node in self.window.row_nodes() if showing(node)]
        return read_row(max(rows, key=lambda node: extents(node)[1])).key if rows else None


class FileOfManyKindsTest(BrowseCase):
    def test_finds_sorts_and_filters(self) -> None:
        fixture = Fixture("v086_all_vaults.db")
        folder = self.folder + "/vault"
        os.mkdir(folder)
        path = fixture.copy(folder)
        before = state_of(folder)
        self.start_on(path, fixture.base_name)
        window, entries = self.window, fixture.tables["kv"]
        largest = max(entries, key=lambda entry: entry.size)
        window.wait_for_rows(len(entries))
        key("Home", "shift+Tab", "shift+Tab", "Return", "Return")
        wait(lambda: read_row(window.row_nodes()[0]).size == size_text(largest.size), "the largest on top")
        key("Tab", "Tab", "End", "Home")
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        text = entries[0].key.decode()
        type_text(text)
        hits = [entry for entry in entries if text.lower().encode() in entry.key.lower()]
        self.wait_for_label("%d of %d keys" % (len(hits), len(entries)))
        key("Escape")
        window.wait_for_rows(len(entries))
        for name in ("docs", "vecs", "kv"):
            window.click(self.table_or_prefix(name))
        window.wait_for_rows(len(entries))
        self.close(folder, before)


if __name__ == "__main__":
    main()
