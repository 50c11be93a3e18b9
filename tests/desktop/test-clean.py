#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keys whose values are the same are found, shown, and deleted, but for one."""
import os
import re
import sqlite3
from contextlib import closing

from coffer import Coffer, CofferCase, main
from gtkdrive import Node, Window, action_names, again, do, find, find_all, gone, key, press, set_text, showing, try_to, wait
from vaults import Fixture, make_vault, read_value, read_vault


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

    def test_rules_and_a_damaged_value(self) -> None:
        """What each rule would leave; and a picture that is cut off is found, deleted, and brought back."""
        picture = read_value(Fixture("v010_media.db").copy(self.folder), b"img/truncated.jpg")
        path = make_vault(self.folder + "/rules.db", [(b"a", b"x" * 5000), (b"b/long/name", b"x" * 5000), (b"c/z", b"x" * 5000),
                                                      (b"img/1", b"y" * 3000), (b"x/img/1", b"y" * 3000), (b"cut.jpg", picture)])
        before = read_vault(path)
        coffer = self.start(path)
        window = coffer.window("rules.db")
        window.wait_for_rows(6)
        press(window.frame, "Edit…")
        coffer.answer("Edit “rules.db”?", "Edit")
        gone(window.frame, "label", "Open for viewing")
        window.activate()
        key("ctrl+shift+k")
        clean = Window(wait(lambda: next(iter(coffer.windows("Clean Up")), None), "the window"))
        press(clean.frame, "Find Duplicates")
        find(clean.frame, "label", "x/img/1", showing)
        for rule, left in (("Keep the Longest Key", ["b/long/name", "x/img/1"]), ("Keep the Shortest Key", ["a", "img/1"]),
                           ("Keep Those Under a Prefix…", ["a", "b/long/name", "c/z", "x/img/1"])):
            press(clean.frame, "Mark")
            press(clean.frame, rule, "menu item")
            if rule.endswith("…"):
                set_text(find(coffer.dialog("Keep Keys Under a Prefix"), "text", "Prefix"), "x/")
                coffer.answer("Keep Keys Under a Prefix", "Mark Others")
            wait(lambda: [node.name[6:-1] for node in find_all(clean.frame, "check box", re.compile("^Mark “"))
                          if not node.has("CHECKED")] == left, rule)   # pylint: disable=cell-var-from-loop

        self.show_page(clean.frame, "Damaged", "label", "Find Damaged Values")
        press(clean.frame, "Find Damaged Values")
        find(clean.frame, "label", "Cut off: its end is missing", showing)
        self.delete(coffer, clean, "cut.jpg")
        window.says(re.compile("^5 keys, "))
        clean.activate()
        key("ctrl+z")
        window.says(re.compile("^6 keys, "))
        press(clean.frame, "Look Again")
        find(clean.frame, "check box", "Mark “cut.jpg”")
        press(clean.frame, "Close")
        wait(lambda: not coffer.windows("Clean Up"), "the window to go")
        self.assert_quits(coffer)
        self.assertEqual(read_vault(path), before)

    def delete(self, coffer: Coffer, clean: Window, name: str) -> None:
        """Mark one key by the mouse, once its row stays where it is, and delete it."""
        mark = find(clean.frame, "check box", "Mark “%s”" % name)
        places = [clean.box(mark)]

        def stays() -> bool:
            places.append(clean.box(mark))
            return places[-1] == places[-2]

        clean.activate()
        wait(stays, "the row in its place")
        clean.click(mark)
        find(clean.frame, "label", re.compile("^1 key marked, "))
        press(clean.frame, "Delete Marked…")
        find(coffer.dialog("Delete 1 Key?"), "label", re.compile("^Its value takes .* (Another key of it stays|A part of a damaged value)"))
        coffer.answer(re.compile("^Delete "), "Delete")

    def press_if_there(self, clean: Window, name: str) -> None:
        """A button of a toast, which may go at any moment, while it is looked for, too."""
        def press_all() -> bool:
            for button in find_all(again(clean.frame), "push button", re.compile("(^|_.* )%s$" % name), showing):
                try_to(button)
            return True

        wait(press_all, "a look at the toasts")

    def test_deleted_keys_come_back(self) -> None:
        """By undoing, in either window: what was found is not true any more, and another look is offered."""
        values = {b"a/1": b"a" * 5000, b"b/1": b"a" * 5000, b"a/2": b"b" * 4000, b"b/2": b"b" * 4000}
        path = make_vault(self.folder + "/back.db", list(values.items()))
        coffer = self.start(path)
        window = coffer.window("back.db")
        window.wait_for_rows(4)
        press(window.frame, "Edit…")
        coffer.answer("Edit “back.db”?", "Edit")
        gone(window.frame, "label", "Open for viewing")
        window.activate()
        key("ctrl+shift+k")
        clean = Window(wait(lambda: next(iter(coffer.windows("Clean Up")), None), "the window"))
        press(clean.frame, "Find Duplicates")

        self.delete(coffer, clean, "b/1")
        gone(clean.frame, "check box", "Mark “b/1”")
        clean.activate()
        key("ctrl+z")
        find(clean.frame, "label", re.compile("^1 value is there more than once.* 1 deleted key is back"))
        key("ctrl+shift+z")
        find(clean.frame, "label", re.compile(r"^1 value is there more than once.* free 4.0.kB\.$"))
        self.delete(coffer, clean, "b/2")
        find(clean.frame, "label", "No More Duplicates")

        window.activate()
        key("ctrl+z")
        window.says(re.compile("^3 keys, "))
        self.press_if_there(clean, "Undo")   # what it offered was taken back: it must not take back the other one
        key("ctrl+shift+z")
        window.says(re.compile("^2 keys, "))
        for i in range(2):
            key("ctrl+z")
            window.says(re.compile("^%d keys, " % (3 + i)))
            find(clean.frame, "label", "Keys Are Back")
            find(clean.frame, "label", re.compile("^%d deleted keys? (is|are) back" % (1 + i)))
        for i in range(2):
            key("ctrl+shift+z")
            window.says(re.compile("^%d keys, " % (3 - i)))
        find(clean.frame, "label", "No More Duplicates")
        key("ctrl+z")
        find(clean.frame, "label", "Keys Are Back")
        press(clean.frame, "Look Again")
        find(clean.frame, "label", "b/2", showing)
        self.assertFalse(find_all(clean.frame, "label", "b/1", showing))
        press(clean.frame, "Close")
        wait(lambda: not coffer.windows("Clean Up"), "the window to go")
        self.assert_quits(coffer)
        del values[b"b/1"]
        self.assertEqual(read_vault(path), values)

    def test_many_are_shown(self) -> None:
        """Rows come bit by bit, all of them, and the last is a key press away."""
        path = make_vault(self.folder + "/many.db", ((b"%s/%03d" % (folder, i), b"%d" % i * 5000) for folder in (b"a", b"b") for i in range(400)))
        coffer = self.start(path)
        window = coffer.window("many.db")
        window.says(re.compile("^800 keys, "))
        window.activate()
        key("ctrl+shift+k")
        clean = wait(lambda: next(iter(coffer.windows("Clean Up")), None), "the window")
        self.show_page(clean, "Duplicates", "label", "Find Duplicates")
        press(clean, "Find Duplicates")
        find(clean, "label", re.compile("^a/[1-3]"), showing)
        wait(lambda: len(find_all(clean, "check box", re.compile("^Mark “"))) > 18, "the rows that GTK keeps")

        def at_end() -> bool:
            key("End")
            return any(node.name.startswith("b/00") and showing(node) for node in again(clean).walk() if node.role == "label")

        wait(at_end, "the last row")
        press(clean, "Close")
        wait(lambda: not coffer.windows("Clean Up"), "the window to go")
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
