#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is no vault: a page in place that says so in the right words. Nothing is changed, nothing is made, nothing hangs."""
import os
import random
import shutil

from coffer import LIKE_ANYBODY, Coffer, CofferCase, main
from gtkdrive import find, key, press
from vaults import DATA, Fixture, state_of

NOT_A_VAULT = "“%s” Is Not a Vault"
NO_VAULT = "No Vault in “%s”"
DAMAGED = "“%s” Is Damaged"
ENCRYPTED = "“%s” Looks Encrypted"
NOT_THERE = "“%s” Is Not There"
NOT_A_FILE = "“%s” Is Not a File"
NO_PERMISSION = "No Permission to Open “%s”"


class RefuseTest(CofferCase):
    def refuse(self, name: str, title: str, through: tuple = ()) -> Coffer:
        """Open a file of the folder; wait for the page with that title."""
        coffer = self.start(os.path.join(self.folder, name), through=through)
        self.window = coffer.window(name)
        self.window.says(title % name)
        return coffer

    def refuse_fixture(self, path: str, title: str) -> None:
        name = os.path.basename(path)
        shutil.copy(os.path.join(DATA, path), self.folder)
        before = state_of(self.folder)
        coffer = self.refuse(name, title)
        self.assert_quits(coffer)
        self.assertEqual(state_of(self.folder), before)

    def test_another_programs_database(self) -> None:
        self.refuse_fixture("foreign/other_app.sqlite", NO_VAULT)

    def test_database_without_tables(self) -> None:
        self.refuse_fixture("foreign/sqlite_no_tables.db", NO_VAULT)

    def test_nothing_in_it(self) -> None:
        self.refuse_fixture("foreign/zero_bytes.db", NO_VAULT)

    def test_picture(self) -> None:
        self.refuse_fixture("foreign/really_a_jpeg.db", NOT_A_VAULT)

    def test_text(self) -> None:
        self.refuse_fixture("foreign/text_file.db", NOT_A_VAULT)

    def test_broken_header(self) -> None:
        self.refuse_fixture("damaged/header_magic_broken.db", NOT_A_VAULT)

    def test_half_of_it(self) -> None:
        self.refuse_fixture("damaged/truncated_half.db", DAMAGED)

    def test_fifty_bytes(self) -> None:
        self.refuse_fixture("damaged/truncated_50_bytes.db", DAMAGED)

    def test_encrypted(self) -> None:
        with open(self.folder + "/secret.db", "wb") as file:
            file.write(random.Random(1).randbytes(65536))
        before = state_of(self.folder)
        self.assert_quits(self.refuse("secret.db", ENCRYPTED))
        self.assertEqual(state_of(self.folder), before)

    def test_not_there(self) -> None:
        self.assert_quits(self.refuse("gone.db", NOT_THERE))
        self.assertEqual(os.listdir(self.folder), [])

    def test_folder(self) -> None:
        os.mkdir(self.folder + "/folder.db")
        self.assert_quits(self.refuse("folder.db", NOT_A_FILE))
        self.assertEqual(os.listdir(self.folder), ["folder.db"])

    def test_pipe(self) -> None:
        os.mkfifo(self.folder + "/pipe.db")
        self.assert_quits(self.refuse("pipe.db", NOT_A_FILE))

    def test_no_permission(self) -> None:
        path = Fixture("v086_two_tables.db").copy(self.folder)
        os.chmod(path, 0)
        self.assert_quits(self.refuse("v086_two_tables.db", NO_PERMISSION, LIKE_ANYBODY))

    def test_menu(self) -> None:
        """The main menu is there as everywhere, by F10 too."""
        coffer = self.refuse("gone.db", NOT_THERE)
        find(self.window.frame, "push button", "Main Menu")
        self.window.activate()
        key("F10")
        press(self.window.frame, "New Window", "menu item")
        coffer.window()
        self.assert_quits(coffer)

    def test_try_again_once_it_is_there(self) -> None:
        coffer = self.refuse("v086_two_tables.db", NOT_THERE)
        fixture = Fixture("v086_two_tables.db")
        fixture.copy(self.folder)
        press(self.window.frame, "Try Again")
        self.window.wait_for_rows(len(fixture.tables["kv"]))
        self.assert_quits(coffer)

    def test_try_again_once_it_is_repaired(self) -> None:
        fixture = Fixture("v086_two_tables.db")
        path = os.path.join(self.folder, fixture.base_name)
        with open(fixture.path, "rb") as whole, open(path, "wb") as part:
            part.write(whole.read()[:20000])
        coffer = self.refuse(fixture.base_name, DAMAGED)
        press(self.window.frame, "Try Again")
        self.window.says(DAMAGED % fixture.base_name)
        fixture.copy(self.folder)
        press(self.window.frame, "Try Again")
        self.window.wait_for_rows(len(fixture.tables["kv"]))
        self.assert_quits(coffer)


if __name__ == "__main__":
    main()
