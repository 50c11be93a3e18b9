# SPDX-License-Identifier: MIT
"""Drive a GTK 4 program as a person does: AT-SPI to look, the mouse and keys of xdotool to act.

For scripts that /usr/bin/python3 runs inside a session of ./headless. Packages: gir1.2-atspi-2.0, python3-gi, xdotool,
x11-utils.

What GTK 4.8 does not do, and how it is got around here:
  - only coordinates relative to the window are right; Window.point() adds where the window is
  - no widget tells whether it shows: what is on a hidden page, or scrolled away, keeps its name and its last place.
    showing() asks what is at that place instead
  - a list has about two hundred rows at most, around those on show: there is no n-th row to ask for
  - check boxes and rows have no action and nothing can be given the focus: click, or use keys
  - xdotool types other than ASCII badly: set_text() takes any text, type_text() ASCII only
Nothing here waits for time to pass: wait() polls a condition.
"""
import re
import subprocess
import time
import warnings
from typing import Callable, Iterator, List, Optional, Pattern, Tuple, TypeVar, Union

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

warnings.filterwarnings("ignore", category=DeprecationWarning)

Node = Atspi.Accessible
Match = Union[str, Pattern[str], None]
T = TypeVar("T")

# Far more than anything takes on an idle machine; a failing test takes this long.
PATIENCE = 20.0


def wait(test: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Ask test() again and again until it gives something true, and return that.

    A widget that goes away while it is looked at counts as not there yet.
    """
    end, last = time.monotonic() + seconds, None
    while True:
        try:
            last = None
            result = test()
            if result:
                return result
        except GLib.Error as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError("waited in vain for %s%s" % (what, " (%s)" % last.message if last else ""))
        time.sleep(0.02)


# Looking


def program(name: str, pid: Optional[int] = None, seconds: float = PATIENCE) -> Node:
    """The root of a running program; name is g_get_prgname(), the name of its executable unless it sets another.

    Nothing that can change is cached on this side: what is asked is what is so.
    """
    def look() -> Optional[Node]:
        for node in children(Atspi.get_desktop(0)):
            if node.get_name() == name and (pid is None or node.get_process_id() == pid) and node.get_child_count():
                return node
        return None

    root = wait(look, "the program “%s”" % name, seconds)
    root.set_cache_mask(Atspi.Cache.ROLE | Atspi.Cache.INTERFACES)
    return root


def children(node: Node) -> List[Node]:
    nodes = (node.get_child_at_index(i) for i in range(node.get_child_count()))
    return [child for child in nodes if child is not None]


def walk(node: Node, into_lists: bool = False) -> Iterator[Node]:
    """The node and all below it, parents before children. Lists of rows are not entered, unless the walk begins there.

    A walk takes about a millisecond a node.
    """
    yield node
    for child in children(node):
        if into_lists or child.get_role_name() not in ("tree table", "list", "table"):
            yield from walk(child, into_lists)
        else:
            yield child


def matches(text: Optional[str], pattern: Match) -> bool:
    if pattern is None:
        return True
    return text == pattern if isinstance(pattern, str) else bool(pattern.search(text or ""))


def find_all(root: Node, role: Optional[str] = None, name: Match = None,
             test: Optional[Callable[[Node], bool]] = None) -> List[Node]:
    """What is there now of a role ("push button", "label", "table row"), a name and a test of your own."""
    return [node for node in walk(root)
            if (role is None or node.get_role_name() == role) and matches(node.get_name(), name)
            and (test is None or test(node))]


def find(root: Node, role: Optional[str] = None, name: Match = None, test: Optional[Callable[[Node], bool]] = None,
         seconds: float = PATIENCE) -> Node:
    """The first of find_all() that is on the screen, once there is one."""
    what = "%s %s" % (role or "anything", name.pattern if isinstance(name, re.Pattern) else name or "")
    return wait(lambda: next(iter(node for node in find_all(root, role, name, test) if showing(node)), None),
                what, seconds)


def gone(root: Node, role: Optional[str] = None, name: Match = None, seconds: float = PATIENCE) -> None:
    """Wait until nothing of that role and name is on the screen."""
    wait(lambda: not any(map(showing, find_all(root, role, name))), "%s %s to go" % (role, name), seconds)


def has_state(node: Node, state: str) -> bool:
    """state: "SELECTED", "CHECKED", "SENSITIVE", "FOCUSED", …"""
    return node.get_state_set().contains(getattr(Atspi.StateType, state))


def lineage(node: Optional[Node]) -> List[Node]:
    """The node, its parent and so on."""
    nodes = []
    while node is not None and node.get_role_name() != "application":
        nodes.append(node)
        node = node.get_parent()
    return nodes


def showing(node: Node) -> bool:
    """Whether a person could click it: it, or something inside it, is on top at one of five points of it.

    GTK does not say what is at a point where something is that has no meaning of its own, an icon in a button; if that
    is all there is, the widget gets the benefit of the doubt.
    """
    x, y, width, height = extents(node)
    if width <= 0 or height <= 0:
        return False
    frame = lineage(node)[-1].get_component_iface()
    if node.get_parent().get_role_name() == "application":
        return True
    seen = False
    for across, down in ((0.5, 0.5), (0.5, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.5)):
        top = Atspi.Component.get_accessible_at_point(frame, x + int(width * across), y + int(height * down),
                                                      Atspi.CoordType.WINDOW)
        if top is not None:
            seen = True
            if node in lineage(top):
                return True
    return not seen


def text_of(node: Node) -> str:
    """What a label, an entry or a text view says; the name of anything else."""
    text = node.get_text_iface()
    if text is None:
        return node.get_name() or ""
    return Atspi.Text.get_text(text, 0, Atspi.Text.get_character_count(text))


def texts(root: Node) -> List[str]:
    """Every label that shows under a node, from the first to the last."""
    found = (text_of(node) for node in walk(root) if node.get_role_name() == "label" and showing(node))
    return [text for text in found if text]


def extents(node: Node) -> Tuple[int, int, int, int]:
    """x, y, width, height in the window."""
    rect = Atspi.Component.get_extents(node.get_component_iface(), Atspi.CoordType.WINDOW)
    return rect.x, rect.y, rect.width, rect.height


def dump(root: Node, depth: int = 0) -> str:
    """The tree as text, for messages and for whoever writes a test."""
    lines = ["%s%s “%s” %s" % ("  " * depth, root.get_role_name(), root.get_name() or "", extents_or_none(root))]
    return "\n".join(lines + [dump(child, depth + 1) for child in children(root)])


def extents_or_none(node: Node) -> str:
    return "%d,%d %d×%d" % extents(node) if node.get_component_iface() else ""


# Acting


def action_names(node: Node) -> List[str]:
    action = node.get_action_iface()
    return [Atspi.Action.get_action_name(action, i) for i in range(Atspi.Action.get_n_actions(action))] if action else []


def do(node: Node, name: str = "click") -> None:
    """An action of a widget: "click" of a button, "toggle" of a switch, "win.close" of a window."""
    names = action_names(node)
    if name not in names:
        raise AssertionError("“%s” cannot %s, only %s" % (node.get_name(), name, ", ".join(names) or "nothing"))
    Atspi.Action.do_action(node.get_action_iface(), names.index(name))


def press(root: Node, name: Match, role: str = "push button") -> None:
    """Find a button by its name and click it."""
    do(find(root, role, name, lambda node: "click" in action_names(node) and has_state(node, "SENSITIVE")))


def set_text(entry: Node, text: str) -> None:
    Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), text)


def xdo(*arguments: object) -> str:
    return subprocess.run(["xdotool", *map(str, arguments)], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout.strip()


def key(*names: str) -> None:
    """Keys one after the other, with names of X: "Return", "ctrl+o", "F10"."""
    xdo("key", "--delay", 10, *names)


def type_text(text: str) -> None:
    """Type ASCII into what has the focus."""
    xdo("type", "--delay", 5, text)


def xprop(window: str, name: str) -> str:
    return subprocess.run(["xprop", "-id", window, name], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, universal_newlines=True).stdout


class Window:
    """A toplevel of the X server and the frame that is the same window in AT-SPI."""

    def __init__(self, frame: Node, xid: str):
        self.frame, self.xid = frame, xid

    @classmethod
    def of(cls, frame: Node, pid: int, seconds: float = PATIENCE) -> "Window":
        """Look for the X window of a frame: same process, same title."""
        def look() -> Optional[str]:
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--all", "--pid", str(pid), "--name",
                                    "^%s$" % re.escape(frame.get_name() or "")],
                                   check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   universal_newlines=True).stdout.split()
            return found[-1] if found else None

        return cls(frame, wait(look, "the window “%s”" % frame.get_name(), seconds))

    def geometry(self) -> Tuple[int, int, int, int]:
        """x, y, width, height of the X window on the screen."""
        lines = xdo("getwindowgeometry", "--shell", self.xid).splitlines()
        value = dict(line.split("=", 1) for line in lines if "=" in line)
        return tuple(int(value[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))

    def origin(self) -> Tuple[int, int]:
        """Where the widgets begin: the X window is larger by a border, which is the shadow where there is a compositor."""
        x, y, width, height = self.geometry()
        _, _, frame_width, frame_height = extents(self.frame)
        shadow = re.search(r"= (\d+), (\d+), (\d+), (\d+)", xprop(self.xid, "_GTK_FRAME_EXTENTS"))
        if shadow:
            return x + int(shadow[1]), y + int(shadow[3])
        return x + (width - frame_width) // 2, y + (height - frame_height) // 2

    def box(self, node: Node) -> Tuple[int, int, int, int]:
        """A widget's x, y, width, height on the screen."""
        left, top = self.origin()
        x, y, width, height = extents(node)
        return left + x, top + y, width, height

    def point(self, node: Node, across: float = 0.5, down: float = 0.5) -> Tuple[int, int]:
        x, y, width, height = self.box(node)
        return x + int(width * across), y + int(height * down)

    def click(self, node: Node, button: int = 1, times: int = 1, across: float = 0.5, down: float = 0.5) -> None:
        x, y = self.point(node, across, down)
        xdo("mousemove", x, y, "click", "--repeat", times, "--delay", 60, button)

    def activate(self) -> None:
        """Give it the keyboard."""
        xdo("windowactivate", "--sync", self.xid)
        wait(self.active, "the window to be active")

    def active(self) -> bool:
        try:
            return xdo("getactivewindow") == self.xid
        except subprocess.CalledProcessError:
            return False

    def resize(self, width: int, height: int) -> None:
        """Make what the widgets have that large, as far as the window lets itself be made."""
        _, _, now_width, now_height = extents(self.frame)
        _, _, x_width, x_height = self.geometry()
        xdo("windowsize", self.xid, x_width - now_width + width, x_height - now_height + height)

    def move(self, x: int, y: int) -> None:
        xdo("windowmove", self.xid, x, y)


def park_pointer() -> None:
    """Move the pointer to where it hovers over nothing."""
    xdo("mousemove", *xdo("getdisplaygeometry").split())


def drag(start: Tuple[int, int], end: Tuple[int, int]) -> None:
    """Drag with the mouse from one point of the screen to another, at the pace drag and drop of X11 needs.

    The source begins a drag after a few pixels, and the target has to have answered before the button is released: the
    two talk through the X server and show nothing that could be waited for, so here time does pass.
    """
    (x, y), (to_x, to_y) = start, end
    xdo("mousemove", x, y, "sleep", 0.15, "mousedown", 1, "sleep", 0.15)
    for step in range(1, 8):
        xdo("mousemove", x + 3 * step, y + 2 * step, "sleep", 0.03)
    x, y = x + 21, y + 14
    for step in range(1, 21):
        xdo("mousemove", x + (to_x - x) * step // 20, y + (to_y - y) * step // 20, "sleep", 0.02)
    for step in (3, -3, 0):
        xdo("mousemove", to_x + step, to_y, "sleep", 0.3)
    xdo("mouseup", 1)


# GActions over D-Bus


def _action_path(application: str, window: Optional[int]) -> str:
    path = "/" + application.replace(".", "/").replace("-", "_")
    return path + "/window/%d" % window if window else path


def _call_actions(application: str, window: Optional[int], method: str, arguments: GLib.Variant) -> GLib.Variant:
    return Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
        application, _action_path(application, window), "org.gtk.Actions", method, arguments, None,
        Gio.DBusCallFlags.NONE, int(PATIENCE * 1000), None)


def activate_action(application: str, name: str, *parameters: GLib.Variant, window: Optional[int] = None) -> None:
    """An action of the application, or of its window of that number."""
    _call_actions(application, window, "Activate", GLib.Variant("(sava{sv})", (name, list(parameters), {})))


def action_state(application: str, name: str, window: Optional[int] = None) -> Tuple[bool, str, list]:
    """Whether it is enabled, the type of its parameter and its state, if it has one."""
    return _call_actions(application, window, "Describe", GLib.Variant("(s)", (name,))).unpack()[0]
