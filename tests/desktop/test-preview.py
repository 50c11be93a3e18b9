#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pictures: chosen with the mouse and with keys, each is on the screen, the right way up; an animation moves.

Run in a session with animations.
"""
import os
import re

from coffer import CofferCase, main, size_text
from gtkdrive import find, key, park_pointer, press, wait, xdo
from pictures import decode, difference, fitted, shows
from screen import Box, Colour, Picture, distance
from vaults import Fixture, read_vault, state_of


class PreviewTest(CofferCase):
    def setUp(self) -> None:
        super().setUp()
        fixture = Fixture("v010_media.db")
        # One copy for this test and one for the program: two SQLite libraries, of which one may leave files behind.
        os.mkdir(self.folder + "/seen")
        self.values = read_vault(fixture.copy(self.folder))
        self.path = fixture.copy(self.folder + "/seen")
        self.before = state_of(self.folder + "/seen")
        self.coffer = self.start(self.path)
        self.window = self.coffer.window(fixture.base_name)
        self.window.wait_for_rows(len(self.values))
        park_pointer()

    def tearDown(self) -> None:
        if not self.failed():
            self.assert_quits(self.coffer)
            self.assertEqual(state_of(self.folder + "/seen"), self.before)

    def room(self) -> Box:
        """Where on the screen the preview has its picture."""
        return self.window.box(find(self.window.frame, "image", re.compile("×")))

    def assert_shows(self, name: str) -> None:
        self.window.says(name.rpartition("/")[2])
        expected = decode(self.values[name.encode()])
        wait(lambda: shows(expected, Picture.grab(), self.room()), "the picture of %s" % name)

    def assert_facts(self, name: str, kind: str, dimensions: str) -> None:
        size = len(self.values[name.encode()])
        both = re.compile("%s.*%d bytes" % (re.escape(size_text(size)), size))
        self.window.tells({"Type": kind, "Dimensions": dimensions, "Size": both})

    def test_mouse(self) -> None:
        for name, kind in (("img/photo.png", "PNG image"), ("img/plain.jpg", "JPEG image")):
            self.window.choose_with_mouse(name)
            self.assert_shows(name)
            picture = decode(self.values[name.encode()])
            self.assert_facts(name, kind, "%d × %d" % (picture.width, picture.height))

    def test_keys(self) -> None:
        self.window.focus_list()
        for name in ("img/photo.png", "img/plain.jpg"):
            self.window.choose_with_keys(name)
            self.assert_shows(name)

    def test_arrows_go_from_picture_to_picture(self) -> None:
        names = sorted(self.values)
        first = names.index(b"img/photo.png")
        self.window.focus_list()
        self.window.choose_with_keys("img/photo.png")
        key("Down")
        wait(lambda: self.window.selected_key() == names[first + 1].decode(), "the next row")
        key("Up")
        self.assert_shows("img/photo.png")

    def test_turned_by_exif(self) -> None:
        name = "img/exif_orientation_6.jpg"
        flat = decode(self.values[name.encode()], oriented=False)
        upright = decode(self.values[name.encode()])
        self.assertEqual((flat.width, flat.height), (upright.height, upright.width))
        self.window.focus_list()
        self.window.choose_with_keys(name)
        self.assert_shows(name)
        # That it would not have been taken for the picture as it is stored:
        self.assertGreater(difference(flat, Picture.grab(), fitted(upright, self.room())), 30)

    def test_looks_closer(self) -> None:
        """About the pointer by wheel; then with keys, once the picture has them."""
        name = "img/photo.png"
        expected = decode(self.values[name.encode()])
        self.window.focus_list()
        self.window.choose_with_keys(name)
        self.assert_shows(name)
        x, y, width, height = fitted(expected, self.room())
        pointer = x + width // 4, y + height // 2   # in the green

        def around(reach: int) -> Colour:
            return Picture.grab().mean((pointer[0] - reach, pointer[1] - reach, 2 * reach + 1, 2 * reach + 1))

        below = around(2)
        xdo("mousemove", *pointer, "keydown", "ctrl", "click", "--repeat", 3, "--delay", 20, 4, "keyup", "ctrl")
        wait(lambda: not shows(expected, Picture.grab(), self.room()), "a part of the picture")
        wait(lambda: distance(below, around(7)) < 40, "the point to stay")   # 2.8 times as large
        xdo("click", 1)
        key("0")
        park_pointer()
        wait(lambda: shows(expected, Picture.grab(), self.room()), "all of the picture")
        key("ctrl+r")
        wait(lambda: self.room()[3] > height, "the picture on its side")
        key("ctrl+shift+r")
        wait(lambda: shows(expected, Picture.grab(), self.room()), "the picture upright")

    def test_animation_moves(self) -> None:
        name = "img/anim.gif"
        self.window.focus_list()
        self.window.choose_with_keys(name)
        self.window.says("anim.gif")
        first = Picture.grab().crop(self.room())
        seen = [first]

        def another() -> bool:
            now = Picture.grab().crop(self.room())
            if now not in seen:
                seen.append(now)
            return len(seen) >= 3

        wait(another, "three different frames")

    def test_pictures_that_are_none(self) -> None:
        """A page of words instead of the picture, and the program lives on."""
        self.window.focus_list()
        for name, words in (("img/claims_60000x60000.png", "Too Large to Show"),
                            ("img/corrupt_crc.png", None),
                            ("img/truncated.jpg", None)):
            self.window.choose_with_keys(name)
            self.window.says(name.rpartition("/")[2])
            if words:
                self.window.says(words)
        self.window.choose_with_keys("img/photo.png")
        self.assert_shows("img/photo.png")
        self.window.choose_with_keys("img/corrupt_crc.png")
        press(self.window.frame, "Show Bytes")
        find(self.window.frame, None, "Go to Offset")


if __name__ == "__main__":
    main()
