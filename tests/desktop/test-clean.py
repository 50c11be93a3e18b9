#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keys whose values are the same are found, shown, and deleted, but for one."""
import os
import sqlite3
from contextlib import closing

from coffer import CofferCase, main
from gtkdrive import Node, action_names, do, find, gone, press, showing, wait
from vaults import Fixture, read_vault


class CleanTest(CofferCase):
    def show_page(self, clean: Node, title: str, role: str, name: str) -> None:
        """Pages that do not show at first are made later."""
        do(find(clean, name=title, test=lambda node: "click" in action_names(node)))
        find(clean, role, name, showing)

    def test_delete_a_duplicate(self) -> None:
        fixture = Fixture("v086_media_autopack.db")
        os.mkdir(self.folder + "/vault")
        path = fixture.copy(self.folder + "/vault")
        with closing(sqlite3.connect(path)) as db:
            db.execute("INSERT INTO kv (key, value) SELECT CAST('zz/copy.jpg' AS BLOB), value FROM kv WHERE key = CAST('media/plain.jpg' AS BLOB)")
            db.commit()
        before = read_vault(path)
        coffer = self.start(path)
        window = coffer.window(fixture.base_name)
        window.wait_for_rows(len(before))
        press(window.frame, "Edit…")
        coffer.answer("Edit “%s”?" % fixture.base_name, "Edit")
        gone(window.frame, "label", "Open for viewing")

        press(window.frame, "Main Menu")
        press(window.frame, "Clean Up…", "menu item")
        clean = wait(lambda: next(iter(coffer.windows("Clean Up")), None), "the window")
        self.show_page(clean, "Largest", "label", "Largest Keys")
        self.show_page(clean, "Damaged", "label", "Find Damaged Values")
        self.show_page(clean, "Duplicates", "label", "Find Duplicates")
        press(clean, "Find Duplicates")
        find(clean, "label", "zz/copy.jpg", showing)
        find(clean, "label", "No key marked", showing)

        press(clean, "Mark")
        press(clean, "Keep the First Key", "menu item")
        find(clean, "check box", "Mark “zz/copy.jpg”", showing)
        wait(lambda: not find(clean, "label", None, lambda node: "marked" in node.name).name.startswith("No"), "keys to be marked")
        press(clean, "Delete Marked…")
        dialog = wait(lambda: next((node for node in coffer.windows() if node.name.startswith("Delete ")), None), "the question")
        press(dialog, "Delete")
        find(clean, "label", "No More Duplicates", showing)
        press(clean, "Close")
        wait(lambda: not coffer.windows("Clean Up"), "the window to go")
        self.assert_quits(coffer)
        after = read_vault(path)
        self.assertNotIn(b"zz/copy.jpg", after)
        self.assertEqual({value for value in after.values() if value}, {value for value in before.values() if value})
        filled = [value for value in after.values() if value]
        self.assertEqual(len(filled), len(set(filled)))


if __name__ == "__main__":
    main()
