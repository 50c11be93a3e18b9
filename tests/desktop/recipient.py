#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A program of GTK 4 that takes what is dropped on its window, or pasted there with Ctrl+V.

    recipient.py files|picture|text FOLDER

The first thing taken goes into FOLDER/1, the second into FOLDER/2: files with their names and folders with what is in them, a picture as
picture.png, a text as text; or error, with why it could not be had. Each such folder appears when all of it is there. FOLDER/over is there
while something that would be taken is over the window, and its source has been told so.
"""
import os
import shutil
import sys
from typing import Callable

import gi

gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
from gi.repository import Gdk, Gio, GLib, GObject, Gtk

TITLE = "Recipient"


def copy_files(files: Gdk.FileList, folder: str) -> None:
    for file in files.get_files():
        copy = shutil.copytree if os.path.isdir(file.get_path()) else shutil.copy
        copy(file.get_path(), os.path.join(folder, file.get_basename()))


def save_picture(picture: Gdk.Texture, folder: str) -> None:
    if not picture.save_to_png(os.path.join(folder, "picture.png")):
        raise OSError("the picture could not be saved")


def save_text(text: str, folder: str) -> None:
    with open(os.path.join(folder, "text"), "w", encoding="utf-8", newline="") as file:
        file.write(text)


KINDS = {"files": (Gdk.FileList.__gtype__, copy_files), "picture": (Gdk.Texture.__gtype__, save_picture),
         "text": (GObject.TYPE_STRING, save_text)}


class Recipient:
    def __init__(self, application: Gtk.Application, kind: str, folder: str):
        self.folder, self.taken, self.told = folder, 0, 0
        self.type, self.save = KINDS[kind]
        self.window = Gtk.ApplicationWindow(application=application, title=TITLE, default_width=600, default_height=500)
        target = Gtk.DropTarget.new(self.type, Gdk.DragAction.COPY)
        target.connect("enter", self.entered)
        target.connect("leave", self.left)
        target.connect("drop", lambda _target, value, _x, _y: self.take(lambda: value))
        self.window.add_controller(target)
        keys = Gtk.ShortcutController()
        keys.add_shortcut(Gtk.Shortcut.new(Gtk.ShortcutTrigger.parse_string("<Control>v"), Gtk.CallbackAction.new(self.paste)))
        self.window.add_controller(keys)
        self.window.present()

    def entered(self, *_unused: object) -> Gdk.DragAction:
        self.told = GLib.idle_add(self.tell, priority=GLib.PRIORITY_LOW)   # GDK tells the source before that
        return Gdk.DragAction.COPY

    def tell(self) -> bool:
        self.told = 0
        with open(os.path.join(self.folder, "over"), "wb"):
            return GLib.SOURCE_REMOVE

    def left(self, *_unused: object) -> None:
        if self.told:
            GLib.source_remove(self.told)
            self.told = 0
        if os.path.exists(os.path.join(self.folder, "over")):
            os.remove(os.path.join(self.folder, "over"))

    def paste(self, *_unused: object) -> bool:
        clipboard = self.window.get_clipboard()
        clipboard.read_value_async(self.type, GLib.PRIORITY_DEFAULT, None,
                                   lambda _clipboard, result: self.take(lambda: clipboard.read_value_finish(result)))
        return True

    def take(self, get: Callable[[], object]) -> bool:
        """What get() returns, or the error it raises."""
        self.left()
        self.taken += 1
        room = os.path.join(self.folder, ".%d" % self.taken)
        os.mkdir(room)
        try:
            value = get()
            if value is None:   # the source went without a word
                raise OSError("nothing came")
            self.save(value, room)
        except (GLib.Error, OSError) as error:
            with open(os.path.join(room, "error"), "w", encoding="utf-8") as file:
                file.write(str(error))
        os.rename(room, os.path.join(self.folder, str(self.taken)))
        return True


def main(kind: str, folder: str) -> int:
    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect("activate", lambda _application: Recipient(application, kind, folder))
    return application.run([])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
