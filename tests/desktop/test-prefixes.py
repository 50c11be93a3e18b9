#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The prefixes of keys: a tree in the sidebar, the list narrowed to one, the way back along it."""
import re
import sqlite3
from contextlib import closing

from coffer import VaultWindow, main, read_row
from gtkdrive import find, find_all, gone, key, press, set_text, text_of, wait
from sidebar import SidebarCase
from vaults import make_vault

MEDIA = ([b"frame:%06d" % i for i in range(40)] + [b"img/2023/%d.jpg" % i for i in range(3)] +
         [b"img/2024/%d.jpg" % i for i in range(2)] + [b"img/x.png", b"meta/a", b"top"])


class PrefixesTest(SidebarCase):
    def test_chooses_with_the_mouse(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        self.click_arrow(window, "img/")
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "2023/, 3", "2024/, 2", "meta/, 1"])
        window.click(self.row(window, "2024/"))
        self.wait_for_keys(window, 2, "img/2024/0.jpg")
        self.wait_for_crumbs(window, ["kv", "img/", "2024/"])
        wait(lambda: self.row(window, "2024/").has("SELECTED"), "the row to be selected")
        wait(lambda: not self.row(window, "img/").has("SELECTED"), "the row above not to be")
        press(window.frame, "img/")
        self.wait_for_keys(window, 6, "img/2023/0.jpg")
        wait(lambda: self.row(window, "img/").has("SELECTED"), "the other row to be selected")
        press(window.frame, "kv")
        self.wait_for_keys(window, 48, "frame:000000")
        self.wait_for_crumbs(window, [])
        self.click_arrow(window, "kv")
        self.wait_for_rows(window, ["kv, 48"])
        self.close()

    def test_arrow_only_where_something_is_below(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        self.assertTrue(self.row(window, "kv").has("EXPANDED"))
        self.assertFalse(self.row(window, "img/").has("EXPANDED"))
        # There is no arrow, so that is a click on the row.
        self.click_arrow(window, "meta/")
        self.wait_for_keys(window, 1, "meta/a")
        self.close()

    def test_heading_is_no_row(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        window.click(self.row(window, "meta/"))
        self.wait_for_keys(window, 1, "meta/a")
        window.click(window.says("Tables"))
        key("Tab")
        self.wait_for_keys(window, 1, "meta/a")
        self.close()

    def test_chooses_with_keys(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        self.wait_for_keys(window, 48, "frame:000000")
        self.focus_tables(window)
        self.wait_for_focus(window, "kv, 48")
        key("Right", "Down")
        self.wait_for_focus(window, "img/, 6")
        key("Right")
        self.row(window, "2023/")
        key("Right", "Down")
        self.wait_for_focus(window, "2024/, 2")
        self.assertEqual(self.crumbs(window), [], "going about chooses nothing")
        key("Return")
        self.wait_for_keys(window, 2, "img/2024/0.jpg")
        self.wait_for_crumbs(window, ["kv", "img/", "2024/"])
        key("Left")
        self.wait_for_focus(window, "img/, 6")
        key("Left")
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        key("Home", "Left")
        self.wait_for_rows(window, ["kv, 48"])
        self.close()

    def test_goes_up_and_back(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        self.click_arrow(window, "img/")
        window.click(self.row(window, "2024/"))
        self.wait_for_keys(window, 2, "img/2024/0.jpg")
        key("alt+Up")
        self.wait_for_keys(window, 6, "img/2023/0.jpg")
        key("alt+Up")
        self.wait_for_keys(window, 48, "frame:000000")
        key("alt+Up")
        for back in (6, 2):
            key("alt+Left")
            self.wait_for_keys(window, back, "img/2023/0.jpg" if back == 6 else "img/2024/0.jpg")
        key("alt+Right")
        self.wait_for_keys(window, 6, "img/2023/0.jpg")
        # What was chosen in a closed branch shows again.
        self.click_arrow(window, "kv")
        self.wait_for_rows(window, ["kv, 48"])
        key("alt+Left")
        self.wait_for_keys(window, 2, "img/2024/0.jpg")
        wait(lambda: self.row(window, "2024/").has("SELECTED"), "the row to be selected")
        self.close()

    def test_back_to_another_table(self) -> None:
        path = self.folder + "/two.db"
        make_vault(path, [(b"a/1", b""), (b"b", b"")], "one")
        make_vault(path, [(b"c/1", b""), (b"c/2", b""), (b"d", b"")], "two")
        window = self.open_path(path)
        window.click(self.row(window, "a/"))
        self.wait_for_keys(window, 1, "a/1")
        window.click(self.row(window, "two"))
        self.wait_for_keys(window, 3, "c/1")
        key("alt+Left")
        self.wait_for_keys(window, 1, "a/1")
        self.wait_for_crumbs(window, ["one", "a/"])
        self.close()

    def test_separators(self) -> None:
        window = self.open([b"a.b/1", b"a.c/1", b"d"])
        self.wait_for_rows(window, ["kv, 3", "a.b/, 1", "a.c/, 1"])
        key("F10")
        press(window.frame, re.compile("Separators"), "menu item")
        dialog = self.coffer.dialog("Prefix Separators")
        entry = find(dialog, "text", "Separators")
        self.assertEqual(text_of(entry), "/:")
        set_text(entry, "ä")
        wait(lambda: not any(node.has("SENSITIVE") for node in find_all(dialog, "push button", re.compile("Set$"))),
             "the button to be off")
        set_text(entry, ".")
        press(dialog, "Set")
        self.wait_for_rows(window, ["kv, 3", "a., 2"])
        self.assertTrue(self.choose_prefix(window, "a.c/1"))
        window.says("2 selected, 2 bytes")
        self.assertFalse(self.choose_prefix(window, "d"))
        self.close()

    def choose_prefix(self, window: VaultWindow, name: str) -> bool:
        """Select all with the prefix of a row by its menu. Whether that can be done; the row is selected alone then."""
        item = "Select All with This Prefix"
        window.open_menu(next(row for row in window.row_nodes() if read_row(row).key == name))
        if not find(window.frame, "menu item", item).has("SENSITIVE"):
            key("Escape")
            gone(window.frame, "menu item", item)
            window.wait_for_selected(name)
            return False
        press(window.frame, item, "menu item")
        return True

    def test_typing_goes_on_behind_the_prefix(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        window.click(self.row(window, "img/"))
        self.wait_for_keys(window, 6, "img/2023/0.jpg")
        window.focus_list()
        window.choose_with_keys("2024", "img/2024/0.jpg")
        window.choose_with_keys("x", "img/x.png")
        window.choose_with_keys("2023/2", "img/2023/2.jpg")
        window.choose_with_keys("img/2024/1", "img/2024/1.jpg")
        self.close()

    def test_follows_other_programs(self) -> None:
        window = self.open(MEDIA)
        self.wait_for_rows(window, ["kv, 48", "frame:, 40", "img/, 6", "meta/, 1"])
        window.click(self.row(window, "meta/"))
        self.wait_for_keys(window, 1, "meta/a")
        with closing(sqlite3.connect(self.folder + "/keys.db")) as db:
            with db:
                db.execute("INSERT INTO kv VALUES (?, ?)", (b"aa/1", b""))
                db.execute("INSERT INTO kv VALUES (?, ?)", (b"meta/b", b""))
                db.execute("DELETE FROM kv WHERE key >= x'69' AND key < x'6a'")
        self.wait_for_rows(window, ["kv, 44", "aa/, 1", "frame:, 40", "meta/, 2"])
        wait(lambda: self.row(window, "meta/").has("SELECTED"), "the row to be selected still")
        self.wait_for_keys(window, 2, "meta/a")
        self.assert_quits(self.coffer)


if __name__ == "__main__":
    main()
