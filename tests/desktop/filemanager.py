# SPDX-License-Identifier: MIT
"""A file manager beside the program, for what is dragged from one to the other."""
import subprocess
import tempfile
import unittest

from gtkdrive import wait, xdo
from screen import Picture

# Where on the screen the file manager has its files: without its status bar, which changes with the selection.
FILES = (160, 86, 430, 390)


def show_folder(case: unittest.TestCase, file_manager: str, folder: str) -> str:
    """A folder in the file manager, on the left of the screen; returns its window. It ends with the test."""
    log = tempfile.TemporaryFile()
    case.addCleanup(log.close)
    manager = subprocess.Popen([file_manager, folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    case.addCleanup(manager.wait)
    case.addCleanup(manager.kill)
    search = ["xdotool", "search", "--onlyvisible", "--all", "--pid", str(manager.pid), "--name", "."]
    window = wait(lambda: subprocess.run(search, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                                         universal_newlines=True).stdout.split(), "the file manager")[-1]
    xdo("windowsize", "--sync", window, 600, 500, "windowmove", window, 0, 0)
    return window


def still() -> Picture:
    """The screen, once it does not change from one look to the next."""
    last = [Picture.grab()]

    def same() -> bool:
        last.append(Picture.grab())
        return last[-1] == last[-2]

    wait(same, "a still screen")
    return last[-1]
