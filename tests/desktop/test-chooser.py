#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""While a file chooser is up no vault is open: it opens and closes all files it shows, and that drops the locks on them.

Both have descriptors of the same files. SQLite's are known by a flag: it never follows a link that it opens, and GTK does.
"""
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from typing import Set

from coffer import Coffer, CofferCase, main
from gtkdrive import Window, do, key, press, wait
from vaults import Fixture, shown, state_of

TITLE = "Open a Vault"
LOOKS = 40


def open_vaults(coffer: Coffer, folder: str) -> Set[str]:
    """The files of a folder that SQLite has open in the program. Descriptors come and go while we look."""
    process = "/proc/%d" % coffer.process.pid
    found = set()
    for fd in os.listdir(process + "/fd"):
        try:
            target = os.readlink("%s/fd/%s" % (process, fd))
            if not target.startswith(folder + "/"):
                continue
            with open("%s/fdinfo/%s" % (process, fd), encoding="ascii") as file:
                flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags:"))
            # Another file may have the number by now; then the name is its own.
            if flags & os.O_NOFOLLOW and os.readlink("%s/fd/%s" % (process, fd)) == target:
                found.add(os.path.basename(target))
        except OSError:
            continue
    return found


def locked_files(coffer: Coffer, folder: str) -> Set[str]:
    """The files of a folder on which the program has a lock."""
    names = {os.stat(os.path.join(folder, name)).st_ino: name for name in os.listdir(folder)}
    with open("/proc/locks", encoding="ascii") as file:
        lines = [line.split() for line in file]
    return {names[inode] for line in lines if "->" not in line and int(line[4]) == coffer.process.pid
            for inode in [int(line[5].split(":")[2])] if inode in names}


class ChooserTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        self.fixtures = [Fixture("v010_two_tables.db"), Fixture("v086_two_tables.db")]
        self.paths = [fixture.copy(self.folder) for fixture in self.fixtures]
        self.before = state_of(self.folder)
        self.coffer = self.start(*self.paths)
        self.windows = [self.coffer.window(fixture.base_name) for fixture in self.fixtures]

    def other_folder(self) -> str:
        folder = tempfile.TemporaryDirectory(prefix="coffer-test-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def look_at_all(self) -> None:
        """Have all vaults open, which lasts for some seconds."""
        names = {fixture.base_name for fixture in self.fixtures}

        def look() -> bool:
            for window in self.windows:
                do(window.frame, "win.refresh")
            return names <= open_vaults(self.coffer, self.folder)

        wait(look, "all vaults to be open")

    def open_chooser(self) -> Window:
        self.look_at_all()
        self.windows[0].activate()
        key("ctrl+o")
        return Window(wait(lambda: next(iter(self.coffer.windows(TITLE)), None), "the dialog"))

    def assert_lets_go(self) -> None:
        """No vault is open and none is locked, from the first look to the last, whatever is asked of the windows."""
        for i in range(LOOKS):
            self.assertEqual(open_vaults(self.coffer, self.folder), set())
            self.assertEqual(locked_files(self.coffer, self.folder), set())
            if i % 10 == 0:
                for window in self.windows:
                    do(window.frame, "win.refresh")   # has to wait
        self.assertTrue(self.coffer.windows(TITLE))

    def assert_goes_on(self) -> None:
        """Both windows read again, from files that are as they were."""
        self.look_at_all()
        for window, fixture in zip(self.windows, self.fixtures):
            window.activate()
            window.focus_list()
            key("End")
            last = next(iter(fixture.tables.values()))[-1]
            wait(lambda: window.selected_key() == shown(last.key), "the last key to be selected")
            wait(lambda: window.facts(), "the facts of its value")
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.folder), self.before)

    def test_cancelled(self) -> None:
        chooser = self.open_chooser()
        self.assert_lets_go()
        chooser.activate()
        key("Escape")
        wait(lambda: not self.coffer.windows(TITLE), "the dialog to go")
        self.assert_goes_on()

    def test_locks(self) -> None:
        """Who writes has locks even while nothing is written. They are gone, not dropped by the way."""
        with closing(sqlite3.connect(self.paths[0])) as db:
            db.execute("PRAGMA journal_mode = wal")
        window = self.windows[0]
        window.activate()
        press(window.frame, "Edit…")
        self.coffer.answer(re.compile("^Edit"), "Edit")
        wait(lambda: locked_files(self.coffer, self.folder), "a lock")
        chooser = self.open_chooser()
        self.assert_lets_go()
        chooser.activate()
        key("Escape")
        wait(lambda: not self.coffer.windows(TITLE), "the dialog to go")
        self.look_at_all()
        self.assert_quits(self.coffer)

    def test_chosen(self) -> None:
        """What is chosen opens once the chooser is gone."""
        more = Fixture("v010_odd_keys.db")
        path = more.copy(self.other_folder())
        self.open_chooser()
        self.assert_lets_go()
        self.coffer.choose_file(TITLE, path, "Open")
        self.coffer.window(more.base_name).says(re.compile("^%d keys" % len(next(iter(more.tables.values())))))
        self.assert_goes_on()

    def test_opened_meanwhile(self) -> None:
        """A file that comes another way waits for the chooser."""
        more = Fixture("v010_odd_keys.db")
        path = more.copy(self.other_folder())
        chooser = self.open_chooser()
        second = self.start(path)
        self.assertEqual(second.process.wait(20), 0)
        self.coffer.window(more.base_name)
        self.assert_lets_go()
        self.assertEqual(open_vaults(self.coffer, os.path.dirname(path)), set())
        chooser.activate()
        key("Escape")
        self.coffer.window(more.base_name).says(re.compile("^%d keys" % len(next(iter(more.tables.values())))))
        self.assert_goes_on()

    def test_window_closed(self) -> None:
        """The chooser goes with its window."""
        self.open_chooser()
        self.assert_lets_go()
        press(self.windows[0].frame, "Close")
        wait(lambda: not self.coffer.windows(TITLE), "the dialog to go")
        del self.windows[0], self.fixtures[0]
        self.assert_goes_on()


if __name__ == "__main__":
    main()
