#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Any value as bytes: a header is told, an offset gone to, bytes found far inside a large value, the choice remembered."""
import os
import sqlite3
from contextlib import closing

from coffer import CofferCase, main
from gtkdrive import find, gone, key, park_pointer, press, type_text, wait

MARK = 40 << 20   # where a value has its mark


def make_vault(path: str) -> None:
    with closing(sqlite3.connect(path)) as vault:
        vault.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
        vault.execute("CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        vault.executemany("INSERT INTO kv VALUES (?, ?)", [
            (b"a/other.txt", b"other words"), (b"a/words.txt", b"words to read"), (b"b/words.txt", b"not of those"),
            (b"large", b""), (b"packed", bytes.fromhex("894b0102000000564b") + bytes(1)),
            (b"random", bytes(range(128, 256)) * 4)])
        vault.execute("UPDATE kv SET value = ? WHERE key = ?", (bytes.fromhex("894b010000000000564b") + b"raw data", b"packed"))
        vault.execute("UPDATE kv SET value = zeroblob(?) WHERE key = ?", (MARK + 4096, b"large"))
        row = vault.execute("SELECT rowid FROM kv WHERE key = ?", (b"large",)).fetchone()[0]
        with vault.blobopen("kv", "value", row) as blob:
            blob.seek(MARK)
            blob.write(b"here it is")
        vault.commit()


class BytesTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(self.folder, "bytes.db")
        make_vault(self.path)
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("bytes.db")
        self.window.wait_for_rows(6)
        park_pointer()
        self.window.focus_list()

    def tearDown(self) -> None:
        if not self.failed():
            self.assert_quits(self.coffer)

    def show_as(self, kind: str) -> None:
        press(self.window.frame, "Show As")
        self.window.choose_item_with_keys(kind)

    def test_looks_into_bytes(self) -> None:
        self.window.choose_with_keys("large")
        find(self.window.frame, None, "Go to Offset")
        press(self.window.frame, "Find Bytes")
        wait(lambda: find(self.window.frame, None, "Bytes to find").has("FOCUSED"), "the entry to have the keyboard")
        type_text("it is")
        key("Return")
        self.window.says("0x%x–0x%x, 5 bytes" % (MARK + 5, MARK + 9))
        type_text(" not")
        key("Return")
        self.window.says("Not found")
        key("Escape")
        key("ctrl+g")
        type_text("0xc")
        key("Return")
        self.window.says("At 0xc")
        key("shift+Down")
        self.window.says("0xc–0x14, 9 bytes")
        key("ctrl+End")
        self.window.says("At 0x%x" % (MARK + 4095))

    def test_remembers_the_choice(self) -> None:
        self.window.choose_with_keys("a/words.txt")
        self.window.reads("words to read")
        self.show_as("Bytes")
        find(self.window.frame, None, "Go to Offset")
        # One like it, and one of another place.
        self.window.focus_list()
        self.window.choose_with_keys("a/other.txt")
        find(self.window.frame, None, "Go to Offset")
        self.window.choose_with_keys("b/words.txt")
        self.window.reads("not of those")

    def test_follows_a_change_in_place(self) -> None:
        """Another program writes the value that is looked at, in its size: the bytes are others, the place is the same."""
        self.window.choose_with_keys("large")
        find(self.window.frame, None, "Go to Offset")
        self.window.click(find(self.window.frame, "panel", "Bytes"))
        key("ctrl+End")
        self.window.says("At 0x%x" % (MARK + 4095))
        with closing(sqlite3.connect(self.path)) as vault:
            row = vault.execute("SELECT rowid FROM kv WHERE key = ?", (b"large",)).fetchone()[0]
            with vault.blobopen("kv", "value", row) as blob:
                blob.seek(MARK + 4095)
                blob.write(b"\x7a")
            vault.commit()
        key("Left", "Right")
        wait(lambda: (key("Left", "Right"), self.spoken() == "0x%x: 7a" % (MARK + 4095))[1], "the byte that was written")

        # A text, and other values, too.
        self.window.focus_list()
        self.window.choose_with_keys("a/words.txt")
        self.window.reads("words to read")
        with closing(sqlite3.connect(self.path)) as vault:
            vault.execute("UPDATE kv SET value = ? WHERE key = ?", (b"words of another", b"a/words.txt"))
            vault.commit()
        self.window.reads("words of another")

    def spoken(self) -> str:
        node = find(self.window.frame, "panel", "Bytes")
        return node.tree.program.get(node.path, "Accessible", "Description")

    def test_large_preview_goes_through_the_keys(self) -> None:
        self.window.reads("other words")
        key("space")
        find(self.window.frame, "push button", "Back to the Keys")
        # The list lies below, and has the arrow keys.
        key("Down")
        self.window.says("words.txt")
        self.window.reads("words to read")
        key("space")
        gone(self.window.frame, "push button", "Back to the Keys")
        self.assertEqual(self.window.selected_key(), "a/words.txt")
        press(self.window.frame, "Large Preview")
        find(self.window.frame, "push button", "Back to the Keys")
        key("Escape")
        gone(self.window.frame, "push button", "Back to the Keys")
        self.window.reads("words to read")


main()
