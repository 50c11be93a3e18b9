# SPDX-License-Identifier: MIT
"""Pictures of an X display, and the little arithmetic tests do on them.

Asks Xlib and needs nothing else. (xwd writes broken pictures where windows have several visuals, as GTK's do.)
"""
import ctypes
import os
import struct
import zlib
from typing import Iterable, Optional, Tuple

Colour = Tuple[float, float, float]
Box = Tuple[int, int, int, int]

ALL_PLANES = ctypes.c_ulong(-1)
Z_PIXMAP = 2
PIXMAP = 20
REPLACE = 0
RETAIN_PERMANENT = 1


class XFixesCursorImage(ctypes.Structure):
    """The library's structure of that name."""

    _fields_ = ([(name, ctypes.c_short) for name in ("x", "y")]
                + [(name, ctypes.c_ushort) for name in ("width", "height", "xhot", "yhot")]
                + [("serial", ctypes.c_ulong), ("pixels", ctypes.c_void_p), ("atom", ctypes.c_ulong), ("name", ctypes.c_char_p)])


class XImage(ctypes.Structure):
    """The head of Xlib's structure of that name."""

    _fields_ = ([(name, ctypes.c_int) for name in ("width", "height", "xoffset", "format")]
                + [("data", ctypes.c_void_p)]
                + [(name, ctypes.c_int) for name in ("byte_order", "bitmap_unit", "bitmap_bit_order", "bitmap_pad",
                                                     "depth", "bytes_per_line", "bits_per_pixel")]
                + [("red_mask", ctypes.c_ulong)])


def _load_x11() -> ctypes.CDLL:
    x11 = ctypes.CDLL("libX11.so.6")
    pointer, number = ctypes.c_void_p, ctypes.c_int
    x11.XOpenDisplay.restype, x11.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
    x11.XRootWindow.restype, x11.XRootWindow.argtypes = ctypes.c_ulong, [pointer, number]
    x11.XGetImage.restype = ctypes.POINTER(XImage)
    x11.XGetImage.argtypes = [pointer, ctypes.c_ulong, number, number, ctypes.c_uint, ctypes.c_uint, ctypes.c_ulong,
                              number]
    x11.XDefaultScreen.argtypes = x11.XCloseDisplay.argtypes = x11.XFree.argtypes = [pointer]
    x11.XDisplayWidth.argtypes = x11.XDisplayHeight.argtypes = [pointer, number]
    x11.XCreatePixmap.restype = x11.XInternAtom.restype = ctypes.c_ulong
    x11.XCreatePixmap.argtypes = [pointer, ctypes.c_ulong, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint]
    x11.XCreateGC.restype, x11.XCreateGC.argtypes = pointer, [pointer, ctypes.c_ulong, ctypes.c_ulong, pointer]
    x11.XSetForeground.argtypes = [pointer, pointer, ctypes.c_ulong]
    x11.XFillRectangle.argtypes = [pointer, ctypes.c_ulong, pointer, number, number, ctypes.c_uint, ctypes.c_uint]
    x11.XInternAtom.argtypes = [pointer, ctypes.c_char_p, number]
    x11.XChangeProperty.argtypes = [pointer, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, number, number, pointer,
                                    number]
    x11.XSetWindowBackgroundPixmap.argtypes = [pointer, ctypes.c_ulong, ctypes.c_ulong]
    x11.XClearWindow.argtypes = [pointer, ctypes.c_ulong]
    x11.XSetCloseDownMode.argtypes = [pointer, number]
    return x11


def paint_background(display: str, colour: int) -> None:
    """Give the screen behind all windows one colour, 0xrrggbb, also for a compositor that starts later."""
    x11 = _load_x11()
    connection = x11.XOpenDisplay(display.encode())
    if not connection:
        raise OSError("cannot open the display")
    root = x11.XRootWindow(connection, x11.XDefaultScreen(connection))
    tile = ctypes.c_ulong(x11.XCreatePixmap(connection, root, 1, 1, 24))
    context = x11.XCreateGC(connection, tile, 0, None)
    x11.XSetForeground(connection, context, colour)
    x11.XFillRectangle(connection, tile, context, 0, 0, 1, 1)
    x11.XSetWindowBackgroundPixmap(connection, root, tile)
    x11.XClearWindow(connection, root)
    # Compositors look for the background here, so the pixmap has to outlive the connection.
    x11.XChangeProperty(connection, root, x11.XInternAtom(connection, b"_XROOTPMAP_ID", 0), PIXMAP, 32, REPLACE,
                        ctypes.byref(tile), 1)
    x11.XSetCloseDownMode(connection, RETAIN_PERMANENT)
    x11.XCloseDisplay(connection)


class Pointer:
    """What the pointer looks like, on $DISPLAY."""

    _shared: Optional["Pointer"] = None

    @classmethod
    def shared(cls) -> "Pointer":
        if cls._shared is None:
            cls._shared = cls()
        return cls._shared

    def __init__(self) -> None:
        self.x11, self.xfixes = _load_x11(), ctypes.CDLL("libXfixes.so.3")
        self.xfixes.XFixesQueryExtension.argtypes = [ctypes.c_void_p] * 3
        self.xfixes.XFixesGetCursorImage.restype = ctypes.POINTER(XFixesCursorImage)
        self.xfixes.XFixesGetCursorImage.argtypes = [ctypes.c_void_p]
        self.connection = self.x11.XOpenDisplay(None)
        first, error = ctypes.c_int(), ctypes.c_int()
        if not self.connection or not self.xfixes.XFixesQueryExtension(self.connection, ctypes.byref(first), ctypes.byref(error)):
            raise OSError("the display does not tell of its pointer")

    def look(self) -> Tuple[int, str]:
        """A number, which another look of it has not, and the name that the program gave it: "dnd-copy"; none from GTK 2."""
        image = self.xfixes.XFixesGetCursorImage(self.connection)
        found = image.contents.serial, (image.contents.name or b"").decode("ascii", "replace")
        self.x11.XFree(image)
        return found


class Picture:
    """Pixels of a rectangle, three bytes each (red, green, blue), without padding. Never changed once made."""

    def __init__(self, width: int, height: int, rgb: bytes):
        if len(rgb) != width * height * 3:
            raise ValueError("%d bytes cannot be %d × %d pixels" % (len(rgb), width, height))
        self.width, self.height, self.rgb = width, height, rgb

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Picture)
                and (self.width, self.height, self.rgb) == (other.width, other.height, other.rgb))

    __hash__ = None

    @classmethod
    def grab(cls, display: Optional[str] = None) -> "Picture":
        """The whole screen of an X display, $DISPLAY if none is named, without the pointer."""
        x11 = _load_x11()
        connection = x11.XOpenDisplay(display.encode() if display else None)
        if not connection:
            raise OSError("cannot open the display")
        image = None
        try:
            screen = x11.XDefaultScreen(connection)
            image = x11.XGetImage(connection, x11.XRootWindow(connection, screen), 0, 0,
                                  x11.XDisplayWidth(connection, screen), x11.XDisplayHeight(connection, screen),
                                  ALL_PLANES, Z_PIXMAP)
            if not image:
                raise OSError("the display gives no picture")
            return cls.from_image(image.contents)
        finally:
            if image:
                x11.XFree(image.contents.data)
                x11.XFree(image)
            x11.XCloseDisplay(connection)

    @classmethod
    def from_image(cls, image: "XImage") -> "Picture":
        """32 bits a pixel, little-endian: blue, green, red, padding."""
        if image.bits_per_pixel != 32 or image.byte_order != 0 or image.red_mask != 0xff0000:
            raise OSError("the display is not 24 bits deep")
        width, height, stride = image.width, image.height, image.bytes_per_line
        pixels = ctypes.string_at(image.data, stride * height)
        if stride != width * 4:
            pixels = b"".join(pixels[y * stride:y * stride + width * 4] for y in range(height))
        rgb = bytearray(width * height * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
        return cls(width, height, bytes(rgb))

    def save(self, path: str) -> None:
        """Write a PNG. It appears under its name only when whole."""
        stride = self.width * 3
        rows = b"".join(b"\0" + self.rgb[y:y + stride] for y in range(0, len(self.rgb), stride))

        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        part = path + ".part"
        with open(part, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n"
                       + chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0))
                       + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b""))
        os.replace(part, path)

    def pixel(self, x: int, y: int) -> Tuple[int, int, int]:
        at = (y * self.width + x) * 3
        return self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]

    def crop(self, box: Box) -> "Picture":
        """The part inside box = (x, y, width, height), which must lie on the picture."""
        x, y, width, height = box
        if x < 0 or y < 0 or x + width > self.width or y + height > self.height:
            raise ValueError("%r leaves the picture of %d × %d" % (box, self.width, self.height))
        lines = (((y + i) * self.width + x) * 3 for i in range(height))
        return Picture(width, height, b"".join(self.rgb[at:at + width * 3] for at in lines))

    def mean(self, box: Optional[Box] = None) -> Colour:
        """Average colour of a box, or of all."""
        rgb = (self.crop(box) if box else self).rgb
        count = max(1, len(rgb) // 3)
        return sum(rgb[0::3]) / count, sum(rgb[1::3]) / count, sum(rgb[2::3]) / count

    def changes(self, other: "Picture") -> Optional[Box]:
        """The smallest box with all that differs between two pictures of a size; None if nothing does."""
        stride = self.width * 3
        rows = [y for y in range(self.height) if self.rgb[y * stride:(y + 1) * stride]
                != other.rgb[y * stride:(y + 1) * stride]]
        if not rows:
            return None
        columns = [at // 3 for y in rows for at in range(stride)
                   if self.rgb[y * stride + at] != other.rgb[y * stride + at]]
        left, top = min(columns), rows[0]
        return left, top, max(columns) - left + 1, rows[-1] - top + 1

    def colours(self) -> int:
        """How many different colours there are: 1 for a blank screen."""
        return len(set(zip(self.rgb[0::3], self.rgb[1::3], self.rgb[2::3])))


def distance(one: Iterable[float], other: Iterable[float]) -> float:
    """The largest difference in a channel, 0 to 255."""
    return max(abs(a - b) for a, b in zip(one, other))
