#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A vault opens for viewing; once asked to, it can be edited, and what the screen says is what is in the file."""
import os
import re
import sqlite3
from contextlib import closing
from typing import Dict

from coffer import LIKE_ANYBODY, CofferCase, main
from gtkdrive import again, do, find, find_all, gone, key, press, set_text, showing, text_of, wait
from vaults import Fixture, make_vault, read_vault, state_of

VIEWING = "Open for viewing"


class EditTest(CofferCase):
    def open(self, name: str, through: tuple = ()) -> None:
        self.fixture = Fixture(name)
        # The values, by another copy.
        os.mkdir(self.folder + "/other")
        self.values = read_vault(self.fixture.copy(self.folder + "/other"))
        os.mkdir(self.folder + "/vault")
        self.path = self.fixture.copy(self.folder + "/vault")
        if through:
            os.chmod(self.path, 0o444)
        self.before = state_of(self.folder + "/vault")
        self.coffer = self.start(self.path, through=through)
        self.window = self.coffer.window(self.fixture.base_name)
        self.window.wait_for_rows(len(self.values))
        self.window.says(VIEWING)

    def edit(self) -> None:
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “%s”?" % os.path.basename(self.path), "Edit")
        gone(self.window.frame, "label", VIEWING)

    def close(self, expected: Dict[bytes, bytes]) -> None:
        """The file holds just that, is whole, and is alone in its folder."""
        self.assert_quits(self.coffer)
        self.assertEqual(os.listdir(self.folder + "/vault"), [self.fixture.base_name])
        self.assertEqual(read_vault(self.path), expected)
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def choose(self, name: str) -> None:
        self.window.focus_list()
        self.window.choose_with_keys(name)

    def rename(self, name: str, new: str) -> None:
        """Where the key stands."""
        self.choose(name)
        key("F2")
        entry = find(self.window.frame, "text", "New key", showing)
        self.assertEqual(text_of(entry), name)
        set_text(entry, new)
        key("Return")

    def check_rename(self, name: str) -> None:
        self.open(name)
        self.edit()
        new = "neu/größer “日本” & <b>.png"
        self.rename("img/photo.png", new)
        self.window.wait_for_selected(new)
        self.assertEqual(len(self.window.wait_for_rows(len(self.values))), len(self.values))
        self.values[new.encode()] = self.values.pop(b"img/photo.png")
        self.close(self.values)

    def test_rename_in_the_older_shape(self) -> None:
        self.check_rename("v010_media.db")

    def test_rename_in_the_newer_shape(self) -> None:
        self.check_rename("v086_two_tables.db")

    def test_rename_to_a_key_that_is_there(self) -> None:
        """Nothing is replaced, and the reason is told."""
        self.open("v086_two_tables.db")
        self.edit()
        self.rename("img/photo.png", "img/plain.jpg")
        # where it is, GTK 4.8 does not know
        wait(lambda: find_all(self.window.frame, "label", "There is a key “img/plain.jpg” already"), "the reason")
        key("Escape")
        gone(self.window.frame, "text", "New key")
        self.window.wait_for_selected("img/photo.png")
        self.close(self.values)

    def test_rename_of_a_large_value(self) -> None:
        """What it costs is said beforehand, and again once a name that cannot be is written otherwise."""
        cost = re.compile("^The value is written anew under its name: about 41.9.MB\\.$")
        os.mkdir(self.folder + "/vault")
        self.path = make_vault(self.folder + "/vault/large.db", [(b"large.bin", b"0" * 41943040), (b"small.bin", b"1")])
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("large.db")
        self.window.wait_for_rows(2)
        self.edit()
        self.choose("small.bin")
        key("F2")
        find(self.window.frame, "text", "New key", showing)
        self.assertEqual(find_all(self.window.frame, "label", cost), [])
        key("Escape")
        gone(self.window.frame, "text", "New key")
        self.choose("large.bin")
        key("F2")
        entry = find(self.window.frame, "text", "New key", showing)
        wait(lambda: find_all(self.window.frame, "label", cost), "the cost")   # where it is, GTK 4.8 does not know
        set_text(entry, "small.bin")
        key("Return")
        wait(lambda: find_all(self.window.frame, "label", "There is a key “small.bin” already"), "the reason")
        set_text(entry, "big.bin")
        wait(lambda: find_all(self.window.frame, "label", cost), "the cost again")
        with closing(sqlite3.connect(self.path)) as other:
            other.execute("BEGIN IMMEDIATE")
            key("Return")
            find(self.window.frame, "push button", "Cancel Transfer", showing)
            do(self.window.frame, "window.close")
            self.coffer.answer("Keys Are Still Being Renamed", "Cancel")
        self.window.wait_for_selected("big.bin")
        gone(self.window.frame, "push button", "Cancel Transfer")
        self.assert_quits(self.coffer)
        values = read_vault(self.path)
        self.assertEqual({name: len(value) for name, value in values.items()}, {b"big.bin": 41943040, b"small.bin": 1})

    def test_rename_of_a_large_value_in_the_older_shape(self) -> None:
        """There it stays in its place under a name as long."""
        os.mkdir(self.folder + "/vault")
        self.path = Fixture("v010_media.db").copy(self.folder + "/vault")
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute("UPDATE kv SET value = zeroblob(41943040), size = 41943040 WHERE key = CAST('img/photo.png' AS BLOB)")
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v010_media.db")
        self.window.wait_for_rows(len(read_vault(self.path)))
        self.edit()
        self.choose("img/photo.png")
        key("F2")
        find(self.window.frame, "text", "New key", showing)
        cost = re.compile("^Under a name of another length the value is written anew: about 41.9.MB\\.$")
        wait(lambda: find_all(self.window.frame, "label", cost), "the cost")   # where it is, GTK 4.8 does not know
        key("Escape")
        gone(self.window.frame, "text", "New key")
        self.assert_quits(self.coffer)

    def test_rename_is_dropped_kept_and_taken_back(self) -> None:
        """Escape drops what is written, going elsewhere, too; what is typed comes in place of the name, without its ending."""
        self.open("v086_two_tables.db")
        self.edit()
        self.choose("img/photo.png")
        for leave in ("Escape", "Tab"):
            key("F2")
            find(self.window.frame, "text", "New key", showing)
            key("x", leave)
            gone(self.window.frame, "text", "New key")
        self.choose("img/photo.png")
        key("F2")
        entry = find(self.window.frame, "text", "New key", showing)
        key("n", "e", "w")
        wait(lambda: text_of(again(entry)) == "img/new.png", "what was typed")
        key("Return")
        self.window.wait_for_selected("img/new.png")
        key("ctrl+z")
        self.window.wait_for_selected("img/photo.png")
        self.close(self.values)

    def check_delete(self, name: str) -> None:
        self.open(name)
        self.edit()
        self.choose("img/plain.jpg")
        key("Delete")
        self.coffer.answer("Delete “img/plain.jpg”?", "Delete")
        self.window.wait_for_rows(len(self.values) - 1)
        del self.values[b"img/plain.jpg"]
        self.close(self.values)

    def test_delete_in_the_older_shape(self) -> None:
        self.check_delete("v010_media.db")

    def test_delete_in_the_newer_shape(self) -> None:
        self.check_delete("v086_two_tables.db")

    def test_cancel_is_the_answer_of_return_and_escape(self) -> None:
        self.open("v086_two_tables.db")
        self.edit()
        self.choose("img/plain.jpg")
        for answer in ("Return", "Escape"):
            key("Delete")
            dialog = self.coffer.dialog("Delete “img/plain.jpg”?")
            find(dialog, "label", re.compile("^The file is .*Compacted without this key it would be about "), showing)
            key(answer)
            wait(lambda: not self.coffer.windows("Delete “img/plain.jpg”?"), "the dialog to go")
        self.close(self.values)

    def test_nothing_changes_while_viewing(self) -> None:
        """What a key means is offered for when it is edited."""
        self.open("v086_two_tables.db")
        self.choose("img/plain.jpg")
        question = "Edit “%s”?" % self.fixture.base_name
        for pressed, what in (("F2", "renamed"), ("Delete", "deleted"), ("ctrl+x", "moved")):
            key(pressed)
            find(self.coffer.dialog(question), "label", re.compile("^The vault is open for viewing. Keys can be %s" % what), showing)
            self.coffer.answer(question, "Cancel")
        key("ctrl+z")
        self.window.says("There is nothing to undo")
        self.window.says(VIEWING)
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.folder + "/vault"), self.before)

    def test_look_again(self) -> None:
        """What another program wrote meanwhile comes with F5, and the chosen key stays chosen."""
        self.open("v086_two_tables.db")
        self.choose("img/plain.jpg")
        with closing(sqlite3.connect(self.path, timeout=20)) as db:
            with db:
                db.execute("INSERT INTO kv VALUES (CAST ('aaa/new' AS BLOB), CAST ('value' AS BLOB))")
        self.values[b"aaa/new"] = b"value"
        key("F5")
        rows = self.window.wait_for_rows(len(self.values))
        self.assertEqual(rows[0].key, "aaa/new")
        self.window.wait_for_selected("img/plain.jpg")
        self.close(self.values)

    def test_stop_editing(self) -> None:
        """What was done before can be undone: it is edited for that."""
        self.open("v086_two_tables.db")
        self.edit()
        self.rename("img/plain.jpg", "img/other.jpg")
        self.window.wait_for_selected("img/other.jpg")
        press(self.window.frame, "Main Menu")
        press(self.window.frame, "Stop Editing", "menu item")
        self.window.says(VIEWING)
        key("ctrl+z")
        self.coffer.answer("Edit “%s”?" % self.fixture.base_name, "Edit")
        self.window.wait_for_selected("img/plain.jpg")
        gone(self.window.frame, "label", VIEWING)
        self.close(self.values)

    def test_file_that_may_not_be_written(self) -> None:
        """The banner says so and has no Edit."""
        self.open("foreign/v2_page_1024_autovacuum.db", LIKE_ANYBODY)
        gone(self.window.frame, "push button", re.compile("Edit…$"))
        why = re.compile("cannot be|read-only|may not", re.IGNORECASE)
        self.window.says(why)
        n = len(find_all(self.window.frame, "label", why, showing))
        self.choose(self.window.wait_for_rows(len(self.values))[0].key)
        key("Delete")
        wait(lambda: len(find_all(self.window.frame, "label", why, showing)) > n, "the reason again")
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.folder + "/vault"), self.before)


if __name__ == "__main__":
    main()
