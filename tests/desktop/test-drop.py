#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A vault comes from a file manager, by mouse: dropped on the empty window it opens there."""
import os
import shutil
import subprocess
import tempfile
import unittest
from typing import Optional, Tuple

from coffer import CofferCase, main
from gtkdrive import drag, key, park_pointer, wait, xdo
from screen import Box, Picture
from vaults import make_vault, state_of

FILE_MANAGER = shutil.which("pcmanfm")

# Where on the screen the file manager has its files: without its status bar, which changes with the selection.
FILES = (160, 86, 430, 390)


@unittest.skipUnless(FILE_MANAGER, "pcmanfm is not installed")
class DropTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        self.name = "größer & schöner.db"
        make_vault(os.path.join(self.folder, self.name), [(b"one", b"1"), (b"two", b"22")])
        self.before = state_of(self.folder)

    def show_folder(self) -> str:
        """A file manager with the folder, on the left of the screen; returns its window."""
        log = tempfile.TemporaryFile()
        self.addCleanup(log.close)
        manager = subprocess.Popen([FILE_MANAGER, self.folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
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

    def test_drop_on_the_empty_window(self) -> None:
        manager = self.show_folder()
        coffer = self.start()
        window = coffer.window()
        window.resize(600, 700)
        window.move(640, 50)
        icon = self.icon(manager)
        drag(icon, window.point(window.frame))
        window = coffer.window(self.name)
        self.assertEqual([row.key for row in window.wait_for_rows(2)], ["one", "two"])
        self.assertEqual(len(coffer.windows()), 1)
        self.assert_quits(coffer)
        self.assertEqual(state_of(self.folder), self.before)


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
