#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Values go out as files: several to a folder by keys, one to a file by its button, all that is shown by menus; every byte of them."""
import hashlib
import json
import os
import random
import re
import sqlite3
import zipfile
from contextlib import closing
from typing import Dict, List

from coffer import CofferCase, main
from gtkdrive import Node, Window, do, extents, find, find_all, gone, key, park_pointer, press, set_text, showing, wait
from vaults import make_vault, read_vault


class ExportCase(CofferCase):
    values: Dict[bytes, bytes] = {}

    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        os.mkdir(self.folder + "/out")
        self.path = self.folder + "/vault/v.db"
        make_vault(self.path, list(self.values.items()))
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")

    def files(self) -> Dict[str, bytes]:
        found = {}
        for folder, _, names in os.walk(self.folder + "/out"):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    found[os.path.relpath(os.path.join(folder, name), self.folder + "/out")] = file.read()
        return found

    def sheet(self, title: str) -> Node:
        return wait(lambda: next(iter(self.coffer.windows(title)), None), "the sheet")

    def switches(self, sheet: Node, names: List[str]) -> List[bool]:
        return [find(sheet, "check box", re.compile(name)).has("CHECKED") for name in names]


class ExportTest(ExportCase):
    values = {b"a/../odd\n": b"odd\0bytes" * 5000, b"a/plain": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"b": b"last"}

    def setUp(self) -> None:
        super().setUp()
        self.window.wait_for_rows(3)

    def test_several_to_a_folder(self) -> None:
        self.window.focus_list()
        key("Home", "shift+Down")
        self.window.says("2 selected, 45.0\u00a0kB")
        key("ctrl+e")
        press(self.sheet("Export 2 Keys"), "Choose Folder…")
        self.coffer.choose_file("Export to a Folder", self.folder + "/out", "Export")
        self.window.says("2 files exported")
        find(self.window.frame, "push button", re.compile("Open Folder"))
        files = self.files()
        self.assertEqual(sorted(files.values()), sorted([b"odd\0bytes" * 5000, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]))
        self.assertIn("a/plain.png", files)
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])

    def test_several_to_an_archive(self) -> None:
        self.window.focus_list()
        key("Home", "shift+Down", "ctrl+shift+e")
        press(self.sheet("Export 2 Keys"), "Choose File…")
        self.coffer.choose_file("Export as an Archive", self.folder + "/out/all.zip", "Export")
        self.window.says("2 files exported")
        with zipfile.ZipFile(self.folder + "/out/all.zip") as archive:
            self.assertIn(b"odd\0bytes" * 5000, [archive.read(name) for name in archive.namelist()])
            self.assertIn("a/plain.png", archive.namelist())
            self.assertIn("coffer.json", archive.namelist())
        self.assertEqual(os.listdir(self.folder + "/out"), ["all.zip"])
        self.window.activate()   # another that waits, and of which nothing is left
        key("ctrl+shift+e")
        press(self.sheet("Export 2 Keys"), "Choose File…")
        dialog = self.coffer.enter_file("Export as an Archive", self.folder + "/out/more.zip")
        with closing(sqlite3.connect(self.path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            press(dialog, "Export")
            find(self.window.frame, "push button", "Cancel Transfer", showing)
            do(self.window.frame, "window.close")
            dialog = self.coffer.dialog("Keys Are Still Being Exported")
            find(dialog, "label", "No archive is written.")
            press(dialog, "Stop and Close")
            self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(os.listdir(self.folder + "/out"), ["all.zip"])
        self.assertEqual(self.coffer.complaints(), [])

    def test_options_are_kept(self) -> None:
        """What is set in the sheet counts, and is there again the next time."""
        names = ["Add endings by content", "Write coffer.json"]
        self.window.focus_list()
        key("Home", "shift+Down", "ctrl+e")
        sheet = self.sheet("Export 2 Keys")
        for name in names:
            do(find(sheet, "check box", re.compile(name)), "toggle")
        wait(lambda: self.switches(sheet, names) == [False, True], "the switches to turn")
        wait(lambda: find(sheet, "push button", re.compile("Choose Folder")).has("FOCUSED"), "the keyboard on the button")
        key("Return")
        self.coffer.choose_file("Export to a Folder", self.folder + "/out", "Export")
        self.window.says("2 files exported")
        self.assertIn("a/plain", self.files())
        self.assertIn("coffer.json", self.files())
        self.window.activate()
        key("ctrl+e")
        sheet = self.sheet("Export 2 Keys")
        self.assertEqual(self.switches(sheet, names), [False, True])
        wait(lambda: find(sheet, "push button", re.compile("Choose Folder")).has("FOCUSED"), "the keyboard on the button")
        key("Escape")
        wait(lambda: not self.coffer.windows("Export 2 Keys"), "the sheet to go")
        key("ctrl+e")
        press(self.sheet("Export 2 Keys"), "Cancel")
        wait(lambda: not self.coffer.windows("Export 2 Keys"), "the sheet to go")
        self.assert_quits(self.coffer)

    def test_one_to_a_file(self) -> None:
        """By the button over the preview."""
        self.window.choose_with_mouse("b")
        button = find(self.window.frame, "push button", "Export", showing)
        self.window.click(button)
        self.coffer.choose_file("Export Value", self.folder + "/out/chosen.bin", "Export")
        self.window.says("1 file exported")
        self.assertEqual(self.files(), {"chosen.bin": b"last"})
        self.assert_quits(self.coffer)


class ExistingTest(ExportCase):
    header = bytes.fromhex("894b010300000000564b")
    values = {b"a": header + b'{"a": 1}', b"b": b"plain"}

    def test_what_is_there_already(self) -> None:
        """Files are replaced if a person says so, here with the headers of values, read back and compared; else both are kept."""
        for name in "ab":
            with open(self.folder + "/out/" + name, "wb") as file:
                file.write(b"what was there")
        self.window.wait_for_rows(2)
        for title, steps, files in (("Replace the file", ["Down", "Down"], {"a": self.values[b"a"], "b": b"plain"}),
                                    ("Keep both", ["Up", "Up"], {"a (2)": self.values[b"a"], "b (2)": b"plain"})):
            self.window.focus_list()
            key("ctrl+a", "ctrl+e")
            sheet = self.sheet("Export 2 Keys")
            Window(sheet).click(find(sheet, "label", "If a file exists", showing))
            wait(lambda: find_all(sheet, "label", title), "the choice")
            key(*steps, "Return")
            for name, wanted in (("Add endings by content", False), ("Keep value headers", True), ("Verify afterwards", True)):
                if self.switches(sheet, [name]) != [wanted]:
                    do(find(sheet, "check box", re.compile(name)), "toggle")
            press(sheet, re.compile("Choose Folder"))
            self.coffer.choose_file("Export to a Folder", self.folder + "/out", "Export")
            wait(lambda: files.items() <= self.files().items(), "the files")   # pylint: disable=cell-var-from-loop
        self.assertEqual(len(self.files()), 4)
        self.assertEqual(self.coffer.complaints(), [])   # closed now it might ask: the files are there a moment before it is over


def make_values() -> Dict[bytes, bytes]:
    """Keys that no file can be called by as they are, keys that want the name of another, values of all kinds of length."""
    make = random.Random(6)
    odd = [b"", b"..", b"../up", b"/root", b"a", b"a/", b"a/b", b"A/b", b"a/b.", b"a//b", b"a\nb", b"con", b"nul.txt", b"x\xff\xfe", b"\0", "größer & schöner".encode(),
           b"%41", b"l" * 300, b"d/" * 60 + b"deep", b"coffer.json"]
    plain = [b"shots/%d/%02d.bin" % (i % 3, i) for i in range(60)] + [b"notes/%02d.txt" % i for i in range(40)]
    sizes = [0, 1, 10, 4095, 4096, 70000, 3 << 20]
    return {name: make.randbytes(sizes[i % len(sizes)]) for i, name in enumerate(odd + plain)}


class ShownTest(ExportCase):
    """What is exported are all keys that are shown: the manifest names each with its file, and there is no other file."""

    values = make_values()

    def setUp(self) -> None:
        park_pointer()   # or a tooltip may come, and be in the way
        super().setUp()
        self.window.says(re.compile("^%d keys, " % len(self.values)))
        wait(self.has_places, "the prefixes, each in its place")
        self.window.activate()

    def has_places(self) -> bool:
        """They come one after the other, and push those below down."""
        rows = find(self.window.frame, "list", "Tables").children
        tops = [extents(row)[1] for row in rows]
        return [row.name for row in rows] == ["kv, 120", "../, 1", "/, 1", "A/, 1", "a/, 4", "d/, 1", "notes/, 40", "shots/, 60"] and \
            len({lower - upper for upper, lower in zip(tops, tops[1:])}) == 1

    def click_place(self, name: str, button: int) -> None:
        self.window.click(find(find(self.window.frame, "list", "Tables"), name=re.compile("^" + name), test=showing), button)

    def choose_item(self, name: str) -> None:
        item = find(self.window.frame, "menu item", name)
        press(item.lineage()[-1], name, "menu item")
        gone(self.window.frame, "menu item", name)

    def export(self, count: int) -> None:
        name = ["Write coffer.json"]
        sheet = self.sheet("Export %d Keys" % count)
        do(find(sheet, "check box", re.compile(name[0])), "toggle")
        wait(lambda: self.switches(sheet, name) == [True], "the switch to turn")
        press(sheet, "Choose Folder…")
        self.coffer.choose_file("Export to a Folder", self.folder + "/out", "Export")
        self.window.says("%d files exported" % count)

    def compare(self, values: Dict[bytes, bytes]) -> None:
        files = self.files()
        entries = json.loads(files.pop("coffer.json"))["values"]
        names = [bytes.fromhex(entry["key_hex"]) if "key_hex" in entry else entry["key"].encode() for entry in entries]
        self.assertEqual(len(entries), len(values))
        self.assertEqual({name: files[entry["file"]] for name, entry in zip(names, entries)}, values)
        self.assertEqual(sorted(entry["file"] for entry in entries), sorted(files))
        for entry in entries:
            self.assertEqual(entry["sha256"], hashlib.sha256(files[entry["file"]]).hexdigest())
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)

    def test_all_by_the_main_menu(self) -> None:
        press(self.window.frame, "Main Menu")
        self.choose_item("Export All Shown…")
        self.export(len(self.values))
        self.compare(self.values)

    def test_what_was_found_by_the_main_menu(self) -> None:
        key("ctrl+f")
        set_text(find(self.window.frame, "entry", "Search keys"), "/1")
        found = {name: value for name, value in self.values.items() if b"/1" in name}
        self.window.says(re.compile("^%d keys" % len(found)))
        press(self.window.frame, "Main Menu")
        self.choose_item("Export All Shown…")
        self.export(len(found))
        self.compare(found)

    def test_a_table_by_its_menu(self) -> None:
        """Though a prefix was shown before."""
        self.click_place("shots/", 1)
        self.window.says(re.compile("^60 keys"))
        self.click_place("kv", 3)
        self.choose_item("Export…")
        self.export(len(self.values))
        self.compare(self.values)

    def test_a_prefix_by_its_menu(self) -> None:
        self.click_place("notes/", 3)
        self.choose_item("Export…")
        self.export(40)
        self.compare({name: value for name, value in self.values.items() if name.startswith(b"notes/")})


if __name__ == "__main__":
    main()
