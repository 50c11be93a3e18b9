#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Make the first inputs of the fuzz targets: corpus/make.py FOLDER

Small files of every shape, a page of 512 bytes each where it can be. What fuzzing found beside them
is not made again: it was found.
"""
import gzip
import io
import os
import pathlib
import pickle
import shutil
import sqlite3
import struct
import sys
import tarfile
import zipfile

V1 = ('CREATE TABLE {0} (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL);'
      'CREATE UNIQUE INDEX {0}_key_idx ON {0}(key);')
V2 = 'CREATE TABLE {0} (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);'
VALUES = [(b'a', b'\x89K\1\3\0\0\0\0VK{"a":1}'), (b'k1', b'\x89K\1\7\0\0\0\0VK'), (b'k2', bytes(range(256)) * 8), (b'', b''),
          (b'k\xff\xff', b'\x89PNG\r\n\x1a\n' + bytes(40)), (b'k/long/' + b'n' * 300, b'text'), ('text', 17), (3, 'words')]
LARGE = ('CREATE TABLE kvault_large (id INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, key BLOB NOT NULL,'
         ' size INTEGER NOT NULL, part INTEGER NOT NULL, token BLOB NOT NULL, state INTEGER NOT NULL,'
         ' touched INTEGER NOT NULL);CREATE TABLE kvault_parts (id INTEGER PRIMARY KEY, data BLOB NOT NULL);')


def marker(row, size, token):
    return b'libkvault large value v1 id=%019d size=%019d token=%s\n' % (row, size, token.hex().encode())


def v1(db, name='kv'):
    db.executescript(V1.format(name))
    db.executemany(f'INSERT INTO {name}(key, value, size) VALUES (?, ?, ?)',
                   [(key, value, len(value) if isinstance(value, bytes) else 0) for key, value in VALUES])


def v2(db, name='kv'):
    db.executescript(V2.format(name))
    db.executemany(f'INSERT INTO {name} VALUES (?, ?)', VALUES)


def sections(db):
    v2(db)
    v1(db, 'old')
    db.executescript('CREATE TABLE col_meta (col_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dtype TEXT NOT NULL,'
                     ' elem_size INTEGER NOT NULL, length INTEGER NOT NULL, chunk_bytes INTEGER NOT NULL);'
                     'CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT);'
                     'CREATE VIRTUAL TABLE words USING fts5(content);'
                     "INSERT INTO words VALUES ('some words'); CREATE VIEW v AS SELECT * FROM kv;"
                     'CREATE TABLE "odd ""name" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;'
                     'CREATE TRIGGER t AFTER INSERT ON old BEGIN DELETE FROM kv; END;')


def parts(db):
    v2(db)
    db.executescript(LARGE)
    token = bytes(range(16))
    db.execute("INSERT INTO kvault_large VALUES (1, 'kv', x'6c61726765', 1000, 400, ?, 1, 1700000000)", (token,))
    db.executemany('INSERT INTO kvault_parts VALUES (?, ?)', [(1 << 24 | k, bytes([k]) * n) for k, n in enumerate((400, 400, 200))])
    db.execute('INSERT INTO kv VALUES (?, ?)', (b'large', marker(1, 1000, token)))
    db.execute("INSERT INTO kvault_large VALUES (2, 'kv', x'67', 0, 400, ?, 2, 1700000000)", (token,))
    db.execute('INSERT INTO kvault_parts VALUES (?, ?)', (2 << 24, bytes(400)))


def freed(db):
    v2(db)
    db.executemany('INSERT INTO kv VALUES (?, ?)', [(b'd%d' % i, bytes(900)) for i in range(6)])
    db.commit()
    db.execute("DELETE FROM kv WHERE key >= x'6430' AND key < x'6435'")


def make(path, fill, *pragmas):
    db = sqlite3.connect(path)
    for pragma in ('page_size=512',) + pragmas:
        db.execute('PRAGMA ' + pragma)
    fill(db)
    db.commit()
    db.close()


def make_log(folder):
    """A log of three commits, and a journal: both as they lie there when a program has died."""
    path = folder / 'tmp'
    make(path, v2, 'page_size=1024', 'journal_mode=WAL')
    db = sqlite3.connect(path)
    db.execute('PRAGMA wal_autocheckpoint=0')
    for key, value in ((b'1', b'one'), (b'2', bytes(3000)), (b'3', b'')):
        db.execute('INSERT OR REPLACE INTO kv VALUES (?, ?)', (key, value))
        db.commit()
    shutil.copy(f'{path}-wal', folder / 'log')
    db.close()
    os.remove(path)
    make(path, v2, 'page_size=1024', 'cache_size=1')
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA cache_size=1; BEGIN; UPDATE kv SET value = zeroblob(3000); UPDATE kv SET value = x'00'")
    shutil.copy(f'{path}-journal', folder / 'journal')
    db.close()
    os.remove(path)


def make_parts(folder):
    """Rows as fuzz-parts.c reads them: 24 bytes each."""
    def rows(*steps):
        return b''.join(step.ljust(24, b'\0') for step in steps)

    number = {size: bytes([i]) for i, size in enumerate((0, 1, 112, 4096, 10000, 1 << 22))}
    whole = rows(b'\0\1\0\7\1' + number[10000] + number[4096], b'\1\2\x10\0', b'\1\2\x10\1', b'\1\2\0\2\x07\x10', b'\2\1\0\1')
    (folder / 'whole').write_bytes(b'\0' + whole)
    (folder / 'whole-v1').write_bytes(b'\1' + whole)
    (folder / 'copied').write_bytes(b'\0' + rows(b'\2\1\0\0', b'\2\3\0\0', b'\3\2\0'))
    (folder / 'dying').write_bytes(b'\0' + rows(b'\3\3\1', b'\3\0\1', b'\1\1\0\1'))
    (folder / 'short').write_bytes(b'\0' + rows(b'\3\0\0', b'\1\1\0\0\0\5'))


def make_trees(folder):
    """What fuzz-tree.c takes apart; the first byte says as what."""
    data = {'a': [1, 2, ('x', b'abc')], 'f': 1.5, 'big': 2 ** 80, 'none': None, 't': 'text' * 10}
    for name, reader, value in (
            ('json', 0, b'{"a": 1, "s": "\\u6f22\\ud83d\\ude42\\n", "f": -2.5e3, "n": [true, null, [], {"x": NaN}], "dup": 1, "dup": 2}'),
            ('json-deep', 0, b'[' * 300 + b'1' + b']' * 300),
            ('msgpack', 1, b'\x8b\xa2id\xcd\xa0\xf7\xa3lat\xcb\x40\x4f\xd9\xde\x69\xad\x42\xc4\xa1n\xc0\xa1t\xc3\xa1s\xd9\2\xc3\xa9\xa3bin\xc4\2\xff\0'
                           b'\1\x92\xff\xd1\xff\0\xa1e\xd4\5\7\xa2ts\xd6\xff\x67\x0c\xc6\xd0\xa1f\xca\x3f\xc0\0\0\x93\1\2\3\xa1k'),
            ('msgpack-claims', 1, b'\xdd\xff\xff\xff\xff\xdf\xff\xff\xff\xff\1\2'),
            ('cbor', 2, b'\xbf\x61a\1\x61b\x83\xf5\xf6\xf9\x41\0\x61n\x39\3\xe7\x61d\xc1\x1a\x51\x4b\x67\xb0\x61g\xc2\x42\1\0\x61o\x7f\x62ab\x61c\xff'
                        b'\x61y\x42\1\2\x61u\xf7\x61s\xf8\xff\x61l\x9f\1\xff\x61z\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a\xff'),
            ('pickle-0', 3, pickle.dumps(data, 0)), ('pickle-2', 3, pickle.dumps(data, 2)), ('pickle-5', 3, pickle.dumps(data, 5)),
            ('array-u8', 4, bytes((5, 2)) + struct.pack('<II', 4, 5) + bytes(range(20))),
            ('array-f32', 4, bytes((1, 3)) + struct.pack('<III12f', 2, 2, 3, *range(12))),
            ('number', 4, struct.pack('<d', 3.14)),
            ('text-utf8', 7, 'Größe 漢字 🙂\r\nline\n'.encode()),
            ('text-utf16', 7, '\ufeffUTF-16 žluťoučký\r\n'.encode('utf-16-le')),
            ('text-sjis', 7, '日本語のテキスト。\n'.encode('shift_jis')),
            ('text-latin1', 7, 'café naïve über\n'.encode('latin1'))):
        (folder / name).write_bytes(bytes((reader,)) + value)


def make_archives(folder):
    members = [('a', b'A'), ('dir/', b''), ('dir/b', b'so it goes ' * 20), ('caf\u00e9', b''), ('../up', b'up')]
    for name, method in (('stored.zip', zipfile.ZIP_STORED), ('deflated.zip', zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(folder / name, 'w', method) as archive:
            for member, content in members:
                archive.writestr(zipfile.ZipInfo(member), content, method)
    with zipfile.ZipFile(folder / 'large.zip', 'w') as archive:
        with archive.open(zipfile.ZipInfo('a'), 'w', force_zip64=True) as member:
            member.write(b'A')
    for name, form in (('pax.tar', tarfile.PAX_FORMAT), ('gnu.tar', tarfile.GNU_FORMAT), ('ustar.tar', tarfile.USTAR_FORMAT)):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode='w', format=form) as archive:
            for member, content in members + ([] if 'ustar' in name else [('n' * 120, b'N')]):
                info = tarfile.TarInfo(member)
                info.size = len(content)
                info.type = tarfile.DIRTYPE if member[-1] == '/' else tarfile.REGTYPE
                archive.addfile(info, io.BytesIO(content))
            link = tarfile.TarInfo('link')
            link.type, link.linkname = tarfile.SYMTYPE, 'a'
            archive.addfile(link)
        content = out.getvalue()
        content = content.rstrip(b'\0') + bytes(1024 + -len(content.rstrip(b'\0')) % 512)
        (folder / name).write_bytes(content)
    (folder / 'tar.gz').write_bytes(gzip.compress(content, mtime=0))


def main(corpus):
    for name in ('archive', 'vault', 'log', 'parts', 'value', 'tree'):
        (corpus / name).mkdir(exist_ok=True)
    vaults = corpus / 'vault'
    make(vaults / 'v1', v1)
    make(vaults / 'v2', v2)
    make(vaults / 'v2-maps', freed, 'auto_vacuum=INCREMENTAL')
    make(vaults / 'freed', freed)
    make(vaults / 'sections', sections)
    make(vaults / 'parts', parts)
    make_log(corpus / 'log')
    make_parts(corpus / 'parts')
    make_trees(corpus / 'tree')
    make_archives(corpus / 'archive')
    for encoding in range(8):
        (corpus / 'value' / f'header-{encoding}').write_bytes(b'\x89K\1%c\0\0\0\0VK{"a": 1}' % encoding)
    for i, head in enumerate((b'OggS' + bytes(24) + b'\x80theora', b'....ftypM4A ', b'RIFF....WEBP', b'\x1aE\xdf\xa3....webm', b'BM' + bytes(30),
                              b'\xef\xbb\xbf<?xml version="1.0"?><svg', b'\xff\xfb\x90\0', b'\xff\xf1\x50\x80\0\0\0', b'text \xc3\xa4')):
        (corpus / 'value' / f'head-{i}').write_bytes(head)


main(pathlib.Path(sys.argv[1]))
