#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Narrow and wide, light, dark and high contrast: everything is still there, and looks as it should."""
import os
import re
import sqlite3
from contextlib import closing
from typing import Tuple

from coffer import Coffer, CofferCase, VaultWindow, main
from gtkdrive import Node, again, do, extents, find, find_all, gone, key, park_pointer, press, showing, wait
from pictures import decode, shows
from screen import Picture, distance
from vaults import Fixture, make_vault, read_vault

NARROW = 360
WIDE = 1600
DARK = {"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"}


class LooksTest(CofferCase):
    def open(self, name: str = "v086_two_tables.db", **env: str) -> Tuple[Coffer, VaultWindow]:
        fixture = Fixture(name)
        os.mkdir(self.folder + "/other")
        self.values = read_vault(fixture.copy(self.folder + "/other"))
        coffer = self.start(fixture.copy(self.folder), **env)
        window = coffer.window(fixture.base_name)
        window.wait_for_rows(len(self.values))
        park_pointer()
        return coffer, window

    def background(self, window: VaultWindow) -> Tuple[float, float, float]:
        """The colour of the list where there are no rows."""
        x, y, width, height = window.box(window.table())
        return Picture.grab().mean((x + width // 4, y + height - 60, width // 2, 40))

    def shrink(self, window: VaultWindow, width: int) -> None:
        window.resize(width, 640)
        wait(lambda: extents(window.frame)[2] == width, "a window %d wide" % width)

    def test_folds_when_narrow(self) -> None:
        """At 360: the keys in rows of two lines; a key goes to its preview, Back returns, and again to the tables."""
        coffer, window = self.open()
        self.shrink(window, NARROW)
        rows = window.wait_for_rows(len(self.values))
        self.assertEqual({row.key.encode() for row in rows}, set(self.values))
        row = next(node for node in window.row_nodes() if node.name.startswith("img/photo.png"))
        window.click(row)
        window.says("photo.png")
        find(window.frame, "push button", "More")
        gone(window.frame, "push button", "Show As")
        expected = decode(self.values[b"img/photo.png"])
        wait(lambda: shows(expected, Picture.grab(), window.box(find(window.frame, "image", re.compile("×")))),
             "the picture")
        self.assertFalse(any(map(showing, find_all(window.frame, "tree table", "Keys"))))
        key("Return")   # the picture has the keyboard, not Back
        key("plus")
        wait(lambda: not shows(expected, Picture.grab(), window.box(find(window.frame, "image", re.compile("×")))),
             "a part of the picture")
        press(window.frame, "Back")
        find(window.frame, "tree table", "Keys")
        press(window.frame, "Back")
        find(window.frame, "list", "Tables")
        window.click(find(window.frame, "list item", re.compile("^thumbs")))
        window.wait_for_rows(5)
        self.assert_quits(coffer)

    def test_no_narrower(self) -> None:
        """Nothing sticks out of the window at the smallest size."""
        coffer, window = self.open()
        self.shrink(window, NARROW)
        window.resize(200, 200)
        find(window.frame, "tree table", "Keys")
        self.assertLessEqual(extents(window.frame)[2], NARROW)
        self.assert_inside(window)
        self.assert_quits(coffer)

    def test_dialogs_fit_when_narrow(self) -> None:
        """What asks is no wider than the window that it asks for."""
        coffer, window = self.open()
        press(window.frame, "Edit…")
        coffer.answer("Edit “v086_two_tables.db”?", "Edit")
        self.shrink(window, NARROW)
        window.activate()
        key("ctrl+a")
        window.says(re.compile("^%d selected, " % len(self.values)))
        key("Delete")
        dialog = coffer.dialog("Delete %d Keys?" % len(self.values))
        find(dialog, "label", re.compile("^The file is "), showing)
        self.assertLessEqual(extents(dialog)[2], NARROW)
        press(dialog, "Cancel")
        wait(lambda: not coffer.windows("Delete %d Keys?" % len(self.values)), "the dialog to go")
        key("F2")
        dialog = coffer.dialog("Rename %d Keys?" % len(self.values))
        self.assertLessEqual(extents(dialog)[2], NARROW)
        press(dialog, "Cancel")
        wait(lambda: not coffer.windows("Rename %d Keys?" % len(self.values)), "the dialog to go")
        self.assert_quits(coffer)

    def test_clean_up_fits_when_narrow(self) -> None:
        """All its pages, with what they found and what can be done with it."""
        coffer, window = self.open()
        key("ctrl+shift+k")
        clean = VaultWindow(wait(lambda: next(iter(coffer.windows("Clean Up")), None), "the window"))
        do(wait(lambda: next(iter(find_all(clean.frame, "push button", re.compile("Find Damaged Values$"))), None), "the button"))
        wait(lambda: find_all(clean.frame, "push button", re.compile("Export Marked…$")), "what was found")
        self.shrink(clean, NARROW)
        self.assert_inside(clean)
        press(clean.frame, "Close")
        wait(lambda: not coffer.windows("Clean Up"), "the window to go")
        self.assert_quits(coffer)

    def test_a_long_dialog_scrolls(self) -> None:
        """It is no higher than the window that it asks for."""
        path = make_vault(self.folder + "/half.db", ((b"key%02d" % i, bytes(100000)) for i in range(40)))
        with closing(sqlite3.connect(path)) as db:
            db.execute("DELETE FROM kv WHERE key >= x'6b65793230'")
            db.commit()
        coffer = self.start(path)
        coffer.window("half.db").wait_for_rows(20)
        key("ctrl+shift+s")
        storage = VaultWindow(wait(lambda: next(iter(coffer.windows("Storage")), None), "the window"))
        storage.resize(NARROW, 500)
        wait(lambda: extents(storage.frame)[2:] == (NARROW, 500), "a low window")
        do(wait(lambda: next(iter(find_all(storage.frame, "push button", "Compact…", lambda node: node.has("SENSITIVE"))), None), "the button"))
        dialog = coffer.dialog("Compact the Vault?")
        self.assertLessEqual(extents(dialog)[2], NARROW)
        self.assertLessEqual(extents(dialog)[3], 500)
        press(dialog, "Cancel")
        wait(lambda: not coffer.windows("Compact the Vault?"), "the dialog to go")
        press(storage.frame, "Close")
        wait(lambda: not coffer.windows("Storage"), "the window to go")
        self.assert_quits(coffer)

    def assert_inside(self, window: VaultWindow) -> None:
        width = extents(window.frame)[2]

        def is_inside(node: Node) -> bool:
            x, _, node_width, _ = extents(node)
            return 0 <= x and x + node_width <= width

        def look() -> bool:
            self.outside = [node for node in again(window.frame).walk()
                            if node.role in ("push button", "label") and showing(node) and not is_inside(node)]
            return True

        wait(look, "what is in the window")
        self.assertEqual(self.outside, [])

    def assert_legible(self, window: VaultWindow, dark: bool) -> None:
        """A row is as its list is, and its words stand out from it: white on dark, black on light."""
        node = next(node for node in window.row_nodes() if node.name.startswith("img/photo.png"))

        def look() -> bool:
            rgb = Picture.grab().crop(window.box(node)).rgb
            levels = sorted(map(sum, zip(rgb[0::3], rgb[1::3], rgb[2::3])))
            plain, words = levels[len(levels) // 2], levels[-len(levels) // 400 if dark else len(levels) // 400]
            self.seen = plain, words
            return (plain < 0x38 * 3 and words > 0xb0 * 3) if dark else (plain > 0xf0 * 3 and words < 0x60 * 3)

        try:
            wait(look, "words that stand out")
        except AssertionError as error:
            raise AssertionError("%s: %r" % (error, self.seen)) from None

    def assert_beside(self, window: VaultWindow, *widgets: Tuple[str, str]) -> None:
        """Each begins where the one before has ended, or later."""
        boxes = wait(lambda: [extents(find(window.frame, role, name)) for role, name in widgets], "where they are")
        for left, right in zip(boxes, boxes[1:]):
            self.assertLessEqual(left[0] + left[2], right[0])

    def check_wide(self, dark: bool) -> None:
        """At 1600: three panes beside each other, none over another, and all columns of the keys."""
        coffer, window = self.open(**(DARK if dark else {}))
        self.shrink(window, WIDE)
        window.focus_list()
        window.choose_with_keys("img/photo.png")
        window.says("photo.png")
        self.assert_beside(window, ("list", "Tables"), ("tree table", "Keys"), ("list", "Facts"))
        self.assert_beside(window, *(("push button", name) for name in ("Key", "Size", "Type")))
        self.assert_inside(window)
        key("Home")
        park_pointer()
        self.assert_legible(window, dark)
        self.assert_quits(coffer)

    def test_wide_light(self) -> None:
        self.check_wide(False)

    def test_wide_dark(self) -> None:
        self.check_wide(True)

    def test_narrow_dark(self) -> None:
        coffer, window = self.open(**DARK)
        self.shrink(window, NARROW)
        window.wait_for_rows(len(self.values))
        park_pointer()
        self.assert_inside(window)
        self.assert_legible(window, True)
        self.assert_quits(coffer)

    def test_middle_width(self) -> None:
        """At 700: sidebar and keys, the preview in place of the keys."""
        coffer, window = self.open()
        self.shrink(window, 700)
        find(window.frame, "list", "Tables")
        find(window.frame, "tree table", "Keys")
        self.assert_quits(coffer)

    def test_dark(self) -> None:
        coffer, window = self.open(ADW_DEBUG_COLOR_SCHEME="prefer-dark")
        wait(lambda: distance(self.background(window), (0x1e, 0x1e, 0x1e)) < 12, "a dark list")
        self.assert_quits(coffer)

    def test_light(self) -> None:
        coffer, window = self.open()
        wait(lambda: distance(self.background(window), (0xff, 0xff, 0xff)) < 12, "a light list")
        self.assert_quits(coffer)

    def test_high_contrast(self) -> None:
        coffer, window = self.open(ADW_DEBUG_HIGH_CONTRAST="1")
        wait(lambda: distance(self.background(window), (0xff, 0xff, 0xff)) < 12, "a light list")
        window.focus_list()
        window.choose_with_keys("img/photo.png")
        window.says("photo.png")
        self.assert_quits(coffer)

    def test_start_page_dark_and_narrow(self) -> None:
        coffer = self.start(ADW_DEBUG_COLOR_SCHEME="prefer-dark")
        window = coffer.window()
        self.shrink(window, NARROW)
        for name in ("Open…", "New Vault…"):
            find(window.frame, "push button", re.compile(name + "$"))
        x, y, width, height = window.box(window.frame)
        corner = Picture.grab().mean((x + 10, y + height - 30, 40, 20))
        self.assertLess(max(corner), 0x40)
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
