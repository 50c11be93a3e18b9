#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Values go out as files: several to a folder by keys, one to a file by its button; every byte of them."""
import os
import re
import zipfile

from coffer import CofferCase, main
from gtkdrive import find, key, press, showing
from vaults import make_vault


class ExportTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        os.mkdir(self.folder + "/out")
        self.path = self.folder + "/vault/v.db"
        make_vault(self.path, [(b"a/../odd\n", b"odd\0bytes" * 5000), (b"a/plain", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), (b"b", b"last")])
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.wait_for_rows(3)

    def files(self):
        found = {}
        for folder, _, names in os.walk(self.folder + "/out"):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    found[os.path.relpath(os.path.join(folder, name), self.folder + "/out")] = file.read()
        return found

    def test_several_to_a_folder(self) -> None:
        self.window.focus_list()
        key("Home", "shift+Down")
        self.window.says("2 selected, 45.0\u00a0kB")
        key("ctrl+e")
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
        self.coffer.choose_file("Export as an Archive", self.folder + "/out/all.zip", "Export")
        self.window.says("2 files exported")
        with zipfile.ZipFile(self.folder + "/out/all.zip") as archive:
            self.assertIn(b"odd\0bytes" * 5000, [archive.read(name) for name in archive.namelist()])
            self.assertIn("a/plain.png", archive.namelist())
            self.assertIn("coffer.json", archive.namelist())
        self.assertEqual(os.listdir(self.folder + "/out"), ["all.zip"])
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


if __name__ == "__main__":
    main()
