#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Texts and data with a shape: each is on the screen as what it is, can be searched, folded and copied."""
import os
import re

from coffer import CofferCase, main
from gtkdrive import find, key, park_pointer, showing, text_of, type_text, wait
from vaults import Fixture, state_of


class ValuesTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        fixture = Fixture("v086_media_autopack.db")
        os.mkdir(self.folder + "/seen")
        self.path = fixture.copy(self.folder + "/seen")
        self.before = state_of(self.folder + "/seen")
        self.coffer = self.start(self.path)
        self.window = self.coffer.window(fixture.base_name)
        self.window.focus_list()
        park_pointer()

    def tearDown(self) -> None:
        if not self.failed():
            self.assert_quits(self.coffer)
            self.assertEqual(state_of(self.folder + "/seen"), self.before)

    def test_each_kind(self) -> None:
        """What is in the rows and among the facts, test-stages.c looks at: GTK 4.8 does not always tell of rows that come later."""
        for name in ("json/dict", "msgpack/dict", "cbor/dict", "vec/i16 4", "pickle/wrapped"):
            self.window.choose_with_keys(name)
            find(self.window.frame, "tree table", "Value tree", test=showing)
        self.window.says(re.compile("^Shown, never run"))

    def test_text(self) -> None:
        self.window.choose_with_keys("media/note_sjis.txt")
        text = find(self.window.frame, "text", "Text", test=showing)
        wait(lambda: text_of(text).startswith("日本語のテキスト"), "the text")
        self.window.choose_with_keys("media/note.txt")
        wait(lambda: text_of(text).startswith("Plain text."), "the next text")
        # Whoever reads a text means that text by Ctrl+F.
        self.window.click(text)
        key("ctrl+f")
        find(self.window.frame, "entry", "Find in Text", test=showing)
        type_text("line")
        find(self.window.frame, "label", re.compile(r"^\d+ of 20$"), test=showing)
        key("Escape")


if __name__ == "__main__":
    main()
