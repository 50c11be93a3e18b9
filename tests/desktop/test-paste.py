#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What other programs have put on the clipboard becomes keys; a file takes the place of a value; a folder that leads back to
itself is taken in once."""
import os
import re
import sqlite3
import subprocess
import sys
import unittest
from contextlib import closing
from typing import Dict, Optional

import gi
from coffer import APPLICATION, CofferCase, main
from gi.repository import GLib
from gtkdrive import activate_action, again, do, find, gone, key, press, set_text, showing, text_of, wait
from screen import Picture
from vaults import make_vault, read_vault

# The other program: it has some bytes of a type for whoever asks, until it ends.
OWNER = """
import sys
import gi
gi.require_version ("Gdk", "4.0")
gi.require_version ("Gtk", "4.0")
from gi.repository import Gdk, GLib, Gtk
Gtk.init ()
content = Gdk.ContentProvider.new_for_bytes (sys.argv[1], GLib.Bytes.new (sys.stdin.buffer.read ()))
Gdk.Display.get_default ().get_clipboard ().set_content (content)
Gdk.Display.get_default ().sync ()
GLib.idle_add (lambda: print ("ready", flush=True))
GLib.MainLoop ().run ()
"""

# What has a mnemonic is named by two halves.
ADD_FILES = re.compile("(^|_.* )Add Files…$")

try:
    gi.require_version("Gtk", "4.0")
    HAVE_GTK = True
except ValueError:
    HAVE_GTK = False


class PasteTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        self.files = self.folder + "/files"
        os.mkdir(self.files)
        self.path = self.folder + "/vault/v.db"
        self.values: Dict[bytes, bytes] = {b"a.txt": b"old", b"b": b"1"}
        make_vault(self.path, list(self.values.items()))

    def own_clipboard(self, content_type: str, content: bytes) -> None:
        """Before the program starts: it asks at once what there is, and has been told by the time that it shows its rows."""
        owner = subprocess.Popen([sys.executable, "-c", OWNER, content_type], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(owner.wait)
        self.addCleanup(owner.kill)
        self.addCleanup(owner.stdout.close)
        owner.stdin.write(content)
        owner.stdin.close()
        self.assertEqual(owner.stdout.readline(), b"ready\n")

    def open(self) -> None:
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.wait_for_rows(2)
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        find(self.window.frame, "push button", "Add Files", showing)
        self.window.activate()
        self.window.focus_list()

    def close(self) -> None:
        """The file holds just what it should, and is alone in its folder."""
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), ["v.db"])
        self.assertEqual(read_vault(self.path), self.values)

    def focus(self) -> Optional[str]:
        return next((node.path for node in again(self.window.frame).walk() if node.has("FOCUSED")), None)

    def write(self, name: str, content: bytes) -> str:
        path = os.path.join(self.files, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    @unittest.skipUnless(HAVE_GTK, "gir1.2-gtk-4.0 is not installed")
    def test_a_picture(self) -> None:
        """As it is, byte for byte; the key is asked for."""
        Picture(64, 48, bytes((200, 30, 90)) * 64 * 48).save(self.files + "/p.png")
        with open(self.files + "/p.png", "rb") as file:
            picture = file.read()
        self.own_clipboard("image/png", picture)
        self.open()
        key("ctrl+v")
        dialog = self.coffer.dialog("Add Picture?")
        entry = find(dialog, "text", "New key")
        self.assertRegex(text_of(entry), r"^Pasted 20..-..-.. ..-..-..\.png$")
        set_text(entry, "img/größer.png")
        press(dialog, "Add")
        self.window.says("1 file added")
        self.values["img/größer.png".encode()] = picture
        self.window.wait_for_rows(3)
        self.close()

    @unittest.skipUnless(HAVE_GTK, "gir1.2-gtk-4.0 is not installed")
    def test_where_there_are_no_keys(self) -> None:
        """The page says how to add some once the vault is open for editing, which pasting offers, wherever the keyboard is; then the keys
        have it.
        """
        self.values.clear()
        os.remove(self.path)
        make_vault(self.path, [])
        self.own_clipboard("text/plain;charset=utf-8", "grün".encode())
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.says("This table is empty")
        gone(self.window.frame, "push button", ADD_FILES)
        self.window.activate()
        key("ctrl+i")
        self.coffer.answer("Edit “v.db”?", "Cancel")
        self.window.activate()
        key("ctrl+v")
        self.coffer.answer("Edit “v.db”?", "Edit")
        self.coffer.answer("Add Text?", "Cancel")   # what was asked for goes on
        self.window.says("Drop files and folders here, or paste them")
        button = find(self.window.frame, "push button", ADD_FILES, showing)
        self.window.activate()
        key("ctrl+v")
        self.coffer.answer("Add Text?", "Cancel")
        self.window.activate()
        for _ in range(3):   # as many panes as there are
            if again(button).has("FOCUSED"):
                break
            before = self.focus()
            key("F6")
            wait(lambda: self.focus() != before, "another pane to have the keyboard")
        self.assertTrue(again(button).has("FOCUSED"))
        key("ctrl+v")
        dialog = self.coffer.dialog("Add Text?")
        set_text(find(dialog, "text", "New key"), "a.txt")
        press(dialog, "Add")
        self.values[b"a.txt"] = "grün".encode()
        self.window.wait_for_rows(1)
        wait(lambda: find(self.window.table(), test=lambda node: node.has("FOCUSED")), "the keys to have the keyboard")
        self.close()

    def test_files_where_there_are_no_keys(self) -> None:
        path = self.write("one.bin", b"1" * 100)
        self.values.clear()
        os.remove(self.path)
        make_vault(self.path, [])
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        press(self.window.frame, ADD_FILES)
        self.coffer.choose_file("Add Files", path, "Add")
        self.values[b"one.bin"] = b"1" * 100
        self.window.wait_for_rows(1)
        self.close()

    @unittest.skipUnless(HAVE_GTK, "gir1.2-gtk-4.0 is not installed")
    def test_files(self) -> None:
        """They go in as if they were dropped: a folder with what is in it."""
        one = self.write("größer & 1.bin", bytes(range(256)))
        self.write("sub/deep/two.txt", b"2")
        uris = [GLib.filename_to_uri(path, None) for path in (one, self.files + "/sub")]
        self.own_clipboard("text/uri-list", "".join(uri + "\r\n" for uri in uris).encode())
        self.open()
        key("ctrl+v")
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 2 Files")), None), "the sheet")
        press(sheet, "Add")
        self.window.says("2 files added")
        self.values.update({"größer & 1.bin".encode(): bytes(range(256)), b"sub/deep/two.txt": b"2"})
        self.window.wait_for_rows(4)
        self.close()

    def test_a_file_over_a_value(self) -> None:
        """And the value that was there comes back."""
        path = self.write("new.bin", b"\0new" * 70000)
        self.open()
        self.window.wait_for_selected("a.txt")
        for i in range(2):
            key("Menu")
            self.window.choose_item_with_keys("Replace with File…")
            self.coffer.choose_file("Replace with File", path, "Replace")
            self.window.says("Value replaced")
            wait(lambda: self.window.facts().get("Size", "").startswith("280"), "the new value")
            if i == 0:
                self.window.activate()
                key("ctrl+z")
                wait(lambda: self.window.facts().get("Size") == "3 bytes", "the old value")
        self.values[b"a.txt"] = b"\0new" * 70000
        path = self.write("large.bin", bytes(40000000))
        with closing(sqlite3.connect(self.path)) as other:
            other.execute("BEGIN IMMEDIATE")
            key("Menu")
            self.window.choose_item_with_keys("Replace with File…")
            self.coffer.choose_file("Replace with File", path, "Replace")
            find(self.window.frame, "push button", "Cancel Transfer", showing)
            do(self.window.frame, "window.close")
            self.coffer.answer("A Value Is Still Being Replaced", "Cancel")
            press(self.window.frame, "Cancel Transfer")
            self.window.says("The value was not replaced")
        self.close()

    def add(self, name: str) -> None:
        """As if it were dropped on the table."""
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), [], ["file://" + os.path.join(self.files, name)])), window=1)

    def test_a_folder_that_leads_back(self) -> None:
        """Links are not followed, told, and left out."""
        self.write("round/one", b"1")
        self.write("round/in/two", b"2")
        os.symlink("..", self.files + "/round/in/back")
        os.symlink("round", self.files + "/round/self")
        self.open()
        self.add("round")
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 2 Files")), None), "the sheet")
        find(sheet, "label", re.compile("^2 files and folders are left out"))
        press(sheet, "Add")
        self.window.says(re.compile("^2 files added"))
        self.values.update({b"round/one": b"1", b"round/in/two": b"2"})
        self.window.wait_for_rows(4)
        self.close()


if __name__ == "__main__":
    main()
