# SPDX-License-Identifier: MIT
"""Coffer as a test sees it: started on copies of vaults, read from the screen, closed without a complaint.

COFFER names the built program; see meson.build beside this file.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Dict, List, NamedTuple, Optional, Sequence

from gi.repository import GLib
from gtkdrive import (PATIENCE, Match, Node, Program, Window, again, do, dump, extents, find, find_all, gone, key, matches,
                      pause_typing, press, set_text, showing, text_of, type_text, wait, xdo)
from screen import Picture

APPLICATION = "io.github.coffervault.Coffer"
PROGRAM = os.environ.get("COFFER", "coffer")

# In front of the program, it may read and write only what its user may, also where that is root.
LIKE_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search",
                "--inh-caps=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()

# So many there are at least, in a window as it opens.
ROWS_IN_VIEW = 12
# After a second without typing, what is typed begins a new key. Nothing shows that the second is over.
TYPING_PAUSE = 1.1
# GStreamer 1.22's decodebin, in the rare case that it is stopped while it puts its elements together; GTK 4.8, as rarely, of two
# buttons while one of several windows closes.
NO_COMPLAINT = r"Trying to join task .* from its thread would deadlock|Trying to snapshot GtkButton .* without a current allocation"


class Row(NamedTuple):
    """A row of the list as it is on the screen."""

    key: str
    size: str
    kind: str


class Coffer:
    """A process of the program, and what its windows show. It dies of any critical warning."""

    def __init__(self, *arguments: str, through: Sequence[str] = (), **env: str):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*through, PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.output,
                                        env={**os.environ, "G_DEBUG": "fatal-criticals", "G_MESSAGES_DEBUG": "coffer-transfer", **env})
        self._program: Optional[Program] = None

    @property
    def program(self) -> Program:
        if self._program is None:
            self._program = Program(self.process.pid, self.check_alive)
        return self._program

    def check_alive(self) -> None:
        """Fail at once, instead of waiting for windows that will never come."""
        if self.process.poll() is not None:
            raise AssertionError("the program ended with %d" % self.process.returncode)

    def windows(self, title: Match = None) -> List[Node]:
        return [node for node in self.program.windows() if matches(node.name, title)]

    def window(self, file: str = "") -> "VaultWindow":
        """The window of a file, by its name or its name and folder; that of none without."""
        title = "%s — Coffer" % file if file else "Coffer"
        return VaultWindow(wait(lambda: next(iter(self.windows(title)), None), "a window “%s”" % title))

    def dialog(self, title: Match = None) -> Node:
        """The dialog that is open, once it is the only one."""
        def look() -> Optional[Node]:
            dialogs = [node for node in self.windows() if node.role == "dialog"]
            return dialogs[0] if len(dialogs) == 1 and matches(dialogs[0].name, title) else None

        return wait(look, "the dialog “%s”" % title)

    def answer(self, title: Match, button: str) -> None:
        """Press a button of the dialog of that title; it goes."""
        def is_gone() -> bool:
            try:
                return not self.windows(title)
            except AssertionError:
                if self.process.poll() == 0:  # the answer was to end
                    return True
                raise

        press(self.dialog(title), button)
        wait(is_gone, "the dialog to go")

    def enter_file(self, title: str, path: str) -> Node:
        """Give GTK's own file dialog a path; returns the dialog."""
        def entry() -> Optional[Node]:
            dialogs = self.windows(title)
            return next((node for node in dialogs[0].walk() if node.role in ("text", "entry") and showing(node)),
                        None) if dialogs else None

        dialog = Window(wait(lambda: next(iter(self.windows(title)), None), "the dialog “%s”" % title))
        dialog.activate()
        if entry() is None:
            key("ctrl+l")
        set_text(wait(entry, "the entry of the dialog"), path)
        return dialog.frame

    def choose_file(self, title: str, path: str, button: str) -> None:
        """Answer it with a path and a button."""
        press(self.enter_file(title, path), button)
        wait(lambda: not self.windows(title), "the dialog to go")

    def said(self) -> str:
        self.output.seek(0)
        return self.output.read().decode("utf-8", "replace")

    def complaints(self) -> List[str]:
        """The first few warnings and worse, each with the line after it: some say there what is wrong."""
        lines = self.said().splitlines()
        found = ["\n".join(lines[i:i + 2]) for i, line in enumerate(lines)
                 if re.search(r"WARNING|CRITICAL|ERROR|Sanitizer|runtime error", line)]
        return [complaint for complaint in found if not re.search(NO_COMPLAINT, complaint)][:5]

    def quit(self) -> int:
        """Close every window; returns the exit status."""
        for frame in self.windows():
            if frame.role == "menu":   # it is on its way out
                continue
            try:
                do(frame, "window.close")
            except GLib.Error:
                break  # The last one takes the program with it, before it can answer.
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()


class VaultWindow(Window):
    """A window of the program."""

    # The list

    def table(self) -> Node:
        """The list of keys, with its header."""
        return find(self.frame, "tree table", "Keys")

    def row_nodes(self) -> List[Node]:
        """The rows in view, and one or two before and after."""
        tables = find_all(self.frame, "tree table", "Keys")
        lists = (node for node in tables[0].walk() if node.role == "list") if tables else iter(())
        return next((node.children for node in lists), [])

    def wait_for_all_in_view(self, count: int) -> List[Row]:
        """All rows, where there is room for them, once there are that many and every size and type is there."""
        def look() -> Optional[List[Row]]:
            # In the order they are seen: that of the tree follows a little later.
            rows = [read_row(node) for node in sorted(self.row_nodes(), key=lambda node: extents(node)[1])]
            return rows if len(rows) == count and all(row.size and row.kind for row in rows) else None

        return wait(look, "%d rows in view" % count)

    def wait_for_rows(self, count: int) -> List[Row]:
        """All rows, once there are that many and every size and type is there. More than are in view are wheeled through."""
        def turn(button: int, times: int) -> None:
            xdo("mousemove", *self.point(self.table()), "click", "--repeat", times, "--delay", 2, button)

        def seen() -> List[Row]:
            """Those in view: the one with the focus stays wherever the others go."""
            nodes = self.row_nodes()
            if not nodes:
                return []
            _, top, _, height = extents(nodes[0].lineage()[1])
            boxes = [extents(node) for node in nodes]
            # In the order they are seen: that of the tree follows a little later.
            shown = sorted(zip(boxes, nodes), key=lambda pair: pair[0][1])
            return [read_row(node) for box, node in shown if top - box[3] < box[1] < top + height]

        def collected() -> Optional[List[Row]]:
            rows: List[Row] = []
            turn(4, count)
            for _ in range(count):
                known = [row for row in seen() if row.size and row.kind]
                if rows and rows[-1] not in known:
                    return None
                rows += known[len(known) - known[::-1].index(rows[-1]):] if rows else known
                if len(rows) >= count:
                    break
                turn(5, 3)
                time.sleep(0.05)   # What is still on its way comes with the next round.
            return rows if len(rows) == count else None

        if not count:
            return []
        if count <= ROWS_IN_VIEW:
            return self.wait_for_all_in_view(count)
        rows = wait(collected, "%d rows" % count)
        turn(4, count)
        wait(lambda: seen()[:1] == rows[:1], "the first row in view again")
        return rows

    def selected(self) -> Optional[Node]:
        nodes = [node for node in self.row_nodes() if node.has("SELECTED")]
        return nodes[0] if len(nodes) == 1 else None

    def selected_key(self) -> Optional[str]:
        node = self.selected()
        return read_row(node).key if node else None

    def focus_list(self) -> None:
        """Give the list the keyboard, by clicking its first row in view."""
        def top() -> Optional[Node]:
            # In the order they are seen: that of the tree follows a little later.
            return next(filter(showing, sorted(self.row_nodes(), key=lambda node: extents(node)[1])), None)

        first = wait(top, "a row in view")
        self.click(first)
        wait(lambda: again(first).has("SELECTED"), "the row to be selected")

    def wait_for_selected(self, name: str) -> None:
        try:
            wait(lambda: self.selected_key() == name, "“%s” to be selected" % name)
        except AssertionError as error:
            raise AssertionError("%s: it is “%s”" % (error, self.selected_key())) from None

    def choose_with_keys(self, typed: str, name: str = "") -> None:
        """Type a key of ASCII into the list, which goes there, or to the one named."""
        pause_typing(TYPING_PAUSE)
        type_text(typed)
        self.wait_for_selected(name or typed)

    def choose_with_mouse(self, name: str) -> None:
        """Turn the wheel over the list until the row is in view, and click it."""
        table = self.table()
        x, y = self.point(table)

        def in_view() -> Optional[Node]:
            row = next((node for node in self.row_nodes() if read_row(node).key == name and is_inside(node, table)),
                       None)
            if row is None:
                xdo("mousemove", x, y, "click", 5)
            return row

        self.click(wait(in_view, "“%s” in view" % name))
        self.wait_for_selected(name)

    def open_menu(self, row: Node) -> None:
        """The menu of a row. A click that comes while another menu goes only makes that go."""
        def look() -> bool:
            self.click(row, 3)
            try:
                return bool(find(self.frame, "menu item", "Invert Selection", seconds=2))
            except AssertionError:
                return False

        wait(look, "the menu of a row")

    def choose_item_with_keys(self, *items: str) -> None:
        """An item of the menu that is open, or of a menu in it: down to it, and in."""
        for item in items:
            def there() -> bool:
                if find(self.frame, "menu item", item).has("FOCUSED"):
                    return True
                key("Down")
                return False

            wait(there, "the item “%s”" % item)
            key("Return")
        gone(self.frame, "menu item", items[0])

    # Elsewhere

    def facts(self) -> Dict[str, str]:
        """Names and values of the preview's list of facts."""
        labels = [[node.name for node in row.walk() if node.role == "label"]
                  for box in find_all(self.frame, "list", "Facts", showing) for row in box.children]
        return {name: value for name, value in labels}

    def tells(self, expected: Dict[str, Match]) -> None:
        """Those facts of the value, once all of them are there: they come one after the other."""
        def look() -> bool:
            facts = self.facts()
            return all(name in facts and matches(facts[name], value) for name, value in expected.items())

        try:
            wait(look, "the facts %s" % expected)
        except AssertionError as error:
            raise AssertionError("%s: they are %s" % (error, self.facts())) from None

    def says(self, text: Match) -> Node:
        """A label with that text, once it shows."""
        return find(self.frame, "label", text)

    def reads(self, text: str) -> Node:
        """The preview's text, once it has these words."""
        def look() -> Optional[Node]:
            return next((node for node in find_all(self.frame, "text", None, showing) if text in text_of(node)), None)

        return wait(look, "a text with “%s”" % text)


def read_row(node: Node) -> Row:
    """What a row is called: its key, size and type; of one that is damaged the key and that, of one that is not known yet less."""
    if node.name == "Loading":
        return Row("", "", "")
    key, _, kind = node.name.rpartition(", ")
    if kind in ("Damaged", "Unreadable"):
        return Row(key, "", kind)
    key, _, size = key.rpartition(", ")
    return Row(key, size, kind) if key else Row(node.name, "", "")


def is_inside(row: Node, table: Node) -> bool:
    """Whether all of a row's height shows in the list."""
    _, top, _, height = extents(table)
    _, y, _, row_height = extents(row)
    return top <= y and y + row_height <= top + height and showing(row)


def size_text(size: int) -> str:
    """A size as the program writes it."""
    return GLib.format_size(size)


class CofferCase(unittest.TestCase):
    """A test with a folder of its own. What it started is ended, and a failure shows the screen."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="coffer-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *arguments: str, **more: object) -> Coffer:
        coffer = Coffer(*arguments, **more)
        self.addCleanup(coffer.kill)
        self.addCleanup(self.explain, coffer)
        return coffer

    def assert_quits(self, coffer: Coffer) -> None:
        """Close it: it ends with 0 and has complained of nothing."""
        self.assertEqual(coffer.quit(), 0, coffer.said())
        self.assertEqual(coffer.complaints(), [])

    def failed(self) -> bool:
        outcome = self._outcome
        result = getattr(outcome, "result", None)
        return bool(result and any(test is self for test, _ in result.failures + result.errors)) or not outcome.success

    def explain(self, coffer: Coffer) -> None:
        """After a failure: what the program said, and, where COFFER_TEST_PICTURES says, a picture and all widgets."""
        if not self.failed():
            return
        print("\n".join(coffer.said().splitlines()[:20]), file=sys.stderr)
        folder = os.environ.get("COFFER_TEST_PICTURES")
        if not folder:
            return
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, self.id().replace("__main__.", ""))
        Picture.grab().save(path + ".png")
        if coffer.process.poll() is None:
            with open(path + ".txt", "w", encoding="utf-8") as file:
                file.writelines(dump(frame) + "\n" for frame in coffer.windows())
        print("the screen is in %s.png, what it holds in .txt beside it" % path, file=sys.stderr)


def main() -> None:
    """Run the tests of a file."""
    unittest.main()
