#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files that do not hold still, and files that are too much: a program beside Coffer commits all the time, the file is
replaced or goes, a key is a megabyte long, there are ten thousand tables. The rows stay right and the main loop free."""
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import List, Optional, Tuple

from coffer import CofferCase, VaultWindow, main, read_row
from gtkdrive import again, do, find, find_all, key, showing, wait, xdo
from vaults import make_large_vault, make_vault, shown
from watchdog import Watchdog

# Twice what it takes on a machine that has other things to do, of which even the time on a processor tells a little.
LONGEST_TURN_MS = 64.0

# As often as the list is walked again at most, each time with as much work as for opening the file.
MOST_OF_A_PROCESSOR = 0.6

# argv: the file, how many commits a second. One in three keys comes between two others, one goes, one changes. It says each hundredth.
WRITER = """
import sqlite3, sys, time
db = sqlite3.connect (sys.argv[1], isolation_level=None, timeout=20)
db.execute ("PRAGMA synchronous=OFF")
pause, begin, n = 1 / float (sys.argv[2]), time.monotonic (), 0
print ("ready", flush=True)
while True:
    number = n * 7919 % 100000
    if n % 3 == 0:
        db.execute ("INSERT OR IGNORE INTO kv VALUES (?, x'00')", (b"item/%07d/new" % number,))
    elif n % 3 == 1:
        db.execute ("DELETE FROM kv WHERE key = ?", (b"item/%07d" % (number | 1),))
    else:
        db.execute ("UPDATE kv SET value = zeroblob (7) WHERE key = ?", (b"item/%07d" % number,))
    n += 1
    if n % 100 == 0:
        print (n, flush=True)
    time.sleep (max (0, begin + n * pause - time.monotonic ()))
"""


class Writer:
    """Another program that has the file open and commits."""

    def __init__(self, path: str, rate: int):
        self.process = subprocess.Popen([sys.executable, "-c", WRITER, path, str(rate)], stdout=subprocess.PIPE, text=True)
        self.commits = 0
        self.process.stdout.readline()

    def wait_for(self, more: int) -> None:
        """Until it has made so many more commits."""
        end = self.commits + more
        while self.commits < end:
            self.commits = int(self.process.stdout.readline())

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class LiveCase(CofferCase):
    def open(self, path: str) -> VaultWindow:
        self.dog = Watchdog(self.folder)
        self.coffer = self.start(path, **self.dog.env)
        window = self.coffer.window(os.path.basename(path))
        wait(lambda: [row for row in map(read_row, window.row_nodes()[:5]) if row.size], "the first rows")
        window.activate()
        self.dog.forget()
        return window

    def forget_turns(self) -> None:
        """What follows is watched, up to the next question to the program: to answer that takes long turns, too."""
        self.dog.forget()

    def assert_no_stall(self) -> None:
        self.assertEqual([turn for turn in self.dog.stalls() if turn.busy > LONGEST_TURN_MS], [])

    def processor_seconds(self) -> float:
        with open("/proc/%d/stat" % self.coffer.process.pid, encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until_idle(self) -> None:
        """Until it has done nothing for a fifth of a second, without asking it."""
        last, since = self.processor_seconds(), time.monotonic()

        def look() -> bool:
            nonlocal last, since
            now = self.processor_seconds()
            if now != last:
                last, since = now, time.monotonic()
            return time.monotonic() > since + 0.2

        wait(look, "it to rest")

    def wait_for_label(self, window: VaultWindow, text: str) -> None:
        wait(lambda: any(text in node.name and showing(node) for node in again(window.frame).walk() if node.role == "label"), text, 60)


class BusyWriterTest(LiveCase):
    def open_beside_writer(self, rate: int) -> Tuple[VaultWindow, Writer, str]:
        path = make_large_vault(self.folder + "/big.db", 100000)
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode=WAL")
        window = self.open(path)
        writer = Writer(path, rate)
        self.addCleanup(writer.stop)
        return window, writer, path

    def keys_after(self, path: str, name: str, count: int) -> List[str]:
        with closing(sqlite3.connect(path)) as db:
            return [row[0].decode() for row in
                    db.execute("SELECT key FROM kv WHERE key >= ? ORDER BY key LIMIT ?", (name.encode(), count))]

    def test_thousand_commits_a_second(self) -> None:
        window, writer, path = self.open_beside_writer(1000)
        window.focus_list()
        window.choose_with_keys("item/0050000")
        writer.wait_for(500)
        self.forget_turns()
        for _ in range(5):      # a person scrolls away and back meanwhile
            key("Next", "Next", "Prior", "Prior")
            xdo("click", "--repeat", 10, "--delay", 10, 5)
            writer.wait_for(100)
            key("Home", "End")
        writer.wait_for(500)
        self.assert_no_stall()
        window.choose_with_keys("item/0050000")
        # The list has the keyboard and nobody does anything: what following costs.
        self.forget_turns()
        before, begin = self.processor_seconds(), time.monotonic()
        writer.wait_for(3000)
        self.assert_no_stall()
        share = (self.processor_seconds() - before) / (time.monotonic() - begin)
        self.assertEqual(window.selected_key(), "item/0050000", "it is still selected")
        self.assertTrue(showing(window.selected()), "it is still in view")
        writer.stop()
        with closing(sqlite3.connect(path)) as db:
            count, = db.execute("SELECT count(*) FROM kv").fetchone()
        self.wait_for_label(window, "%d keys" % count)
        wait(lambda: (window.selected_key() == "item/0050000" and self.in_order(window, path)), "the rows of the file as it is")
        find(window.frame, "label", re.compile(r"^\+\d+( −\d+)? since opened$"))
        self.assertLess(share, MOST_OF_A_PROCESSOR)
        self.assert_quits(self.coffer)

    def in_order(self, window: VaultWindow, path: str) -> bool:
        """Whether the rows around the one selected are those of the file."""
        rows = [read_row(node).key for node in window.row_nodes()]
        return "item/0050000" in rows and len(rows) > 10 and rows == self.keys_after(path, rows[0], len(rows))


class FileGoesTest(LiveCase):
    def test_deleted(self) -> None:
        path = make_vault(self.folder + "/a.db", [(b"key/%02d" % i, b"x") for i in range(20)])
        window = self.open(path)
        window.wait_for_rows(20)
        os.remove(path)
        self.wait_for_label(window, "The file is not there any more")
        self.assertEqual([read_row(node).key for node in window.row_nodes()][:12], ["key/%02d" % i for i in range(12)], "what was there is still shown")
        # It comes back, with other keys.
        make_vault(self.folder + "/b.db", [(b"other/%02d" % i, b"xyz") for i in range(5)])
        os.rename(self.folder + "/b.db", path)
        wait(lambda: [row.key for row in window.wait_for_rows(5)] == ["other/%02d" % i for i in range(5)], "the keys of the new file")
        wait(lambda: not any(node.name == "The file is not there any more" and showing(node)
                             for node in again(window.frame).walk()), "the words to go")
        self.assert_quits(self.coffer)

    def test_replaced(self) -> None:
        path = make_vault(self.folder + "/a.db", [(b"key/%02d" % i, b"x") for i in range(20)])
        window = self.open(path)
        window.wait_for_rows(20)
        make_vault(self.folder + "/b.db", [(b"other/%02d" % i, b"xyz") for i in range(30)])
        os.replace(self.folder + "/b.db", path)
        wait(lambda: [row.key for row in window.wait_for_rows(30)] == ["other/%02d" % i for i in range(30)], "the keys of the other file")
        self.assert_quits(self.coffer)


class TooMuchTest(LiveCase):
    def test_key_of_a_megabyte(self) -> None:
        """It is scrolled past, selected and copied like any other."""
        long = b"k/0500/" + b"0123456789abcdef" * 65536
        path = make_vault(self.folder + "/a.db", [(b"k/%04d" % i, b"value") for i in range(1000)] + [(long, b"value")])
        window = self.open(path)
        window.focus_list()
        key("End")
        window.wait_for_selected("k/0999")
        window.choose_with_keys("k/0500")
        self.forget_turns()
        for _ in range(3):
            xdo("click", "--repeat", 40, "--delay", 5, 5)
            xdo("click", "--repeat", 40, "--delay", 5, 4)
        key("Next", "Prior", "Down", "Up", "Down", "Home")
        self.wait_until_idle()
        self.assert_no_stall()
        window.wait_for_selected("k/0000")
        window.choose_with_keys("k/0500")
        key("Down")
        window.wait_for_selected(shown(long))
        wait(lambda: window.facts().get("Size") == "5 bytes", "the facts of its value")
        self.forget_turns()
        do(window.frame, "win.copy-key")
        self.assertEqual(self.pasted(), long.decode())
        self.assert_no_stall()
        self.assert_quits(self.coffer)

    def pasted(self) -> Optional[str]:
        """The text that another program gets from the clipboard."""
        script = ("import gi; gi.require_version ('Gdk', '4.0'); gi.require_version ('Gtk', '4.0'); from gi.repository import Gdk, GLib, Gtk\n"
                  "Gtk.init (); loop = GLib.MainLoop ()\n"
                  "def done (clipboard, result): print (clipboard.read_text_finish (result), end=''); loop.quit ()\n"
                  "Gdk.Display.get_default ().get_clipboard ().read_text_async (None, done); loop.run ()")
        return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=20).stdout

    def test_ten_thousand_tables(self) -> None:
        """They open, and the last one is a key press away."""
        window = self.open(make_tables(self.folder + "/a.db", 10000))
        window.click(find(window.frame, "list item", re.compile("^t00001")))
        self.wait_for_label(window, "t00001")
        key("End")
        wait(lambda: find_all(window.frame, "list item", re.compile("^t09999"), showing), "the last table")
        window.click(find(window.frame, "list item", re.compile("^t09999")))
        wait(lambda: find_all(window.frame, "label", "t09999", showing)[1:], "the last table in the title, too")
        self.assertEqual([row.key for row in window.wait_for_rows(2)], ["a", "b"])
        self.assert_quits(self.coffer)


def make_tables(path: str, count: int) -> str:
    """To make a table takes the longer the more there are, so all but the first are written into the schema, on its pages."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript("""
            CREATE TABLE t00000 (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);
            INSERT INTO t00000 VALUES (x'61', x'00'), (x'62', x'00');
            PRAGMA writable_schema=ON;
            CREATE TEMP TABLE names AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %d)
              SELECT printf ('t%%05d', i) AS name FROM n;
            CREATE TEMP TABLE pattern AS SELECT * FROM main.sqlite_master;
            INSERT INTO main.sqlite_master SELECT type, replace (p.name, 't00000', n.name), n.name, rootpage,
              replace (sql, 't00000', n.name) FROM temp.names AS n, temp.pattern AS p;
            """ % (count - 1))
    return path


if __name__ == "__main__":
    main()
