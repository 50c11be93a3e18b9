#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Selecting keys: with clicks, ranges, a rubber band and the menus, with the keyboard, and a million at once."""
import time
from typing import Set, Tuple

from coffer import Coffer, CofferCase, VaultWindow, main, read_row, size_text
from gtkdrive import Node, again, drag, extents, find, find_all, gone, key, press, showing, wait, xdo
from vaults import make_large_vault, make_vault

ROWS = 24
COUNT = 1000000

# As in test-million.py: for machines that have other things to do.
LONGEST_ANSWER = 2.0


class SelectTest(CofferCase):
    def open(self) -> Tuple[Coffer, VaultWindow]:
        """Keys a/00 to a/11 and b:12 to b:23; value n has n + 1 bytes."""
        path = make_vault(self.folder + "/a.db", [(b"%s%02d" % (b"a/" if i < 12 else b"b:", i), b"x" * (i + 1))
                                                  for i in range(ROWS)])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.resize(1200, 1240)   # with room for all rows
        window.wait_for_all_in_view(ROWS)
        window.activate()
        self.addCleanup(xdo, "keyup", "ctrl", "keyup", "shift")
        return coffer, window

    def row(self, window: VaultWindow, number: int) -> Node:
        return next(node for node in window.row_nodes() if read_row(node).key.endswith("%02d" % number))

    def selected(self, window: VaultWindow) -> Set[int]:
        return {int(read_row(node).key[-2:]) for node in window.row_nodes() if node.has("SELECTED")}

    def wait_for(self, window: VaultWindow, numbers: Set[int]) -> None:
        wait(lambda: self.selected(window) == numbers, "rows %s to be selected" % sorted(numbers))
        if not numbers:
            wait(lambda: self.status(window).startswith("%d keys" % ROWS) and "·" not in self.status(window), "nothing in the status bar")
        else:
            wait(lambda: "·  %d selected" % len(numbers) in self.status(window), "%d in the status bar" % len(numbers))

    def status(self, window: VaultWindow) -> str:
        return next((node.name for node in find_all(window.frame, "label") if " keys, " in node.name), "")

    def click(self, window: VaultWindow, number: int, *modifiers: str, button: int = 1) -> None:
        for name in modifiers:
            xdo("keydown", name)
        window.click(self.row(window, number), button)
        for name in modifiers:
            xdo("keyup", name)

    def choose(self, window: VaultWindow, item: str) -> None:
        """An item of the menu that is open."""
        press(window.frame, item, "menu item")
        gone(window.frame, "menu item", item)

    # With the mouse

    def test_toast_over_the_bar(self) -> None:
        """What was done is told above the bar, in a narrow window, too."""
        coffer, window = self.open()
        self.click(window, 3)
        key("shift+Down")
        self.wait_for(window, {3, 4})
        for width in (1200, 360):
            window.resize(width, 700)
            wait(lambda: extents(again(window.frame))[2] == width, "the window to be as wide")
            key("ctrl+c")

            def is_above() -> bool:
                toasts, buttons = (list(filter(showing, find_all(window.frame, role, name)))
                                   for role, name in (("label", "2 keys copied"), ("push button", "Copy Keys")))
                if not toasts or not buttons:
                    return False
                (_, y, _, height), (_, top, _, _) = extents(toasts[0]), extents(buttons[0])
                return 0 < y < top - height

            wait(is_above, "the toast above the bar at %d pixels" % width)
        self.assert_quits(coffer)

    def test_clicks(self) -> None:
        coffer, window = self.open()
        self.assertEqual(self.selected(window), set(), "nothing is selected by itself")
        self.click(window, 3)
        self.wait_for(window, {3})
        self.click(window, 5, "ctrl")
        self.wait_for(window, {3, 5})
        self.click(window, 8, "ctrl")
        self.wait_for(window, {3, 5, 8})
        self.click(window, 5, "ctrl")
        self.wait_for(window, {3, 8})
        self.click(window, 2)
        self.wait_for(window, {2})
        self.click(window, 6, "shift")
        self.wait_for(window, {2, 3, 4, 5, 6})
        self.click(window, 0, "shift")
        self.wait_for(window, {0, 1, 2})
        self.click(window, 1)
        self.wait_for(window, {1})
        wait(lambda: window.facts().get("Size") == "2 bytes", "the facts of the row clicked last")
        self.assert_quits(coffer)

    def test_rubber_band(self) -> None:
        coffer, window = self.open()
        first, last = self.row(window, 2), self.row(window, 6)
        drag(window.point(first, 0.5), window.point(last, 0.6))   # not from the key, which is taken along
        self.wait_for(window, {2, 3, 4, 5, 6})
        first, last = self.row(window, 8), self.row(window, 9)
        xdo("keydown", "ctrl")
        drag(window.point(first, 0.5), window.point(last, 0.6))   # not from the key, which is taken along
        xdo("keyup", "ctrl")
        self.wait_for(window, {2, 3, 4, 5, 6, 8, 9})
        first, last = self.row(window, 0), self.row(window, 1)
        drag(window.point(first, 0.5), window.point(last, 0.6))   # not from the key, which is taken along
        self.wait_for(window, {0, 1})
        self.assert_quits(coffer)

    def test_menu_keeps_what_is_selected(self) -> None:
        coffer, window = self.open()
        self.click(window, 3)
        self.click(window, 5, "ctrl")
        self.wait_for(window, {3, 5})
        window.open_menu(self.row(window, 5))
        self.wait_for(window, {3, 5})
        key("Escape")
        gone(window.frame, "menu item", "Invert Selection")
        window.open_menu(self.row(window, 7))
        self.wait_for(window, {7})
        key("Escape")
        self.assert_quits(coffer)

    def test_prefix_of_a_row(self) -> None:
        coffer, window = self.open()
        window.open_menu(self.row(window, 3))
        self.choose(window, "Select All with This Prefix")
        self.wait_for(window, set(range(12)))
        window.open_menu(self.row(window, 1))
        self.choose(window, "Invert Selection")
        self.wait_for(window, set(range(12, 24)))
        self.assert_quits(coffer)

    # The bar

    def test_bar_comes_with_the_second(self) -> None:
        coffer, window = self.open()
        self.click(window, 3)
        self.wait_for(window, {3})
        gone(window.frame, "push button", "Clear Selection")
        self.click(window, 5, "ctrl")
        bar = "2 selected, %s" % size_text(4 + 6)
        wait(lambda: len(find_all(window.frame, "label", bar)) == 1, "the bytes in the bar")
        wait(lambda: self.status(window).endswith(bar), "the bytes in the status bar")
        find(window.frame, "push button", "Copy Keys")
        gone(window.frame, "push button", "Delete…")
        press(window.frame, "Clear Selection")
        self.wait_for(window, set())
        gone(window.frame, "push button", "Clear Selection")
        self.assert_quits(coffer)

    # With keys

    def test_arrows_move_one_row(self) -> None:
        coffer, window = self.open()
        key("Home")
        self.wait_for(window, {0})
        key("Down", "Down")
        self.wait_for(window, {2})
        key("End")
        self.wait_for(window, {23})
        key("Up")
        self.wait_for(window, {22})
        self.assert_quits(coffer)

    def test_shift_draws_ranges(self) -> None:
        coffer, window = self.open()
        key("Home", "Down", "Down")
        self.wait_for(window, {2})
        key("shift+Down", "shift+Down")
        self.wait_for(window, {2, 3, 4})
        key("shift+Up")
        self.wait_for(window, {2, 3})
        key("shift+Home")
        self.wait_for(window, {0, 1, 2})
        key("shift+End")
        self.wait_for(window, set(range(2, 24)))
        key("Escape")
        self.wait_for(window, set())
        window.choose_with_keys("b:13")
        key("shift+Prior")
        wait(lambda: len(self.selected(window)) > 3 and max(self.selected(window)) == 13, "a page to be selected")
        self.assert_quits(coffer)

    def test_all_none_and_the_others(self) -> None:
        coffer, window = self.open()
        key("Home", "ctrl+a")
        self.wait_for(window, set(range(24)))
        key("ctrl+shift+a")
        self.wait_for(window, set())
        key("Home", "shift+Down", "ctrl+shift+i")
        self.wait_for(window, set(range(2, 24)))
        key("Escape")
        self.wait_for(window, set())
        # Ctrl moves without selecting, and with the space bar adds.
        key("Home", "ctrl+Down", "ctrl+Down", "ctrl+space")
        self.wait_for(window, {0, 2})
        self.assert_quits(coffer)

    # Many

    def test_million(self) -> None:
        path = make_large_vault(self.folder + "/big.db", COUNT)
        coffer = self.start(path)
        window = coffer.window("big.db")
        window.focus_list()
        longest = 0.0

        def look(text: str) -> bool:
            nonlocal longest
            start = time.monotonic()
            coffer.program.call(window.frame.path, "Accessible", "GetRole")
            longest = max(longest, time.monotonic() - start)
            return any(text in node.name for node in window.frame.walk() if node.role == "label")

        def wait_for(text: str) -> None:
            wait(lambda: look_again(text), text, 60)

        def look_again(text: str) -> bool:
            window.frame = again(window.frame)
            return look(text)

        wait_for("%d keys" % COUNT)
        key("ctrl+a")
        wait_for("%d selected" % COUNT)
        key("ctrl+shift+i")
        wait_for("%d keys" % COUNT)
        key("Home", "Down", "shift+End")
        wait_for("%d selected" % (COUNT - 1))
        key("Escape")
        window.choose_with_keys("item/0500000")
        key("shift+Home")
        wait_for("500001 selected")
        # All of them, once their bytes are known.
        key("ctrl+a")
        wait_for("%d selected, %s" % (COUNT, size_text(sum(i % 100 for i in range(COUNT)))))
        self.assertLess(longest, LONGEST_ANSWER)
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
