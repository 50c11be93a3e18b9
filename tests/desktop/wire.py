# SPDX-License-Identifier: MIT
"""D-Bus without a library: calls without arguments, answers as they are on the wire.

The answer with all widgets of a program is over 100 KiB. GDBus takes 10 ms to check it and take it apart.
"""
import os
import socket
import struct
from typing import Dict, Iterator, List, NamedTuple, Tuple

RETURN, ERROR = 2, 3
# Header fields, and the type of each in a call.
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION = 1, 2, 3, 4, 5, 6


class Call(NamedTuple):
    """A method of an object in a program on the bus."""

    name: str
    path: str
    interface: str
    method: str


class Answer(NamedTuple):
    """What came back: the name of an error, or none, and the body. Alignment counts from its begin."""

    error: str
    body: bytes


class Wire:
    """A connection to a bus. It hears nothing but answers."""

    def __init__(self, address: str, seconds: float):
        """seconds: how long an answer may take."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)
        self.socket.connect(path_of(address))
        self.input = self.socket.makefile("rb", 1 << 17)
        self.serial = 0
        self.socket.sendall(b"\0AUTH EXTERNAL %s\r\n" % str(os.geteuid()).encode().hex().encode())
        if not self.input.readline().startswith(b"OK "):
            raise OSError("the bus does not let us in")
        self.socket.sendall(b"BEGIN\r\n")
        self.call(Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello"))

    def call(self, call: Call) -> Answer:
        return self.call_all([call])[0]

    def call_all(self, calls: List[Call]) -> List[Answer]:
        """Send all, then wait for all: in the time of one."""
        first = self.serial + 1
        self.serial += len(calls)
        self.socket.sendall(b"".join(message(first + i, call) for i, call in enumerate(calls)))
        answers: Dict[int, Answer] = {}
        while len(answers) < len(calls):
            serial, answer = self.read()
            if serial >= first:
                answers[serial] = answer
        return [answers[first + i] for i in range(len(calls))]

    def read(self) -> Tuple[int, Answer]:
        """The next message: what it answers, or 0, and the answer."""
        head = self.read_exactly(16)
        kind, = struct.unpack_from("B", head, 1)
        body, _, length = struct.unpack_from("=III", head, 4)
        fields = dict(parse_fields(self.read_exactly(padded(length))[:length]))
        answer = Answer(str(fields.get(ERROR_NAME, "")), self.read_exactly(body))
        return int(fields[REPLY_SERIAL]) if kind in (RETURN, ERROR) else 0, answer

    def read_exactly(self, size: int) -> bytes:
        data = self.input.read(size)
        if len(data) < size:
            raise OSError("the bus is gone")
        return data


def path_of(address: str) -> str:
    """Of the form unix:path=…,guid=… or unix:abstract=…."""
    for part in address.split(";")[0].partition(":")[2].split(","):
        key, _, value = part.partition("=")
        if key == "path":
            return value
        if key == "abstract":
            return "\0" + value
    raise OSError("no socket of a bus in " + address)


def padded(length: int) -> int:
    return length + 7 & ~7


def message(serial: int, call: Call) -> bytes:
    fields = b""
    for code, kind, text in ((PATH, b"o", call.path), (DESTINATION, b"s", call.name), (INTERFACE, b"s", call.interface),
                             (MEMBER, b"s", call.method)):
        value = text.encode()
        fields = fields.ljust(padded(len(fields)), b"\0") + struct.pack("=BB1sBI", code, 1, kind, 0, len(value)) + value + b"\0"
    order = b"l" if struct.pack("=H", 1) == b"\1\0" else b"B"
    return struct.pack("=cBBBIII", order, 1, 0, 1, 0, serial, len(fields)) + fields.ljust(padded(len(fields)), b"\0")


def parse_fields(data: bytes) -> Iterator[Tuple[int, object]]:
    """Numbers and strings of a header; each has a type of one letter."""
    at = 0
    while at < len(data):
        code, kind = data[at], data[at + 2:at + 3]
        at += 4
        if kind == b"g":
            size, at = data[at], at + 1
        else:
            size, at = struct.unpack_from("=I", data, at)[0], at + 4
        if kind == b"u":
            yield code, size
        else:
            yield code, data[at:at + size].decode()
            at += size + 1
        at = padded(at)


def parse_references(body: bytes) -> Iterator[str]:
    """The paths in an a(so): of a program's widgets."""
    at, end = 8, 8 + struct.unpack_from("=I", body, 0)[0]
    while at < end:
        for text in ("name", "path"):
            at = at + 3 & ~3
            size, = struct.unpack_from("=I", body, at)
            text, at = body[at + 4:at + 4 + size].decode(), at + 4 + size + 1
        yield text
        at = padded(at)
