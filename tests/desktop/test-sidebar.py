#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sidebars of files that nobody wishes for: a hundred thousand prefixes in one, hundreds of levels, ten thousand tables."""
import sqlite3
from contextlib import closing

from coffer import main
from gtkdrive import extents, find_all, key, press, showing, wait
from sidebar import SidebarCase

MANY = 100000
DEEP = 500
TABLES = 10000

# All but the first are written into the schema, on the same pages: making a table takes the longer the more there are.
MANY_TABLES = """
CREATE TABLE t00000 (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);
INSERT INTO t00000 VALUES (x'612f31', x''), (x'62', x'');
PRAGMA writable_schema=ON;
CREATE TEMP TABLE names AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %d)
  SELECT printf('t%%05d', i) AS name FROM n;
CREATE TEMP TABLE pattern AS SELECT * FROM main.sqlite_schema;
INSERT INTO main.sqlite_schema SELECT type, replace(p.name, 't00000', n.name), n.name, rootpage,
  replace(sql, 't00000', n.name) FROM temp.names AS n, temp.pattern AS p;
"""


class SidebarTest(SidebarCase):
    def test_a_hundred_thousand_children(self) -> None:
        window = self.open([b"many/%06d/x" % i for i in range(MANY)] + [b"a/1", b"z/1"])
        self.wait_for_rows(window, ["kv, %d" % (MANY + 2), "a/, 1", "many/, %d" % MANY, "z/, 1"])
        self.watchdog.forget()
        self.click_arrow(window, "many/")
        self.row(window, "000000/")
        self.focus_tables(window)
        key("End")
        self.wait_for_focus(window, "z/, 1")
        key("Up")
        self.wait_for_focus(window, "099999/, 1")
        key("Return")
        self.wait_for_keys(window, 1, "many/099999/x")
        key("Left")
        self.wait_for_focus(window, "many/, %d" % MANY)
        key("Left", "Down")
        self.wait_for_focus(window, "z/, 1")
        self.close()

    def test_five_hundred_levels(self) -> None:
        window = self.open([b"/".join([b"a"] * i) for i in range(1, DEEP + 2)])
        self.wait_for_rows(window, ["kv, %d" % (DEEP + 1), "a/, %d" % DEEP])
        self.focus_tables(window)
        key("Home", "Right")
        self.wait_for_focus(window, "a/, %d" % DEEP)
        window.resize(700, 640)
        wait(lambda: extents(window.frame)[2] == 700, "a window 700 wide")
        for level in range(1, 16):
            self.go_in(window, "a/, %d" % (DEEP - level))
        key("Return")
        wait(lambda: self.crumbs(window)[-1:] == ["a/"], "the way")
        crumbs = self.crumbs(window)
        self.assertEqual(crumbs[0], "kv")
        self.assertLess(len(crumbs), 40)
        press(window.frame, "Prefixes Between")
        folded = wait(lambda: find_all(window.frame, "list", "Prefixes Between"), "the menu")[0]
        self.assertEqual({node.name for node in folded.children}, {"a/"})
        key("Return")
        self.wait_for_crumbs(window, ["kv", "a/"])
        self.close()

    def test_the_way_at_360(self) -> None:
        """The last segment is there whatever the width, and nothing leaves the window."""
        keys = [b"a" * 60 + b"/" + b"/".join([b"part%d" % i for i in range(20)]) + b"/x", b"y"]
        window = self.open(keys)
        self.focus_tables(window)
        key("End")
        for i in range(20):
            self.go_in(window, "part%d/, 1" % i)
        key("Return")
        wait(lambda: self.crumbs(window)[-1:] == ["part19/"], "the way")
        window.resize(360, 640)
        wait(lambda: extents(window.frame)[2] == 360, "a window 360 wide")
        press(window.frame, "Prefixes Between")
        wait(lambda: find_all(window.frame, "list", "Prefixes Between"), "the menu")
        key("Escape")
        wait(lambda: self.crumbs(window)[-1:] == ["part19/"], "the last of the way")
        for node in find_all(window.frame, "push button", test=showing):
            x, _, width, _ = extents(node)
            self.assertTrue(0 <= x and x + width <= 360, "%s leaves the window" % node)
        key("alt+Up")
        wait(lambda: self.crumbs(window)[-1:] == ["part18/"], "the way up")
        self.close()

    def test_odd_keys(self) -> None:
        """Bytes that are no text, an empty key, an empty segment: shown escaped, chosen exactly."""
        window = self.open([b"", b"\xff\xfe/1", b"\xff\xfe/2", b"//a", b"\n/", b"plain"])
        self.wait_for_rows(window, ["kv, 6", "\\n/, 1", "/, 1", "\\xff\\xfe/, 2"])
        window.click(self.row(window, "\\xff\\xfe/"))
        self.wait_for_keys(window, 2, "\\xff\\xfe/1")
        window.click(self.row(window, "\\n/"))
        self.wait_for_keys(window, 1, "\\n/")
        self.close()

    def test_ten_thousand_tables(self) -> None:
        path = self.folder + "/tables.db"
        with closing(sqlite3.connect(path)) as db:
            db.executescript(MANY_TABLES % (TABLES - 1))
        window = self.open_path(path)
        self.row(window, "t00000")
        self.focus_tables(window)
        key("End")
        wait(lambda: (self.focused(window) or "").startswith("t%05d" % (TABLES - 1)), "the last table")
        self.wait_for_focus(window, "t%05d, 2" % (TABLES - 1))
        key("Right")
        self.row(window, "a/")
        key("Right", "Return")
        self.wait_for_keys(window, 1, "a/1")
        self.close()


if __name__ == "__main__":
    main()
