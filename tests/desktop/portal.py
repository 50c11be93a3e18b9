# SPDX-License-Identifier: MIT
"""The portal by which a program that may not read another's files gets some: who gives them opens them, who wants them is told of copies.

The real one shows them in a file system of its own; here they are copied to a folder. Like that of xdg-desktop-portal 1.16 it takes no
folders. GTK looks once whether there is one, as it starts.
"""
import os
import shutil
from typing import Dict, List, Optional

from gi.repository import GLib
from service import Refused, Service

NAME, PATH = "org.freedesktop.portal.Documents", "/org/freedesktop/portal/documents"
INTERFACE = """<node><interface name="org.freedesktop.portal.FileTransfer">
  <method name="StartTransfer"><arg type="a{sv}" direction="in"/><arg type="s" direction="out"/></method>
  <method name="AddFiles">
    <arg type="s" direction="in"/><arg type="ah" direction="in"/><arg type="a{sv}" direction="in"/>
  </method>
  <method name="RetrieveFiles">
    <arg type="s" direction="in"/><arg type="a{sv}" direction="in"/><arg type="as" direction="out"/>
  </method>
  <method name="StopTransfer"><arg type="s" direction="in"/></method>
</interface></node>"""


class Portal(Service):
    """Hands files on, by way of folder, from its making to close(). retrieved: how often somebody came for them."""

    def __init__(self, folder: str):
        self.folder = folder
        self.transfers: Dict[str, List[str]] = {}
        self.retrieved = self.copied = 0
        super().__init__(NAME, PATH, INTERFACE)

    def answer(self, method: str, arguments: GLib.Variant, files: List[int]) -> Optional[GLib.Variant]:
        if method == "StartTransfer":
            number = str(len(self.transfers) + 1)
            self.transfers[number] = []
            return GLib.Variant("(s)", (number,))
        if method == "AddFiles":
            number, handles, _ = arguments.unpack()
            try:
                self.transfers[number] += [self.copy(files[handle], number) for handle in handles]
            finally:
                for file in files:
                    os.close(file)
        if method == "RetrieveFiles":
            number, _ = arguments.unpack()
            self.retrieved += 1
            return GLib.Variant("(as)", (self.transfers[number],))
        return None

    def copy(self, file: int, number: str) -> str:
        """The open file in the folder; returns where. Its descriptor may be one that only stands for a path."""
        path = os.readlink("/proc/self/fd/%d" % file)
        if not os.path.isfile(path):
            raise Refused("org.freedesktop.portal.Error.NotAllowed")
        self.copied += 1
        room = os.path.join(self.folder, number, str(self.copied))
        os.makedirs(room)
        return shutil.copy(path, os.path.join(room, os.path.basename(path)))
