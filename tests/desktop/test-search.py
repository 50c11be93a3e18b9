#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Finding keys: by text, pattern, expression and bytes, by type and size, with keys alone and with the mouse alone; in few
keys and in 300,000, where typing goes on while it searches."""
import re
import subprocess
import time
from typing import List, Tuple

from coffer import CofferCase, main, read_row
from gtkdrive import (Node, again, extents, find, find_all, key, press, set_text, showing, text_of, type_text,
                      wait, xdo)
from vaults import make_large_vault, make_vault

PNG = b"\x89PNG\r\n\x1a\n"
HARD = b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
ENTRIES: List[Tuple[bytes, bytes]] = [
    (b"doc/Dawn.txt", b"The sun comes up.\n" * 3),
    (b"doc/day.json", b'{"light": true}'),
    (b"img/dawn-01.png", PNG + bytes(3000)),
    (b"img/dawn-02.png", PNG + bytes(2000000)),
    (b"img/dusk-01.png", PNG + bytes(500)),
    (b"raw/\xff\xfe", b"\x00\x01"),
    ("späť/DÄMMERUNG".encode(), b"Licht\n" * 20),
    (HARD, b"x"),
]
BIG = 300000

# As long as the main loop may take to answer one question on a busy machine; one that searches itself would take far longer.
LONGEST_ANSWER = 2.0


class SearchCase(CofferCase):
    def open(self) -> None:
        path = make_vault(self.folder + "/a.db", ENTRIES)
        self.coffer = self.start(path)
        self.window = self.coffer.window("a.db")
        self.window.wait_for_rows(len(ENTRIES))
        self.window.activate()

    def entry(self) -> Node:
        return find(self.window.frame, "entry", "Search keys")

    def has_keyboard(self, name: str) -> bool:
        focused = [node for node in again(self.window.frame).walk() if node.has("FOCUSED")]
        return bool(focused) and any(name in node.name for node in focused[-1].lineage())

    def wait_for_keyboard_in(self, name: str) -> None:
        wait(lambda: self.has_keyboard(name), "the keyboard in “%s”" % name)

    def keys_on_show(self) -> List[str]:
        return [read_row(node).key for node in self.window.row_nodes()]

    def wait_for_keys(self, *names: str) -> None:
        wait(lambda: self.keys_on_show() == list(names), "the keys %s" % (names,))

    def wait_for_count(self, text: str, seconds: float = 20) -> None:
        wait(lambda: any(node.name == text and showing(node) for node in again(self.window.frame).walk()
                         if node.role == "label"), "“%s”" % text, seconds)

    def wait_for_all(self) -> None:
        wait(lambda: len(self.keys_on_show()) == len(ENTRIES), "all keys")

    def retype(self, text: str) -> None:
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        key("ctrl+a")
        type_text(text)

    def wait_for_end(self) -> None:
        wait(lambda: not any(map(showing, find_all(self.window.frame, "entry", "Search keys"))), "the search to go")

    def says(self, pattern: str) -> None:
        find(self.window.frame, "label", re.compile(pattern), showing)


class KeysAloneTest(SearchCase):
    def choose_mode(self, letter: str, label: str) -> None:
        """By the menu beside the entry, with its letter."""
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        key("Tab", "Return")
        find(self.window.frame, "menu item", "Regular Expression")
        key(letter)
        find(self.window.frame, "push button", label)

    def test_contains_and_escape(self) -> None:
        self.open()
        key("Home")
        self.window.wait_for_selected(HARD.decode())
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        type_text("DAWN")
        self.wait_for_keys("doc/Dawn.txt", "img/dawn-01.png", "img/dawn-02.png")
        self.wait_for_count("3 of 8 keys")
        key("Down")
        self.wait_for_keyboard_in("Keys")
        self.window.wait_for_selected("doc/Dawn.txt")
        key("End")
        self.window.wait_for_selected("img/dawn-02.png")
        key("Escape")
        self.wait_for_all()
        self.window.wait_for_selected("img/dawn-02.png")
        self.wait_for_end()
        self.assert_quits(self.coffer)

    def test_enter_chooses_the_first_hit(self) -> None:
        self.open()
        key("Home")
        self.window.wait_for_selected(HARD.decode())
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        type_text("DAWN")
        self.wait_for_keys("doc/Dawn.txt", "img/dawn-01.png", "img/dawn-02.png")
        key("Return")
        self.wait_for_keyboard_in("Keys")
        self.window.wait_for_selected("doc/Dawn.txt")
        self.assert_quits(self.coffer)

    def test_no_key_found(self) -> None:
        self.open()
        key("ctrl+f")
        type_text("no such key")
        self.says("^No Keys Found$")
        press(self.window.frame, re.compile("Clear Search"))
        self.wait_for_all()
        self.wait_for_keyboard_in("Search keys")
        type_text("none either")
        self.says("^No Keys Found$")
        key("Down")
        self.wait_for_keyboard_in("Search keys")
        key("Escape")
        self.wait_for_all()
        key("Home")
        self.window.wait_for_selected(HARD.decode())
        self.assert_quits(self.coffer)

    def test_modes(self) -> None:
        self.open()
        key("ctrl+f")
        type_text("*.png")
        self.says("^No Keys Found$")
        self.choose_mode("g", "Glob")
        self.wait_for_keys("img/dawn-01.png", "img/dawn-02.png", "img/dusk-01.png")
        self.choose_mode("r", "Regular Expression")
        self.says("^Nothing to repeat at character 1$")
        self.retype("0[12]")
        self.wait_for_keys("img/dawn-01.png", "img/dawn-02.png", "img/dusk-01.png")
        self.retype("(a+)+$(?<!a)")
        self.says("^The expression was too hard for 1 key")
        self.choose_mode("b", "Bytes")
        self.says("^“.” is not a hexadecimal digit$")
        self.retype("ff fe")
        self.wait_for_keys("raw/\\xff\\xfe")
        self.choose_mode("c", "Contains")
        self.wait_for_count("0 of 8 keys")
        key("Escape")
        self.wait_for_all()
        self.assert_quits(self.coffer)

    def test_other_letters(self) -> None:
        self.open()
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        set_text(self.entry(), "dämmer")
        self.wait_for_keys("späť/DÄMMERUNG")
        self.assert_quits(self.coffer)

    def test_types(self) -> None:
        self.open()
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        key("Tab", "Tab", "Return")
        self.wait_for_keyboard_in("_Images")
        key("space")
        key("Escape")
        find(self.window.frame, "push button", "Remove Filter: Images")
        self.wait_for_keys("img/dawn-01.png", "img/dawn-02.png", "img/dusk-01.png")
        self.retype("dawn")
        self.wait_for_keys("img/dawn-01.png", "img/dawn-02.png")
        key("Tab", "Tab", "Return")
        self.wait_for_keys("doc/Dawn.txt", "img/dawn-01.png", "img/dawn-02.png")
        key("Escape")
        self.wait_for_all()
        self.assert_quits(self.coffer)


class MouseAloneTest(SearchCase):
    def click(self, role: str, name: str) -> None:
        self.window.click(find(self.window.frame, role, re.compile(name)))

    def click_in_popover(self, role: str, name: str) -> None:
        """Its widgets tell where they are in it; where it is itself only the X server knows, by its size."""
        def place() -> Tuple[int, int]:
            popover = find_all(self.window.frame, "filler", "Filter")[0]
            node = find_all(popover, role, re.compile(name))[0]
            left, top, width, height = extents(popover)
            x, y, node_width, node_height = extents(node)
            tree = subprocess.run(["xwininfo", "-root", "-tree"], check=True, capture_output=True, text=True).stdout
            at = re.search(r" %dx%d\+\S+ +\+(-?\d+)\+(-?\d+)" % (width, height), tree)
            return at and (int(at[1]) + x - left + node_width // 2, int(at[2]) + y - top + node_height // 2)

        x, y = wait(place, "“%s” in the popover" % name)
        xdo("mousemove", x, y, "click", 1)

    def test_types_and_sizes(self) -> None:
        self.open()
        self.click("push button", "^Search$")
        self.entry()
        self.click("push button", "^Filter$")
        self.click_in_popover("check box", "Images")
        self.wait_for_keys("img/dawn-01.png", "img/dawn-02.png", "img/dusk-01.png")
        self.click_in_popover("push button", "Larger than 1.MB$")
        self.wait_for_keys("img/dawn-02.png")
        self.click("push button", "Remove Filter: Images")
        self.wait_for_count("1 of 8 keys")
        self.click("push button", "Remove Filter: Larger than 1.MB")
        self.wait_for_all()
        self.click("push button", "^Search$")
        self.wait_for_end()
        self.assert_quits(self.coffer)

    def test_prefix(self) -> None:
        """The search is among the keys of the prefix, and goes on among all."""
        images = ("img/dawn-01.png", "img/dawn-02.png", "img/dusk-01.png")
        self.open()
        self.click("list item", "^img/(,|$)")
        self.wait_for_keys(*images)
        self.click("push button", "^Search$")
        set_text(self.entry(), "day")
        self.says("^No Keys Found$")
        self.click("push button", "Search Everywhere")
        self.wait_for_keys("doc/day.json")
        self.wait_for_count("1 of 8 keys")
        self.click("list item", "^img/(,|$)")
        set_text(self.entry(), "dawn")
        self.wait_for_count("2 of 3 keys")
        self.click("push button", "Remove Filter: In img/")
        self.wait_for_keys("doc/Dawn.txt", *images[:2])
        self.assert_quits(self.coffer)

    def test_narrow(self) -> None:
        self.open()
        self.window.resize(360, 600)
        wait(lambda: extents(self.window.frame)[2] == 360, "a narrow window")
        self.click("push button", "^Search$")
        self.entry()
        self.click("push button", "^Filter$")
        for name in ("Images", "Video", "Audio", "Text", "Data", "Other"):
            self.click_in_popover("check box", name)
        key("Escape")
        for name in ("Images", "Video", "Audio", "Text", "Data", "Other Types"):
            find(self.window.frame, "push button", "Remove Filter: " + name)
        self.wait_for_count("8 of 8 keys")
        self.assert_quits(self.coffer)


class ManyKeysTest(SearchCase):
    def setUp(self) -> None:
        super().setUp()
        self.coffer = self.start(make_large_vault(self.folder + "/big.db", BIG))
        self.window = self.coffer.window("big.db")
        wait(self.window.row_nodes, "the first rows")
        self.window.activate()
        self.longest = 0.0

    def ask(self) -> None:
        start = time.monotonic()
        self.coffer.program.call(self.window.frame.path, "Accessible", "GetRole")
        self.longest = max(self.longest, time.monotonic() - start)

    def type_and_ask(self, text: str) -> None:
        for letter in text:
            type_text(letter)
            self.ask()
        wait(lambda: text_of(self.entry()).endswith(text), "the text in the entry")

    def test_typing_goes_on(self) -> None:
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        self.type_and_ask("item/02999")
        self.wait_for_count("100 of 300000 keys", 60)
        wait(lambda: self.keys_on_show()[:10] == ["item/02999%02d" % i for i in range(10)], "the first hits")
        # Each of these is begun while the last one runs.
        for text in ("9", "77", "123", "0"):
            key("ctrl+a")
            self.type_and_ask(text)
        key("ctrl+a")
        self.type_and_ask("299999")
        self.wait_for_count("1 of 300000 keys", 60)
        self.wait_for_keys("item/0299999")
        key("Escape")
        wait(lambda: self.keys_on_show()[:1] == ["item/0000000"], "all keys")
        self.assertLess(self.longest, LONGEST_ANSWER)
        self.assert_quits(self.coffer)

    def test_hard_expression_ends(self) -> None:
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        key("Tab", "Return")
        find(self.window.frame, "menu item", "Regular Expression")
        key("r")
        self.retype("^(([a-z/0-9]+)+)+(?<![0-9])$")
        self.says("^The expression was too hard for [0-9]+ keys")
        for _ in range(20):
            self.ask()
        # It need not end before something else is asked for.
        self.retype("0299999$")
        self.wait_for_count("1 of 300000 keys", 60)
        self.assertLess(self.longest, LONGEST_ANSWER)
        self.assert_quits(self.coffer)

    def test_closes_while_it_searches(self) -> None:
        key("ctrl+f")
        self.wait_for_keyboard_in("Search keys")
        self.type_and_ask("7")
        self.assert_quits(self.coffer)


if __name__ == "__main__":
    main()
