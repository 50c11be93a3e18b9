#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The session script itself: what a test sees in it, how it ends, and that it leaves nothing behind.

Runs outside any session and starts its own.
"""
import os
import signal
import subprocess
import tempfile
import time
import unittest
from typing import List

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf  # noqa: E402

HEADLESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "headless")
PATIENCE = 60


def processes_with(mark: str) -> List[int]:
    """Processes whose environment holds a mark: everything a marked session started."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % name, "rb") as file:
                if mark.encode() in file.read() and int(name) != os.getpid():
                    found.append(int(name))
        except OSError:
            pass
    return found


class SessionTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="coffer-session-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.mark = "COFFER_SESSION_TEST=" + folder.name
        self.env = dict(os.environ, TMPDIR=folder.name, COFFER_SESSION_TEST=folder.name)

    def headless(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([HEADLESS, *arguments], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE, universal_newlines=True, check=False)

    def assert_nothing_left(self, homes: bool = True) -> None:
        end = time.monotonic() + 10
        while processes_with(self.mark) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(processes_with(self.mark), [])
        if homes:
            self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("headless-")], [])

    def test_status_is_that_of_the_command(self) -> None:
        self.assertEqual(self.headless("--no-a11y", "--", "sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(self.headless("--no-a11y", "--", "sh", "-c", "kill -KILL $$").returncode, 128 + 9)
        self.assertEqual(self.headless("--no-a11y", "--", "/no/such/program").returncode, 127)
        self.assert_nothing_left()

    def test_display_bus_and_home_are_its_own(self) -> None:
        seen = self.headless("--size", "640x480", "--", "sh", "-c", """
            set -e
            xdotool getdisplaygeometry
            gdbus call --session --dest org.a11y.Bus --object-path /org/a11y/bus --method org.a11y.Bus.GetAddress
            for name in HOME TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR; do
              eval "test -d \\"\\$$name\\"; echo \\"\\$$name\\""
            done""")
        self.assertEqual(seen.returncode, 0, seen.stderr)
        lines = seen.stdout.splitlines()
        self.assertEqual(lines[0], "640 480")
        self.assertIn("unix:", lines[1])
        for path in lines[2:]:
            self.assertTrue(path.startswith(self.folder), path)
        self.assert_nothing_left()

    def test_time_limit_ends_all(self) -> None:
        ran = self.headless("--no-a11y", "--timeout", "0.5", "--", "sh", "-c", "trap '' TERM; sleep 60; sleep 60")
        self.assertEqual(ran.returncode, 124)
        self.assert_nothing_left()

    def test_what_forks_away_ends_too(self) -> None:
        ran = self.headless("--", "sh", "-c", "setsid sh -c 'sleep 60 & sleep 60' & exit 3")
        self.assertEqual(ran.returncode, 3)
        self.assert_nothing_left()

    def start_and_end(self, sig: int) -> int:
        session = subprocess.Popen([HEADLESS, "--", "sh", "-c", "echo up; exec sleep 60"], env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(session.stdout.close)
        self.assertEqual(session.stdout.readline(), b"up\n")
        session.send_signal(sig)
        return session.wait(PATIENCE)

    def test_signal_ends_all_in_order(self) -> None:
        self.assertEqual(self.start_and_end(signal.SIGTERM), 128 + signal.SIGTERM)
        self.assert_nothing_left()

    def test_servers_do_not_outlive_a_killed_session(self) -> None:
        self.assertEqual(self.start_and_end(signal.SIGKILL), -signal.SIGKILL)
        self.assert_nothing_left(homes=False)

    def test_picture_shows_the_window(self) -> None:
        path = os.path.join(self.folder, "deep", "shot.png")
        ran = self.headless("--size", "320x240", "--shot", path, "--quit-after-shot", "--",
                            "xev", "-geometry", "200x100+60+70")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        picture = GdkPixbuf.Pixbuf.new_from_file(path)
        self.assertEqual((picture.get_width(), picture.get_height()), (320, 240))
        pixels, stride = picture.get_pixels(), picture.get_rowstride()
        self.assertEqual(pixels[150 * stride + 160 * 3:][:3], b"\xff\xff\xff")
        self.assertNotEqual(pixels[5 * stride + 5 * 3:][:3], b"\xff\xff\xff")
        self.assert_nothing_left()

    def test_no_picture_is_a_failure(self) -> None:
        path = os.path.join(self.folder, "shot.png")
        ran = self.headless("--shot", path, "--quit-after-shot", "--", "true")
        self.assertEqual(ran.returncode, 1)
        self.assertFalse(os.path.exists(path))

    def test_sessions_run_side_by_side(self) -> None:
        sessions = [subprocess.Popen([HEADLESS, "--", "sh", "-c", "echo $DISPLAY; sleep 1"], env=self.env,
                                     stdout=subprocess.PIPE, universal_newlines=True) for _ in range(4)]
        displays = [session.communicate(timeout=PATIENCE)[0] for session in sessions]
        self.assertEqual([session.returncode for session in sessions], [0] * 4)
        self.assertEqual(len(set(displays)), 4)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
