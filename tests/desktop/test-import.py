#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files come into a vault: by menu, by keys, by a drop; what is asked about, and what is in the file afterwards."""
import os
import re
import resource
import sqlite3
import zipfile
from contextlib import closing
from typing import Dict, List

from coffer import APPLICATION, CofferCase, main
from gi.repository import GLib
from gtkdrive import Node, Window, activate_action, again, do, extents, find, find_all, gone, key, press, set_text, showing, wait
from screen import Picture
from vaults import make_vault, read_vault


def shows_red(screen: Picture) -> bool:
    """Nothing else is as red."""
    return any(screen.pixel(x, y) == (255, 0, 0) for y in range(0, screen.height, 4) for x in range(0, screen.width, 4))


class ImportTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        self.path = self.folder + "/vault/v.db"
        self.values: Dict[bytes, bytes] = {b"img/a.png": b"old", b"img/z": b"last"}
        make_vault(self.path, list(self.values.items()))
        self.files = self.folder + "/files"
        os.mkdir(self.files)

    def make_files(self, **content: bytes) -> None:
        for name, value in content.items():
            path = os.path.join(self.files, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(value)

    def open(self) -> None:
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.wait_for_rows(len(self.values))
        self.assertEqual(find_all(self.window.frame, "push button", "Add Files", showing), [])
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        find(self.window.frame, "push button", "Add Files", showing)

    def close(self) -> None:
        """The file holds just what it should, is whole, and is alone in its folder."""
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def choose(self, action: str, title: str, path: str) -> None:
        press(self.window.frame, action, "menu item")
        self.coffer.choose_file(title, path, "Add")

    def add(self, name: str) -> None:
        """As if it were dropped on the prefix."""
        uris = ["file://" + self.files + name]
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), list(b"img/"), uris)), window=1)

    def open_add_menu(self) -> None:
        button = find(self.window.frame, "push button", "Add Files", showing)
        self.window.click(button)

    def test_files_go_at_once(self) -> None:
        """A single file, and undo; another one over a deleted key."""
        self.make_files(**{"größer & schöner.txt": b"new"})
        self.open()
        self.window.activate()
        key("ctrl+i")
        self.coffer.choose_file("Add Files", self.files + "/größer & schöner.txt", "Add")
        self.window.says("1 file added")
        rows = self.window.wait_for_rows(3)
        self.assertEqual(rows[0].key, "größer & schöner.txt")
        press(self.window.frame, "Undo")
        self.window.says("1 key taken back")
        self.window.wait_for_rows(2)

        # over a key that was just deleted, which nobody sees: taking it back hides that one again
        self.make_files(**{"a.png": b"newer"})
        self.window.choose_with_mouse("img/a.png")
        key("Delete")
        self.coffer.answer("Delete “img/a.png”?", "Delete")
        self.window.wait_for_rows(1)
        self.add("/a.png")
        self.window.says("1 file added")
        self.window.wait_for_rows(2)
        key("ctrl+z")
        self.window.says("1 key taken back")
        self.window.wait_for_rows(1)
        key("ctrl+z")
        self.window.says("1 key is back")
        self.window.wait_for_rows(2)
        self.close()

    def test_a_folder_is_shown_before(self) -> None:
        """Where it goes can be changed; a picture shows itself; a conflict is asked about."""
        Picture(64, 64, bytes((255, 0, 0)) * 64 * 64).save(self.folder + "/red")
        with open(self.folder + "/red", "rb") as file:
            red = file.read()
        os.unlink(self.folder + "/red")
        self.make_files(**{"a.png": red, "deep/b.txt": b"b", "deep/er/c": b"c" * 100000, "z.txt": b"z"})
        self.open()
        self.window.activate()
        self.open_add_menu()
        self.choose("Add Folder…", "Add Folder", self.files)
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 4 Files")), None), "the sheet")
        prefix = find(sheet, name="Put under")
        set_text(prefix, "img:")   # and so between folders, too
        find(sheet, "label", re.compile("^img:deep:er:c$"))
        set_text(prefix, "img/")
        find(sheet, "label", "1 key exists already")
        find(sheet, "label", re.compile("^img/deep/er/c$"))
        wait(lambda: shows_red(Picture.grab()), "the picture")
        press(sheet, "1 More…")
        every = wait(lambda: next(iter(self.coffer.windows("All Keys")), None), "the list of all keys")
        find(every, "label", re.compile("^img/z.txt$"))
        press(every, "Close")
        self.assertEqual(read_vault(self.path), self.values)
        press(sheet, "Add")
        dialog = self.coffer.dialog("Replace “a.png”?")
        find(dialog, "label", "3 bytes, Text")
        find(dialog, "label", "64 × 64")
        press(dialog, "Keep Both")
        self.window.says("4 files added")
        self.values.update({b"img/a (2).png": red, b"img/deep/b.txt": b"b", b"img/deep/er/c": b"c" * 100000, b"img/z.txt": b"z"})
        self.window.wait_for_rows(6)
        self.close()

    def make_picture(self, width: int, height: int) -> bytes:
        path = self.folder + "/picture"
        Picture(width, height, bytes((0, 0, 255)) * width * height).save(path)
        with open(path, "rb") as file:
            return file.read()

    def test_two_pictures(self) -> None:
        """Of each all is shown, in the same room, so that what is told of them lies side by side."""
        self.values = {b"img/a.png": self.make_picture(640, 640)}
        os.unlink(self.path)
        make_vault(self.path, list(self.values.items()))
        self.make_files(**{"a.png": self.make_picture(640, 160)})
        self.open()
        self.add("/a.png")
        press(wait(lambda: next(iter(self.coffer.windows("Add 1 File")), None), "the sheet"), "Add")
        dialog = self.coffer.dialog("Replace “a.png”?")

        def places() -> bool:
            square, broad = find(dialog, "label", "640 × 640"), find(dialog, "label", "640 × 160")
            pictures = sorted(extents(node) for node in find_all(dialog, "image", None, showing) if extents(node)[3] > 48)
            return extents(square)[1] == extents(broad)[1] and [round(width / height) for _, _, width, height in pictures] == [1, 4]

        wait(places, "both in their places")
        press(dialog, "Skip")
        self.window.says("Nothing was added: 1 skipped")
        self.close()

    def test_the_same_for_the_others(self) -> None:
        """What is identical is not asked about; an answer goes for the rest, which is read back and compared."""
        self.values = {b"img/%d" % i: b"old %d" % i for i in range(4)}
        os.unlink(self.path)
        make_vault(self.path, list(self.values.items()))
        self.make_files(**{"0": b"old 0", "1": b"new 1", "2": b"new 2", "3": b"new 3", "4": b"4"})
        self.open()
        self.add("")
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 5 Files")), None), "the sheet")
        find(sheet, "label", "4 keys exist already")
        find(sheet, "label", "1 is identical, and left as it is")
        do(find(sheet, "check box", re.compile("^Verify afterwards")), "toggle")
        press(sheet, "Add")
        press(self.coffer.dialog("Replace “1”?"), "Skip")
        dialog = self.coffer.dialog("Replace “2”?")
        Window(dialog).click(find(dialog, "check box", "Apply to 1 other", showing))
        press(dialog, "Replace")
        self.window.says(re.compile("^1 file added, 2 replaced"))
        self.values.update({b"img/2": b"new 2", b"img/3": b"new 3", b"img/4": b"4"})
        self.window.wait_for_rows(5)
        self.close()

    def test_cancelled_by_a_conflict(self) -> None:
        self.make_files(**{"0": b"first", "a.png": b"new", "b": b"never"})
        self.open()
        self.add("")
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 3 Files")), None), "the sheet")
        find(sheet, "label", "1 key exists already")
        press(sheet, "Add")
        press(self.coffer.dialog("Replace “a.png”?"), "Cancel")
        self.coffer.answer("Keep the 1 File Added So Far?", "Take Back")
        self.window.says("1 key taken back")
        self.close()

    def test_long_values_are_kept(self) -> None:
        """A long value that was replaced comes back; where there is no room to keep it, that is asked about before it is replaced."""
        size = 66 << 20

        def make_long() -> None:
            with closing(sqlite3.connect(self.path)) as db:
                db.execute("UPDATE kv SET value = zeroblob(?) WHERE key = CAST('img/a.png' AS BLOB)", (size,))
                db.commit()

        make_long()
        self.make_files(**{"a.png": b"new", "b": b"another", "z": b"never"})
        self.open()
        self.add("")
        press(self.sheet("Add 3 Files"), "Add")
        press(self.coffer.dialog("Replace “a.png”?"), "Replace")
        press(self.coffer.dialog("Replace “z”?"), "Cancel")
        press(self.coffer.dialog("Keep the 2 Files Added So Far?"), "Take Back")
        self.window.says("2 keys taken back")
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(db.execute("SELECT length(value) FROM kv WHERE key = CAST('img/a.png' AS BLOB)").fetchall(), [(size,)])

        self.add("/a.png")
        press(self.sheet("Add 1 File"), "Add")
        press(self.coffer.dialog("Replace “a.png”?"), "Replace")
        self.window.says("1 replaced")
        make_long()   # and the one before it is kept still: both are longer than the vault
        resource.prlimit(self.coffer.process.pid, resource.RLIMIT_FSIZE, (os.path.getsize(self.path) + (8 << 20), resource.RLIM_INFINITY))
        self.add("/a.png")
        press(self.sheet("Add 1 File"), "Add")
        press(self.coffer.dialog("Replace “a.png”?"), "Replace")
        words = "There is no room to keep the value in the vault: once it is replaced, it cannot be brought back."
        dialog = wait(lambda: next((each for each in self.coffer.windows("Replace “a.png”?") if find_all(each, "label", words)), None), words)
        press(dialog, "Replace")
        self.window.says("1 replaced, 1 old value cannot be brought back")
        self.values[b"img/a.png"] = b"new"
        self.close()

    def make_archive(self, name: str, **content: str) -> None:
        with zipfile.ZipFile(os.path.join(self.files, name), "w") as archive:
            for member, value in content.items():
                archive.writestr(member, value)

    def sheet(self, title: str) -> Node:
        return wait(lambda: next(iter(self.coffer.windows(title)), None), title)

    def take_apart(self, sheet: Node) -> None:
        do(find(sheet, "check box", re.compile("^Add what is in the archive")), "toggle")

    def test_an_archive(self) -> None:
        """It is one value, or what is in it is; and back by undo."""
        self.make_archive("out.zip", **{"a.png": "new", "deep/b.txt": "b", "../up": "never"})
        with open(self.files + "/out.zip", "rb") as file:
            whole = file.read()
        self.open()
        self.add("/out.zip")
        sheet = self.sheet("Add 1 File")
        find(sheet, "label", "The archive itself becomes one value")
        press(sheet, "Add")
        self.window.says("1 file added")
        self.values[b"img/out.zip"] = whole
        self.window.wait_for_rows(3)
        self.add("/out.zip")
        sheet = self.sheet("Add 1 File")
        self.take_apart(sheet)
        sheet = self.sheet("Add 2 Files")
        find(sheet, "label", "Each file in it becomes a value")
        find(sheet, "label", "1 key exists already")
        find(sheet, "label", "1 file or folder is left out")
        find(sheet, "label", re.compile("^img/deep/b.txt$"))
        self.take_apart(sheet)
        find(self.sheet("Add 1 File"), "label", re.compile("^img/out.zip$"))
        self.take_apart(sheet)
        press(self.sheet("Add 2 Files"), "Add")
        press(self.coffer.dialog("Replace “a.png”?"), "Replace")
        self.window.says("1 file added, 1 replaced")
        self.window.wait_for_rows(4)
        press(self.window.frame, "Undo")
        self.window.says("2 keys taken back")
        self.window.wait_for_rows(3)
        self.close()

    def test_an_archive_that_restores(self) -> None:
        """It does so unasked, with the keys as they were."""
        sha = "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd"   # of "A"
        manifest = '{"coffer-manifest": 1, "values": [{"key": "../odd", "file": "odd.txt", "size": 1, "sha256": "%s"}], "count": 1}' % sha
        self.make_archive("out.zip", **{"odd.txt": "A", "other.txt": "not told of", "coffer.json": manifest})
        self.open()
        self.add("/out.zip")
        sheet = self.sheet("Add 1 File")
        find(sheet, "label", "Each file in it becomes a value")
        find(sheet, "label", "The same keys and values as in the vault it came from")
        find(sheet, "label", re.compile(r"^\.\./odd$"))
        press(sheet, "Add")
        self.window.says("1 file added")
        self.values[b"../odd"] = b"A"
        self.close()

    def add_beside_a_writer(self) -> sqlite3.Connection:
        """Another program writes, so that adding a file takes as long as we want it to."""
        self.make_files(**{"new": b"new"})
        self.open()
        writer = sqlite3.connect(self.path)
        self.addCleanup(writer.close)
        writer.execute("BEGIN IMMEDIATE")
        self.add("/new")
        self.window.says(re.compile("^Waiting for another program"))
        return writer

    def cancel_buttons(self) -> List[Node]:
        """Of the list: where they are GTK 4.8 does not know, but what is hidden has no size."""
        return [node for node in find_all(self.window.frame, "push button", "Cancel Transfer") if extents(node)[2] > 0]

    def test_waits_for_another_program(self) -> None:
        """It says so, can be cancelled, and goes on when it may."""
        writer = self.add_beside_a_writer()
        press(self.window.frame, "Cancel Transfer")
        self.window.says("Nothing was added")
        self.add("/new")
        self.window.says(re.compile("^Waiting for another program"))
        writer.rollback()
        self.window.says("1 file added")
        writer.close()
        self.values[b"img/new"] = b"new"
        self.close()

    def test_return_too_early(self) -> None:
        """It does nothing until it is known what can be added, and then it adds."""
        self.make_files(**{"trip/b": b"b", "trip/c": b"c"})
        self.open()
        with closing(sqlite3.connect(self.path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.add("/trip")
            sheet = wait(lambda: next(iter(self.coffer.windows("Add 2 Files")), None), "the sheet")
            find(sheet, "label", "Waiting for another program that writes to the vault")
            Window(sheet).activate()
            key("Return")
            find(sheet, "label", "Waiting for another program that writes to the vault")
            self.assertEqual(len(self.coffer.windows("Add 2 Files")), 1)
            other.rollback()
        wait(lambda: again(find(sheet, "push button", re.compile("Add$"))).has("FOCUSED"), "the keyboard on Add")
        key("Return")
        self.window.says("2 files added")
        self.values.update({b"img/b": b"b", b"img/c": b"c"})
        self.close()

    def test_several_at_once(self) -> None:
        """The bar tells how many there are and how far all of them, and lists them with their buttons."""
        writer = self.add_beside_a_writer()
        self.make_files(**{"second": b"2", "third": b"3"})
        gone(self.window.frame, "push button", "2 Transfers")
        for i, name in enumerate(("/second", "/third")):
            self.add(name)
            find(self.window.frame, "push button", "%d Transfers" % (i + 2))
        gone(self.window.frame, "push button", "Cancel Transfer")   # which one?
        press(self.window.frame, "3 Transfers")
        wait(lambda: len(self.cancel_buttons()) == 3, "the list of three")
        find(self.window.frame, "label", re.compile("^Waiting for another program"))
        self.assertEqual(len(find_all(self.window.frame, "label", "Waits for its turn")), 2)
        do(self.cancel_buttons()[1])
        find(self.window.frame, "push button", "2 Transfers")
        wait(lambda: len(self.cancel_buttons()) == 2, "the list of two")
        do(self.cancel_buttons()[1])
        gone(self.window.frame, "push button", "2 Transfers")
        find(self.window.frame, "push button", "Cancel Transfer")
        writer.rollback()
        self.window.says("1 file added")
        writer.close()
        gone(self.window.frame, "push button", "Cancel Transfer")
        self.values[b"img/new"] = b"new"
        self.close()

    def test_closed_meanwhile(self) -> None:
        """The window asks first."""
        writer = self.add_beside_a_writer()
        do(self.window.frame, "window.close")
        self.coffer.answer("Files Are Still Being Added", "Cancel")
        do(self.window.frame, "window.close")
        press(self.coffer.dialog("Files Are Still Being Added"), "Stop and Close")
        self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        writer.rollback()
        writer.close()
        self.assertEqual(read_vault(self.path), self.values)

    def test_closed_while_it_is_taken_back(self) -> None:
        """It is among the transfers, and the window asks first: told to stay, it has the old value back."""
        self.make_files(**{"z": b"another"})
        self.open()
        self.add("/z")
        press(wait(lambda: next(iter(self.coffer.windows("Add 1 File")), None), "the sheet"), "Add")
        press(self.coffer.dialog("Replace “z”?"), "Replace")
        self.window.says("1 replaced")
        with closing(sqlite3.connect(self.path)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            self.window.activate()
            key("ctrl+z")
            find(self.window.frame, "push button", "Cancel Transfer", showing)
            do(self.window.frame, "window.close")
            self.coffer.answer("A Step Is Still Being Undone", "Cancel")
            self.assertEqual(read_vault(self.path)[b"img/z"], b"another")
            writer.rollback()
        self.window.says("1 key taken back")
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(self.path), self.values)


if __name__ == "__main__":
    main()
