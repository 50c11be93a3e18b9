#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One program, a window for each vault; the empty window, its recent files and its dialogs."""
import contextlib
import os
import re
import sqlite3
import subprocess

from coffer import PROGRAM, CofferCase, VaultWindow, main
from gtkdrive import find, gone, key, press, wait
from vaults import make_vault, read_vault

START = "Choose a KohakuVault file or drop one here"


class WindowsTest(CofferCase):
    def vault(self, name: str, count: int = 3) -> str:
        return make_vault(os.path.join(self.folder, name), [(b"key/%d" % i, b"value") for i in range(count)])

    def run_again(self, *arguments: str) -> None:
        """A second start hands its files over, and ends."""
        done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0)

    def test_a_window_for_each_file(self) -> None:
        coffer = self.start(self.vault("a.db", 2), self.vault("b.db", 4))
        self.assertEqual(len(coffer.window("a.db").wait_for_rows(2)), 2)
        self.assertEqual(len(coffer.window("b.db").wait_for_rows(4)), 4)
        self.assertEqual(len(coffer.windows()), 2)
        self.assert_quits(coffer)

    def test_second_start_shows_the_window_that_is_there(self) -> None:
        coffer = self.start(self.vault("a.db"))
        first = coffer.window("a.db")
        self.run_again(self.vault("b.db"))
        second = coffer.window("b.db")
        second.wait_for_rows(3)
        self.run_again(self.folder + "/a.db")
        wait(first.active, "the first window to come to the front")
        self.assertEqual(len(coffer.windows()), 2)
        self.assert_quits(coffer)

    def test_one_of_two_windows_closes(self) -> None:
        coffer = self.start(self.vault("a.db"), self.vault("b.db"))
        coffer.window("b.db").wait_for_rows(3)
        window = coffer.window("a.db")
        window.activate()
        key("ctrl+w")
        wait(lambda: len(coffer.windows()) == 1, "one window to be left")
        coffer.window("b.db").wait_for_rows(3)
        self.assertFalse(os.path.exists(self.folder + "/a.db-shm"))
        self.assert_quits(coffer)

    def test_two_windows_on_one_vault(self) -> None:
        """Both follow what is written, and each goes by itself."""
        path = self.vault("a.db")
        coffer = self.start(path)
        coffer.window("a.db").wait_for_rows(3)
        coffer.window("a.db").activate()
        key("ctrl+shift+n")
        wait(lambda: len(coffer.windows(re.compile("^a.db"))) == 2, "two windows")
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("INSERT INTO kv VALUES (CAST('key/9' AS BLOB), x'01')")
            database.commit()
        for frame in coffer.windows(re.compile("^a.db")):
            VaultWindow(frame).wait_for_rows(4)
        key("ctrl+w")
        wait(lambda: len(coffer.windows()) == 1, "one window to be left")
        VaultWindow(coffer.windows()[0]).wait_for_rows(4)
        self.assert_quits(coffer)

    def test_same_name_in_two_folders(self) -> None:
        """The titles tell them apart."""
        os.mkdir(self.folder + "/one")
        os.mkdir(self.folder + "/two")
        coffer = self.start(self.vault("one/a.db", 1), self.vault("two/a.db", 2))
        wait(lambda: len(coffer.windows(re.compile("^a.db"))) == 2, "two windows")
        titles = wait(lambda: {node.name for node in coffer.windows()}, "titles")
        self.assertEqual(len(titles), 2, titles)
        self.assert_quits(coffer)

    def test_recent(self) -> None:
        """What was opened is on the page of an empty window, and opens from there."""
        path = self.vault("recent one.db")
        coffer = self.start(path)
        coffer.window("recent one.db").wait_for_rows(3)
        self.assert_quits(coffer)
        coffer = self.start()
        window = coffer.window()
        window.says(START)
        window.click(find(window.frame, "list item", "recent one.db"))
        coffer.window("recent one.db").wait_for_rows(3)
        self.assertEqual(len(coffer.windows()), 1)
        self.assert_quits(coffer)

    def test_recent_file_that_is_gone(self) -> None:
        """Not offered, or told to be gone; never made anew."""
        path = self.vault("gone.db")
        coffer = self.start(path)
        coffer.window("gone.db").wait_for_rows(3)
        self.assert_quits(coffer)
        os.remove(path)
        coffer = self.start()
        window = coffer.window()
        window.says(START)
        gone(window.frame, "list item", "gone.db")
        self.assertEqual(os.listdir(self.folder), [])
        self.assert_quits(coffer)

    def test_new_vault(self) -> None:
        """An empty vault comes to be where the dialog says, and is open for editing."""
        coffer = self.start()
        window = coffer.window()
        window.says(START)
        press(window.frame, "New Vault…")
        coffer.choose_file("New Vault", self.folder + "/größer.kvault", "Save")
        window = coffer.window("größer.kvault")
        window.says("No Keys")
        gone(window.frame, "label", "Open for viewing")
        self.assert_quits(coffer)
        self.assertEqual(os.listdir(self.folder), ["größer.kvault"])
        self.assertEqual(read_vault(self.folder + "/größer.kvault"), {})

    def test_open_dialog(self) -> None:
        self.vault("größer.db")
        coffer = self.start()
        window = coffer.window()
        window.says(START)
        press(window.frame, "Open…")
        coffer.choose_file("Open a Vault", self.folder + "/größer.db", "Open")
        coffer.window("größer.db").wait_for_rows(3)
        self.assertEqual(len(coffer.windows()), 1)
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
