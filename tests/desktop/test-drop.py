#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files come from a file manager, by mouse: a vault dropped on the empty window opens there, others are added where they are dropped."""
import os
import re
import shutil
import unittest
from typing import List, Optional, Tuple

from coffer import CofferCase, main
from filemanager import FILES, show_folder, still
from gtkdrive import drop, find, find_all, key, park_pointer, press, showing, wait, xdo
from screen import Box
from vaults import make_vault, read_vault, state_of


class DropCase(CofferCase):
    file_manager = ""

    def setUp(self) -> None:
        super().setUp()
        self.files = os.path.join(self.folder, "files")
        os.mkdir(self.files)

    def make_vault(self, folder: str, name: str) -> None:
        self.path = os.path.join(folder, name)
        self.values = {b"img/one": b"1", b"two": b"22"}
        make_vault(self.path, list(self.values.items()))

    def make_file(self, name: str, content: bytes) -> None:
        path = os.path.join(self.files, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

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
        self.manager = show_folder(self, self.file_manager, self.files)
        self.coffer = self.start(*arguments)
        self.window = self.coffer.window(os.path.basename(arguments[0]) if arguments else "")
        self.window.resize(620, 700)
        self.window.move(640, 50)
        self.source = self.icon(self.manager)

    def close(self, key: str) -> None:
        self.values[key.encode()] = bytes(range(256))
        self.close_with_values()

    def close_with_values(self) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(self.path), self.values)

    def open_beside(self) -> None:
        self.make_file("größer.bin", bytes(range(256)))
        self.open_vault_beside()

    def open_vault_beside(self) -> None:
        self.make_vault(self.folder, "v.db")
        self.start_beside(self.path)
        self.window.wait_for_rows(2)

    def edit(self) -> None:
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        find(self.window.frame, "push button", "Add Files", showing)

    # Done with each file manager

    def drop_on_prefix(self) -> None:
        """It goes under that, which is shown then."""
        self.open_beside()
        self.edit()
        drop(self.source, self.window.point(find(find(self.window.frame, "list", "Tables"), name=re.compile("^img/"), test=showing)))
        self.window.says("1 file added")
        self.window.wait_for_rows(2)
        self.close("img/größer.bin")

    def tiles(self, count: int) -> List[str]:
        """The keys of all tiles, once there are that many."""
        def look() -> Optional[List[str]]:
            tiles = [node.name.split(", ") for grid in find_all(self.window.frame, "list", "Thumbnails", showing)
                     for node in grid.children if node.role == "list item"]
            return [tile[0] for tile in tiles] if len(tiles) == count and all(len(tile) > 2 for tile in tiles) else None

        return wait(look, "%d tiles" % count)

    def drop_on_tiles(self) -> None:
        """A folder on a tile, which is no place of its own: its files go where the tiles are, once the sheet is answered."""
        files = {"trip/größer.bin": os.urandom(3 << 20), "trip/day 1/a & b.txt": b"words\n" * 1000, "trip/day 1/none": b""}
        for name, content in files.items():
            self.make_file(name, content)
        self.open_vault_beside()
        self.edit()
        self.window.activate()
        key("ctrl+2")
        self.tiles(2)
        tile = find(self.window.frame, "list item", re.compile("^two, "), showing)
        drop(self.source, self.window.point(tile))
        sheet = wait(lambda: next(iter(self.coffer.windows("Add 3 Files")), None), "the sheet")
        find(sheet, "label", re.compile("^trip/größer.bin$"))
        self.assertEqual(read_vault(self.path), self.values)
        press(sheet, "Add")
        self.window.says("3 files added")
        self.assertEqual(set(self.tiles(5)), {"img/one", "two"} | set(files))
        self.values.update({name.encode(): content for name, content in files.items()})
        self.close_with_values()


@unittest.skipUnless(shutil.which("pcmanfm"), "pcmanfm is not installed")
class DropTest(DropCase):
    file_manager = "pcmanfm"

    def test_a_vault_on_the_empty_window(self) -> None:
        self.make_vault(self.files, "größer & schöner.db")
        before = state_of(self.files)
        self.start_beside()
        drop(self.source, self.window.point(self.window.frame))
        window = self.coffer.window("größer & schöner.db")
        self.assertEqual([row.key for row in window.wait_for_rows(2)], ["img/one", "two"])
        self.assertEqual(len(self.coffer.windows()), 1)
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.files), before)

    def test_a_file_on_the_empty_window(self) -> None:
        """It goes into a new vault."""
        self.make_file("größer.bin", bytes(range(256)))
        self.start_beside()
        drop(self.source, self.window.point(self.window.frame))
        path = os.path.join(self.folder, "new.kvault")
        self.coffer.choose_file("New Vault", path, "Save")
        self.window = self.coffer.window("new.kvault")
        self.assertEqual([row.key for row in self.window.wait_for_rows(1)], ["größer.bin"])
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(path), {"größer.bin".encode(): bytes(range(256))})

    # GTK 4.8 complains of a second drag from the same window, which it takes for the first that is over: one a test.

    def test_a_file_on_keys(self) -> None:
        """A vault that is open for viewing asks first."""
        self.open_beside()
        drop(self.source, self.window.point(self.window.table()))
        self.coffer.answer("Edit “v.db”?", "Edit")
        self.window.says("1 file added")
        self.window.wait_for_rows(3)
        self.close("größer.bin")

    def test_a_file_on_a_prefix(self) -> None:
        self.drop_on_prefix()

    def test_a_folder_on_tiles(self) -> None:
        self.drop_on_tiles()


@unittest.skipUnless(shutil.which("thunar"), "thunar is not installed")
class ThunarTest(DropCase):
    file_manager = "thunar"

    def test_a_file_on_keys(self) -> None:
        self.open_beside()
        drop(self.source, self.window.point(self.window.table()))
        self.coffer.answer("Edit “v.db”?", "Edit")
        self.window.says("1 file added")
        self.window.wait_for_rows(3)
        self.close("größer.bin")

    def test_a_file_on_a_prefix(self) -> None:
        self.drop_on_prefix()

    def test_a_folder_on_tiles(self) -> None:
        self.drop_on_tiles()


if __name__ == "__main__":
    main()
