#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keys are dragged out, by mouse: into a file manager, where every byte arrives and nothing was written before, and into another window."""
import os
import re
import shutil
import sqlite3
import unittest
from contextlib import closing
from typing import Dict, List

from coffer import APPLICATION, CofferCase, VaultWindow, main
from filemanager import show_folder
from gtkdrive import activate_action, carry, do, drop, find, gone, hover, key, press, set_text, showing, text_of, wait, xdo
from vaults import make_vault, read_vault

def read_tree(folder: str) -> Dict[str, bytes]:
    """All files, by their paths in the folder."""
    content = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                content[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return content


class DragTest(CofferCase):
    def edit(self, window: VaultWindow, name: str) -> None:
        press(window.frame, "Edit…")
        self.coffer.answer("Edit “%s”?" % name, "Edit")
        find(window.frame, "push button", "Add Files", showing)

    def open(self, name: str, values: Dict[bytes, bytes]) -> None:
        self.path = os.path.join(self.folder, name)
        make_vault(self.path, list(values.items()))
        self.coffer = self.start(self.path)
        self.window = self.coffer.window(name)
        self.window.resize(620, 700)
        self.window.move(640, 50)
        key("F9")   # where the list is narrow a click opens
        self.window.wait_for_rows(len(values))
        self.rows = self.window.row_nodes()

    @unittest.skipUnless(shutil.which("pcmanfm"), "pcmanfm is not installed")
    def test_into_pcmanfm(self) -> None:
        self.drag_into("pcmanfm")

    @unittest.skipUnless(shutil.which("thunar"), "thunar is not installed")
    def test_into_thunar(self) -> None:
        self.drag_into("thunar")

    def drag_into(self, file_manager: str) -> None:
        target = os.path.join(self.folder, "target")
        os.mkdir(target)
        show_folder(self, file_manager, target)
        large = os.urandom(1 << 20) * 24
        self.open("v.db", {b"a/b/one.bin": large, b"a/b/two": b"\x89PNG\r\n\x1a\n" + bytes(100), b"a/c:/\xff.txt": b"odd", b"z": b"stays"})
        self.window.click(self.rows[0])
        xdo("keydown", "shift")
        self.window.click(self.rows[2])
        xdo("keyup", "shift")
        cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/coffer/opened"
        carry(self.window.point(self.rows[1], 0.1), (380, 300))
        self.assertEqual([name for name in read_tree(cache) if os.path.basename(name) != "lock"], [])
        xdo("mouseup", 1, "mousemove", 700, 600)   # while they are written the target stays what it is
        expected = {"b/one.bin": large, "b/two.png": b"\x89PNG\r\n\x1a\n" + bytes(100), "c_/_.txt": b"odd"}
        wait(lambda: read_tree(target) == expected, "the files")
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(cache), [])

    def opened(self) -> List[str]:
        """What lies in the folder for what is dragged out, but for its lock and the folders of this process and of the drag."""
        return [name for name in read_tree(self.cache) if os.path.basename(name) != "lock"]

    def promised(self) -> List[str]:
        """The folders of drags: there is one as soon as somebody has asked what the files will be called."""
        return [os.path.join(own, name) for own in os.listdir(self.cache) for name in os.listdir(os.path.join(self.cache, own)) if name != "lock"]

    def carry_out(self, file_manager: str) -> None:
        """Until the file manager has asked what it would get."""
        self.target = os.path.join(self.folder, "target")
        os.mkdir(self.target)
        self.cache = os.path.join(os.environ["XDG_CACHE_HOME"], "coffer", "opened")
        show_folder(self, file_manager, self.target)
        self.values = {b"a/one.bin": os.urandom(3 << 20), b"a/two": b"2", b"z": b"stays"}
        self.open("v.db", self.values)
        self.window.click(self.rows[0])
        xdo("keydown", "shift")
        self.window.click(self.rows[1])
        xdo("keyup", "shift")
        self.addCleanup(xdo, "mouseup", 1)
        carry(self.window.point(self.rows[1], 0.1), (380, 300))
        wait(self.promised, "the file manager to ask")
        self.assertEqual(self.opened(), [])

    def nothing_came(self) -> None:
        """The folder of the drag goes with it, not only at the end."""
        wait(lambda: not self.promised(), "the folder of the drag to go")
        self.assertEqual(read_tree(self.target), {})

    def drag_again(self) -> None:
        """And this time it is dropped."""
        xdo("mouseup", 1)
        self.window.activate()
        carry(self.window.point(self.rows[1], 0.1), (380, 300))
        xdo("mouseup", 1, "mousemove", 700, 600)
        self.files_came()

    def files_came(self) -> None:
        wait(lambda: read_tree(self.target) == {"one.bin": self.values[b"a/one.bin"], "two.txt": b"2"}, "the files")
        self.close()

    def close(self) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.cache), [])
        self.assertEqual(read_vault(self.path), self.values)

    def escape(self, file_manager: str) -> None:
        self.carry_out(file_manager)
        key("Escape")
        self.nothing_came()
        self.drag_again()

    @unittest.skipUnless(shutil.which("pcmanfm"), "pcmanfm is not installed")
    def test_escape_over_pcmanfm(self) -> None:
        self.escape("pcmanfm")

    @unittest.skipUnless(shutil.which("thunar"), "thunar is not installed")
    def test_escape_over_thunar(self) -> None:
        self.escape("thunar")

    @unittest.skipUnless(shutil.which("pcmanfm"), "pcmanfm is not installed")
    def test_dropped_nowhere(self) -> None:
        """On the bare screen, though it was over the file manager before."""
        self.carry_out("pcmanfm")
        xdo("mousemove", 380, 700, "sleep", 0.3, "mousemove", 380, 800, "sleep", 0.3)
        xdo("mouseup", 1)
        self.nothing_came()
        self.drag_again()

    def carry_unnamed(self) -> None:
        """Out again, while it is not known what the files will be called."""
        self.window.activate()
        carry(self.window.point(self.rows[1], 0.1), (380, 300), taken=False)
        self.window.says(re.compile("^(Finding out their names|Waiting for another program)"))

    @unittest.skipUnless(shutil.which("pcmanfm"), "pcmanfm is not installed")
    def test_escape_while_they_are_written(self) -> None:
        """After the drop, before the file manager has heard of it: another program keeps the values from being read. Before it
        knows their names, likewise; they come once the other program has ended.
        """
        self.carry_out("pcmanfm")
        with closing(sqlite3.connect(self.path)) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            xdo("mouseup", 1, "mousemove", 700, 600)
            self.window.says(re.compile("^Waiting for another program"))
            key("Escape")
            self.nothing_came()
            self.carry_unnamed()
            key("Escape")
            gone(self.window.frame, "push button", "Cancel Transfer")
            xdo("mouseup", 1)
            self.nothing_came()
            self.carry_unnamed()
            writer.rollback()
        gone(self.window.frame, "push button", "Cancel Transfer")
        hover(380, 300)
        xdo("mouseup", 1, "mousemove", 700, 600)
        self.files_came()

    def paste(self, target: VaultWindow) -> None:
        target.activate()
        target.click(target.row_nodes()[0])
        key("ctrl+v")

    def test_between_windows(self) -> None:
        """Values go from vault to vault, with their headers: copied, and with Shift moved, and back."""
        header = b"\x89K\x01\x03\0\0\0\0VK{}"
        values = {b"n/1": b"one", b"n/2": header, b"n/\xff": os.urandom(3000000)}
        other = make_vault(os.path.join(self.folder, "b.db"), [(b"m/x", b"there")])
        self.path = make_vault(os.path.join(self.folder, "a.db"), list(values.items()))
        self.coffer = self.start(self.path, other)
        source, target = self.coffer.window("a.db"), self.coffer.window("b.db")
        for window, x in ((target, 640), (source, 0)):
            window.resize(620, 700)
            window.move(x, 50)
            window.activate()
            key("F9")
        self.edit(target, "b.db")
        source.wait_for_rows(3)
        target.wait_for_rows(1)
        source.activate()
        source.click(source.row_nodes()[1])
        xdo("keydown", "shift")
        drop(source.point(source.row_nodes()[1], 0.1), target.point(target.table(), 0.5, 0.6))
        xdo("keyup", "shift")
        sheet = wait(lambda: next(iter(self.coffer.windows("Copy 1 Key")), None), "the sheet")   # before anything is done
        find(sheet, "label", "Copied, not moved", showing)
        find(sheet, "label", "“a.db” is open for viewing: edit it first to move them", showing)
        press(sheet, "Add")
        target.says("1 key copied, not moved: “a.db” is open for viewing")
        target.activate()
        key("ctrl+z")
        target.wait_for_rows(1)
        self.edit(source, "a.db")
        drop(source.point(source.row_nodes()[1], 0.1), target.point(target.table(), 0.5, 0.6))
        target.says("1 key copied")
        target.wait_for_rows(2)
        drop(source.point(source.row_nodes()[1], 0.1), source.point(source.table(), 0.5, 0.6), taken=False)   # on its own vault
        source.activate()
        source.click(source.row_nodes()[2])
        xdo("keydown", "shift")
        drop(source.point(source.row_nodes()[2], 0.1), target.point(target.table(), 0.5, 0.6))
        xdo("keyup", "shift")
        target.says("1 key moved")
        source.wait_for_rows(2)
        source.activate()
        source.click(source.row_nodes()[0])
        key("ctrl+x")
        with closing(sqlite3.connect(self.path)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            self.paste(target)
            for window in source, target:
                window.says(re.compile("^Waiting for another program"))
                do(window.frame, "window.close")
                self.coffer.answer("Keys Are Still Being Moved", "Cancel")
            press(target.frame, "Cancel Transfer")
            target.says("Nothing was moved: 1 key is in both vaults")
        self.assertEqual(len(read_vault(self.path)), 2)
        target.activate()
        key("ctrl+z")   # the copy goes
        target.wait_for_rows(3)
        source.activate()
        key("ctrl+x")
        activate_action(APPLICATION, "stop-editing", window=1)
        source.says("Open for viewing")
        self.paste(target)
        press(wait(lambda: next(iter(self.coffer.windows("Copy 1 Key")), None), "the sheet"), "Cancel")
        wait(lambda: not self.coffer.windows("Copy 1 Key"), "the sheet to go")
        self.edit(source, "a.db")
        self.paste(target)   # that was cut to be moved, and can be now
        target.says("1 key moved")
        source.wait_for_rows(1)
        key("ctrl+z")
        target.says("1 key moved back")
        source.wait_for_rows(2)
        key("ctrl+shift+z")
        target.says("1 key moved again")
        source.wait_for_rows(1)
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(self.path), {b"n/2": header})
        self.assertEqual(read_vault(other), {b"m/x": b"there", **values})

    def test_moved_but_for_one(self) -> None:
        """What did not come is told with what was moved, and stays where it was: here a key that another program stored as text."""
        other = make_vault(os.path.join(self.folder, "b.db"), [(b"m/x", b"there")])
        self.path = make_vault(os.path.join(self.folder, "a.db"), [(b"n/2", b"two")])
        with closing(sqlite3.connect(self.path)) as writer:
            writer.execute("INSERT INTO kv (key, value) VALUES ('n/1', x'01')")
            writer.commit()
        self.coffer = self.start(self.path, other)
        source, target = self.coffer.window("a.db"), self.coffer.window("b.db")
        for window, x in ((target, 640), (source, 0)):
            window.resize(620, 700)
            window.move(x, 50)
            window.activate()
            key("F9")
        self.edit(target, "b.db")
        self.edit(source, "a.db")
        source.wait_for_rows(2)
        target.wait_for_rows(1)
        source.activate()
        source.click(source.row_nodes()[0])
        key("ctrl+a", "ctrl+x")
        source.says("2 keys are moved when they are pasted")
        target.activate()
        target.click(target.row_nodes()[0])
        key("ctrl+v")
        target.says("1 key moved, 1 left out")
        press(target.frame, "Show")
        find(self.coffer.dialog("1 File Was Left Out"), "label", "1: Its key is no bytes, but text or a number")
        self.coffer.answer("1 File Was Left Out", "Close")
        self.assert_quits(self.coffer)
        with closing(sqlite3.connect(self.path)) as reader:
            self.assertEqual(reader.execute("SELECT typeof(key), key, value FROM kv").fetchall(), [("text", "n/1", b"\x01")])
        self.assertEqual(read_vault(other), {b"m/x": b"there", b"n/2": b"two"})

    def test_text_from_the_clipboard(self) -> None:
        """It gets the key that is asked for, and the undo of its toast."""
        self.open("v.db", {b"a": b"1"})
        self.edit(self.window, "v.db")
        self.window.activate()
        key("ctrl+f")
        set_text(find(self.window.frame, "entry", "Search keys"), "größer")
        key("ctrl+a", "ctrl+c", "Escape")
        activate_action(APPLICATION, "paste", window=1)
        dialog = self.coffer.dialog("Add Text?")
        entry = find(dialog, "text", "New key")
        self.assertRegex(text_of(entry), r"^Pasted 20..-..-.. ..-..-..\.txt$")
        set_text(entry, "b/new.txt")
        press(dialog, "Add")
        self.window.says("1 file added")
        self.window.wait_for_rows(2)
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(self.path), {b"a": b"1", b"b/new.txt": "größer".encode()})


if __name__ == "__main__":
    main()
