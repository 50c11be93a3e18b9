# SPDX-License-Identifier: MIT
"""import --archive: what is in a zip or a tar becomes values, and of what is damaged or leads elsewhere nothing does."""
import bz2
import gzip
import io
import json
import lzma
import os
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib

import support
from support import DAMAGED, DONE, IO, KVAULT, NOT_FOUND, USAGE, CliCase, digest, key_of, sql

HEADER = bytes.fromhex('894b010300000000564b')
ODD = {
    b'': b'', b'\x00': b'NUL', b'a\x00b': b'1', b'\n': b'newline', b'line\nbreak/x': b'2', b'\xff\xfe': b'no text', b'a': b'a', b'A': b'A',
    b'caf\xc3\xa9': b'composed', b'cafe\xcc\x81': b'not composed', b'n' * 255: b'3', b'n' * 254 + b'\xff': b'4', b'../x': b'5',
    b'/etc/passwd': b'6', b'a/b/../c': b'7', b'./a': b'8', b'a/': b'9', b'a//b': b'10', b'empty': b'', b'coffer.json': b'{}', b'f': b'11',
    b'f/g': b'12', b'd/' * 500 + b'end': b'13', bytes(range(256)) * 4: b'14', b'typed': HEADER + b'{"a": 1}', b'only header': HEADER,
    b'text': b'so it goes ' * 30000, b'large': bytes(range(251)) * 40000, b'noise': os.urandom(300000),
}


class ArchiveCase(CliCase):
    def setUp(self):
        super().setUp()
        done = self.run_kvault('export', self.path('absent.kvault'), '--archive', self.path('out.zip'))
        if b'libarchive' in done.stderr:
            self.skipTest('built without libarchive')
        self.n = 0

    def vault_of(self, values, name='v.kvault'):
        path = self.path(name)
        self.kvault('new', path)
        sql(path, 'BEGIN', *(('INSERT INTO kv VALUES (?, ?)', pair) for pair in values.items()), 'COMMIT', 'PRAGMA wal_checkpoint(TRUNCATE)')
        return path

    def values(self, vault):
        return {key_of(row): digest(self.kvault('cat', vault, '--key-hex', key_of(row).hex())) for row in self.json('ls', vault)}

    def assert_has(self, vault, values):
        self.assertEqual(self.values(vault), {key: digest(value) for key, value in values.items()})

    def fresh(self):
        self.n += 1
        return self.new_vault(f'fresh{self.n}.kvault')

    def imported(self, name, *options, status=DONE, words=()):
        """A new vault of an archive, and what was said."""
        vault = self.fresh()
        done = self.run_kvault('import', vault, '--archive', self.path(name), *options)
        said = done.stderr.decode('utf-8', 'surrogateescape')
        self.assertEqual(done.returncode, status, said)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, said)
        if status == DONE:
            self.assertEqual(said, '')
        return vault

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def tar(self, *members, form=tarfile.PAX_FORMAT):
        """A tar of pairs of a name and a content, and of other TarInfos."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode='w', format=form, errors='surrogateescape') as archive:
            for member in members:
                if isinstance(member, tarfile.TarInfo):
                    archive.addfile(member)
                    continue
                info = tarfile.TarInfo(os.fsdecode(member[0]))
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
        return out.getvalue()

    def zip(self, *members, method=zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, 'w', method) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return out.getvalue()


class ThereAndBack(ArchiveCase):
    def test_with_a_manifest_it_is_the_same_vault(self):
        source = self.vault_of(ODD)
        for name in ('out.zip', 'out.tar', 'out.tar.zst'):
            with self.subTest(name):
                self.kvault('export', source, '--archive', self.path(name), '--manifest', '--verify')
                self.assert_has(self.imported(name, '--verify'), ODD)
        vault = self.imported('out.zip', '--prefix', 'p/')
        self.assertEqual(self.keys(vault), sorted(b'p/' + key for key in ODD))

    def test_whatever_language_is_spoken(self):
        self.kvault('export', self.vault_of(ODD), '--archive', self.path('out.zip'), '--manifest')
        vault = self.fresh()
        self.kvault('import', vault, '--archive', self.path('out.zip'), env={**os.environ, 'LC_ALL': 'C'})
        self.assert_has(vault, ODD)

    def test_headers_come_back(self):
        """As of an export without headers: the manifest has them."""
        values = [{'key': 'a', 'file': 'a', 'size': 2, 'sha256': digest(b'{}'), 'header': HEADER.hex()},
                  {'key': 'b', 'file': 'b', 'size': 0, 'sha256': digest(b''), 'header': HEADER.hex()}]
        manifest = json.dumps({'coffer-manifest': 1, 'values': values, 'count': 2}).encode()
        for first in (True, False):
            members = [('a', b'{}'), ('b', b'')]
            members.insert(0 if first else 2, ('coffer.json', manifest))
            self.write('t.tar', self.tar(*members))
            self.write('z.zip', self.zip(*members))
            for name in ('t.tar', 'z.zip'):
                self.assert_has(self.imported(name, '--verify'), {b'a': HEADER + b'{}', b'b': HEADER})

    def test_without_a_manifest_names_are_keys(self):
        values = {b'a': b'A', b'dir/b': b'B', b'dir/caf\xc3\xa9': b'composed', b'dir/cafe\xcc\x81': b'not composed', b'x' * 255 + b'/y': b'Y',
                  b'deep/' * 60 + b'z': b'Z', b'empty': b''}
        named = [(key.decode(), value) for key, value in values.items()]
        for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
            plain = self.tar(*((os.fsencode(name), value) for name, value in named), (b'raw\xff', b'raw'), form=form)
            for name, content in (('t', plain), ('t.gz', gzip.compress(plain)), ('t.bz2', bz2.compress(plain)), ('t.xz', lzma.compress(plain))):
                with self.subTest(name):
                    self.write(name, content)
                    self.assert_has(self.imported(name), {**values, b'raw\xff': b'raw'})
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self.write('z.zip', self.zip(*named, method=method))
            self.assert_has(self.imported('z.zip'), values)
        self.write('shifted.zip', b'PK\3\4 something before it' + self.read('z.zip'))
        self.assert_has(self.imported('shifted.zip'), values)

    def test_what_other_programs_make(self):
        os.makedirs(self.path('in/sub'))
        self.write('in/a', b'A')
        self.write('in/sub/b', b'B' * 100000)
        for program, name, words in (('tar', 'p.tar', ['-cf', 'p.tar', './in']), ('tar', 'q.tar', ['-H', 'posix', '-cf', 'q.tar', 'in/'])):
            subprocess.run([program, *words], cwd=self.folder, check=True)
            self.assert_has(self.imported(name), {b'in/a': b'A', b'in/sub/b': b'B' * 100000})
        with zipfile.ZipFile(self.path('stream.zip'), 'w', zipfile.ZIP_DEFLATED) as archive:   # sizes behind the files
            with archive.open('in/a', 'w', force_zip64=True) as member:
                member.write(b'A')
        self.assert_has(self.imported('stream.zip'), {b'in/a': b'A'})
        for name, content in (('e.zip', self.zip()), ('e.tar', self.tar())):
            self.write(name, content)
            self.assert_has(self.imported(name), {})

    def test_many(self):
        values = {b'%d' % i: b'' for i in range(66000)}
        self.kvault('export', self.vault_of(values), '--archive', self.path('out.zip'))
        self.assertEqual(len(self.keys(self.imported('out.zip'))), 66000)

    def test_a_manifest_that_is_none_is_a_file(self):
        self.write('t.tar', self.tar((b'coffer.json', b'{"name": "other"}'), (b'a', b'A')))
        self.assert_has(self.imported('t.tar'), {b'coffer.json': b'{"name": "other"}', b'a': b'A'})
        self.kvault('export', self.vault_of({b'../x': b'X'}), '--archive', self.path('out.tar'), '--manifest')
        vault = self.imported('out.tar', '--no-manifest')
        self.assertEqual(self.keys(vault), [b'%2E%2E/x', b'coffer.json'])

    def test_what_the_manifest_does_not_tell_of_is_left_alone(self):
        manifest = json.dumps({'coffer-manifest': 1, 'count': 1, 'values': [{'key': 'k', 'file': 'a', 'size': 1, 'sha256': digest(b'A')}]})
        link = tarfile.TarInfo('link')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
        self.write('t.tar', self.tar((b'a', b'A'), (b'b', b'B'), link, (b'coffer.json', manifest.encode())))
        self.assert_has(self.imported('t.tar'), {b'k': b'A'})


class Options(ArchiveCase):
    def setUp(self):
        super().setUp()
        self.write('t.tar', self.tar((b'a.txt', b'new'), (b'b', b'new')))

    def test_conflicts(self):
        for mode, status, values in ((None, USAGE, {b'a.txt': b'old', b'b': b'new'}), ('skip', DONE, {b'a.txt': b'old', b'b': b'new'}),
                                     ('replace', DONE, {b'a.txt': b'new', b'b': b'new'}),
                                     ('rename', DONE, {b'a.txt': b'old', b'a (2).txt': b'new', b'b': b'new'})):
            with self.subTest(mode):
                vault = self.fresh()
                self.kvault('put', vault, 'a.txt', input=b'old')
                options = ['--on-conflict', mode] if mode else []
                self.kvault('import', vault, '--archive', self.path('t.tar'), *options, status=status)
                self.assert_has(vault, values)

    def test_one_name_twice(self):
        self.write('t.tar', self.tar((b'a', b'first'), (b'a', b'second')))
        self.assert_has(self.imported('t.tar', status=USAGE, words='t.tar/a'), {b'a': b'first'})
        self.assert_has(self.imported('t.tar', '--on-conflict', 'replace'), {b'a': b'second'})
        self.assert_has(self.imported('t.tar', '--on-conflict', 'rename'), {b'a': b'first', b'a (2)': b'second'})

    def test_a_dry_run_tells_and_writes_nothing(self):
        vault = self.fresh()
        sql(vault, 'PRAGMA wal_checkpoint(TRUNCATE)')
        before = support.state_of(self.folder)
        rows = self.json('import', vault, '--archive', self.path('t.tar'), '--dry-run', '--prefix', 'p/')
        self.assertEqual(rows, [{'file': self.path('t.tar/a.txt'), 'key': 'p/a.txt', 'size': 3, 'result': 'imported'},
                                {'file': self.path('t.tar/b'), 'key': 'p/b', 'size': 3, 'result': 'imported'}])
        self.assert_same_state(before)
        self.assertEqual(self.json('import', vault, '--archive', self.path('t.tar'), '--prefix', 'p/'), rows)

    def test_usage(self):
        vault = self.fresh()
        self.kvault('import', vault, status=USAGE, words='--archive')
        self.kvault('import', vault, self.path('t.tar'), '--archive', self.path('t.tar'), status=USAGE, words='not both')
        for name, status, words in (('absent.zip', NOT_FOUND, 'No such'), ('.', USAGE, 'must be a file'), ('v.kvault', USAGE, 'not an archive'),
                                    (os.path.basename(vault), USAGE, 'the vault itself')):
            if name == 'v.kvault':
                self.vault_of({})
            self.kvault('import', vault, '--archive', self.path(name), status=status, words=words)
        os.mkfifo(self.path('pipe'))
        self.kvault('import', vault, '--archive', self.path('pipe'), status=USAGE, words='must be a file')
        for content in (b'', b'PK', b'text', b'\x1f\x8b', gzip.compress(b'no tar' * 1000), b'\x28\xb5\x2f\xfd', bytes(100)):
            self.write('odd', content)
            done = self.run_kvault('import', vault, '--archive', self.path('odd'))
            self.assertIn(done.returncode, (USAGE, DAMAGED), content)
            self.assertTrue(done.stderr)
        self.assertEqual(self.keys(vault), [])

    def test_as_a_path_it_is_one_value(self):
        vault = self.fresh()
        self.kvault('import', vault, self.path('t.tar'))
        self.assert_has(vault, {b't.tar': self.read('t.tar')})


class Odd(ArchiveCase):
    """What is no file inside the archive is named and left out."""

    def test_members_of_a_tar(self):
        def special(name, kind, target=''):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            return info

        names = ('link', 'hard', 'device', 'block', 'fifo', '/abs', '../up', 'x/../../y', '..')
        self.write('t.tar', self.tar((b'a', b'A'), special('dir', tarfile.DIRTYPE), special('link', tarfile.SYMTYPE, '/etc/passwd'),
                                     special('hard', tarfile.LNKTYPE, 'a'), special('device', tarfile.CHRTYPE),
                                     special('block', tarfile.BLKTYPE), special('fifo', tarfile.FIFOTYPE), (b'/abs', b'1'), (b'../up', b'2'),
                                     (b'x/../../y', b'3'), (b'..', b'4'), (b'./ok', b'5'), (b'x/..y', b'6'), (b'z', b'Z')))
        said = self.run_kvault('import', self.fresh(), '--archive', self.path('t.tar')).stderr.decode()
        self.assertEqual(said.count('\n'), len(names), said)
        vault = self.imported('t.tar', status=USAGE, words=[f't.tar/{name}"' for name in names])
        self.assert_has(vault, {b'a': b'A', b'ok': b'5', b'x/..y': b'6', b'z': b'Z'})

    def test_members_of_a_zip(self):
        link = zipfile.ZipInfo('link')
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        fifo = zipfile.ZipInfo('fifo')
        fifo.external_attr = (stat.S_IFIFO | 0o644) << 16
        for info in (link, fifo):
            info.create_system = 3
        content = self.zip(('a', b'A'), ('dir/', b''), (link, b'/etc/passwd'), (fifo, b''), ('/abs', b'1'), ('../up', b'2'), ('z', b'Z'))
        self.write('z.zip', content)
        vault = self.imported('z.zip', status=USAGE, words=[f'z.zip/{name}"' for name in ('link', 'fifo', '/abs', '../up')])
        self.assert_has(vault, {b'a': b'A', b'z': b'Z'})
        at = content.index(b'PK\1\2')
        self.write('z.zip', content[:at + 8] + b'\1' + content[at + 9:])   # encrypted, says the first
        self.assert_has(self.imported('z.zip', status=USAGE, words=['z.zip/a"', 'encrypted']), {b'z': b'Z'})
        with zipfile.ZipFile(self.path('z.zip'), 'w', zipfile.ZIP_LZMA) as archive:
            archive.writestr('a', b'A')
        self.assert_has(self.imported('z.zip', status=USAGE, words=['z.zip/a"', 'packed']), {})


class Damaged(ArchiveCase):
    def test_a_zip_loses_the_damaged_one(self):
        members = [('%d' % i, os.urandom(1000)) for i in range(4)]
        whole = self.zip(*members, method=zipfile.ZIP_STORED)
        second, third = whole.index(members[1][1]), whole.index(members[2][1])
        self.write('z.zip', whole[:second + 500] + bytes([whole[second + 500] ^ 1]) + whole[second + 501:third - 31] + b'XX' + whole[third - 29:])
        vault = self.imported('z.zip', status=DAMAGED, words=['z.zip/1"', 'z.zip/2"', 'damaged in the archive'])
        self.assert_has(vault, {b'0': members[0][1], b'3': members[3][1]})

    def test_deflated(self):
        whole = bytearray(self.zip(('a', b'so it goes ' * 1000), ('b', b'B')))
        for change in (40, 50, 60):
            damaged = bytearray(whole)
            damaged[change] ^= 0xff
            self.write('z.zip', bytes(damaged))
            self.assert_has(self.imported('z.zip', status=DAMAGED, words='z.zip/a"'), {b'b': b'B'})

    def test_a_zip_that_is_cut_off(self):
        whole = self.zip(('a', b'A' * 1000), ('b', b'B'))
        for size in (len(whole) - 1, len(whole) - 30, 60, 10):
            self.write('z.zip', whole[:size])
            self.assert_has(self.imported('z.zip', status=DAMAGED, words='z.zip'), {})

    def test_sizes_that_lie(self):
        """It is never more, nor less, than it says: a bomb may only go off as large as it was told to be."""
        content = b'\0' * 1000000
        whole = self.zip(('a', content), ('b', b'B'))
        at = whole.index(b'PK\1\2') + 24
        for size in (10, 999999, 1000001, 50000000):
            self.write('z.zip', whole[:at] + struct.pack('<I', size) + whole[at + 4:])
            self.assert_has(self.imported('z.zip', status=DAMAGED, words='z.zip/a"'), {b'b': b'B'})
        for size in (0x7fffffffffffffff, 0x10000000000000):
            large = whole[:at - 24] + self.central(b'a', 8, len(zlib.compress(content)), size) + b'PK\5\6' + bytes(18)
            end = struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, 1, 1, len(large) - 22 - (at - 24), at - 24, 0)
            self.write('z.zip', large[:-22] + end)
            self.assert_has(self.imported('z.zip', status=IO, words='nothing is stored'), {})

    @staticmethod
    def central(name, method, packed, size):
        extra = struct.pack('<HHQ', 1, 8, size)
        return struct.pack('<4s6H3I5H2I', b'PK\1\2', 0x031e, 45, 0, method, 0, 0, 0, packed, 0xffffffff, len(name), len(extra), 0, 0, 0, 0,
                           0) + name + extra

    def test_a_bomb_that_tells_its_size_is_refused(self):
        """Of many entries, each of which is the same file."""
        inner = self.zip(('a', b'\0' * 10000000))
        at = inner.index(b'PK\1\2')
        entry = inner[at:inner.index(b'PK\5\6')]
        n = 60000
        end = struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, n, n, n * len(entry), at, 0)
        self.write('z.zip', inner[:at] + entry * n + end)
        room = os.statvfs(self.folder)
        if room.f_bavail * room.f_frsize > n * 10000000:
            self.skipTest('there is room for it')
        self.assert_has(self.imported('z.zip', '--on-conflict', 'rename', status=IO, words=['600.0 GB', 'nothing is stored']), {})

    def test_a_tar_that_is_cut_off(self):
        whole = self.tar((b'a', b'A' * 1000), (b'b', b'B' * 1000), (b'c', b'C'))
        for size, keys in ((1024 + 100, []), (1536 + 512 + 700, [b'a']), (1536 * 2, [b'a', b'b']), (1536 * 2 + 300, [b'a', b'b'])):
            with self.subTest(size):
                self.write('t.tar', whole[:size])
                self.assert_has(self.imported('t.tar', status=DAMAGED, words='--no-manifest'), {})
                vault = self.imported('t.tar', '--no-manifest', status=DAMAGED, words='missing')
                self.assertEqual(self.keys(vault), keys)

    def test_a_header_of_a_tar(self):
        inner = self.tar((b'inner', b'I'))
        whole = bytearray(self.tar((b'a', b'A'), (b'b.tar', inner), (b'c', b'C')))
        whole[1024 + 5] ^= 0xff
        self.write('t.tar', bytes(whole))
        self.assert_has(self.imported('t.tar', status=DAMAGED, words='--no-manifest'), {})
        self.assert_has(self.imported('t.tar', '--no-manifest', status=DAMAGED, words='"a"'), {b'a': b'A'})

    def test_with_a_manifest_all_that_is_missing_is_named(self):
        values = {b'%d' % i: os.urandom(2000) for i in range(5)}
        manifest = json.dumps({'coffer-manifest': 1, 'count': 5, 'values': [
            {'key': key.decode(), 'file': 'f' + key.decode(), 'size': 2000, 'sha256': digest(value)} for key, value in values.items()]}).encode()
        members = [(b'f' + key, value) for key, value in values.items()]
        whole = self.tar((b'coffer.json', manifest), *members)
        at = whole.index(values[b'1'])
        self.write('t.tar', whole[:at + 99] + bytes([whole[at + 99] ^ 1]) + whole[at + 100:whole.index(values[b'3']) + 100])
        vault = self.imported('t.tar', status=DAMAGED, words=['t.tar/f1"', 'not what coffer.json says', 't.tar/f3"', 't.tar/f4"', 'not in the archive'])
        self.assert_has(vault, {b'0': values[b'0'], b'2': values[b'2']})
        for name, content in (('z.zip', self.zip(*((name.decode(), value) for name, value in members[:4] + [(b'coffer.json', manifest)]))),):
            self.write(name, content)
            vault = self.imported(name, status=NOT_FOUND, words='z.zip/f4"')
            self.assertEqual(self.keys(vault), [b'0', b'1', b'2', b'3'])

    def test_a_manifest_that_lies_is_refused_whole(self):
        self.kvault('export', self.vault_of({b'a': b'A', b'b': b'B'}), '--archive', self.path('out.zip'), '--manifest')
        with zipfile.ZipFile(self.path('out.zip')) as archive:
            manifest = archive.read('coffer.json')
        for content in (manifest[:-20], manifest.replace(b'"file": "a"', b'"file": "../v"'), manifest.replace(b'"key": "a"', b'"key": "b"')):
            self.write('t.tar', self.tar((b'a', b'A'), (b'b', b'B'), (b'coffer.json', content)))
            self.assert_has(self.imported('t.tar', status=DAMAGED, words=['coffer.json', '--no-manifest']), {})
        self.write('t.tar', self.tar((b'coffer.json', manifest), (b'a', b'A'), (b'coffer.json', manifest)))
        self.assert_has(self.imported('t.tar', status=DAMAGED, words='twice'), {})

    def test_compressed_as_a_whole(self):
        values = {b'%d' % i: os.urandom(300000) for i in range(4)}
        self.kvault('export', self.vault_of(values), '--archive', self.path('out.tar.zst'))
        whole = self.read('out.tar.zst')
        for damaged in (whole[:len(whole) // 2], whole[:len(whole) // 2] + b'damage' + whole[len(whole) // 2 + 6:]):
            self.write('d.tar.zst', damaged)
            self.imported('d.tar.zst', status=DAMAGED, words='--no-manifest')
            vault = self.imported('d.tar.zst', '--no-manifest', status=DAMAGED)
            found = self.values(vault)
            self.assertLess(len(found), 4)
            for key, value in found.items():
                if damaged != whole[:len(whole) // 2]:
                    break   # without a sum of it, nothing tells
                self.assertEqual(value, digest(values[key]))

    def test_memory_is_bounded(self):
        if support.is_sanitized():
            self.skipTest('sanitizers take memory of their own')
        with zipfile.ZipFile(self.path('z.zip'), 'w', zipfile.ZIP_DEFLATED) as archive:
            with archive.open('zeros', 'w') as member:
                for _ in range(200):
                    member.write(bytes(1000000))
        vault = self.fresh()
        code = ('import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); '
                'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)')
        done = subprocess.run(['python3', '-c', code, KVAULT, 'import', '-q', vault, '--archive', self.path('z.zip')], check=True,
                              stdout=subprocess.PIPE)
        self.assertLess(int(done.stdout), 40000)
        self.assertEqual(self.json('stat', vault, 'zeros')[0]['size'], 200000000)


if __name__ == '__main__':
    support.main()
