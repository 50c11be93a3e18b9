#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""While a file chooser is up no vault is open: it opens and closes all files it shows, and that drops the locks on them."""
import os
import tempfile
import time
from typing import List

from coffer import Coffer, CofferCase, main
from gtkdrive import Window, key, press, wait
from vaults import Fixture, shown, state_of

TITLE = "Open a Vault"
WATCHED_SECONDS = 1.5


def open_files(coffer: Coffer, folder: str) -> List[str]:
    """What the program has open of a folder's files: its descriptors, which come and go while we look."""
    fds = "/proc/%d/fd" % coffer.process.pid
    found = []
    for fd in os.listdir(fds):
        try:
            target = os.readlink(os.path.join(fds, fd))
        except OSError:
            continue
        if target.startswith(folder + "/"):
            found.append(os.path.basename(target))
    return found


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

    def open_chooser(self) -> Window:
        # What looks has the vault open for some seconds more.
        for window in self.windows[::-1]:
            window.activate()
            key("F5")
        names = {fixture.base_name for fixture in self.fixtures}
        wait(lambda: names <= set(open_files(self.coffer, self.folder)), "all vaults to be open")
        key("ctrl+o")
        return Window(wait(lambda: next(iter(self.coffer.windows(TITLE)), None), "the dialog"))

    def assert_lets_go(self) -> None:
        """The chooser itself opens each file for a moment; a vault would stay open, as would what lies beside it."""
        sightings = {path: 0 for path in os.listdir(self.folder)}
        end = time.monotonic() + WATCHED_SECONDS
        looks = 0
        while time.monotonic() < end:
            for name in set(open_files(self.coffer, self.folder)):
                sightings[name] = sightings.get(name, 0) + 1
            looks += 1
            time.sleep(0.02)
        self.assertGreater(looks, 5)
        self.assertFalse([name for name, times in sightings.items() if times > looks // 2], sightings)

    def assert_goes_on(self) -> None:
        """Both windows read again, from files that are as they were."""
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

    def test_chosen(self) -> None:
        """What is chosen opens once the chooser is gone."""
        more = Fixture("v010_odd_keys.db")
        path = more.copy(self.other_folder())
        self.open_chooser()
        self.assert_lets_go()
        self.coffer.choose_file(TITLE, path, "Open")
        self.coffer.window(more.base_name).wait_for_rows(len(next(iter(more.tables.values()))))
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
        self.assertEqual(open_files(self.coffer, os.path.dirname(path)), [])
        chooser.activate()
        key("Escape")
        self.coffer.window(more.base_name).wait_for_rows(len(next(iter(more.tables.values()))))
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
