#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Another process has the vault for itself while files are added: what is shown meanwhile, and who is told how it ended."""
import os
import re
import subprocess
import sys
import time
from typing import Optional

from coffer import APPLICATION, CofferCase, main
from gi.repository import GLib
from gtkdrive import PATIENCE, Match, Node, activate_action, do, find, find_all, gone, press, showing, wait, xdo, xprop
from notices import Notices
from vaults import make_vault, read_vault

# A process that has the vault until its input ends.
OTHER = """
import sqlite3, sys
vault = sqlite3.connect (sys.argv[1])
vault.execute ("BEGIN " + sys.argv[2])
vault.execute ("INSERT INTO kv VALUES (CAST ('other' AS BLOB), CAST ('never' AS BLOB))")
print ("has it", flush=True)
sys.stdin.read ()
vault.rollback ()
vault.close ()
"""

WAITING = re.compile("^Waiting for another program")
# How long a transfer takes about whose end the desktop is told, and how long one waits for others: see coffer-window-notices.c and
# coffer-import.c. Nothing shows that the first is over, so that time does pass here.
LONG = 10
PATIENT = 30
FAR_TOO_LONG = 150.0


class WaitingTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.folder + "/vault")
        self.path = self.folder + "/vault/v.db"
        self.values = {b"img/a": b"old", b"img/z": b"last"}
        make_vault(self.path, list(self.values.items()))
        for name in ("0", "1", "2"):
            with open(self.folder + "/" + name, "wb") as file:
                file.write(name.encode() * 100000)
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("v.db")
        self.window.wait_for_rows(2)
        press(self.window.frame, "Edit…")
        self.coffer.answer("Edit “v.db”?", "Edit")
        find(self.window.frame, "push button", "Add Files", showing)

    def add(self, *names: str) -> None:
        uris = ["file://" + self.folder + "/" + name for name in names]
        activate_action(APPLICATION, "add-uris", GLib.Variant("(ayayas)", (list(b"kv"), list(b"img/"), uris)), window=1)

    def added(self, *names: str) -> None:
        self.values.update({b"img/" + name.encode(): name.encode() * 100000 for name in names})

    def lock(self, how: str = "IMMEDIATE") -> subprocess.Popen:
        other = subprocess.Popen([sys.executable, "-c", OTHER, self.path, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.unlock, other)
        self.assertEqual(other.stdout.readline(), b"has it\n")
        return other

    def unlock(self, other: subprocess.Popen) -> None:
        if other.returncode is None:
            other.communicate()
            self.assertEqual(other.returncode, 0)

    def close(self) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(read_vault(self.path), self.values)

    def test_gives_up(self) -> None:
        """After half a minute it says why; nothing was added, and all of it can be once the vault is free."""
        other = self.lock()
        self.add("0", "1", "2")
        self.window.says(WAITING)
        press(self.window.frame, "Cancel Transfer")
        self.window.says("Nothing was added")
        gone(self.window.frame, "label", WAITING)
        began = time.monotonic()
        self.add("0", "1", "2")
        self.window.says(WAITING)
        dialog = wait(lambda: next(iter(self.coffer.windows("Not All Files Could Be Added")), None), "the report", FAR_TOO_LONG)
        self.assertGreaterEqual(time.monotonic() - began, PATIENT - 1)
        find(dialog, "label", re.compile("another program|in use|busy", re.IGNORECASE))
        find(dialog, "label", re.compile("Nothing was added$"))
        self.coffer.answer("Not All Files Could Be Added", "Close")
        gone(self.window.frame, "label", WAITING)
        self.window.wait_for_rows(2)
        self.unlock(other)
        self.assertEqual(read_vault(self.path), self.values)
        self.add("0", "1", "2")
        self.window.says("3 files added")
        self.window.wait_for_rows(5)
        self.added("0", "1", "2")
        self.close()

    def in_sheet(self, role: str, name: Match, seconds: float = PATIENCE) -> Node:
        def look() -> Optional[Node]:
            return next((node for sheet in self.coffer.windows("Add 3 Files") for node in find_all(sheet, role, name)
                         if node.has("SENSITIVE") and showing(node)), None)

        return wait(look, "%s “%s” in the sheet" % (role, name), seconds)

    def test_kept_from_reading(self) -> None:
        """So that it is not even known which keys exist: the sheet comes and says so, and goes on when it may."""
        other = self.lock("EXCLUSIVE")
        self.add("0", "1", "2")
        self.in_sheet("label", "Looking up which keys exist already")
        self.in_sheet("label", WAITING, FAR_TOO_LONG)
        self.unlock(other)
        do(self.in_sheet("push button", re.compile("(^|_.* )Add$"), FAR_TOO_LONG))
        self.window.says("3 files added")
        self.window.wait_for_rows(5)
        self.added("0", "1", "2")
        self.close()

    # Who is told

    def add_while_locked(self, name: str, seconds: float) -> None:
        other = self.lock()
        self.add(name)
        self.window.says(WAITING)
        began = time.monotonic()
        xdo("windowminimize", self.window.xid)
        wait(self.is_away, "the window to go out of sight")
        wait(lambda: time.monotonic() - began > seconds, "the time to pass")
        self.unlock(other)
        self.added(name)

    def test_the_desktop_is_told(self) -> None:
        """Of the end of what took long, if nobody looks; and a click brings the window back."""
        notices = Notices()
        self.addCleanup(notices.close)
        self.add_while_locked("0", 0)
        wait(lambda: self.in_vault(b"img/0"), "the file in the vault")
        self.window.activate()
        self.window.says("1 file added")
        self.window.wait_for_rows(3)
        self.assertEqual(notices.told, [])
        self.add_while_locked("1", LONG + 1)
        notice, = wait(lambda: notices.told, "the desktop to be told")
        self.assertEqual((notice.title, notice.body, list(notice.actions)), ("v.db", "1 file added", ["default"]))
        self.assertTrue(self.is_away())
        notices.click(notice)
        wait(self.window.active, "the window to be back")
        self.assertEqual(len(self.coffer.windows()), 1)
        self.window.wait_for_rows(4)
        self.assertEqual(notices.told, [notice])
        self.close()

    def is_away(self) -> bool:
        return "Iconic" in xprop(self.window.xid, "WM_STATE")

    def in_vault(self, key: bytes) -> bool:
        return key in read_vault(self.path)


if __name__ == "__main__":
    main()
