#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Everything without a mouse: opening, going about the list and the panes, menus, help, closing."""
from typing import List, Optional, Tuple

from coffer import Coffer, CofferCase, VaultWindow, main, read_row
from gtkdrive import Node, again, extents, find, find_all, gone, key, press, showing, text_of, type_text, wait, xdo
from vaults import make_vault

ROWS = 30


class KeyboardTest(CofferCase):
    def open(self) -> Tuple[Coffer, VaultWindow]:
        path = make_vault(self.folder + "/a.db", [(b"key/%03d" % i, b"x" * i) for i in range(ROWS)])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.wait_for_rows(ROWS)
        window.activate()
        return coffer, window

    def focused(self, window: VaultWindow) -> Optional[Node]:
        nodes = [node for node in again(window.frame).walk() if node.has("FOCUSED")]
        return nodes[-1] if nodes else None

    def wait_for_focus_in(self, window: VaultWindow, name: str) -> None:
        """Wait until what has the keyboard is a widget of that name or inside one."""
        wait(lambda: any(name in node.name for node in self.focused(window).lineage()), "the keyboard in %s" % name)

    def keys_in_view(self, window: VaultWindow) -> List[str]:
        return [read_row(node).key for node in window.row_nodes() if showing(node)]

    def test_open_by_typing_a_path(self) -> None:
        path = make_vault(self.folder + "/a.db", [(b"one", b"1")])
        coffer = self.start()
        window = coffer.window()
        window.activate()
        key("ctrl+o")
        wait(lambda: coffer.windows("Open a Vault"), "the dialog")
        wait(lambda: xdo("getactivewindow", "getwindowname") == "Open a Vault", "the dialog to have the keyboard")
        type_text(path)

        def typed() -> bool:
            dialog = coffer.windows("Open a Vault")[0]
            return any(text_of(node) == path for node in dialog.walk() if node.role == "text" and showing(node))

        wait(typed, "the path in the dialog")
        key("Return")
        coffer.window("a.db").wait_for_rows(1)
        self.assert_quits(coffer)

    def test_list_has_the_keyboard_at_first(self) -> None:
        coffer, window = self.open()
        for name, chosen in (("Down", None), ("End", ROWS - 1), ("Home", 0), ("Down", 1), ("Down", 2), ("Up", 1)):
            key(name)
            if chosen is not None:
                window.wait_for_selected("key/%03d" % chosen)
        wait(lambda: window.facts().get("Size") == "1 byte", "the facts of the key")
        self.assert_quits(coffer)

    def test_page_keys(self) -> None:
        coffer, window = self.open()
        key("Home", "Next")
        wait(lambda: window.selected_key() not in (None, "key/000"), "a row further down")
        wait(lambda: showing(window.selected()), "it to be in view")
        key("Prior")
        window.wait_for_selected("key/000")
        self.assert_quits(coffer)

    def test_sideways_stays(self) -> None:
        coffer, window = self.open()
        key("Home", "Right", "Right", "Down", "Left")
        window.wait_for_selected("key/001")
        key("Down")
        window.wait_for_selected("key/002")
        self.assert_quits(coffer)

    def test_header_turns_the_order(self) -> None:
        coffer, window = self.open()
        key("Home", "shift+Tab", "shift+Tab", "shift+Tab")
        self.wait_for_focus_in(window, "Key")
        key("Return")
        wait(lambda: self.keys_in_view(window)[-2:] == ["key/001", "key/000"], "the first key to be the last")
        window.wait_for_selected("key/000")
        press(window.frame, "Key")
        wait(lambda: self.keys_in_view(window)[:2] == ["key/000", "key/001"], "the first key to be the first")
        self.assert_quits(coffer)

    def test_typing_finds(self) -> None:
        coffer, window = self.open()
        type_text("key/02")
        window.wait_for_selected("key/020")
        window.choose_with_keys("key/027")
        # The first at or after what is typed.
        window.choose_with_keys("key/0201", "key/021")
        self.assert_quits(coffer)

    def test_f6_goes_from_pane_to_pane(self) -> None:
        coffer, window = self.open()
        key("Home")
        for pane in ("CofferPreview", "Tables", "Keys"):
            key("F6")
            self.wait_for_focus_in(window, pane)
        self.assert_quits(coffer)

    def test_f9_hides_the_sidebar(self) -> None:
        coffer, window = self.open()
        key("F9")
        wait(lambda: not any(showing(node) for node in again(window.frame).walk() if node.name == "Tables"),
             "the sidebar to go")
        key("F9")
        find(window.frame, "list", "Tables")
        self.assert_quits(coffer)

    def test_f10_opens_the_menu(self) -> None:
        coffer, window = self.open()
        key("F10")
        self.wait_for_focus_in(window, "New Window")
        key("Escape")
        gone(window.frame, "menu item", "New Window")
        self.assert_quits(coffer)

    def test_context_menu(self) -> None:
        coffer, window = self.open()
        key("Home", "Menu")
        find(window.frame, "menu item", "Copy Key")
        # Renaming and deleting are absent while viewing.
        wait(lambda: [node.name for node in find_all(window.frame, "menu item", test=showing)] == [
            "Open With…", "Export…", "Export as Archive…", "Copy", "Copy Key", "Copy Key As", "Select All with This Prefix",
            "Select All", "Select None", "Invert Selection"], "the items")
        key("Escape")
        self.assert_quits(coffer)

    def test_help(self) -> None:
        coffer, window = self.open()
        key("ctrl+question")
        others = wait(lambda: [node for node in coffer.windows() if node.path != window.frame.path], "the shortcuts")
        find(others[0], "label", "Open a vault")
        _, _, width, height = extents(others[0])
        self.assertLessEqual(width, 1200)   # there are small screens, and it does not scroll
        self.assertLessEqual(height, 720)
        wait(lambda: not window.active(), "them to have the keyboard")
        key("Escape")
        wait(window.active, "the shortcuts to go")
        self.assert_quits(coffer)

    def test_close(self) -> None:
        coffer, window = self.open()
        key("ctrl+w")
        self.assertEqual(coffer.process.wait(20), 0, coffer.said())
        self.assertEqual(coffer.complaints(), [])

    def test_new_vault_and_quit(self) -> None:
        """A new vault has a window of its own beside another vault."""
        coffer, _ = self.open()
        key("ctrl+n")
        coffer.choose_file("New Vault", self.folder + "/new.kvault", "Save")
        coffer.window("new.kvault").says("No Keys")
        coffer.window("a.db")
        self.assertEqual(len(coffer.windows()), 2)
        key("ctrl+q")
        self.assertEqual(coffer.process.wait(20), 0, coffer.said())
        self.assertEqual(coffer.complaints(), [])


if __name__ == "__main__":
    main()
