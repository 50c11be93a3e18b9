# SPDX-License-Identifier: MIT
"""The sidebar and the way to a prefix, as tests see them."""
import re
import tempfile
from typing import List, Optional

from coffer import CofferCase, VaultWindow, read_row
from gtkdrive import Node, again, find, key, showing, wait, xdo
from vaults import make_vault, state_of
from watchdog import Watchdog

# From where the name of a row begins back to the middle of its arrow.
TO_ARROW = 36


class SidebarCase(CofferCase):
    """A test with one file in its folder, which must be the same at the end."""

    def open(self, keys: List[bytes]) -> VaultWindow:
        path = make_vault(self.folder + "/keys.db", [(name, b"x") for name in keys])
        return self.open_path(path)

    def open_path(self, path: str) -> VaultWindow:
        self.before = state_of(self.folder)
        self.watchdog = Watchdog(self.watch_folder())
        self.coffer = self.start(path, **self.watchdog.env)
        window = self.coffer.window(path.rpartition("/")[2])
        window.activate()
        return window

    def watch_folder(self) -> str:
        """Not beside the file, where nothing may appear."""
        folder = tempfile.TemporaryDirectory(prefix="coffer-watch-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def close(self) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.folder), self.before)

    # The sidebar

    def row(self, window: VaultWindow, name: str) -> Node:
        """The row of a table or prefix, whatever its count."""
        return find(window.frame, "list item", re.compile("^%s(, [0-9]+)?$" % re.escape(name)))

    def rows(self, window: VaultWindow) -> List[str]:
        """All that are shown, and some around."""
        return [node.name for node in find(window.frame, "list", "Tables").children]

    def wait_for_rows(self, window: VaultWindow, names: List[str]) -> None:
        def look() -> bool:
            self.seen = self.rows(window)
            return self.seen == names

        try:
            wait(look, "the rows")
        except AssertionError as error:
            raise AssertionError("%s: %s, not %s" % (error, self.seen, names)) from None

    def click_arrow(self, window: VaultWindow, name: str) -> None:
        node = self.row(window, name)
        content = node.children[0]
        x, y, _, height = window.box(next(child for child in content.children if child.role == "label"))
        xdo("mousemove", x - TO_ARROW, y + height // 2, "click", 1)

    def wait_for_keys(self, window: VaultWindow, count: int, first: str) -> None:
        def look() -> bool:
            nodes = window.row_nodes()
            return bool(nodes) and len(nodes) == min(count, len(nodes)) and read_row(nodes[0]).key == first

        wait(look, "the keys from “%s” on" % first)
        window.says("%d keys" % count if count != 1 else "1 key")

    def crumbs(self, window: VaultWindow) -> List[str]:
        """The buttons of the way to the prefix, as far as they can be clicked."""
        menu = next((node for node in again(window.frame).walk() if node.name == "Prefixes Between"), None)
        if menu is None:
            return []
        way = next(node for node in menu.lineage() if node.role == "filler")
        names = [node.name for node in way.walk() if node.role == "push button" and showing(node)]
        return [name for name in names if name != "Prefixes Between"]

    def wait_for_crumbs(self, window: VaultWindow, names: List[str]) -> None:
        wait(lambda: self.crumbs(window) == names, "the way %s, not %s" % (names, self.crumbs(window)))

    def focus_tables(self, window: VaultWindow) -> None:
        for _ in range(3):
            if self.focused(window) is not None:
                return
            key("F6")
            wait(lambda: any(node.has("FOCUSED") for node in again(window.frame).walk()), "the keyboard somewhere")
        self.assertIsNotNone(self.focused(window))

    def focused(self, window: VaultWindow) -> Optional[str]:
        nodes = [node for node in find(window.frame, "list", "Tables").children if node.has("FOCUSED")]
        return nodes[0].name if nodes else None

    def wait_for_focus(self, window: VaultWindow, name: str) -> None:
        wait(lambda: self.focused(window) == name, "the keyboard at “%s”" % name)

    def go_in(self, window: VaultWindow, name: str) -> None:
        """From the row that has the keyboard to the first one below it."""
        key("Right")
        wait(lambda: name in self.rows(window), "“%s”" % name)
        key("Right")
        self.wait_for_focus(window, name)
