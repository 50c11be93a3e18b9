# SPDX-License-Identifier: MIT
"""export: values become files, inside the folder whatever the keys say, whole or not at all."""
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import zipfile

import support
from support import (DAMAGED, DONE, IO, KVAULT, NOT_FOUND, USAGE, CliCase, as_nobody, digest, is_healthy, key_of, sql,
                     vault_tables)

HOSTILE_KEYS = [
    b'../x', b'..', b'.', b'../../x', b'/etc/x', b'//x', b'a/../../x', b'a/..', b'/', b'', b'//', b'./x', b'a//b', b'a/',
    b'..\x00/x', b'\x00', b'a\x00b', b'\n', b'\x1b[31m', b'\x7f', b'\xc2\x9b', b'\xff', b'\xfe\xff/\xff', b'%FF', b'%',
    b'%2E%2E/x', b'~', b'-rf', b'*', b'C:\\x', b'\\..\\x', 'a\u202etxt'.encode(), '漢字/🎞'.encode(), b'x' * 4096,
    b'x' * 4095 + b'y', b'long/' + b'n' * 300 + b'.jpeg', b'\xe6' * 300, '漢'.encode() * 200, b'd/' * 3000 + b'end',
    b'../' * 3000 + b'end', b'a', b'a/b', b'a/b/c', b'A', b'a (2)', b'a (2)/b', b'f.tar/x', b'f.tar', b'.hidden/x', b'.hidden',
    b'con', b'.kvault-0', b'x\xff', b'x%FF', b'x\xfe', b'x%FE',
]


def tree(folder):
    """What is below a folder: bytes of the path to bytes of the file, None for a folder, a link's target."""
    found = {}
    root = os.fsencode(folder)
    for path, folders, files in os.walk(root):
        for name in folders + files:
            full = os.path.join(path, name)
            below = os.path.relpath(full, root)
            if os.path.islink(full):
                found[below] = ('link', os.readlink(full))
            elif os.path.isdir(full):
                found[below] = None
            else:
                with open(full, 'rb') as file:
                    found[below] = file.read()
    return found


def files_of(folder):
    return {path: content for path, content in tree(folder).items() if content is not None}


class ExportCase(CliCase):
    def vault_of(self, values, name='v.kvault', page_size=32768):
        """A vault of many keys, made by other means than the program."""
        path = self.path(name)
        self.kvault('new', path, '--page-size', str(page_size))
        sql(path, 'BEGIN', *(('INSERT INTO kv VALUES (?, ?)', pair) for pair in values.items()), 'COMMIT',
            'PRAGMA wal_checkpoint(TRUNCATE)')
        return path


class Manifest(ExportCase):
    VALUES = {**{key: b'value of ' + key[:40] for key in HOSTILE_KEYS}, b'': b'', b'coffer.json': b'{}', b'coffer.json/x': b'x',
              bytes(range(256)) * 16: b'4 KiB', b'blanks  ': b'1', b'dots..': b'2', b'n' * 255: b'3', b'large': b'L' * 3000000,
              b'json': b'\x89KB', b'typed': bytes.fromhex('894b010300000000564b') + b'{"a": 1}'}

    def values(self, vault):
        return {key_of(row): digest(self.kvault('cat', vault, '--key-hex', key_of(row).hex())) for row in self.json('ls', vault, '--json')}

    def exported(self, values):
        self.kvault('export', self.vault_of(values), self.path('out'), '--manifest')
        return self.path('out/coffer.json')

    def change(self, **members):
        """Change members of the first value the manifest tells of; bytes come without quotes."""
        with open(self.path('out/coffer.json'), encoding='utf-8') as file:
            manifest = json.load(file)
        manifest['values'][0].update(members)
        with open(self.path('out/coffer.json'), 'w', encoding='utf-8') as file:
            json.dump(manifest, file)

    def test_gives_back_the_same_vault(self):
        manifest = self.exported(self.VALUES)
        with open(manifest, encoding='utf-8') as file:
            told = json.load(file)
        self.assertEqual(told['count'], len(self.VALUES))
        for value in told['values']:
            with open(os.path.join(self.path('out'), value['file']), 'rb') as file:
                content = file.read()
            self.assertEqual((value['size'], value['sha256']), (len(content), digest(content)))
            self.assertEqual(content, self.VALUES[key_of(value)])
        for i, path in enumerate(('out', 'out/', 'out/.')):
            vault = self.new_vault(f'{i}.kvault')
            self.kvault('import', vault, self.path(path), '--verify')
            self.assertEqual(self.values(vault), {key: digest(value) for key, value in self.VALUES.items()})
        vault = self.new_vault('under.kvault')
        self.kvault('import', vault, self.path('out'), '--prefix', 'p/')
        self.assertEqual(self.keys(vault), sorted(b'p/' + key for key in self.VALUES))

    def odd_vault(self, name, shape):
        """A vault with keys and values of every class, as other programs may store them."""
        columns = {'new': '(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)',
                   'old': '(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL)'}[shape]
        path = self.path(name)
        size = '' if shape == 'new' else ', length(CAST(column2 AS BLOB))'
        sql(path, f'CREATE TABLE kv {columns}', f"INSERT INTO kv (key, value{', size' if size else ''}) SELECT column1, column2{size} FROM "
            "(VALUES (x'6b', x'02'), ('k', x'01'), ('t', 'text'), (7, x'07'), (0.1, x'09'), (x'01', CAST('hé' AS TEXT)), (x'02', 42), "
            "(x'03', 0.5), (x'04', ''), (x'05', x''), (x'06', x'0042'))")
        return path

    def rows(self, path):
        with contextlib.closing(sqlite3.connect(path)) as db:
            return set(db.execute('SELECT typeof(key), CAST(key AS BLOB), typeof(value), CAST(value AS BLOB) FROM kv'))

    def test_says_what_does_not_come_back_as_it_was(self):
        """Each row that was bytes is the same again; the others are told, going out and coming in, and are bytes; none takes another's key."""
        odd = ('"k": its key is text', '"t": neither', '"7": its key is an integer', '"0.10000000000000001": its key is a number',
               '"\\x01": its value is text', '"\\x02": its value is an integer', '"\\x03": its value is a number', '"\\x04": its value is text')
        expected = {b'k': b'\x02', b't': b'text', b'7': b'\x07', b'0.10000000000000001': b'\x09', b'\x01': 'hé'.encode(), b'\x02': b'42',
                    b'\x03': b'0.5', b'\x04': b'', b'\x05': b'', b'\x06': b'\0B'}
        for shape in ('new', 'old'):
            for archive in ((), ('--archive',)):
                with self.subTest(shape, archive=archive):
                    name = f'{shape}{len(archive)}'
                    vault = self.odd_vault(f'{name}.db', shape)
                    before = self.rows(vault)
                    place = self.path(f'{name}.tar' if archive else name)
                    self.kvault('export', vault, *archive, place, '--manifest', status=USAGE, words=odd)
                    restored = self.new_vault(f'{name}.kvault')
                    self.kvault('import', restored, *archive, place, '--verify', status=USAGE,
                                words=('t": neither', 'k": key "k" exists', 'makes bytes'))
                    after = self.rows(restored)
                    self.assertEqual({(key, value) for _, key, _, value in after}, set(expected.items()))
                    self.assertEqual({(row[0], row[2]) for row in after}, {('blob', 'blob')})
                    self.assertLessEqual({row for row in before if row[0] == row[2] == 'blob'}, after)

    def test_many_that_do_not_come_back_are_counted(self):
        vault = self.odd_vault('many.db', 'new')
        sql(vault, "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO kv SELECT 'key' || i, x'' FROM n")
        said = self.run_kvault('export', vault, self.path('out'), '--manifest').stderr.decode()
        self.assertEqual(len(said.splitlines()), 21)
        self.assertIn('108 keys or values in all', said)

    def test_an_older_list_tells_no_classes(self):
        vault = self.odd_vault('odd.db', 'new')
        sql(vault, "DELETE FROM kv WHERE key = x'6b'")
        self.kvault('export', vault, self.path('out'), '--manifest', status=USAGE)
        with open(self.path('out/coffer.json'), encoding='utf-8') as file:
            manifest = json.load(file)
        for value in manifest['values']:
            value.pop('key_class', None)
            value.pop('value_class', None)
        with open(self.path('out/coffer.json'), 'w', encoding='utf-8') as file:
            json.dump(manifest, file)
        restored = self.new_vault()
        self.kvault('import', restored, self.path('out'), '--verify')
        self.assertEqual(len(self.keys(restored)), 10)

    def test_gives_back_headers(self):
        header = bytes.fromhex('894b010300000000564b')
        self.exported({b'a': b'{}', b'b': b'', b'c': b''})
        for i, content in ((0, b'{}'), (1, b'')):
            self.change(header=header.hex())
            vault = self.new_vault(f'{i}.kvault')
            self.kvault('import', vault, self.path('out'), '--verify')
            self.assertEqual(self.kvault('cat', vault, 'a'), header + content)
            with open(self.path('out/a'), 'wb'):
                self.change(size=0, sha256=digest(b''))

    def test_a_file_that_is_not_what_it_says_is_left_out(self):
        values = {b'a': b'A' * 1000, b'b': b'B'}
        for i, (members, status, words) in enumerate((
                ({'size': 999}, DAMAGED, 'size'), ({'sha256': digest(b'')}, DAMAGED, 'not what'), ({'file': 'c'}, NOT_FOUND, 'out/c'),
                ({'file': 'link'}, USAGE, 'symbolic link'), ({'file': 'way/passwd'}, IO, 'a link or a file'),
                ({'file': 'fifo'}, USAGE, 'neither'), ({'file': 'folder'}, USAGE, 'neither'))):
            with self.subTest(members):
                shutil.rmtree(self.path('out'), ignore_errors=True)
                if i > 0:
                    os.unlink(self.path('v.kvault'))
                self.exported(values)
                os.symlink('/etc/passwd', self.path('out/link'))
                os.symlink('/etc', self.path('out/way'))
                os.mkfifo(self.path('out/fifo'))
                os.mkdir(self.path('out/folder'))
                self.change(**members)
                vault = self.new_vault(f'{i}.kvault')
                self.kvault('import', vault, self.path('out'), status=status, words=words)
                self.assertEqual(self.keys(vault), [b'b'])

    def test_a_lie_is_refused_whole(self):
        self.exported({b'a': b'A', b'b': b'B'})
        with open(self.path('out/coffer.json'), 'rb') as file:
            whole = file.read()
        vault = self.new_vault()
        for content in (whole[:-20], whole[:60], whole.replace(b'"file": "a"', b'"file": "../v.kvault"'),
                        whole.replace(b'"file": "a"', b'"file": "/etc/passwd"'), whole.replace(b'"key": "a"', b'"key": "b"'),
                        whole.replace(b'"file": "a"', b'"file": "b"'), whole.replace(b'"count": 2', b'"count": 3'),
                        whole.replace(b'manifest": 1', b'manifest": 2'), whole + b'x'):
            with self.subTest(content):
                with open(self.path('out/coffer.json'), 'wb') as file:
                    file.write(content)
                self.kvault('import', vault, self.path('out'), status=DAMAGED, words=('coffer.json', '--no-manifest'))
                self.assertEqual(self.keys(vault), [])
        for content in (b'', b'{"name": "other"}', b'\x89PNG'):   # no manifest, but a file of that name
            with open(self.path('out/coffer.json'), 'wb') as file:
                file.write(content)
            self.kvault('import', vault, self.path('out/'), '--on-conflict', 'replace')
            self.assertEqual(self.keys(vault), [b'a', b'b', b'coffer.json'])

    def test_keeps_another_exports(self):
        manifest = self.exported({b'a': b'A'})
        with open(manifest, 'rb') as file:
            before = file.read()
        self.kvault('export', self.path('v.kvault'), self.path('out'), '--manifest', status=USAGE, words='--overwrite')
        with open(manifest, 'rb') as file:
            self.assertEqual(file.read(), before)
        self.kvault('put', self.path('v.kvault'), 'b', input=b'B')
        self.kvault('export', self.path('v.kvault'), self.path('out'), '--manifest', '--overwrite')
        with open(manifest, encoding='utf-8') as file:
            self.assertEqual(json.load(file)['count'], 2)
        vault = self.new_vault('without.kvault')
        self.kvault('import', vault, self.path('out/'), '--no-manifest')
        self.assertEqual(self.keys(vault), [b'a', b'b', b'coffer.json'])
        self.kvault('export', self.path('v.kvault'), self.path('dry'), '--manifest', '--dry-run')
        self.assertFalse(os.path.exists(self.path('dry')))


class Archive(ExportCase):
    VALUES = {**Manifest.VALUES, b'text': b'so it goes ' * 100000, b'noise': os.urandom(3000000)}

    def setUp(self):
        super().setUp()
        done = self.run_kvault('export', self.path('absent.kvault'), '--archive', self.path('out.zip'))
        if b'libarchive' in done.stderr:
            self.skipTest('built without libarchive')

    def assert_holds(self, read, values):
        told = json.loads(read('coffer.json'))
        self.assertEqual(len(told['values']), len(values))
        for value in told['values']:
            content = read(value['file'])
            self.assertEqual(content, values[key_of(value)])
            self.assertEqual((len(content), digest(content)), (value['size'], value['sha256']))

    def test_zip(self):
        vault = self.vault_of(self.VALUES)
        self.kvault('export', vault, '--archive', self.path('out.zip'), '--manifest', env={**os.environ, 'LC_ALL': 'C'})
        with zipfile.ZipFile(self.path('out.zip')) as archive:
            self.assertIsNone(archive.testzip())
            self.assert_holds(archive.read, self.VALUES)
            facts = {info.filename: info for info in archive.infolist()}
        self.assertEqual(len({name.casefold() for name in facts}), len(facts))
        self.assertTrue(facts['漢字/🎞'].flag_bits & 0x800)   # UTF-8
        self.assertLess(facts['text'].compress_size, 20000)
        self.assertEqual(facts['noise'].compress_type, zipfile.ZIP_STORED)
        self.assertEqual(sorted(os.listdir(self.folder)), ['out.zip', 'v.kvault'])
        self.assertEqual(os.stat(self.path('out.zip')).st_mode & 0o777, 0o666 & ~umask())
        with zipfile.ZipFile(self.path('out.zip')) as archive:   # and back
            archive.extractall(self.path('out'))
        again = self.new_vault()
        self.kvault('import', again, self.path('out'))
        self.assertEqual({key_of(row): row['size'] for row in self.json('ls', again, '--long')},
                         {key: len(value) for key, value in self.VALUES.items()})

    def test_tar(self):
        vault = self.vault_of(self.VALUES)
        self.kvault('export', vault, '--archive', self.path('out.TAR'), '--manifest', env={**os.environ, 'LC_ALL': 'C'})
        with tarfile.open(self.path('out.TAR')) as archive:
            self.assert_holds(lambda name: archive.extractfile(name).read(), self.VALUES)
            self.assertEqual({member.type for member in archive}, {tarfile.REGTYPE})
        self.kvault('export', vault, '--archive', self.path('out.tar.zst'))
        with open(self.path('out.tar.zst'), 'rb') as file:
            self.assertEqual(file.read(4), bytes.fromhex('28b52ffd'))

    def test_what_was_written_is_read_back(self):
        vault = self.vault_of(self.VALUES)
        for name in ('out.zip', 'out.tar', 'out.tar.zst'):
            plain = self.kvault('export', vault, '--archive', self.path(name), '--manifest')
            self.assertEqual(self.kvault('export', vault, '--archive', self.path(name), '--manifest', '--verify', '--overwrite'), plain)

    def test_many_files(self):
        """More than a zip without 64 bits holds."""
        vault = self.vault_of({b'%d' % i: b'' for i in range(66000)})
        self.kvault('export', vault, '--archive', self.path('out.zip'))
        with zipfile.ZipFile(self.path('out.zip')) as archive:
            self.assertEqual(len(archive.infolist()), 66000)

    def test_some_values(self):
        vault = self.vault_of(self.VALUES)
        for words, names in ((['json', '--key-hex', b'A'.hex()], ['A', 'json']), (['--prefix', 'a'], ['a', 'a (2)']), (['absent'], [])):
            status = NOT_FOUND if words == ['absent'] else DONE
            self.kvault('export', vault, '--archive', self.path('out.zip'), '--overwrite', *words, status=status)
            with zipfile.ZipFile(self.path('out.zip')) as archive:
                self.assertLessEqual(set(names), set(archive.namelist()))
        self.kvault('export', vault, '--archive', self.path('dry.zip'), '--dry-run')
        self.assertFalse(os.path.exists(self.path('dry.zip')))

    def test_places(self):
        vault = self.vault_of({b'a': b'A'}, name='v.zip')
        os.mkdir(self.path('folder.zip'))
        os.symlink('elsewhere', self.path('link.zip'))
        self.kvault('export', vault, '--archive', self.path('out.zip'))
        for name, status, words in (('out.zip', USAGE, '--overwrite'), ('folder.zip', USAGE, 'a folder'), ('link.zip', USAGE, 'there already'),
                                    ('v.zip', USAGE, 'the vault itself'), ('none/out.zip', NOT_FOUND, 'No such'), ('out.rar', USAGE, '.zip')):
            self.kvault('export', vault, '--archive', self.path(name), status=status, words=words)
        self.kvault('export', vault, '--archive', vault, '--overwrite', status=USAGE, words='the vault itself')
        self.kvault('export', vault, '--archive', 'link.zip', '--overwrite', cwd=self.folder)
        self.assertTrue(zipfile.is_zipfile(self.path('link.zip')))
        self.assertEqual(sorted(os.listdir(self.folder)), ['folder.zip', 'link.zip', 'out.zip', 'v.zip'])


class Export(ExportCase):
    VALUES = {b'img/a.png': b'A' * 100000, b'img/2020/b.png': b'BB', b'c': b'', b'img/z': b'Z'}

    def test_all_values(self):
        vault = self.vault_of(self.VALUES)
        self.assertEqual(self.kvault('export', vault, self.path('out')), b'Exported 4 values (100.0 kB), 0 skipped, 0 failed\n')
        self.assertEqual(files_of(self.path('out')), self.VALUES)
        self.assertEqual(sorted(os.listdir(self.folder)), ['out', 'v.kvault'])
        self.assertEqual(os.stat(self.path('out/c')).st_mode & 0o777, 0o666 & ~umask())

    def test_some_values(self):
        vault = self.vault_of(self.VALUES)
        self.kvault('export', vault, self.path('1'), '--prefix', 'img/')
        self.assertEqual(sorted(files_of(self.path('1'))), [b'img/2020/b.png', b'img/a.png', b'img/z'])
        self.kvault('export', vault, self.path('2'), 'c', '--key-hex', b'img/z'.hex())
        self.assertEqual(sorted(files_of(self.path('2'))), [b'c', b'img/z'])
        self.kvault('export', vault, '--key-hex', b'c'.hex(), self.path('3'))
        self.assertEqual(sorted(files_of(self.path('3'))), [b'c'])
        self.kvault('export', vault, self.path('twice'), 'c', 'c', '--key-hex', b'c'.hex())
        self.assertEqual(sorted(files_of(self.path('twice'))), [b'c'])
        self.kvault('export', vault, self.path('4'), 'absent', 'c', status=NOT_FOUND, words='"absent"')
        self.assertEqual(sorted(files_of(self.path('4'))), [b'c'])
        self.kvault('export', vault, self.path('5'), '--prefix', 'none')
        self.assertEqual(tree(self.path('5')), {})

    def test_objects(self):
        vault = self.vault_of({b'a': b'1', b'\xff': b'22'})
        rows = self.json('export', vault, self.path('out/'))
        self.assertEqual(rows, [{'key': 'a', 'file': self.path('out/a'), 'size': 1, 'result': 'exported'},
                                {'key_hex': 'ff', 'file': self.path('out/%FF'), 'size': 2, 'result': 'exported'}])
        self.assertEqual(self.kvault('export', '-q', vault, self.path('quiet')), b'')

    def test_what_was_written_is_read_back(self):
        path = self.fixture('v010_media.db')
        plain = self.kvault('export', path, self.path('plain'))
        self.assertEqual(self.kvault('export', path, self.path('out'), '--verify'), plain)
        for folder, _, names in os.walk(self.path('plain')):
            for name in names:
                with open(os.path.join(folder, name), 'rb') as one, \
                        open(os.path.join(self.path('out') + folder[len(self.path('plain')):], name), 'rb') as other:
                    self.assertEqual(one.read(), other.read())

    def test_changes_no_byte_of_the_vault(self):
        vault = self.fixture('v010_media.db')
        before = support.state_of(self.folder)
        self.kvault('export', vault, self.path('out'))
        shutil.rmtree(self.path('out'))
        self.assert_same_state(before)

    def test_usage(self):
        vault = self.vault_of(self.VALUES)
        self.make_file('file')
        for args, status in (([], USAGE), (['--key-hex', '61'], USAGE), ([''], USAGE), (['', self.path('o')], USAGE), ([self.path('o'), 'c', '-p', 'i'], USAGE),
                             ([self.path('file')], USAGE), ([self.path('no/folder')], NOT_FOUND)):
            self.kvault('export', vault, *args, status=status)
        self.kvault('export', self.path('absent'), self.path('o'), status=NOT_FOUND)
        self.assertEqual(sorted(os.listdir(self.folder)), ['file', 'v.kvault'])

    def make_file(self, name, content=b'precious'):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'wb') as file:
            file.write(content)

    def test_existing_files_are_kept(self):
        vault = self.vault_of(self.VALUES)
        self.make_file('out/img/a.png')
        self.kvault('export', vault, self.path('out'), status=USAGE, words=['img/a.png', '--overwrite'])
        self.assertEqual(files_of(self.path('out')), {**self.VALUES, b'img/a.png': b'precious'})
        rows = self.json('export', vault, self.path('out'), '--overwrite')
        self.assertEqual({row['result'] for row in rows}, {'exported'})
        self.assertEqual(files_of(self.path('out')), self.VALUES)

    def test_overwriting_replaces_links_and_keeps_what_they_lead_to(self):
        vault = self.vault_of({b'a': b'new'})
        self.make_file('precious')
        os.mkdir(self.path('out'))
        os.symlink('../precious', self.path('out/a'))
        self.kvault('export', vault, self.path('out'), status=USAGE)
        self.kvault('export', vault, self.path('out'), '--overwrite')
        self.assertEqual(tree(self.path('out')), {b'a': b'new'})
        with open(self.path('precious'), 'rb') as file:
            self.assertEqual(file.read(), b'precious')

    def test_what_is_in_the_way_stays(self):
        vault = self.vault_of({b'a/b': b'1', b'dir': b'2', b'ok': b'3', b'link/x': b'4'})
        self.make_file('out/a')
        self.make_file('out/dir/inside')
        os.mkdir(self.path('elsewhere'))
        os.symlink('../elsewhere', self.path('out/link'))
        for options in ([], ['--overwrite']):
            self.kvault('export', vault, self.path('out'), *options, status=USAGE, words=['"a/b"', '"dir"', '"link/x"'])
            self.assertEqual(tree(self.path('out')), {b'a': b'precious', b'dir': None, b'dir/inside': b'precious', b'ok': b'3',
                                                     b'link': ('link', b'../elsewhere')})
            self.assertEqual(os.listdir(self.path('elsewhere')), [])
            os.remove(self.path('out/ok'))

    def test_two_names_of_one_file(self):
        """As on a file system that does not tell "A" from "a"; here by a folder that is at two places."""
        vault = self.vault_of({b'A/x.png': b'1', b'a/x.png': b'2', b'a/y': b'3'})
        for name in ('A', 'a'):
            os.makedirs(self.path('out/' + name))
        if subprocess.run(['mount', '--bind', self.path('out/A'), self.path('out/a')], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('mounting is not allowed here')
        self.addCleanup(subprocess.run, ['umount', self.path('out/a')], check=True)
        rows = self.json('export', vault, self.path('out'))
        self.assertEqual([row['result'] for row in rows], ['exported'] * 3)
        expected = {b'x.png': b'1', b'x (2).png': b'2', b'y': b'3'}
        self.assertEqual(files_of(self.path('out/A')), expected)
        self.kvault('export', vault, self.path('out'), '--overwrite')
        self.assertEqual(files_of(self.path('out/A')), expected)

    def test_the_folder_itself_may_be_a_link(self):
        vault = self.vault_of({b'a': b'1'})
        os.mkdir(self.path('real'))
        os.symlink('real', self.path('out'))
        self.kvault('export', vault, self.path('out'))
        self.assertEqual(tree(self.path('real')), {b'a': b'1'})

    def test_a_dry_run_tells_and_writes_nothing(self):
        vault = self.vault_of({**self.VALUES, b'img': b'', b'img/a.png/x': b'1'})
        before = support.state_of(self.folder)
        told = self.json('export', '--dry-run', vault, self.path('out'))
        self.assert_same_state(before)
        text = self.kvault('export', '--dry-run', vault, self.path('out')).decode().splitlines()
        self.assertEqual(text[-1], 'Would export 6 values (100.0 kB), 0 skipped, 0 failed')
        self.assert_same_state(before)
        self.assertEqual(self.json('export', vault, self.path('out')), told)
        before = tree(self.folder)
        told = self.json('export', '--dry-run', vault, self.path('out'), status=USAGE)
        self.assertEqual({row['result'] for row in told}, {'skipped'})
        self.json('export', '--dry-run', vault, self.path('out'), '--overwrite')
        self.assertEqual(tree(self.folder), before)

    def test_the_vault_and_its_journals_are_no_target(self):
        values = {b'v.kvault': b'x', b'v.kvault-journal': b'x', b'V.KVAULT-wal': b'x', b'v.kvault-shm': b'x', b'v.kvault-x': b'x',
                  b'.v.kvault.kvault-compact': b'x',
                  b'sub/v.kvault-wal': b'x'}
        vault = self.vault_of(values)
        os.symlink('v.kvault', self.path('link'))
        for name in (vault, self.path('link')):
            for where in (self.folder, self.path('.')):
                self.kvault('export', name, where, '--overwrite', status=USAGE, words='vault itself')
                self.assertEqual(sorted(os.listdir(self.folder)), ['link', 'sub', 'v.kvault', 'v.kvault-x'])
        self.assertEqual(self.keys(vault), sorted(values))

    def test_journals_of_files_that_were_there(self):
        values = {b'a.db': b'1', b'a.db-wal': b'2', b'd/b.db': b'3', b'd/b.db-journal': b'4', b'c-shm': b'5', b'-wal': b'6'}
        vault = self.vault_of(values)
        for options in ([], ['--salvage']):
            self.kvault('export', vault, self.path('new'), *options)
            self.assertEqual(files_of(self.path('new')), values)
            shutil.rmtree(self.path('new'))
        for name in ('out/a.db', 'out/d/b.db', 'out/c'):
            self.make_file(name)
        there = files_of(self.path('out'))
        self.kvault('export', vault, self.path('out'), status=USAGE, words=['"a.db-wal"', '"d/b.db-journal"', '"c-shm"', 'journal of'])
        self.assertEqual(files_of(self.path('out')), {**there, b'-wal': b'6'})
        self.kvault('export', vault, self.path('out'), '--overwrite', status=USAGE, words='"c-shm"')
        del values[b'c-shm']
        self.assertEqual(files_of(self.path('out')), {**values, b'c': b'precious'})

    def test_where_nothing_may_be_written(self):
        vault = self.vault_of(self.VALUES)
        os.mkdir(self.path('out'), 0o755)
        options = as_nobody()
        if not options:
            os.chmod(self.path('out'), 0o555)
        self.kvault('export', vault, self.path('out'), status=IO, words=['"c"', 'Permission denied'], **options)
        self.assertEqual(tree(self.path('out')), {})
        self.kvault('export', vault, self.path('out/new'), status=IO, words='Permission denied', **options)

    def test_100_mb_in_little_memory(self):
        vault = self.new_vault()
        sql(vault, 'INSERT INTO kv VALUES (CAST(\'big\' AS BLOB), zeroblob(100000000))')
        code = ('import os, subprocess, sys\n'
                'p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n'
                '_, status, usage = os.wait4(p.pid, 0)\n'
                'print(status, usage.ru_maxrss)\n')
        done = subprocess.run(['python3', '-c', code, KVAULT, 'export', vault, self.path('out')], stdout=subprocess.PIPE,
                              timeout=support.TIMEOUT, check=True)
        status, memory = map(int, done.stdout.split())
        self.assertEqual(status, DONE)
        if not support.is_sanitized():
            self.assertLess(memory, 48 * 1024)
        self.assertEqual(os.stat(self.path('out/big')).st_size, 100000000)


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


class Names(ExportCase):
    def test_hostile_keys_stay_inside(self):
        values = {key: b'%d' % i for i, key in enumerate(HOSTILE_KEYS)}
        os.mkdir(self.path('inner'))
        vault = self.vault_of(values, 'inner/v.kvault')
        before = tree(self.folder)
        etc = sorted(os.listdir('/etc'))
        rows = self.json('export', vault, self.path('inner/out'))
        after = tree(self.folder)
        self.assertEqual({p: c for p, c in after.items() if not (p + b'/').startswith(b'inner/out/')}, before)
        self.assertEqual(sorted(os.listdir('/etc')), etc)
        self.assertEqual(len(rows), len(values))
        self.assertEqual(len({row['file'] for row in rows}), len(values))
        files = files_of(self.path('inner/out'))
        self.assertEqual(sorted(files.values()), sorted(values.values()))
        for row in rows:
            path = os.path.relpath(row['file'], self.path('inner/out')).encode()
            self.assertEqual(files[path], values[key_of(row)])
            self.assertLess(len(path), 2600)
        for path in files:
            path.decode('utf-8')
            for part in path.split(b'/'):
                self.assertLessEqual(len(part), 255)
                self.assertFalse(any(byte < 0x20 or byte == 0x7f for byte in part), part)

    def paths(self, *keys):
        """By key, the paths below the folder, in the order of the keys."""
        vault = self.vault_of(dict.fromkeys(keys, b''), 'n.kvault')
        rows = self.json('export', vault, self.path('n'), '--dry-run')
        os.remove(vault)
        return {key_of(row): os.path.relpath(row['file'], self.path('n')) for row in rows}

    def test_what_names_become(self):
        for key, path in ((b'a/b.png', 'a/b.png'), ('ünï/漢'.encode(), 'ünï/漢'), (b'/etc/x', '%/etc/x'), (b'', '%'),
                          (b'..', '%2E%2E'), (b'.', '%2E'), (b'../x', '%2E%2E/x'), (b'...', '...'), (b'a//b', 'a/%/b'),
                          (b'a/', 'a/%'), (b'\x00', '%00'), (b'\xff\xfe', '%FF%FE'), (b'a\nb', 'a%0Ab'),
                          ('\u202e'.encode(), '%E2%80%AE'), (b'100%', '100%'), (b'.x', '.x'), (b'a b', 'a b')):
            with self.subTest(key):
                self.assertEqual(self.paths(key), {key: path})

    def test_collisions_get_numbers(self):
        self.assertEqual(self.paths(b'x%FF.png', b'x\xff.png'), {b'x%FF.png': 'x%FF.png', b'x\xff.png': 'x%FF (2).png'})
        self.assertEqual(self.paths(b'a', b'a/b', b'a/c', b'a/d/e'), {b'a': 'a', b'a/b': 'a (2)/b', b'a/c': 'a (2)/c',
                                                                     b'a/d/e': 'a (2)/d/e'})
        self.assertEqual(self.paths(b'a', b'a (2)', b'a/b'), {b'a': 'a', b'a (2)': 'a (2)', b'a/b': 'a (3)/b'})
        self.assertEqual(self.paths(b'', b'%', b'/'), {b'': '%', b'%': '% (2)', b'/': '% (3)/%'})

    def test_in_the_order_asked_for_too(self):
        vault = self.vault_of({b'a': b'1', b'a/b': b'2'})
        self.kvault('export', vault, self.path('out'), 'a/b', 'a')
        self.assertEqual(files_of(self.path('out')), {b'a/b': b'2', b'a (2)': b'1'})

    def test_long_names_keep_their_extension_and_differ(self):
        long = {b'd/' + b'n' * 300 + end: end for end in (b'1.jpeg', b'2.jpeg', b'3', '漢'.encode(), b'.' + b'e' * 100)}
        paths = self.paths(*long)
        self.assertEqual(len(set(paths.values())), len(long))
        for key, path in paths.items():
            name = path[2:]
            self.assertLessEqual(len(name.encode()), 240)
            self.assertRegex(name, '^n+~[0-9a-f]{16}(.jpeg)?$')
            self.assertEqual(name.endswith('.jpeg'), key.endswith(b'.jpeg'))
        self.assertEqual(self.paths(b'n' * 240), {b'n' * 240: 'n' * 240})

    def test_many_keys_of_one_name(self):
        keys = [bytes([0x80 + i // 64 % 64, 0x80 + i % 64]) for i in range(3000)]
        vault = self.vault_of({**{b'%%%02X%%%02X' % tuple(key): b'' for key in keys}, **dict.fromkeys(keys, b'')})
        rows = self.json('export', vault, self.path('out'), '--dry-run')
        self.assertEqual(len({row['file'] for row in rows}), len(rows))

    def test_keys_of_other_classes(self):
        vault = self.vault_of({b'k': b'blob'})
        sql(vault, "INSERT INTO kv VALUES ('k', CAST('text' AS BLOB)), (12, CAST('number' AS BLOB))")
        self.kvault('export', vault, self.path('out'))
        self.assertEqual(sorted(files_of(self.path('out')).values()), [b'blob', b'number', b'text'])

    def test_there_and_back(self):
        for fixture in support.fixtures():
            if not is_healthy(fixture):
                continue
            path = self.fixture(fixture['file'])
            for table in vault_tables(fixture):
                with self.subTest(file=fixture['file'], table=table['name']):
                    out, copy = self.path('out'), self.new_vault('copy.kvault')
                    rows = self.json('export', path, out, '-t', table['name'])
                    expected = {k['key_hex']: (k['size'], k['sha256']) for k in table['keys']}
                    self.assertEqual({key_of(row).hex() for row in rows}, set(expected))
                    self.kvault('import', copy, out + '/')
                    back = {}
                    for key in self.keys(copy):
                        value = self.kvault('cat', copy, '--key-hex', key.hex())
                        back[key.hex()] = (len(value), digest(value))
                    plain = {key_of(row).hex() for row in rows
                             if os.fsencode(row['file']) == os.fsencode(out) + b'/' + key_of(row)}
                    self.assertEqual({key: back[key] for key in plain}, {key: expected[key] for key in plain})
                    self.assertEqual(sorted(back.values()), sorted(expected.values()))
                    shutil.rmtree(out)
                    os.remove(copy)


class Damaged(ExportCase):
    def test_what_can_be_read_is_exported(self):
        for name in ('damaged/table_leaf_wrecked.db', 'damaged/value_bytes_flipped.db', 'damaged/truncated_half.db'):
            with self.subTest(name):
                path = self.fixture(name)
                out = self.path(os.path.basename(name) + '.out')
                whole = self.fixture('damaged/table_leaf_wrecked.db') if 'truncated' in name else path  # of the same vault
                done = self.run_kvault('export', path, out, '--json')
                rows = [row for row in map(support.json.loads, done.stdout.decode().splitlines())]
                files = files_of(out) if os.path.exists(out) else {}
                self.assertEqual(len(files), sum(row['result'] == 'exported' for row in rows))
                failed = [row for row in rows if row['result'] == 'failed']
                for row in failed:
                    self.assertFalse(os.path.exists(row['file']))
                    self.assertIn(b'key "%s"' % key_of(row), done.stderr)
                self.assertEqual(done.returncode, DAMAGED if done.stderr else DONE, done.stderr)
                for row in rows:
                    if row['result'] == 'exported':
                        key = ['--key-hex', key_of(row).hex()]
                        with open(row['file'], 'rb') as file:
                            self.assertEqual(file.read(), self.kvault('cat', whole, *key))
                if name.endswith('wrecked.db'):
                    self.assertGreater(len(failed), 0)
                    self.assertGreater(len(files), 100)

    def test_an_index_that_breaks_off(self):
        page_size = 1024
        path = self.vault_of({b'%05d' % i: b'%d' % i for i in range(2000)}, page_size=page_size)
        size = os.path.getsize(path)
        with open(path, 'r+b') as file:
            for page in range(2, size // page_size):
                file.seek(page * page_size)
                block = file.read(page_size)
                if block[:1] == b'\x0a' and b'00777' in block:  # a leaf of the index
                    file.seek(page * page_size)
                    file.write(b'\xee' * page_size)
        self.kvault('ls', path, status=DAMAGED)
        self.kvault('export', path, self.path('out'), '-q', status=DAMAGED, words='v.kvault: the file is damaged')
        # By the table, which is whole; and each key once.
        self.assertEqual(files_of(self.path('out')), {b'%05d' % i: b'%d' % i for i in range(2000)})
        rows = self.json('export', path, self.path('part'), '--prefix', '007', status=DAMAGED)
        self.assertEqual(sorted(key_of(row) for row in rows), [b'%05d' % i for i in range(700, 800)])

    def test_keys_the_index_has_lost_without_a_trace(self):
        path = self.path('v1.db')
        sql(path, 'CREATE TABLE kv(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL)',
            "INSERT INTO kv(key, value, size) VALUES (x'61', x'31', 1)", 'PRAGMA writable_schema=1',
            # Written while the table says it has no index, so that is not told of the row.
            "CREATE TABLE saved AS SELECT * FROM sqlite_schema WHERE type = 'index'",
            "DELETE FROM sqlite_schema WHERE type = 'index'",
            "UPDATE sqlite_schema SET sql = replace(sql, ' UNIQUE', '') WHERE name = 'kv'")
        sql(path, "INSERT INTO kv(key, value, size) VALUES (x'62', x'32', 1)", 'PRAGMA writable_schema=1',
            'INSERT INTO sqlite_schema SELECT * FROM saved',
            "UPDATE sqlite_schema SET sql = replace(sql, 'key BLOB NOT NULL', 'key BLOB NOT NULL UNIQUE') WHERE name = 'kv'")
        sql(path, 'DROP TABLE saved')
        self.assertEqual(self.keys(path), [b'a'])
        self.kvault('check', path, status=DAMAGED, words='kvault export --salvage')
        self.kvault('export', path, self.path('out'), '--salvage')
        self.assertEqual(files_of(self.path('out')), {b'a': b'1', b'b': b'2'})

    def test_what_no_view_opens(self):
        path = self.fixture('v010_media.db')
        whole = self.path('whole')
        self.kvault('export', path, whole)
        sql(path, 'PRAGMA writable_schema=1', "UPDATE sqlite_schema SET sql = 'CREATE TABLE nonsense(' WHERE name LIKE '%idx'")
        before = support.state_of(self.folder)
        for command in (['ls'], ['cat', path, 'img/anim.gif'], ['stat'], ['put', path, 'k']):
            self.kvault(command[0], path, *command[2:], status=DAMAGED, words='kvault export')
        told = self.json('export', '--dry-run', path, self.path('out'), status=DAMAGED)
        self.assert_same_state(before)
        self.assertEqual(self.json('export', path, self.path('out'), status=DAMAGED), told)
        self.assertEqual(files_of(self.path('out')), files_of(whole))
        self.kvault('export', '--salvage', path, self.path('named'), 'img/anim.gif', 'absent', status=NOT_FOUND, words='"absent"')
        self.assertEqual(list(files_of(self.path('named'))), [b'img/anim.gif'])

    def test_what_is_cut_in_the_middle_of_a_page(self):
        path = self.fixture('v010_media.db')
        os.truncate(path, 253952)
        rows = self.json('export', '--salvage', path, self.path('out'), status=DAMAGED)
        self.assertEqual([row for row in rows if 'row' in row], [{'row': 0, 'result': 'failed'}])
        self.assertEqual(len(files_of(self.path('out'))), 6)

    def test_salvage_of_a_whole_vault(self):
        for fixture in support.fixtures():
            if not is_healthy(fixture):
                continue
            path = self.fixture(fixture['file'])
            for table in vault_tables(fixture):
                rows = self.json('export', '--salvage', path, self.path('out'), '-t', table['name'])
                self.assertEqual({key_of(row).hex(): row['size'] for row in rows}, {k['key_hex']: k['size'] for k in table['keys']})
                self.assertEqual(sorted(map(digest, files_of(self.path('out')).values())), sorted(k['sha256'] for k in table['keys']))
                shutil.rmtree(self.path('out'))

    def test_what_is_in_the_way_of_a_salvage(self):
        path = self.vault_of({b'../x': b'1', b'a': b'2', b'b': b'3'})
        os.mkdir(self.path('out'))
        os.symlink('/etc', self.path('out/b'))
        self.kvault('export', '--salvage', path, self.path('out'), status=USAGE, words='"b"')
        self.assertEqual(files_of(self.path('out')), {b'%2E%2E/x': b'1', b'a': b'2', b'b': ('link', b'/etc')})
        self.kvault('export', '--salvage', path, self.path('out'), '--overwrite')
        self.assertEqual(files_of(self.path('out')), {b'%2E%2E/x': b'1', b'a': b'2', b'b': b'3'})


class Ended(ExportCase):
    """Ended in the middle: no file that is not whole."""
    N = 40
    SIZE = 5000000

    def setUp(self):
        super().setUp()
        self.vault = self.new_vault()
        sql(self.vault, *(('INSERT INTO kv VALUES (?, ?)', (b'd%02d/f' % i, bytes([i + 1]) * self.SIZE)) for i in range(self.N)),
            'PRAGMA wal_checkpoint(TRUNCATE)')

    def begin(self, *options):
        return subprocess.Popen([KVAULT, 'export', self.vault, self.path('out'), *options], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def assert_whole_files(self):
        files = files_of(self.path('out')) if os.path.exists(self.path('out')) else {}
        self.assertEqual(sorted(files), [b'd%02d/f' % i for i in range(len(files))])
        for i, path in enumerate(sorted(files)):
            self.assertEqual(digest(files[path]), hashlib.sha256(bytes([i + 1]) * self.SIZE).hexdigest())
        return len(files)

    def test_by_signals(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            for name in ('d00', 'd07', 'd20'):
                process = self.begin()
                while process.poll() is None and not os.path.exists(self.path('out/' + name)):
                    pass
                process.send_signal(number)
                said = process.communicate(timeout=support.TIMEOUT)[1]
                n = self.assert_whole_files()
                if process.returncode != DONE:
                    self.assertEqual(process.returncode, status)
                    if number != signal.SIGKILL:
                        self.assertIn(b'cancelled; %d values are there' % n, said)
                if os.path.exists(self.path('out')):
                    shutil.rmtree(self.path('out'))
                if number != signal.SIGKILL:
                    self.assertEqual(os.listdir(self.folder), ['new.kvault'])

    def begin_archive(self):
        """One that is in the middle."""
        process = subprocess.Popen([KVAULT, 'export', self.vault, '--archive', self.path('out.tar')], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        while process.poll() is None:
            try:
                for fd in os.listdir(f'/proc/{process.pid}/fdinfo'):
                    with open(f'/proc/{process.pid}/fdinfo/{fd}', encoding='ascii') as file:
                        if int(file.readline().split()[1]) >= 10000000:
                            return process
            except OSError:
                pass
        return process

    def test_an_archive_by_signals(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            process = self.begin_archive()
            process.send_signal(number)
            said = process.communicate(timeout=support.TIMEOUT)[1]
            if process.returncode == DONE:
                os.unlink(self.path('out.tar'))
                continue
            self.assertEqual(process.returncode, status)
            if number != signal.SIGKILL:
                self.assertIn(b'cancelled; there is no archive', said)
            self.assertEqual({name[:10] for name in os.listdir(self.folder)}, {'new.kvault'})

    def test_an_archive_by_a_full_disk(self):
        mount = self.path('out')
        os.mkdir(mount)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=32m', 'none', mount], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('mounting is not allowed here')
        self.addCleanup(subprocess.run, ['umount', mount], check=True)
        said = self.run_kvault('export', self.vault, '--archive', self.path('out/a.tar'), '--manifest')
        self.assertEqual(said.returncode, IO)
        self.assertIn(b'No space left on device', said.stderr)
        self.assertIn(b'not finished; there is no archive', said.stderr)
        self.assertEqual(os.listdir(mount), [])

    def test_without_nameless_files(self):
        """Where /proc is not there, files have hidden names until they are whole."""
        if support.is_sanitized():
            self.skipTest('sanitizers need /proc')
        script = 'mount -t tmpfs none /proc && exec "$0" "$@"'
        for interrupted in (False, True):
            if subprocess.run(['unshare', '-m', 'sh', '-c', script, 'true'], check=False, stderr=subprocess.DEVNULL).returncode != 0:
                self.skipTest('mounting is not allowed here')
            process = subprocess.Popen(['unshare', '-m', 'sh', '-c', script, KVAULT, 'export', self.vault, self.path('out')],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while interrupted and process.poll() is None and not os.path.exists(self.path('out/d05')):
                pass
            if interrupted:
                process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=support.TIMEOUT)
            self.assertIn(process.returncode, (DONE, 130) if interrupted else (DONE,), said)
            n = self.assert_whole_files()
            if process.returncode == DONE:
                self.assertEqual(n, self.N)
            shutil.rmtree(self.path('out'))

    def test_by_a_full_disk(self):
        mount = self.path('out')
        os.mkdir(mount)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=32m', 'none', mount], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('mounting is not allowed here')
        self.addCleanup(subprocess.run, ['umount', mount], check=True)
        done = self.run_kvault('export', self.vault, mount)
        self.assertEqual(done.returncode, IO)
        self.assertIn(b'No space left on device', done.stderr)
        n = self.assert_whole_files()
        self.assertGreater(n, 3)
        self.assertEqual(done.stderr.count(b'\n'), 2, done.stderr)
        self.assertIn(b'not finished; %d values' % n, done.stderr)


if __name__ == '__main__':
    support.main()
