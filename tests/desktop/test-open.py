#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every healthy vault: what the list and the status bar say is what is in the file, and looking changes nothing."""
import os
from typing import List

from coffer import LIKE_ANYBODY, CofferCase, VaultWindow, main, read_row, size_text
from gtkdrive import key, showing, wait
from vaults import Entry, Fixture, shown, state_of


class OpenTest(CofferCase):
    def check(self, name: str, locked: bool = False) -> None:
        """locked: nothing may be written in the folder, not even by root."""
        fixture = Fixture(name)
        path = fixture.copy(self.folder)
        if locked:
            for file in os.listdir(self.folder):
                os.chmod(os.path.join(self.folder, file), 0o444)
            os.chmod(self.folder, 0o555)
            self.addCleanup(os.chmod, self.folder, 0o755)
        before = state_of(self.folder)
        coffer = self.start(path, through=LIKE_ANYBODY if locked else ())
        window = coffer.window(fixture.base_name)
        table = next(iter(fixture.tables.values()))

        self.check_rows(window, table)
        self.check_sums(window, table)
        if table:
            self.check_last(window, table[-1])

        self.assert_quits(coffer)
        self.assertEqual(state_of(self.folder), before)

    def check_rows(self, window: VaultWindow, table: List[Entry]) -> None:
        rows = window.wait_for_rows(len(table))
        self.assertEqual([(row.key, row.size) for row in rows],
                         [(shown(entry.key), size_text(entry.size)) for entry in table])
        wait(lambda: not rows or showing(window.row_nodes()[0]), "the first row to be in view")

    def check_sums(self, window: VaultWindow, table: List[Entry]) -> None:
        count = "%d key%s" % (len(table), "" if len(table) == 1 else "s")
        window.says("%s, %s" % (count, size_text(sum(entry.size for entry in table))))

    def check_last(self, window: VaultWindow, last: Entry) -> None:
        """End goes to the last row, and there it is on the screen."""
        window.focus_list()
        key("End")
        wait(lambda: window.selected_key() == shown(last.key), "the last key to be selected")
        wait(lambda: showing(window.selected()), "the last row to be in view")
        self.assertEqual(read_row(window.selected()).size, size_text(last.size))

    def test_v010_media(self) -> None:
        self.check("v010_media.db")

    def test_v010_odd_keys(self) -> None:
        self.check("v010_odd_keys.db")

    def test_v010_two_tables(self) -> None:
        self.check("v010_two_tables.db")

    def test_v086_media_autopack(self) -> None:
        self.check("v086_media_autopack.db")

    def test_v086_two_tables(self) -> None:
        self.check("v086_two_tables.db")

    def test_v086_all_vaults(self) -> None:
        self.check("v086_all_vaults.db")

    def test_hot_write_ahead_log(self) -> None:
        self.check("hot/v010_hot_wal.db")

    def test_folder_that_may_not_be_written(self) -> None:
        self.check("v086_two_tables.db", locked=True)

    def test_hot_log_in_a_folder_that_may_not_be_written(self) -> None:
        self.check("hot/v010_hot_wal.db", locked=True)

    def test_small_pages_with_auto_vacuum(self) -> None:
        self.check("foreign/v2_page_1024_autovacuum.db")

    def test_empty_vault(self) -> None:
        self.check("foreign/empty_vault_v2.db")


if __name__ == "__main__":
    main()
