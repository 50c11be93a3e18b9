#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The columns of the list: sorted by, dragged wider and elsewhere, hidden and shown, with the mouse and with keys."""
from typing import List, Tuple

from gi.repository import GLib

from coffer import APPLICATION, Coffer, CofferCase, VaultWindow, main, read_row
from gtkdrive import activate_action, drag, extents, find, find_all, gone, key, press, showing, wait
from vaults import make_vault

# By key, by size and by type these come in another order each.
ENTRIES = [(b"a", b"\x89PNG\r\n\x1a\n" + b"x" * 200), (b"b", b"text"), (b"c", b"GIF89a" + b"x" * 50), (b"d", b"{\"json\": true}")]


class ColumnsTest(CofferCase):
    def open(self) -> Tuple[Coffer, VaultWindow]:
        coffer = self.start(make_vault(self.folder + "/a.db", ENTRIES))
        window = coffer.window("a.db")
        window.wait_for_rows(len(ENTRIES))
        window.activate()
        return coffer, window

    def titles(self, window: VaultWindow) -> List[str]:
        """The titles that show, from the left."""
        nodes = [node for node in find_all(window.table(), "push button") if node.name in ("Key", "Size", "Type") and showing(node)]
        return [node.name for node in sorted(nodes, key=lambda node: extents(node)[0])]

    def title(self, window: VaultWindow, name: str):
        return find(window.table(), "push button", name)

    def wait_for(self, window: VaultWindow, *titles: str) -> None:
        wait(lambda: self.titles(window) == list(titles), "the columns %s" % ", ".join(titles))

    def edge(self, window: VaultWindow, name: str) -> Tuple[int, int]:
        """Where the edge of a column is, in the middle of the gap before it."""
        x, y, _, height = window.box(self.title(window, name))
        return x - 12, y + height // 2

    def open_menu(self, window: VaultWindow, name: str) -> None:
        """The menu of a title. A click that comes while another menu goes only makes that go."""
        def look() -> bool:
            window.click(self.title(window, name), 3)
            try:
                return bool(find(window.frame, "menu item", "Move Left", seconds=2))
            except AssertionError:
                return False

        wait(look, "the menu of “%s”" % name)

    def choose(self, window: VaultWindow, item: str) -> None:
        press(window.frame, item, "menu item")
        gone(window.frame, "menu item", "Wider")

    def test_titles_are_dragged_elsewhere(self) -> None:
        coffer, window = self.open()
        self.wait_for(window, "Key", "Size", "Type")
        size, kind = window.point(self.title(window, "Size")), window.point(self.title(window, "Type"))
        drag(kind, (size[0] - 30, size[1]))
        self.wait_for(window, "Key", "Type", "Size")
        x, y = window.point(self.title(window, "Key"), 0.1)
        drag(window.point(self.title(window, "Size")), (x, y))
        self.wait_for(window, "Size", "Key", "Type")
        drag(window.point(self.title(window, "Key")), window.point(self.title(window, "Type")))
        self.wait_for(window, "Size", "Type", "Key")
        self.assertEqual([read_row(node).key for node in window.row_nodes()], ["a", "b", "c", "d"], "dragging does not sort")
        self.assert_quits(coffer)

    def test_edges_are_dragged(self) -> None:
        coffer, window = self.open()
        width = extents(self.title(window, "Size"))[2]
        x, y = self.edge(window, "Size")
        drag((x, y), (x - 60, y))
        wait(lambda: extents(self.title(window, "Size"))[2] == width + 60, "a wider size")
        x, y = self.edge(window, "Type")
        drag((x, y), (x + 300, y))
        wait(lambda: extents(self.title(window, "Type"))[2] == 48, "a narrower type")
        self.assert_quits(coffer)

    def test_titles_sort(self) -> None:
        """Once as they grow, once more as they shrink; what was selected stays so."""
        coffer, window = self.open()
        window.choose_with_mouse("b")
        sizes = {name.decode(): len(value) for name, value in ENTRIES}
        kinds = {row.key: row.kind for row in map(read_row, window.row_nodes())}
        for title, by in (("Size", sizes), ("Type", kinds), ("Key", {name: name for name in sizes})):
            for descending in (False, True):
                window.click(self.title(window, title))
                ordered = sorted(by, key=by.get, reverse=descending)
                wait(lambda: [read_row(node).key for node in window.row_nodes()] == ordered,
                     "by %s, %s" % (title, "descending" if descending else "ascending"))
                window.wait_for_selected("b")
        self.assert_quits(coffer)

    def test_menu_with_the_mouse(self) -> None:
        coffer, window = self.open()
        self.open_menu(window, "Size")
        self.choose(window, "Type")
        self.wait_for(window, "Key", "Size")
        self.open_menu(window, "Size")
        self.choose(window, "Move Left")
        self.wait_for(window, "Size", "Key")
        self.open_menu(window, "Key")
        self.choose(window, "Type")
        self.wait_for(window, "Size", "Key", "Type")
        self.assert_quits(coffer)

    def test_menu_with_keys(self) -> None:
        coffer, window = self.open()
        key("Home", "shift+Tab", "Menu")
        find(window.frame, "menu item", "Move Right", showing)
        key("Escape")
        gone(window.frame, "menu item", "Move Right")
        # Backwards from the rows the last title is the first: that of the types.
        key("Menu")
        wait(lambda: find(window.frame, "menu item", "Move Left").has("FOCUSED"), "the first item")
        key("Return")
        self.wait_for(window, "Key", "Type", "Size")
        self.assert_quits(coffer)

    def test_new_window_has_the_same(self) -> None:
        coffer, window = self.open()
        self.open_menu(window, "Size")
        self.choose(window, "Move Left")
        self.wait_for(window, "Size", "Key", "Type")
        other = make_vault(self.folder + "/b.db", ENTRIES)
        activate_action(APPLICATION, "new-window")
        coffer.window()
        activate_action(APPLICATION, "open-path", GLib.Variant("s", other), window=2)
        second = coffer.window("b.db")
        second.wait_for_rows(len(ENTRIES))
        self.wait_for(second, "Size", "Key", "Type")
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
