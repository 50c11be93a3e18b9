# SPDX-License-Identifier: MIT
"""Drive a GTK 4 program as a person does: AT-SPI to look, the mouse and keys of xdotool to act.

For scripts that /usr/bin/python3 runs inside a session of ./headless. Packages: python3-gi, xdotool, x11-utils.

AT-SPI is spoken over D-Bus here, without its library: all widgets of a program come in one call, where the library takes
several calls for each. A Node is a widget as it was when asked for; what is written as a function of a node asks anew.

What GTK 4.8 does not do, and how it is got around here:
  - only coordinates relative to the window are right; Window adds where the window is
  - no widget tells whether it shows: what is on a hidden page, or scrolled away, keeps its name and its last place.
    showing() asks what is at that place instead
  - a list has the rows in view and a few around them: there is no n-th row to ask for
  - check boxes and rows have no action and nothing can be given the focus: click, or use keys
  - xdotool types other than ASCII badly: set_text() takes any text, type_text() ASCII only
Nothing here waits for time to pass: wait() polls a condition.
"""
import itertools
import re
import struct
import subprocess
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Pattern, Set, Tuple, TypeVar, Union

from gi.repository import Gio, GLib
from screen import Pointer
from wire import Answer, Call, Wire, parse_references

Match = Union[str, Pattern[str], None]
Box = Tuple[int, int, int, int]
T = TypeVar("T")

# Far more than anything takes on an idle machine; a failing test takes this long.
PATIENCE = 20.0
# Between two looks. Looking costs the program time, too.
PAUSE = 0.05
# How long children that did not come are not asked for again.
ASKED = 1.0

typed_at = float("-inf")   # When type_text() ended last.
# The look of a wait() that is going on, another after each act in it; 0 outside of one. All that one look asks is seen at once.
look = 0
looks = itertools.count(1)

ATSPI = "org.a11y.atspi."
ROOT = "/org/a11y/atspi/accessible/root"
NULL = "/org/a11y/atspi/null"
IN_WINDOW = 1
# What a program answers for a widget that is gone.
NO_SUCH_OBJECT = ("org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownObject")

# Numbers of AT-SPI's enumerations.
ROLES = {2: "alert", 7: "check box", 8: "check menu item", 16: "dialog", 20: "filler", 23: "frame", 27: "image",
         29: "label", 31: "list", 32: "list item", 33: "menu", 35: "menu item", 39: "panel", 42: "progress bar",
         43: "push button", 44: "radio button", 45: "radio menu item", 48: "scroll bar", 49: "scroll pane",
         50: "separator", 51: "slider", 52: "spin button", 55: "table", 56: "table cell", 61: "text", 62: "toggle button",
         66: "tree table", 69: "window", 79: "entry", 90: "table row"}
STATES = {"ACTIVE": 1, "CHECKED": 4, "EXPANDED": 10, "FOCUSED": 12, "PRESSED": 20, "SELECTED": 23, "SENSITIVE": 24,
          "VISIBLE": 30}


def acted() -> None:
    """What was seen in the look that is going on may be another by now."""
    global look
    look = look and next(looks)


def wait(test: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Ask test() again and again until it gives something true, and return that.

    A widget that goes away while it is looked at counts as not there yet.
    """
    global look
    end, last, outer = time.monotonic() + seconds, None, look
    while True:
        try:
            last, look = None, next(looks)
            result = test()
            if result:
                return result
        except GLib.Error as error:
            last = error
        finally:
            look = outer and next(looks)
        if time.monotonic() > end:
            raise AssertionError("waited in vain for %s%s" % (what, " (%s)" % last.message if last else ""))
        time.sleep(PAUSE)


# Looking


class Node:
    """A widget in a Tree. role is what it is: "push button", "label", "table row"."""

    def __init__(self, tree: "Tree", path: str, role: str, name: str, states: int):
        self.tree, self.path, self.role, self.name, self.states = tree, path, role, name, states
        self.parent: Optional["Node"] = None
        self.children: List["Node"] = []

    def has(self, state: str) -> bool:
        return bool(self.states >> STATES[state] & 1)

    def walk(self) -> Iterator["Node"]:
        """The node and all below it, parents before children."""
        yield self
        for child in self.children:
            yield from child.walk()

    def lineage(self) -> List["Node"]:
        """The node, its parent and so on, up to the window."""
        return [self] + (self.parent.lineage() if self.parent else [])

    def __str__(self) -> str:
        return "%s “%s”" % (self.role, self.name)


class Item(NamedTuple):
    """What the program's cache says of a widget."""

    path: str
    parent: str
    index: int
    children: int
    name: str
    role: int
    states: int


def parse_items(body: bytes) -> Iterator[Item]:
    """The answer to GetItems, a((so)(so)(so)iiassusau) as it is on the wire. PyGObject takes ten times as long for it."""
    at, end = 8, 8 + struct.unpack_from("=I", body, 0)[0]

    def string() -> str:
        nonlocal at
        start = (at + 3 & ~3) + 4
        at = start + number_at(start - 4) + 1
        return body[start:at - 1].decode()

    def number_at(place: int) -> int:
        return struct.unpack_from("=I", body, place)[0]

    def reference() -> str:
        nonlocal at
        at = at + 7 & ~7
        string()
        return string()

    while at < end:
        path, _, parent = reference(), reference(), reference()
        index, children, interfaces = struct.unpack_from("=iiI", body, at + 3 & ~3)
        at = (at + 3 & ~3) + 12 + interfaces
        name = string()
        role = number_at(at + 3 & ~3)
        at = (at + 3 & ~3) + 4
        string()
        _, low, high = struct.unpack_from("=III", body, at + 3 & ~3)
        at = (at + 3 & ~3) + 12
        yield Item(path, parent, index, children, name, role, low | high << 32)


class Tree:
    """All widgets of a program at one moment."""

    def __init__(self, program: "Program", items: List[Item]):
        self.program = program
        self.nodes: Dict[str, Node] = {}
        family: Dict[str, List[Tuple[int, Node]]] = {}
        for item in items:
            # What is hidden as a widget of its own is in the answer too; parents do not count it.
            if item.path != ROOT and item.states >> STATES["VISIBLE"] & 1:
                node = Node(self, item.path, ROLES.get(item.role, "role %d" % item.role), item.name, item.states)
                self.nodes[item.path] = node
                family.setdefault(item.parent, []).append((item.index, node))
        for path, node in self.nodes.items():
            node.children = [child for _, child in sorted(family.get(path, []), key=lambda pair: pair[0])]
            for child in node.children:
                child.parent = node
        # GTK knows of widgets that nobody has asked for yet only by number. One that was hidden may still call itself visible, at
        # the place of another.
        places = {path: len({index for index, _ in family.get(path, [])}) for path in self.nodes}
        self.lacking = {item.path: (item.children, places[item.path]) for item in items
                        if item.path in self.nodes and item.children != places[item.path]}
        self.windows = [node for _, node in sorted(family.get(ROOT, []), key=lambda pair: pair[0])]


class Program:
    """A running program on the accessibility bus."""

    _bus: Optional[Gio.DBusConnection] = None
    _wire: Optional[Wire] = None

    def __init__(self, pid: int, check_alive: Callable[[], None] = lambda: None):
        """check_alive: raises if the process is gone; it is called before each look."""
        self.pid, self.check_alive = pid, check_alive
        self.asked: Dict[str, Tuple[Tuple[int, int], float]] = {}
        self.last: Tuple[bytes, Optional[Tree]] = b"", None
        self.looked = 0
        self.name = wait(self.look_for_name, "process %d on the accessibility bus" % pid)

    @classmethod
    def address(cls) -> str:
        """Of the accessibility bus."""
        session = Gio.bus_get_sync(Gio.BusType.SESSION)
        return session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None,
                                 Gio.DBusCallFlags.NONE, -1, None).unpack()[0]

    @classmethod
    def bus(cls) -> Gio.DBusConnection:
        if cls._bus is None:
            cls._bus = Gio.DBusConnection.new_for_address_sync(
                cls.address(), Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        return cls._bus

    @classmethod
    def wire(cls) -> Wire:
        """The same bus, for what is long or many."""
        if cls._wire is None:
            cls._wire = Wire(cls.address(), PATIENCE)
        return cls._wire

    @classmethod
    def call_bus(cls, name: str, path: str, interface: str, method: str, arguments: Optional[GLib.Variant] = None):
        reply = cls.bus().call_sync(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE,
                                    int(PATIENCE * 1000), None).unpack()
        return reply[0] if len(reply) == 1 else reply

    def look_for_name(self) -> Optional[str]:
        self.check_alive()
        for name, _ in self.call_bus(ATSPI + "Registry", ROOT, ATSPI + "Accessible", "GetChildren"):
            pid = self.call_bus("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
            if pid == self.pid:
                return name
        return None

    def call(self, path: str, interface: str, method: str, arguments: Optional[GLib.Variant] = None):
        return self.call_bus(self.name, path, ATSPI + interface, method, arguments)

    def get(self, path: str, interface: str, name: str):
        return self.call_bus(self.name, path, "org.freedesktop.DBus.Properties", "Get",
                             GLib.Variant("(ss)", (ATSPI + interface, name)))

    def ask(self, calls: List[Call]) -> List[Answer]:
        try:
            return self.wire().call_all(calls)
        except OSError as error:
            Program._wire = None   # Half an answer may be left in it.
            raise GLib.Error(str(error)) from None

    def get_items(self) -> bytes:
        answer, = self.ask([Call(self.name, "/org/a11y/atspi/cache", ATSPI + "Cache", "GetItems")])
        if answer.error:
            raise GLib.Error(answer.error)
        return answer.body

    def tree(self) -> Tree:
        """All widgets there are now."""
        self.check_alive()
        if look and look == self.looked:
            return self.last[1]
        asked: Set[str] = set()
        while True:
            items = self.get_items()
            tree = self.last[1] if items == self.last[0] else Tree(self, list(parse_items(items)))
            self.last = items, tree
            unknown = {path: numbers for path, numbers in tree.lacking.items()
                       if path not in asked and not self.asked_lately(path, numbers)}
            if not unknown:
                self.looked = look
                return tree
            self.asked.update({path: (numbers, time.monotonic()) for path, numbers in unknown.items()})
            self.ask_for_children(list(unknown), set(tree.nodes), asked)

    def asked_lately(self, path: str, numbers: Tuple[int, int]) -> bool:
        """Some children never come, however often they are asked for; others are new ones, of the same number."""
        before, when = self.asked.get(path, (None, 0.0))
        return before == numbers and time.monotonic() - when < ASKED

    def ask_for_children(self, paths: List[str], known: Set[str], asked: Set[str]) -> None:
        """And for the children of those that nobody knew: having been asked, the program has them among its items."""
        while paths:
            asked.update(paths)
            answers = self.ask([Call(self.name, path, ATSPI + "Accessible", "GetChildren") for path in paths])
            children = {path for answer in answers if not answer.error for path in parse_references(answer.body)}
            paths = sorted(children - known - asked)

    def windows(self) -> List[Node]:
        """Its toplevels, dialogs included."""
        return self.tree().windows


def again(node: Node) -> Node:
    """The same widget as it is now, in a tree of now."""
    now = node.tree.program.tree().nodes.get(node.path)
    if now is None:
        raise GLib.Error("%s is gone" % node)
    return now


def matches(text: str, pattern: Match) -> bool:
    if pattern is None:
        return True
    return text == pattern if isinstance(pattern, str) else bool(pattern.search(text))


def find_all(root: Node, role: Optional[str] = None, name: Match = None,
             test: Optional[Callable[[Node], bool]] = None) -> List[Node]:
    """What is below a node now of a role, a name and a test of your own, whether it shows or not."""
    return [node for node in again(root).walk()
            if (role is None or node.role == role) and matches(node.name, name) and (test is None or test(node))]


def find(root: Node, role: Optional[str] = None, name: Match = None, test: Optional[Callable[[Node], bool]] = None,
         seconds: float = PATIENCE) -> Node:
    """The first of find_all() that is on the screen, once there is one."""
    what = "%s “%s”" % (role or "anything", name.pattern if isinstance(name, re.Pattern) else name or "")
    return wait(lambda: next(filter(showing, find_all(root, role, name, test)), None), what, seconds)


def gone(root: Node, role: Optional[str] = None, name: Match = None, seconds: float = PATIENCE) -> None:
    """Wait until nothing of that role and name is on the screen."""
    wait(lambda: not any(map(showing, find_all(root, role, name))), "%s “%s” to go" % (role, name), seconds)


def extents(node: Node) -> Box:
    """x, y, width, height in the window."""
    return node.tree.program.call(node.path, "Component", "GetExtents", GLib.Variant("(u)", (IN_WINDOW,)))


def node_at(window: Node, x: int, y: int) -> Optional[Node]:
    """What is on top at a point of a window; None if that has no meaning of its own, an icon in a button."""
    tree = window.tree
    _, path = tree.program.call(window.path, "Component", "GetAccessibleAtPoint",
                                GLib.Variant("(iiu)", (x, y, IN_WINDOW)))
    if path == NULL:
        return None
    if path not in tree.nodes:
        acted()   # Not by us, but the look is too old.
        tree = tree.program.tree()
    return tree.nodes.get(path)


def showing(node: Node) -> bool:
    """Whether a person could click it: it, or something inside it, is on top at one of five points of it.

    If at none of them is anything with a meaning, the widget gets the benefit of the doubt.
    """
    x, y, width, height = extents(node)
    if width <= 0 or height <= 0:
        return False
    above = node.lineage()
    window = above[-1]
    if window is node:
        return True
    # A menu is a surface of its own, where nothing can be asked for; a closed one has no size.
    menu = next((parent for parent in above if parent.role == "menu"), None)
    if menu is not None:
        return extents(menu)[2] > 0
    _, _, window_width, window_height = extents(window)
    tops = []
    for across, down in ((0.5, 0.5), (0.5, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.5)):
        at_x, at_y = x + int(width * across), y + int(height * down)
        if 0 <= at_x < window_width and 0 <= at_y < window_height:
            top = node_at(window, at_x, at_y)
            tops.append(top)
            if top is not None and any(parent.path == node.path for parent in top.lineage()):
                return True
    return bool(tops) and not any(tops)


def text_of(node: Node) -> str:
    """What an entry or a text view says now."""
    program = node.tree.program
    count = program.get(node.path, "Text", "CharacterCount")
    return program.call(node.path, "Text", "GetText", GLib.Variant("(ii)", (0, count)))


def dump(root: Node, depth: int = 0) -> str:
    """The tree as text, for messages and for whoever writes a test."""
    try:
        box = "%d,%d %d×%d" % extents(root)
    except GLib.Error:
        box = ""
    states = " ".join(name.lower() for name in STATES if name not in ("VISIBLE", "SENSITIVE") and root.has(name))
    return "\n".join(["%s%s %s %s" % ("  " * depth, root, box, states)]
                     + [dump(child, depth + 1) for child in root.children])


# Acting


def action_names(node: Node) -> List[str]:
    try:
        count = node.tree.program.get(node.path, "Action", "NActions")
        return [node.tree.program.call(node.path, "Action", "GetName", GLib.Variant("(i)", (i,))) for i in range(count)]
    except GLib.Error:
        return []


def try_to(node: Node, name: str = "click") -> bool:
    """An action of a widget, unless the widget is gone by now; returns whether it was there."""
    names = action_names(node)
    if name not in names:
        return False
    acted()
    try:
        node.tree.program.call(node.path, "Action", "DoAction", GLib.Variant("(i)", (names.index(name),)))
    except GLib.Error as error:
        if Gio.DBusError.get_remote_error(error) not in NO_SUCH_OBJECT:
            raise
        return False
    return True


def do(node: Node, name: str = "click") -> None:
    """An action of a widget: "click" of a button, "toggle" of a switch, "window.close" of a window. They are asked for one by one, and those
    of a window change meanwhile when it folds: so that is done again."""
    if not any(try_to(node, name) for _ in range(3)):
        raise AssertionError("%s cannot %s, only %s" % (node, name, ", ".join(action_names(node)) or "nothing"))


def press(root: Node, name: Match, role: str = "push button") -> None:
    """Find a button by its name and click it; if it is replaced by another in between, that.

    GTK 4.8 names a button with a mnemonic “_Try Again Try Again”: either half will do.
    """
    halves = re.compile("(^|_.* )%s$" % re.escape(name)) if isinstance(name, str) else name
    while not try_to(find(root, role, halves, lambda node: node.has("SENSITIVE") and "click" in action_names(node))):
        pass


def set_text(entry: Node, text: str) -> None:
    acted()
    entry.tree.program.call(entry.path, "EditableText", "SetTextContents", GLib.Variant("(s)", (text,)))


def xdo(*arguments: object) -> str:
    acted()
    return subprocess.run(["xdotool", *map(str, arguments)], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout.strip()


def key(*names: str) -> None:
    """Keys one after the other, with names of X: "Return", "ctrl+o", "F10"."""
    xdo("key", "--delay", 10, *names)


def type_text(text: str) -> None:
    """Type ASCII into what has the focus."""
    global typed_at
    xdo("type", "--delay", 5, text)
    typed_at = time.monotonic()


def pause_typing(seconds: float) -> None:
    """Wait until nothing has been typed for that long."""
    time.sleep(max(0.0, typed_at + seconds - time.monotonic()))


def xprop(window: str, name: str) -> str:
    return subprocess.run(["xprop", "-id", window, name], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, universal_newlines=True).stdout


class Window:
    """A toplevel of the X server and the node that is the same window in AT-SPI."""

    def __init__(self, frame: Node, xid: Optional[str] = None):
        self.frame = frame
        self.xid = xid or wait(self.look_for_xid, "the window “%s”" % frame.name)

    def look_for_xid(self) -> Optional[str]:
        """The X window of the same process and title."""
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--all", "--pid",
                                str(self.frame.tree.program.pid), "--name", "^%s$" % re.escape(self.frame.name)],
                               check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               universal_newlines=True).stdout.split()
        return found[-1] if found else None

    def geometry(self) -> Box:
        """x, y, width, height of the X window on the screen. xdotool counts the window manager's frame around it twice."""
        told = subprocess.run(["xwininfo", "-id", self.xid], check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout
        value = dict(re.findall(r"(Absolute upper-left X|Absolute upper-left Y|Width|Height): +(-?\d+)", told))
        return (int(value["Absolute upper-left X"]), int(value["Absolute upper-left Y"]), int(value["Width"]), int(value["Height"]))

    def origin(self) -> Tuple[int, int]:
        """Where the widgets begin: the X window is larger by a border, which is the shadow where there is a compositor."""
        x, y, width, height = self.geometry()
        _, _, frame_width, frame_height = extents(self.frame)
        shadow = re.search(r"= (\d+), (\d+), (\d+), (\d+)", xprop(self.xid, "_GTK_FRAME_EXTENTS"))
        if shadow:
            return x + int(shadow[1]), y + int(shadow[3])
        return x + (width - frame_width) // 2, y + (height - frame_height) // 2

    def box(self, node: Node) -> Box:
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


def _move(start: Tuple[int, int], end: Tuple[int, int]) -> None:
    """As slowly as drag and drop of X11 needs it."""
    (x, y), (to_x, to_y) = start, end
    for step in range(1, 21):
        xdo("mousemove", x + (to_x - x) * step // 20, y + (to_y - y) * step // 20, "sleep", 0.02)


def _begin_drag(x: int, y: int) -> None:
    """A drag begins after a few pixels."""
    xdo("mousemove", x, y, "sleep", 0.15, "mousedown", 1, "sleep", 0.15)
    for step in range(1, 8):
        xdo("mousemove", x + 3 * step, y + 2 * step, "sleep", 0.03)


def drag(start: Tuple[int, int], end: Tuple[int, int]) -> None:
    """Drag with the mouse from one point of the screen to another, within a window: what it moves follows."""
    (x, y), (to_x, to_y) = start, end
    _begin_drag(x, y)
    _move((x + 21, y + 14), end)
    for step in (3, -3, 0):
        xdo("mousemove", to_x + step, to_y, "sleep", 0.3)
    xdo("mouseup", 1)


def hover(x: int, y: int, taken: bool = True) -> None:
    """Stay at a point of the screen with what is carried, until what is there says that it takes it.

    The two programs talk through the X server, with each move. How it went, the pointer tells, but where GTK 2 has made it.
    What it tells at first may be of what was passed on the way, so here a little time passes, too.
    """
    sides = itertools.cycle((3, -3, 0))

    def is_taken() -> bool:
        xdo("mousemove", x + next(sides), y, "sleep", 0.1)
        return Pointer.shared().look()[1] not in ("dnd-none", "none", "no-drop")

    for step in (3, -3, 0):
        xdo("mousemove", x + step, y, "sleep", 0.2)
    if taken:
        wait(is_taken, "the target to take it")


def carry(start: Tuple[int, int], end: Tuple[int, int], taken: bool = True) -> None:
    """Drag and drop with the mouse from one point of the screen to another, without letting go. taken: wait until what is
    there takes it."""
    (x, y), (to_x, to_y) = start, end
    before = Pointer.shared().look()
    _begin_drag(x, y)
    wait(lambda: Pointer.shared().look() != before, "the drag to begin")
    _move((x + 21, y + 14), end)
    hover(to_x, to_y, taken)


def drop(start: Tuple[int, int], end: Tuple[int, int], taken: bool = True) -> None:
    """Drag and drop with the mouse from one point of the screen to another."""
    carry(start, end, taken)
    xdo("mouseup", 1)


# GActions over D-Bus


def _call_actions(application: str, window: Optional[int], method: str, arguments: GLib.Variant) -> GLib.Variant:
    path = "/" + application.replace(".", "/").replace("-", "_") + ("/window/%d" % window if window else "")
    acted()
    return Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
        application, path, "org.gtk.Actions", method, arguments, None, Gio.DBusCallFlags.NONE, int(PATIENCE * 1000),
        None)


def activate_action(application: str, name: str, *parameters: GLib.Variant, window: Optional[int] = None) -> None:
    """An action of the application, or of its window of that number."""
    _call_actions(application, window, "Activate", GLib.Variant("(sava{sv})", (name, list(parameters), {})))


def action_state(application: str, name: str, window: Optional[int] = None) -> Tuple[bool, str, list]:
    """Whether it is enabled, the type of its parameter and its state, if it has one."""
    return _call_actions(application, window, "Describe", GLib.Variant("(s)", (name,))).unpack()[0]
