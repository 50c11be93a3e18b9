#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Narrow and wide, light, dark and high contrast: everything is still there, and looks as it should."""
import os
import re
from typing import Tuple

from coffer import Coffer, CofferCase, VaultWindow, main
from gtkdrive import again, extents, find, find_all, gone, key, park_pointer, press, showing, wait
from pictures import decode, shows
from screen import Picture, distance
from vaults import Fixture, read_vault

NARROW = 360


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
        width = extents(window.frame)[2]
        self.assertLessEqual(width, NARROW)
        for node in again(window.frame).walk():
            if node.role in ("push button", "label") and showing(node):
                x, _, node_width, _ = extents(node)
                self.assertTrue(0 <= x and x + node_width <= width, "%s leaves the window" % node)
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
