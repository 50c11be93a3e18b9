# SPDX-License-Identifier: MIT
"""The files of tests/data for the desktop tests: what is in them by fixtures.json, copies to open, folders to compare.

Nothing here opens a file of tests/data with SQLite: tests work on copies.
"""
import hashlib
import json
import os
import shutil
import sqlite3
import unicodedata
from contextlib import closing
from typing import Dict, Iterable, List, NamedTuple, Tuple

DATA = os.environ.get("COFFER_TEST_DATA") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")

# Keys of a vault that is large: all of ten million are for a run by hand.
LARGE = 10000000 if os.environ.get("COFFER_TEST_FULL") else 1000000


class Entry(NamedTuple):
    """A row of a vault table."""

    key: bytes
    size: int
    sha256: str


class Fixture:
    """A file of tests/data. name: its path there, "hot/v010_hot_wal.db"."""

    def __init__(self, name: str):
        with open(os.path.join(DATA, "fixtures.json"), encoding="utf-8") as file:
            facts = next(item for item in json.load(file) if item["file"] == name)
        self.name = name
        self.path = os.path.join(DATA, name)
        self.base_name = os.path.basename(name)
        self.tables: Dict[str, List[Entry]] = {
            table["name"]: sorted(Entry(bytes.fromhex(row["key_hex"]), row.get("size", -1), row.get("sha256", ""))
                                  for row in table["keys"])
            for table in facts.get("tables", []) if is_vault_shape(table)}

    def copy(self, folder: str) -> str:
        """A copy, with its write-ahead log if it has one; returns the path."""
        for suffix in ("", "-wal"):
            if os.path.exists(self.path + suffix):
                shutil.copy(self.path + suffix, folder)
        return os.path.join(folder, self.base_name)


def is_vault_shape(table: dict) -> bool:
    """The two shapes a vault table has; KohakuVault's own table of facts is none, though it looks alike."""
    return (table.get("columns") in (["id", "key", "value", "size"], ["key", "value"])
            and table["type"] == "table" and "all_sha256" in table
            and not table["name"].endswith("_info") and table["name"] != "kohakuvault_meta")


# What leaves no ink.
BLANKS = "".join(chr(i) for i in range(0x10000) if unicodedata.category(chr(i)) == "Zs") + \
    "\u200c\u200d\u115f\u1160\u2800\u3164\uffa0"


def shown(key: bytes) -> str:
    """A key as the list has to show it: printable as it is, the rest escaped, the middle left out of a long one."""
    if not key:
        return "(empty key)"
    # Python marks each byte that is no UTF-8 by a lone surrogate, U+DC80 + what it is above 0x80.
    parts = [part.decode("utf-8", "surrogateescape") for part in ([key] if len(key) <= 512 else [key[:256], key[-256:]])]
    leading = len(parts[0]) - len(parts[0].lstrip(BLANKS))
    trailing = len(parts[-1]) - len(parts[-1].rstrip(BLANKS))
    escaped = [[escape(character) for character in part] for part in parts]
    escaped[0][:leading] = [escape(character, True) for character in parts[0][:leading]]
    if trailing:
        escaped[-1][-trailing:] = [escape(character, True) for character in parts[-1][-trailing:]]
    if any(piece != character for part, pieces in zip(parts, escaped) for character, piece in zip(part, pieces)):
        escaped = [["\\\\" if piece == "\\" else piece for piece in pieces] for pieces in escaped]
    return "…".join("".join(pieces) for pieces in escaped)


def escape(character: str, blank: bool = False) -> str:
    number = ord(character)
    if 0xdc80 <= number <= 0xdcff:
        return "\\x%02x" % (number - 0xdc00)
    # Control characters, what turns the direction or begins a line: all of it could make one key look like another.
    if not blank and unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp"):
        return character
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return short.get(character, "\\x%02x" % number if number < 0x80 else "\\u%04x" % number)


def state_of(folder: str) -> Dict[str, Tuple[str, int]]:
    """Every file of a folder with its sha256 and modification time: equal before and after, nothing was touched."""
    state = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        state[name] = (digest, os.stat(path).st_mtime_ns)
    return state


def make_vault(path: str, entries: Iterable[Tuple[bytes, bytes]], table: str = "kv") -> str:
    """A small vault of the newer shape, as another program would have left it."""
    with closing(sqlite3.connect(path)) as db:
        with db:
            db.execute("CREATE TABLE %s (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)" % quoted(table))
            db.executemany("INSERT INTO %s VALUES (?, ?)" % quoted(table), entries)
    return path


def make_large_vault(path: str, count: int) -> str:
    """count small values under the keys item/0000000, item/0000001, …; value n has n % 100 bytes."""
    with closing(sqlite3.connect(path)) as db:
        with db:
            db.execute("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)")
            db.execute("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
                       "INSERT INTO kv SELECT CAST (printf ('item/%07d', i) AS BLOB), zeroblob (i % 100) FROM n",
                       (count,))
    return path


def read_vault(path: str, table: str = "kv") -> Dict[bytes, bytes]:
    """All of a vault, read with another SQLite than the program's. Only once the program has closed the file."""
    with closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as db:
        return dict(db.execute("SELECT key, value FROM %s" % quoted(table)))


def read_value(path: str, key: bytes, table: str = "kv") -> bytes:
    return read_vault(path, table)[key]


def quoted(name: str) -> str:
    return '"%s"' % name.replace('"', '""')
