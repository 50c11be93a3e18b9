#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a new user does first, from an empty window to files that are out again: once with the mouse alone, once with keys alone."""
import itertools
import os
import re
import shutil
import subprocess
import unittest
from typing import Dict, Optional

from coffer import Coffer, CofferCase, VaultWindow, main
from filemanager import FILES, show_folder, still
from gtkdrive import Match, Node, Window, again, drop, extents, find, find_all, gone, key, park_pointer, showing, text_of, type_text, wait, xdo
from screen import Picture
from vaults import read_vault


def read_tree(folder: str) -> Dict[str, bytes]:
    """All files, by their paths in the folder."""
    content = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                content[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return content


class TourCase(CofferCase):
    def setUp(self) -> None:
        """A folder with folders in it, pictures, and one picture twice."""
        super().setUp()
        self.source = os.path.join(self.folder, "trip")
        self.vault = os.path.join(self.folder, "new.kvault")
        self.target = os.path.join(self.folder, "out")
        os.mkdir(self.target)
        os.makedirs(self.source + "/day 1/morning")
        os.makedirs(self.source + "/day 2")
        for name, colour in (("day 1/beach.png", (200, 160, 90)), ("day 1/morning/sea.png", (30, 90, 160)), ("day 2/wood.png", (40, 110, 50))):
            Picture(320, 200, bytes(colour) * 320 * 200).save(os.path.join(self.source, name))
        shutil.copy(self.source + "/day 1/beach.png", self.source + "/day 2/beach again.png")
        for name, content in (("notes.txt", b"Where we were\n" * 40), ("day 1/track.bin", bytes(range(256)) * 3000), ("day 2/empty.txt", b"")):
            with open(os.path.join(self.source, name), "wb") as file:
                file.write(content)
        self.files = read_tree(self.source)

    def compare(self, folder: str) -> None:
        """The vault and what came out of it have every byte of the folder, and the folder is as it was."""
        self.assertEqual(read_tree(folder + "/trip"), self.files)
        self.assertEqual(read_vault(self.vault), {b"trip/" + name.encode(): content for name, content in self.files.items()})
        self.assertEqual(read_tree(self.source), self.files)


class KeysTest(TourCase):
    """No pointer event at all."""

    def focus(self, window: Node) -> Optional[Node]:
        nodes = [node for node in again(window).walk() if node.has("FOCUSED")]
        return nodes[-1] if nodes else None

    def wait_for_focus(self, window: Node, name: str) -> None:
        """Wait until a widget of that name has the keyboard. What has a mnemonic is named by two halves."""
        wait(lambda: re.search("(^|_.* )%s$" % name, self.focus(window).name), "the keyboard on “%s”" % name)

    def top(self, title: Match) -> Node:
        """A window, once it has the keyboard."""
        window = Window(wait(lambda: next(iter(self.coffer.windows(title)), None), "the window “%s”" % title))
        wait(window.active, "“%s” to have the keyboard" % window.frame.name)
        return window.frame

    def go(self, window: Node, name: str, to: str) -> None:
        """Press a key until a widget of that name has the keyboard, or one in it, and each time only when the last has done something."""
        while True:
            now = wait(lambda: self.focus(window), "something to have the keyboard")
            if any(to == node.name for node in now.lineage()):
                return
            key(name)
            wait(lambda: (self.focus(window) or now).path != now.path, "%s to go elsewhere" % name)

    def type_path(self, title: str, path: str) -> None:
        """Into the file chooser of that title."""
        dialog = self.top(title)
        if title == "New Vault":   # it suggests a name
            wait(lambda: self.focus(dialog).role == "text", "the name to have the keyboard")
            key("ctrl+a")
        type_text(path)
        wait(lambda: any(text_of(node) == path for node in again(dialog).walk() if node.role == "text"), "the path in the dialog")
        key("Return")
        wait(lambda: not self.coffer.windows(title), "the dialog to go")

    def test_with_keys_alone(self) -> None:
        self.coffer = self.start()
        frame = self.top("Coffer")
        self.wait_for_focus(frame, "Open…")
        key("Tab")
        self.wait_for_focus(frame, "New Vault…")
        key("Return")
        self.type_path("New Vault", self.vault)
        frame = self.top("new.kvault — Coffer")
        window = VaultWindow(frame)
        window.says("No Keys")

        # The button of the page first; the menu before it has folders, too.
        key("Tab")
        self.wait_for_focus(frame, "Add Files…")
        self.go(frame, "shift+Tab", "Add Files")
        key("Return")
        window.choose_item_with_keys("Add Folder…")
        self.type_path("Add Folder", self.source)
        sheet = self.top("Add 7 Files")
        self.wait_for_focus(sheet, "Add")
        key("Return")
        window.says("7 files added")

        self.top("new.kvault — Coffer")
        key("ctrl+shift+k")
        clean = self.top("Clean Up")
        find(clean, "label", "Find Duplicates")
        self.wait_for_focus(clean, "Find Duplicates")
        key("Return")
        find(clean, "label", "No key marked")
        key("alt+m")
        find(clean, "menu item", "Keep the First Key")
        self.go(clean, "Down", "Keep the First Key")
        key("Return")
        find(clean, "check box", "Mark “trip/day 2/beach again.png”")
        wait(lambda: not find_all(clean, "label", "No key marked", showing), "a key to be marked")
        key("alt+d")
        self.top(re.compile("^Delete "))
        key("alt+d")
        find(clean, "label", "No More Duplicates")
        self.top("Clean Up")
        window.says(re.compile("^6 keys, "))
        key("ctrl+z")
        window.says(re.compile("^7 keys, "))
        key("ctrl+shift+z")
        window.says(re.compile("^6 keys, "))
        key("ctrl+w")   # Escape takes the toast first
        wait(lambda: not self.coffer.windows("Clean Up"), "the window to go")
        self.top("new.kvault — Coffer")
        key("ctrl+z")
        window.says(re.compile("^7 keys, "))

        self.go(frame, "F6", "Keys")
        key("ctrl+a")
        window.says(re.compile("^7 selected, "))
        key("ctrl+e")
        self.wait_for_focus(self.top("Export 7 Keys"), "Choose Folder…")
        key("Return")
        self.type_path("Export to a Folder", self.target)
        window.says("7 files exported")
        self.top("new.kvault — Coffer")
        key("ctrl+q")
        self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        self.compare(self.target)


@unittest.skipUnless(shutil.which("pcmanfm"), "pcmanfm is not installed")
class MouseTest(TourCase):
    """No key at all: in the file choosers what they suggest is taken."""

    def top(self, title: Match) -> Window:
        """A window, once it is there and has the keyboard: until then the window manager moves it."""
        window = Window(wait(lambda: next(iter(self.coffer.windows(title)), None), "the window “%s”" % title))
        wait(window.active, "“%s” to have the keyboard" % window.frame.name)
        return window

    def click(self, window: Window, name: str, role: str = "push button") -> None:
        """Something that stays where it is. What has a mnemonic is named by two halves."""
        node = find(window.frame, role, re.compile("(^|_.* )%s$" % re.escape(name)), lambda node: node.has("SENSITIVE"))
        places = [window.box(node)]

        def stays() -> bool:
            places.append(window.box(node))
            return places[-1] == places[-2]

        wait(stays, "“%s” in its place" % name)
        window.click(node)

    def click_through(self, title: str, button: str) -> None:
        """A dialog goes by its button."""
        self.click(self.top(title), button)
        wait(lambda: not self.coffer.windows(title), "the dialog to go")

    def popover(self) -> Optional[str]:
        """The X window of the menu that is open: the only one of the program with its bare name, once a vault is open."""
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--all", "--pid", str(self.coffer.process.pid), "--name", "^Coffer$"],
                               check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True).stdout.split()
        return found[0] if len(found) == 1 else None

    def click_item(self, window: Window, name: str) -> None:
        """An item of the menu that is open: a surface of its own, where only what is under the pointer tells where that is."""
        item = find(window.frame, "menu item", name)
        menu = Window(window.frame, wait(self.popover, "the menu"))
        x, y, width, height = menu.geometry()
        content = list(itertools.takewhile(lambda node: node.role != "menu", item.lineage()))[-1]   # in the middle of it
        _, content_y, _, content_height = extents(content)
        _, item_y, _, item_height = extents(item)
        xdo("mousemove", x + width // 2, y + (height - content_height) // 2 + item_y - content_y + item_height // 2)
        wait(lambda: again(item).has("FOCUSED"), "the pointer on “%s”" % name)
        xdo("click", 1)
        gone(window.frame, "menu item", name)

    def test_with_the_mouse_alone(self) -> None:
        files = os.path.join(self.folder, "files")
        os.mkdir(files)
        show_folder(self, "pcmanfm", files)
        park_pointer()
        empty = still().crop(FILES)
        self.source = shutil.move(self.source, files)
        x, y, width, height = wait(lambda: empty.changes(still().crop(FILES)), "the folder in the file manager")
        icon = FILES[0] + x + width // 2, FILES[1] + y + height // 4

        self.coffer = self.start(through=("env", "-C", self.target))   # where its file choosers begin
        window = self.coffer.window()
        window.resize(620, 700)
        window.move(640, 50)
        wait(lambda: window.geometry()[:2] == (640, 50) and extents(window.frame)[2:] == (620, 700), "the window in its place")
        self.click(window, "New Vault…")
        self.click_through("New Vault", "Save")
        self.vault = os.path.join(self.target, "Untitled.kvault")
        window = self.coffer.window("Untitled.kvault")
        window.says("No Keys")
        drop(icon, window.point(find(window.frame, "label", "No Keys")))
        self.click_through("Add 7 Files", "Add")
        window.says("7 files added")

        self.click(window, "Clean Up…", "label")
        clean = self.top("Clean Up")
        self.click(clean, "Find Duplicates")
        self.click(clean, "Mark “trip/day 2/beach again.png”", "check box")
        self.click(clean, "Delete Marked…")
        self.click(self.top(re.compile("^Delete ")), "Delete")
        window.says(re.compile("^6 keys, "))
        self.click(clean, "Undo")
        window.says(re.compile("^7 keys, "))
        self.click(clean, "Close")
        wait(lambda: not self.coffer.windows("Clean Up"), "the window to go")

        window.wait_for_all_in_view(7)
        window.click(window.row_nodes()[0], 3)
        self.click_item(window, "Select All")
        window.says(re.compile("^7 selected, "))
        self.click(window, "Export…")
        self.click(self.top("Export 7 Keys"), "Choose Folder…")
        self.click_through("Export to a Folder", "Export")
        window.says("7 files exported")
        self.click(window, "Close")
        self.assertEqual(self.coffer.process.wait(20), 0)
        self.assertEqual(self.coffer.complaints(), [])
        self.compare(self.target)


if __name__ == "__main__":
    main()
