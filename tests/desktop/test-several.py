#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What can be done with several keys: they are deleted together, and copied, as text or as code."""
import re
from typing import List, Tuple

from coffer import APPLICATION, Coffer, CofferCase, VaultWindow, main, read_row, size_text
from gtkdrive import Window, activate_action, again, find, find_all, gone, key, press, set_text, showing, text_of, wait, xdo
from vaults import make_vault, read_vault

ROWS = 24


class SeveralTest(CofferCase):
    def open(self) -> Tuple[Coffer, VaultWindow]:
        """Keys 00 to 23; value n has n + 1 bytes."""
        path = make_vault(self.folder + "/a.db", [(b"%02d" % i, b"x" * (i + 1)) for i in range(ROWS)])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.resize(1200, 1240)   # with room for all rows
        window.wait_for_all_in_view(ROWS)
        self.edit(coffer, window)
        window.activate()
        return coffer, window

    def selected(self, window: VaultWindow) -> List[int]:
        return [int(read_row(node).key) for node in window.row_nodes() if node.has("SELECTED")]

    def choose(self, window: VaultWindow, *numbers: int) -> None:
        self.addCleanup(xdo, "keyup", "ctrl")
        xdo("keydown", "ctrl")
        for number in numbers:
            window.click(window.row_nodes()[number])
        xdo("keyup", "ctrl")
        wait(lambda: self.selected(window) == list(numbers), "the rows to be selected")

    def edit(self, coffer: Coffer, window: VaultWindow) -> None:
        press(window.frame, "Edit…")
        coffer.answer("Edit “a.db”?", "Edit")
        gone(window.frame, "label", "Open for viewing")

    def test_delete_several(self) -> None:
        coffer, window = self.open()
        self.choose(window, 3, 5, 7)
        press(window.frame, "Delete…")
        coffer.dialog("Delete 3 Keys?")
        find(coffer.dialog(), "label", "The keys and their values of %s can be brought back until the window is closed. Then they are deleted from the file." % size_text(4 + 6 + 8))
        coffer.answer("Delete 3 Keys?", "Cancel")
        wait(lambda: self.selected(window) == [3, 5, 7], "them to be selected still")
        window.activate()
        key("Delete")
        coffer.answer("Delete 3 Keys?", "Delete")
        window.says("3 keys deleted")
        rows = window.wait_for_rows(ROWS - 3)
        self.assertEqual([int(row.key) for row in rows], [i for i in range(ROWS) if i not in (3, 5, 7)])
        # The one in the place of the last, and the arrows go on from there.
        wait(lambda: self.selected(window) == [8], "the row that took the place")
        key("Down")
        wait(lambda: self.selected(window) == [9], "the next one")
        # They come back, and go again; the file loses them as the window closes.
        key("ctrl+z")
        window.says("3 keys are back")
        window.wait_for_rows(ROWS)
        gone(window.frame, "label", "3 keys are back")  # of what takes its place at once nothing may be told
        key("ctrl+shift+z")
        window.says("3 keys deleted again")
        window.wait_for_rows(ROWS - 3)
        self.assertEqual(len(read_vault(self.folder + "/a.db")), ROWS)
        self.assert_quits(coffer)
        self.assertEqual(len(read_vault(self.folder + "/a.db")), ROWS - 3)

    def test_many_are_typed(self) -> None:
        """Deleting a thousand asks for their number."""
        path = make_vault(self.folder + "/a.db", [(b"k/%04d" % i, b"x") for i in range(1000)])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.says("1000 keys")
        self.edit(coffer, window)
        window.activate()
        key("ctrl+a", "Delete")
        dialog = coffer.dialog("Delete 1000 Keys?")
        number = find(dialog, "text", "Type 1000 to delete them")
        self.assertFalse(any(node.has("SENSITIVE") for node in find_all(dialog, "push button", re.compile("_Delete"))))
        set_text(number, "1000")
        press(dialog, "Delete 1000 Keys")
        window.says("1000 keys deleted")
        window.activate()
        key("ctrl+z")
        window.says("1000 keys are back")
        self.assert_quits(coffer)
        self.assertEqual(sorted(read_vault(path)), [b"k/%04d" % i for i in range(1000)])

    def test_all_deleted_and_back(self) -> None:
        """The keyboard is with the rows again, not nowhere."""
        coffer, window = self.open()
        window.focus_list()
        key("ctrl+a", "Delete")
        coffer.answer("Delete %d Keys?" % ROWS, "Delete")
        window.says("No Keys")
        window.activate()
        key("ctrl+z")
        window.wait_for_all_in_view(ROWS)
        window.says("%d keys are back" % ROWS)
        key("ctrl+a")
        window.says(re.compile("^%d selected, " % ROWS))
        self.assert_quits(coffer)

    def test_rename_by_the_bar(self) -> None:
        coffer, window = self.open()
        self.choose(window, 3, 5)
        press(window.frame, "Rename…")
        coffer.answer("Rename 2 Keys?", "Cancel")
        self.assert_quits(coffer)

    def test_rename_several(self) -> None:
        """By a regular expression; what it does is shown before."""
        coffer, window = self.open()
        key("Home", "shift+Down", "F2")
        dialog = coffer.dialog("Rename 2 Keys?")
        set_text(find(dialog, "text", "Find"), "0(.)")
        set_text(find(dialog, "text", "Replace with"), "z/\\1")
        Window(dialog).activate()
        key("alt+e")
        samples = find(dialog, "list", "Preview", showing)
        wait(lambda: [node.name for node in again(samples).walk() if node.role == "label"] == ["00", "z/0", "01", "z/1"], "what they would be")
        press(dialog, "Rename")
        wait(lambda: "z/1" in [read_row(node).key for node in window.row_nodes()], "the new names")
        window.activate()
        key("ctrl+z")
        window.says("2 keys have their old names again")
        self.assert_quits(coffer)
        self.assertEqual(len(read_vault(self.folder + "/a.db")), ROWS)

    def test_a_prefix_by_its_own_menu(self) -> None:
        """Renamed, taken back and deleted from the sidebar, by keys."""
        path = make_vault(self.folder + "/a.db", [(b"a/%02d" % i, b"x") for i in range(4)] + [(b"b", b"1")])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.wait_for_rows(5)
        self.edit(coffer, window)
        window.activate()
        find(window.frame, "list item", re.compile("^a/"))
        key("F6", "F6", "Home", "Down", "shift+F10")
        press(window.frame, "Rename…", "menu item")
        dialog = coffer.dialog("Rename 4 Keys?")
        self.assertEqual(text_of(find(dialog, "text", "Find")), "^a/")
        set_text(find(dialog, "text", "Replace with"), "c/d/")
        press(dialog, "Rename")
        window.says("4 keys renamed")
        window.activate()
        key("ctrl+z")
        window.says("4 keys have their old names again")
        window.wait_for_rows(4)
        activate_action(APPLICATION, "delete-shown", window=1)
        coffer.answer("Delete 4 Keys?", "Delete")
        window.says("4 keys deleted")
        self.assert_quits(coffer)
        self.assertEqual(list(read_vault(path)), [b"b"])

    def test_question_goes_when_others_are_selected(self) -> None:
        coffer, window = self.open()
        key("Home", "shift+Down", "Delete")
        coffer.dialog("Delete 2 Keys?")
        activate_action(APPLICATION, "select-all", window=1)
        wait(lambda: not coffer.windows("Delete 2 Keys?"), "the question to go")
        wait(lambda: len(window.row_nodes()) == ROWS, "all rows")
        self.assert_quits(coffer)

    def pasted(self, coffer: Coffer, window: VaultWindow) -> str:
        """What is on the clipboard, by way of the entry for a new name of the first key."""
        window.activate()
        key("Escape", "Home", "F2")
        entry = find(window.frame, "text", "New key", showing)
        set_text(entry, "")
        key("ctrl+v")
        text = wait(lambda: text_of(again(entry)), "the text")
        key("Escape")
        gone(window.frame, "text", "New key")
        return text

    def test_copies_as_code(self) -> None:
        path = make_vault(self.folder + "/a.db", [(b"0", b""), (b"a\xff?", b"1"), (b"it's\n", b"2")])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.wait_for_rows(3)
        self.edit(coffer, window)
        window.activate()
        key("Home", "Down", "Menu")
        window.choose_item_with_keys("Copy Key As", "Python Bytes")
        window.says("Key copied")
        self.assertEqual(self.pasted(coffer, window), "b'a\\xff?'")
        window.activate()
        key("End", "shift+Up", "ctrl+shift+c")
        window.choose_item_with_keys("SQL Literal")
        window.says("2 keys copied")
        self.assertEqual(self.pasted(coffer, window).split(), ["X'61ff3f'", "X'697427730a'"])
        window.activate()
        key("End", "shift+Up", "ctrl+shift+c")
        window.choose_item_with_keys("C String")
        self.assertEqual(self.pasted(coffer, window).split(), ['"a\\377?"', '"it\'s\\n"'])
        window.activate()
        key("End", "shift+Up", "ctrl+c")
        window.says("2 keys copied")
        self.assertEqual(self.pasted(coffer, window).split(), ["a\\xff?", "it's\\n"])
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
