# SPDX-License-Identifier: MIT
"""A program of the session that others call by its name on the bus, as a test plays it."""
import threading
from typing import List, Optional

from gi.repository import Gio, GLib


class Refused(Exception):
    """What answer() raises for an error; its argument is the error's name."""


class Service:
    """Has a name on the session bus from its making to close(), and answers on a thread of its own."""

    def __init__(self, name: str, path: str, interface: str):
        """interface: XML, a node with one interface."""
        self.name, self.path, self.interface = name, path, interface
        self.ready = threading.Event()
        self.failure = ""
        self.context = GLib.MainContext.new()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        self.ready.wait()
        assert not self.failure, self.failure

    def serve(self) -> None:
        self.context.push_thread_default()
        try:
            flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
            self.bus = Gio.DBusConnection.new_for_address_sync(Gio.dbus_address_get_for_bus_sync(Gio.BusType.SESSION, None), flags, None, None)
            self.bus.register_object(self.path, Gio.DBusNodeInfo.new_for_xml(self.interface).interfaces[0], self.was_called, None, None)
            owned, = self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                        GLib.Variant("(su)", (self.name, 4)), None, Gio.DBusCallFlags.NONE, -1, None)
            self.failure = "" if owned == 1 else "somebody else has " + self.name
        except GLib.Error as error:
            self.failure = error.message
        self.ready.set()
        if not self.failure:
            self.loop.run()
            self.bus.close_sync(None)
        self.context.pop_thread_default()

    def was_called(self, _bus: Gio.DBusConnection, _sender: str, _path: str, _interface: str, method: str, arguments: GLib.Variant,
                   invocation: Gio.DBusMethodInvocation) -> None:
        files = invocation.get_message().get_unix_fd_list()
        try:
            invocation.return_value(self.answer(method, arguments, list(files.steal_fds()) if files else []))
        except Refused as error:
            invocation.return_dbus_error(str(error), "refused")

    def answer(self, method: str, arguments: GLib.Variant, files: List[int]) -> Optional[GLib.Variant]:
        """On the thread. files: that came with the call; the callee's to close. Returns what the method does, None for nothing."""
        raise NotImplementedError

    def close(self) -> None:
        self.context.invoke_full(GLib.PRIORITY_DEFAULT, self.loop.quit)
        self.thread.join()
