# SPDX-License-Identifier: MIT
"""The listening end of a desktop's notifications: what programs of the session tell, and a click on it."""
from typing import Dict, List, NamedTuple, Optional

from gi.repository import GLib
from service import Service

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = """<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""


class Notice(NamedTuple):
    """number: from 1 on. actions: what can be clicked, by name; "default" is the notice itself."""

    number: int
    title: str
    body: str
    actions: Dict[str, str]


class Notices(Service):
    """Listens from its making to close()."""

    def __init__(self) -> None:
        self.told: List[Notice] = []
        super().__init__(NAME, PATH, INTERFACE)

    def answer(self, method: str, arguments: GLib.Variant, files: List[int]) -> Optional[GLib.Variant]:
        if method == "Notify":
            _, _, _, title, body, actions, _, _ = arguments.unpack()
            notice = Notice(len(self.told) + 1, title, body, dict(zip(actions[::2], actions[1::2])))
            self.told.append(notice)
            return GLib.Variant("(u)", (notice.number,))
        if method == "GetCapabilities":
            return GLib.Variant("(as)", (["actions", "body"],))
        if method == "GetServerInformation":
            return GLib.Variant("(ssss)", ("test", "test", "1", "1.2"))
        return None

    def click(self, notice: Notice) -> None:
        self.bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (notice.number, "default")))
