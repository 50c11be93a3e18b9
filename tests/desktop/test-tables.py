#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files with several tables: the sidebar lists what is in them, and the list shows the one that is chosen."""
import re
from typing import List

from coffer import CofferCase, VaultWindow, main, size_text
from gtkdrive import find, find_all, gone, key, showing, type_text, wait
from vaults import Entry, Fixture, make_vault, shown, state_of


class TablesTest(CofferCase):
    def open(self, name: str) -> VaultWindow:
        self.fixture = Fixture(name)
        path = self.fixture.copy(self.folder)
        self.before = state_of(self.folder)
        self.coffer = self.start(path)
        return self.coffer.window(self.fixture.base_name)

    def close(self) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.folder), self.before)

    def choose(self, window: VaultWindow, name: str) -> None:
        window.click(find(window.frame, "list item", re.compile("^%s(,|$)" % re.escape(name))))

    def assert_lists(self, window: VaultWindow, table: List[Entry]) -> None:
        expected = [(shown(entry.key), size_text(entry.size)) for entry in table]
        wait(lambda: [(row.key, row.size) for row in window.wait_for_rows(len(table))] == expected, "the other rows")
        total = sum(entry.size for entry in table)
        window.says(re.compile(r"^%d keys?, %s" % (len(table), re.escape(size_text(total)))))

    def switch(self, name: str) -> None:
        window = self.open(name)
        tables = self.fixture.tables
        for table in list(tables) + list(tables)[:1]:
            self.choose(window, table)
            self.assert_lists(window, tables[table])
            window.says(table)
        self.close()

    def test_two_tables_of_the_older_shape(self) -> None:
        self.switch("v010_two_tables.db")

    def test_two_tables_of_the_newer_shape(self) -> None:
        self.switch("v086_two_tables.db")

    def test_counts_beside_the_names(self) -> None:
        window = self.open("v010_two_tables.db")
        for name, table in self.fixture.tables.items():
            find(window.frame, "list item", "%s, %d" % (name, len(table)))
        self.close()

    def test_preview_forgets_the_key_of_the_other_table(self) -> None:
        window = self.open("v010_two_tables.db")
        window.wait_for_rows(4)
        window.focus_list()
        key("Down")
        wait(window.facts, "facts")
        self.choose(window, "thumbs")
        window.says("No Key Selected")
        self.close()

    def test_other_sections(self) -> None:
        """What is no table of keys is listed with its count and, when chosen, told of, not shown as keys."""
        window = self.open("v086_all_vaults.db")
        self.assert_lists(window, self.fixture.tables["kv"])
        window.says("Tables")
        window.says("Other sections")
        for name, count, what in (("col_meta", 7, "columns"), ("docs", 20, "text index"), ("vecs", 20, "vector index")):
            find(window.frame, "list item", "%s, %d" % (name, count))
            self.choose(window, name)
            gone(window.frame, "tree table", "Keys")
            window.says(re.compile(what))
            wait(lambda: window.facts().get("Items") == str(count), "%d items" % count)
        self.choose(window, "kv")
        self.assert_lists(window, self.fixture.tables["kv"])
        self.close()

    def test_values_of_indexes(self) -> None:
        """They follow their section, which leads to them, and are browsed by the ids of their rows."""
        window = self.open("v086_all_vaults.db")
        names = [node.name for node in wait(lambda: find_all(window.frame, "list item", re.compile(", [0-9]+$"), showing),
                                            "the sidebar")]
        self.assertEqual(names[-6:],
                         ["col_meta, 7", "col_chunks, 10", "docs, 20", "docs_values, 20", "vecs, 20", "vecs_values, 20"])
        self.choose(window, "docs")
        wait(lambda: window.facts().get("Values in") == "docs_values", "where the values are")
        window.click(find(window.frame, "push button", re.compile("Browse Values$")))
        rows = wait(lambda: [row.key for row in window.wait_for_rows(20)], "values")
        self.assertEqual(rows, [str(number) for number in range(1, 21)])
        window.says("docs_values")
        window.says("A text index refers to these values, so nothing is written to them")
        window.says(re.compile("^20 keys, 240 bytes"))
        window.focus_list()
        window.reads("raw value")
        key("Down", "Down")
        window.wait_for_selected("3")
        window.reads("raw value")
        type_text("17")
        window.wait_for_selected("17")
        self.choose(window, "vecs_values")
        wait(lambda: [row.kind for row in window.wait_for_rows(20)] == ["Text"] * 20, "the other values")
        window.says("A vector index refers to these values, so nothing is written to them")
        self.choose(window, "col_chunks")
        window.wait_for_rows(10)
        self.choose(window, "kv")
        self.assert_lists(window, self.fixture.tables["kv"])
        self.close()

    def test_table_names_of_all_kinds(self) -> None:
        """Quotes, spaces and markup in the name of a table: shown as they are, and opened."""
        names = ['"quoted"', "it's", "two words", "<b>&amp;</b>", "日本", "semi; DROP TABLE kv"]
        path = self.folder + "/names.db"
        for name in names:
            make_vault(path, [(name.encode(), b"x" * len(name))], name)
        self.before = state_of(self.folder)
        self.coffer = self.start(path)
        window = self.coffer.window("names.db")
        for name in names:
            self.choose(window, name)
            self.assert_lists(window, [Entry(name.encode(), len(name), "")])
        self.close()

    def test_table_name_that_is_no_text(self) -> None:
        """It is shown escaped, and the table is used by its name."""
        path = self.folder + "/names.db"
        make_vault(path, [(b"a", b"1")])
        make_vault(path, [(b"b", b"22"), (b"c", b"333")], "k-bytes")
        with open(path, "rb") as file:
            content = file.read()
        with open(path, "wb") as file:
            file.write(content.replace(b"k-bytes", b"k\xffbytes"))
        self.before = state_of(self.folder)
        self.coffer = self.start(path)
        window = self.coffer.window("names.db")
        find(window.frame, "list item", "k\\xffbytes, 2")
        self.choose(window, "k\\xffbytes")
        self.assert_lists(window, [Entry(b"b", 2, ""), Entry(b"c", 3, "")])
        self.close()


if __name__ == "__main__":
    main()
