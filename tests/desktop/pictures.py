# SPDX-License-Identifier: MIT
"""What a picture should look like, decoded here and not by the program, and whether it is on the screen."""
import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf  # noqa: E402
from screen import Box, Picture, distance

# A picture is compared in CELLS × CELLS parts. Where an edge in it meets the edge of a part, filters differ visibly; over all
# parts they differ by less than this on average, and other pictures by far more.
TOLERANCE = 8.0
CELLS = 5


def decode(data: bytes, oriented: bool = True) -> Picture:
    """The (first) picture in some bytes, turned as its EXIF says."""
    loader = GdkPixbuf.PixbufLoader()
    loader.write(data)
    loader.close()
    pixbuf = loader.get_pixbuf()
    return from_pixbuf(pixbuf.apply_embedded_orientation() if oriented else pixbuf)


def from_pixbuf(pixbuf: GdkPixbuf.Pixbuf) -> Picture:
    """Without transparency: only for pictures that have none."""
    width, height, stride, channels = (pixbuf.get_width(), pixbuf.get_height(), pixbuf.get_rowstride(),
                                       pixbuf.get_n_channels())
    pixels = pixbuf.get_pixels()
    rows = [pixels[y * stride:y * stride + width * channels] for y in range(height)]
    if channels == 4:
        rows = [bytes(byte for at, byte in enumerate(row) if at % 4 != 3) for row in rows]
    return Picture(width, height, b"".join(rows))


def fitted(picture: Picture, room: Box) -> Box:
    """Where a picture goes in a room: as large as it is or as fits, across the middle, at the top."""
    x, y, width, height = room
    scale = min(1.0, width / picture.width, height / picture.height)
    drawn_width, drawn_height = round(picture.width * scale), round(picture.height * scale)
    return x + (width - drawn_width) // 2, y, drawn_width, drawn_height


def cell(box: Box, column: int, row: int) -> Box:
    """One of CELLS × CELLS parts of a box, without its edge, where rounded corners are."""
    x, y, width, height = box
    left, right = x + width * column // CELLS, x + width * (column + 1) // CELLS
    top, bottom = y + height * row // CELLS, y + height * (row + 1) // CELLS
    inset_x, inset_y = max(1, (right - left) // 4), max(1, (bottom - top) // 4)
    return left + inset_x, top + inset_y, max(1, right - left - 2 * inset_x), max(1, bottom - top - 2 * inset_y)


def difference(expected: Picture, screen: Picture, box: Box) -> float:
    """How far the parts of a picture are from what is in a box on the screen, on average: 0 to 255."""
    whole = (0, 0, expected.width, expected.height)
    cells = [(column, row) for column in range(CELLS) for row in range(CELLS)]
    return sum(distance(expected.mean(cell(whole, *at)), screen.mean(cell(box, *at))) for at in cells) / len(cells)


def shows(expected: Picture, screen: Picture, room: Box) -> bool:
    return difference(expected, screen, fitted(expected, room)) <= TOLERANCE
