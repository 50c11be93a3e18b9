#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A million keys, or ten: the first rows at once, the last a key press away, and the program answers all the while."""
import tempfile
import time

from coffer import CofferCase, main, read_row, size_text
from gtkdrive import key, showing, wait
from vaults import LARGE, make_large_vault, state_of

# A main loop that does something a million times takes longer; one that does not, takes milliseconds, and the rest of this
# is for machines that have other things to do.
LONGEST_ANSWER = 2.0


class MillionTest(CofferCase):
    @classmethod
    def setUpClass(cls) -> None:
        """One file for all tests, as none may change it."""
        folder = tempfile.TemporaryDirectory(prefix="coffer-million-")
        cls.addClassCleanup(folder.cleanup)
        cls.big = folder.name
        cls.path = make_large_vault(cls.big + "/big.db", LARGE)
        cls.before = state_of(cls.big)

    def setUp(self) -> None:
        super().setUp()
        self.coffer = self.start(self.path)
        self.window = self.coffer.window("big.db")
        self.longest = 0.0

    def close(self) -> None:
        self.assert_quits(self.coffer)
        self.assertEqual(state_of(self.big), self.before)
        self.assertLess(self.longest, LONGEST_ANSWER)

    def ask(self) -> None:
        """Time one small question to the program's main loop."""
        start = time.monotonic()
        self.coffer.program.call(self.window.frame.path, "Accessible", "GetRole")
        self.longest = max(self.longest, time.monotonic() - start)

    def wait_for_end(self, name: str, size: int) -> None:
        """The row of that key is selected, in view and complete."""
        def look() -> bool:
            self.ask()
            node = self.window.selected()
            return bool(node) and read_row(node)[:2] == (name, size_text(size)) and showing(node)

        wait(look, "“%s” to be selected" % name)

    def test_goes_to_both_ends_and_the_middle(self) -> None:
        wait(lambda: [row for row in map(read_row, self.window.row_nodes()[:20]) if row.size], "the first rows")
        self.window.focus_list()
        for _ in range(2):
            key("End")
            self.wait_for_end("item/%07d" % (LARGE - 1), 99)
            key("Home")
            self.wait_for_end("item/0000000", 0)
        self.window.choose_with_keys("item/0500042")
        self.wait_for_end("item/0500042", 42)
        self.close()

    def test_counts_behind_and_answers(self) -> None:
        total = sum(i % 100 for i in range(LARGE))
        text = "%d keys, %s" % (LARGE, size_text(total))

        def look() -> bool:
            for _ in range(20):
                self.ask()
            return any(node.name == text for node in self.coffer.window("big.db").frame.walk())

        wait(look, text, 60)
        self.close()

    def test_closes_while_it_counts(self) -> None:
        wait(self.window.row_nodes, "the first rows")
        self.close()


if __name__ == "__main__":
    main()
