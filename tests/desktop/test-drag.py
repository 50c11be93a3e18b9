#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keys are dragged out, by mouse: into a file manager, where every byte arrives and nothing was written before, and into another window."""
import os
import shutil
import subprocess
import tempfile
import unittest
from typing import Dict, Tuple

from coffer import APPLICATION, CofferCase, VaultWindow, main
from gtkdrive import activate_action, drag, find, key, press, set_text, showing, text_of, wait, xdo
from vaults import make_vault, read_vault

FILE_MANAGER = shutil.which("pcmanfm")


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

    def carry(self, start: Tuple[int, int], end: Tuple[int, int]) -> None:
        """As drag() of gtkdrive, without letting go."""
        (x, y), (to_x, to_y) = start, end
        xdo("mousemove", x, y, "sleep", 0.15, "mousedown", 1, "sleep", 0.15)
        for step in range(1, 8):
            xdo("mousemove", x + 3 * step, y + 2 * step, "sleep", 0.03)
        for step in range(1, 21):
            xdo("mousemove", x + (to_x - x) * step // 20, y + (to_y - y) * step // 20, "sleep", 0.02)
        for step in (3, -3, 0):
            xdo("mousemove", to_x + step, to_y, "sleep", 0.3)

    @unittest.skipUnless(FILE_MANAGER, "pcmanfm is not installed")
    def test_into_a_file_manager(self) -> None:
        target = os.path.join(self.folder, "target")
        os.mkdir(target)
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        manager = subprocess.Popen([FILE_MANAGER, target], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(manager.wait)
        self.addCleanup(manager.kill)
        search = ["xdotool", "search", "--onlyvisible", "--all", "--pid", str(manager.pid), "--name", "."]
        window = wait(lambda: subprocess.run(search, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                                             universal_newlines=True).stdout.split(), "the file manager")[-1]
        xdo("windowsize", "--sync", window, 600, 500, "windowmove", window, 0, 0)
        large = os.urandom(1 << 20) * 24
        self.open("v.db", {b"a/b/one.bin": large, b"a/b/two": b"\x89PNG\r\n\x1a\n" + bytes(100), b"a/c:/\xff.txt": b"odd", b"z": b"stays"})
        self.window.click(self.rows[0])
        xdo("keydown", "shift")
        self.window.click(self.rows[2])
        xdo("keyup", "shift")
        cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/coffer/opened"
        self.carry(self.window.point(self.rows[1], 0.1), (380, 300))
        self.assertEqual([name for name in read_tree(cache) if os.path.basename(name) != "lock"], [])
        xdo("mouseup", 1, "mousemove", 700, 600)   # while they are written the target stays what it is
        expected = {"b/one.bin": large, "b/two.png": b"\x89PNG\r\n\x1a\n" + bytes(100), "c_/_.txt": b"odd"}
        wait(lambda: read_tree(target) == expected, "the files")
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(cache), [])

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
        self.edit(source, "a.db")
        source.wait_for_rows(3)
        target.wait_for_rows(1)
        drag(source.point(source.row_nodes()[1], 0.1), target.point(target.table(), 0.5, 0.6))
        target.says("1 key copied")
        target.wait_for_rows(2)
        drag(source.point(source.row_nodes()[1], 0.1), source.point(source.table(), 0.5, 0.6))   # on its own vault
        source.activate()
        source.click(source.row_nodes()[2])
        xdo("keydown", "shift")
        drag(source.point(source.row_nodes()[2], 0.1), target.point(target.table(), 0.5, 0.6))
        xdo("keyup", "shift")
        target.says("1 key moved")
        source.wait_for_rows(2)
        source.activate()
        source.click(source.row_nodes()[0])
        key("ctrl+x")
        target.activate()
        target.click(target.row_nodes()[0])
        key("ctrl+v")
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
