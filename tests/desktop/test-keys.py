#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keys that are no plain words: nothing raw reaches the screen, and every key can be chosen and is told exactly."""
import re
import unicodedata

from coffer import CofferCase, VaultWindow, main, size_text
from gtkdrive import again, gone, key, press, wait
from vaults import Fixture, make_vault, read_vault, shown


def is_harmless(text: str) -> bool:
    """Nothing that moves, hides or turns what is around it."""
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") for character in text)


class KeysTest(CofferCase):
    def test_odd_keys_are_escaped_everywhere(self) -> None:
        fixture = Fixture("v010_odd_keys.db")
        table = fixture.tables["kv"]
        coffer = self.start(fixture.copy(self.folder))
        window = coffer.window(fixture.base_name)
        self.assertEqual([row.key for row in window.wait_for_rows(len(table))], [shown(entry.key) for entry in table])
        self.assert_harmless(window)
        window.focus_list()
        steps = 0
        for entry in table[1:]:
            steps += 1
            if shown(entry.key).encode() != entry.key or not entry.key.isascii():
                key(*["Down"] * steps)
                steps = 0
                window.wait_for_selected(shown(entry.key))
                self.assert_harmless(window)
        self.assert_quits(coffer)

    def assert_harmless(self, window: VaultWindow) -> None:
        for node in again(window.frame).walk():
            self.assertTrue(is_harmless(node.name), "%r of a %s" % (node.name, node.role))

    def test_preview_names_the_key(self) -> None:
        keys = [b"esc\x1b[31mred", b"line\nbreak", "\u202egnp.exe".encode(), b"caf\xe9", b"<b>&amp;</b>"]
        coffer = self.start(make_vault(self.folder + "/a.db", [(name, b"value") for name in keys]))
        window = coffer.window("a.db")
        window.wait_for_rows(len(keys))
        window.focus_list()
        key("Home")
        for name in sorted(keys):
            window.wait_for_selected(shown(name))
            window.says(re.compile("^%s$" % re.escape(shown(name).rpartition("/")[2])))
            key("Down")
        self.assert_quits(coffer)

    def test_key_of_a_million_bytes(self) -> None:
        """Its row and its preview come like those of any other."""
        long = b"long/" + b"0123456789" * 99999 + b"-end!"
        keys = [b"a", long, b"z"]
        self.assertEqual(len(long), 1000000)
        coffer = self.start(make_vault(self.folder + "/a.db", [(name, b"value") for name in keys]))
        window = coffer.window("a.db")
        rows = window.wait_for_rows(3)
        self.assertEqual([row.key for row in rows], [shown(name) for name in keys])
        window.focus_list()
        key("Down")
        window.wait_for_selected(shown(long))
        wait(lambda: window.facts().get("Size") == "5 bytes", "the facts of its value")
        window.says(re.compile("-end!$"))
        key("Down")
        window.wait_for_selected("z")
        self.assert_quits(coffer)

    def test_keys_of_blanks(self) -> None:
        """None of them is an empty cell, and two that differ in blanks at an end look different."""
        keys = sorted([b" ", b"  ", b" a", b"a", b"a ", "a\u00a0".encode(), b"b/ ", "\u3000".encode()])
        coffer = self.start(make_vault(self.folder + "/a.db", [(name, b"value") for name in keys]))
        window = coffer.window("a.db")
        rows = window.wait_for_rows(len(keys))
        self.assertEqual([row.key for row in rows],
                         ["\\x20", "\\x20\\x20", "\\x20a", "a", "a\\x20", "a\\u00a0", "b/\\x20", "\\u3000"])
        window.focus_list()
        window.choose_with_keys("b", "b/\\x20")
        window.says("b/")   # above it, "\\x20"
        wait(lambda: window.facts().get("Size") == size_text(5), "the facts of its value")
        self.assert_quits(coffer)

    def test_delete_a_key_that_is_no_text(self) -> None:
        """The question tells it escaped, and just that key goes."""
        path = make_vault(self.folder + "/a.db", [(b"caf\xe9\n", b"value"), (b"z", b"1")])
        coffer = self.start(path)
        window = coffer.window("a.db")
        window.wait_for_rows(2)
        press(window.frame, "Edit…")
        coffer.answer("Edit “a.db”?", "Edit")
        gone(window.frame, "label", "Open for viewing")
        window.focus_list()
        window.wait_for_selected("caf\\xe9\\n")
        key("Delete")
        coffer.answer("Delete “caf\\xe9\\n”?", "Delete")
        window.wait_for_rows(1)
        self.assert_quits(coffer)
        self.assertEqual(read_vault(path), {b"z": b"1"})


if __name__ == "__main__":
    main()
