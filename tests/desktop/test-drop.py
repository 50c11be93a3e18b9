#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files come from a file manager, by mouse: a vault dropped on the empty window opens there, others are added where they are dropped."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from typing import Optional, Tuple

from coffer import CofferCase, main
from gtkdrive import drag, find, key, park_pointer, press, showing, wait, xdo
from screen import Box, Picture
from vaults import make_vault, read_vault, state_of

FILE_MANAGER = shutil.which("pcmanfm")

# Where on the screen the file manager has its files: without its status bar, which changes with the selection.
FILES = (160, 86, 430, 390)


@unittest.skipUnless(FILE_MANAGER, "pcmanfm is not installed")
class DropTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        self.files = os.path.join(self.folder, "files")
        os.mkdir(self.files)

    def make_vault(self, folder: str, name: str) -> None:
        self.path = os.path.join(folder, name)
        self.values = {b"img/one": b"1", b"two": b"22"}
        make_vault(self.path, list(self.values.items()))

    def make_file(self, name: str, content: bytes) -> None:
        with open(os.path.join(self.files, name), "wb") as file:
            file.write(content)

    def show_folder(self) -> str:
        """A file manager with the files, on the left of the screen; returns its window."""
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        manager = subprocess.Popen([FILE_MANAGER, self.files], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(manager.wait)
        self.addCleanup(manager.kill)
        search = ["xdotool", "search", "--onlyvisible", "--all", "--pid", str(manager.pid), "--name", "."]
        window = wait(lambda: subprocess.run(search, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                                             universal_newlines=True).stdout.split(), "the file manager")[-1]
        xdo("windowsize", "--sync", window, 600, 500, "windowmove", window, 0, 0)
        return window

    def icon(self, window: str) -> Tuple[int, int]:
        """The middle of the only icon: what changes when all is selected, and changes back."""
        xdo("windowactivate", "--sync", window)
        park_pointer()

        def look() -> Optional[Box]:
            key("Escape")
            plain = still().crop(FILES)
            key("ctrl+a")
            return plain.changes(still().crop(FILES))

        x, y, width, height = wait(look, "the icon")
        return FILES[0] + x + width // 2, FILES[1] + y + height // 4

    def start_beside(self, *arguments: str) -> None:
        """The file manager, and the program on the right of it."""
        self.manager = self.show_folder()
        self.coffer = self.start(*arguments)
        self.window = self.coffer.window(os.path.basename(arguments[0]) if arguments else "")
        self.window.resize(620, 700)
        self.window.move(640, 50)
        self.source = self.icon(self.manager)

    def test_a_vault_on_the_empty_window(self) -> None:
        self.make_vault(self.files, "größer & schöner.db")
        before = state_of(self.files)
        self.start_beside()
        drag(self.source, self.window.point(self.window.frame))
        window = self.coffer.window("größer & schöner.db")
        self.assertEqual([row.key for row in window.wait_for_rows(2)], ["img/one", "two"])
        self.assertEqual(len(self.coffer.windows()), 1)
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.files), before)

    def test_a_file_on_the_empty_window(self) -> None:
        """It goes into a new vault."""
        self.make_file("größer.bin", bytes(range(256)))
        self.start_beside()
        drag(self.source, self.window.point(self.window.frame))
        path = os.path.join(self.folder, "new.kvault")
        self.coffer.choose_file("New Vault", path, "Save")
        self.window = self.coffer.window("new.kvault")
        self.assertEqual([row.key for row in self.window.wait_for_rows(1)], ["größer.bin"])
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(path), {"größer.bin".encode(): bytes(range(256))})

    # GTK 4.8 complains of a second drag from the same window, which it takes for the first that is over: one a test.

    def close(self, key: str) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(self.path), {**self.values, key.encode(): bytes(range(256))})

    def open_beside(self) -> None:
        self.make_vault(self.folder, "v.db")
        self.make_file("größer.bin", bytes(range(256)))
        self.start_beside(self.path)
        self.window.wait_for_rows(2)

    def test_a_file_on_keys(self) -> None:
        """A vault that is open for viewing asks first."""
        self.open_beside()
        drag(self.source, self.window.point(self.window.table()))
        self.coffer.answer("Edit “v.db”?", "Edit")
        self.window.says("1 file added")
        self.window.wait_for_rows(3)
        self.close("größer.bin")

    def test_a_file_on_a_prefix(self) -> None:
        """It goes under that, which is shown then."""
        self.open_beside()
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        drag(self.source, self.window.point(find(find(self.window.frame, "list", "Tables"), name=re.compile("^img/"), test=showing)))
        self.window.says("1 file added")
        self.window.wait_for_rows(2)
        self.close("img/größer.bin")


def still() -> Picture:
    """The screen, once it does not change from one look to the next."""
    last = [Picture.grab()]

    def same() -> bool:
        last.append(Picture.grab())
        return last[-1] == last[-2]

    wait(same, "a still screen")
    return last[-1]


if __name__ == "__main__":
    main()
