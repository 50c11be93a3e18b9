#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clips and sounds in the preview: the first frame at once, played by mouse and by keys, full screen and back."""
import os

from coffer import TYPING_PAUSE, CofferCase, main
from gtkdrive import find, gone, key, park_pointer, pause_typing, press, showing, wait
from vaults import Fixture, state_of


class PlayerTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        fixture = Fixture("v010_media.db")
        os.mkdir(self.folder + "/seen")
        path = fixture.copy(self.folder + "/seen")
        self.before = state_of(self.folder + "/seen")
        self.coffer = self.start(path)
        self.window = self.coffer.window(fixture.base_name)
        wait(lambda: any(showing(row) for row in self.window.row_nodes()), "rows")
        self.window.activate()
        park_pointer()

    def tearDown(self) -> None:
        if not self.failed():
            self.assert_quits(self.coffer)
            self.assertEqual(state_of(self.folder + "/seen"), self.before)

    def focus_list(self) -> None:
        row = self.window.selected()
        if row is None:
            self.window.focus_list()
        else:
            self.window.click(row)

    def choose(self, name: str) -> None:
        self.focus_list()
        self.window.choose_with_keys(name)
        self.window.says(name.rpartition("/")[2])

    def choose_clip(self) -> None:
        self.choose("video/clip.webm")
        self.says_time("0:00 / 0:02")

    def says_time(self, time: str) -> None:
        self.window.says(time)

    def waits_to(self, action: str) -> None:
        """The button says what it would do."""
        find(self.window.frame, "push button", action, showing)

    def test_with_the_mouse(self) -> None:
        self.choose_clip()
        self.waits_to("Play")
        self.window.tells({"Picture": "320 × 240, 15 frames per second", "Length": "2.0 s, 197 kbit/s", "Video": "VP9",
                           "Sound": "Opus, 48 kHz, mono"})

        picture = find(self.window.frame, "image", "Picture")
        self.window.click(picture, down=0.3)
        self.waits_to("Pause")
        self.says_time("0:02 / 0:02")
        self.waits_to("Play")

        self.window.click(find(self.window.frame, "slider", "Seek"))
        self.says_time("0:01 / 0:02")

        press(self.window.frame, "Mute")
        find(self.window.frame, "push button", "Unmute")
        self.choose("audio/tone.mp3")
        find(self.window.frame, "push button", "Unmute")
        press(self.window.frame, "Unmute")

        self.choose("video/truncated_no_moov.mp4")
        self.window.says("Cannot Be Played")
        press(self.window.frame, "Show Bytes")

    def test_with_keys(self) -> None:
        self.choose_clip()
        key("Return")
        self.waits_to("Pause")
        self.says_time("0:01 / 0:02")
        key("Return")
        self.waits_to("Play")
        self.window.click(find(self.window.frame, "slider", "Seek"), across=0.02)
        self.says_time("0:00 / 0:02")
        key("5")
        self.says_time("0:01 / 0:02")
        key("Home")
        self.says_time("0:00 / 0:02")
        key("r")
        wait(lambda: find(self.window.frame, "push button", "Loop").has("PRESSED"), "the loop")
        key("r")
        key("f")
        full = wait(lambda: next(iter(self.coffer.windows("Player")), None), "the full screen")
        key("End")
        find(full, "label", "0:01 / 0:02")
        key("space")
        find(full, "label", "0:02 / 0:02")
        key("Escape")
        wait(lambda: not self.coffer.windows("Player"), "the full screen to go")
        self.says_time("0:02 / 0:02")
        self.focus_list()
        key("Home")
        gone(self.window.frame, "label", "0:02 / 0:02")
        self.choose_clip()   # over the list it has its letters, but not the list's keys
        pause_typing(TYPING_PAUSE)
        key("space")
        find(self.window.frame, "push button", "Back to the Keys")
        key("k")
        self.waits_to("Pause")
        self.says_time("0:02 / 0:02")
        key("5")
        self.says_time("0:01 / 0:02")
        self.assertEqual(self.window.selected_key(), "video/clip.webm")
        key("f")
        wait(lambda: self.coffer.windows("Player"), "the full screen")
        key("Escape")
        wait(lambda: not self.coffer.windows("Player"), "the full screen to go")
        key("Escape")
        gone(self.window.frame, "push button", "Back to the Keys")


if __name__ == "__main__":
    main()
