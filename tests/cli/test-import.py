# SPDX-License-Identifier: MIT
"""import: files and folders become values, whole or not at all, whatever stands in the way."""
import os
import pty
import signal
import socket
import subprocess

import support
from support import BUSY, DONE, IO, KVAULT, NOT_FOUND, USAGE, CliCase, as_nobody, digest, sql


class ImportCase(CliCase):
    def make(self, files):
        """Files, by path below the temporary folder."""
        for name, content in files.items():
            path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as file:
                file.write(content)

    def values(self, vault):
        return {key: self.kvault('cat', vault, '--key-hex', key.hex()) for key in self.keys(vault)}

    def said(self, *args, status, **options):
        done = self.run_kvault(*args, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr.decode('utf-8')


class Import(ImportCase):
    FILES = {'photos/a.png': b'A', 'photos/2020/b.png': b'BB', 'photos/2020/c': b'', 'photos/z': b'Z' * 100000}

    def test_keys_are_paths_from_the_name_given(self):
        self.make(self.FILES)
        below = {name[len('photos/'):].encode(): value for name, value in self.FILES.items()}
        named = {b'photos/' + key: value for key, value in below.items()}
        for i, (path, expected) in enumerate((
                ('photos', named), ('./photos', named), ('photos/', below), ('photos/.', below), ('photos//', below),
                ('photos/2020/..', below), (self.path('photos'), named), ('photos/a.png', {b'a.png': b'A'}),
                ('photos/2020', {b'2020/b.png': b'BB', b'2020/c': b''}))):
            with self.subTest(path):
                vault = self.new_vault(f'{i}.kvault')
                self.kvault('import', vault, path, cwd=self.folder)
                self.assertEqual(self.values(vault), expected)
        for path in ('.', '..', '../photos/.'):
            with self.subTest(path):
                vault = self.new_vault(path.replace('/', '_') + '.kvault')
                where = self.path('photos/2020') if path == '..' else self.path('photos')
                self.kvault('import', vault, path, cwd=where)
                self.assertEqual(self.values(vault), below)

    def test_prefixes(self):
        self.make(self.FILES)
        vault = self.new_vault()
        self.kvault('import', vault, self.path('photos/a.png'), '--prefix', 'x')
        self.kvault('import', vault, self.path('photos/a.png'), '-p', 'in/')
        self.kvault('import', vault, self.path('photos/a.png'), '--prefix-hex', 'ff00')
        self.assertEqual(self.keys(vault), [b'in/a.png', b'xa.png', b'\xff\x00a.png'])

    def test_says_what_it_did(self):
        self.make(self.FILES)
        vault = self.new_vault()
        self.assertEqual(self.kvault('import', vault, self.path('photos')),
                         b'Imported 4 files (100.0 kB), 0 skipped, 0 failed\n')
        self.assertEqual(self.kvault('import', '-q', vault, self.path('photos/a.png'), '-p', '1'), b'')
        rows = self.json('import', vault, self.path('photos/'), '-p', '2')
        self.assertEqual(rows[0], {'file': self.path('photos/2020/b.png'), 'key': '22020/b.png', 'size': 2,
                                   'result': 'imported'})
        self.assertEqual(len(rows), 4)

    def test_names_that_are_no_text(self):
        names = [b'\xff\xfe', b'a\nb', b'\x1b[31m', b'caf\xc3\xa9', b' ', b'-rf', b'a\\b', b'%41', b'x' * 255]
        self.make({b'd/' + name: name for name in names})
        vault = self.new_vault()
        rows = self.json('import', vault, self.path('d/'))
        self.assertEqual(sorted(support.key_of(row) for row in rows), sorted(names))
        self.assertEqual(self.values(vault), {name: name for name in names})
        self.assertEqual(os.fsencode(self.path('d/')) + b'\xff\xfe', bytes.fromhex(rows[-1]['file_hex']))

    def test_2000_small_files(self):
        self.make({f'd/{i % 50}/{i}': b'%d' % i for i in range(2000)})
        vault = self.new_vault()
        self.assertEqual(len(self.json('import', vault, self.path('d/'))), 2000)
        self.assertEqual(sorted(self.keys(vault)), sorted(b'%d/%d' % (i % 50, i) for i in range(2000)))
        self.assertEqual(self.kvault('cat', vault, '7/1957'), b'1957')
        self.assertEqual(sorted(os.listdir(self.folder)), ['d', 'new.kvault'])

    def test_both_shapes(self):
        self.make(self.FILES)
        for name in ('v010_media.db', 'v086_media_autopack.db'):
            path = self.fixture(name)
            before = len(self.keys(path))
            self.kvault('import', path, self.path('photos'))
            self.assertEqual(len(self.keys(path)), before + 4)
            self.assertEqual(self.kvault('cat', path, 'photos/z'), b'Z' * 100000)

    def test_100_mb_leaves_the_log_as_it_was(self):
        vault = self.new_vault()
        with open(self.path('big'), 'wb') as file:
            for i in range(100):
                file.write(bytes([i]) * 1000000)
        self.kvault('import', vault, self.path('big'), self.path('big'), '--on-conflict', 'rename')
        facts, = self.json('stat', vault)
        self.assertEqual(facts['journal'], 'wal')
        with open(self.path('big'), 'rb') as file:
            expected = digest(file.read())
        for key in ('big', 'big (2)'):
            self.assertEqual(digest(self.kvault('cat', vault, key)), expected)

    def test_usage(self):
        vault = self.new_vault()
        for args in ([], [''], ['x', '--on-conflict', 'ask'], ['x', '--on-conflict'], ['--key-hex', '61']):
            self.kvault('import', vault, *args, status=USAGE)
        self.kvault('import', self.path('absent.kvault'), self.folder, status=NOT_FOUND, words='kvault new')
        self.assertFalse(os.path.exists(self.path('absent.kvault')))


class Conflicts(ImportCase):
    def setUp(self):
        super().setUp()
        self.make({'d/a.txt': b'new', 'd/b': b'new', 'd/.hidden': b'new', 'd/t.tar/f': b'new'})
        self.vault = self.new_vault()
        for key in ('a.txt', '.hidden', 't.tar/f'):
            self.kvault('put', self.vault, key, input=b'old')
        self.olds = dict.fromkeys((b'a.txt', b'.hidden', b't.tar/f'), b'old')

    def test_are_kept_and_named(self):
        self.kvault('import', self.vault, self.path('d/'), status=USAGE, words=['"a.txt"', '".hidden"', '--on-conflict'])
        self.assertEqual(self.values(self.vault), {**self.olds, b'b': b'new'})

    def test_skip(self):
        said = self.kvault('import', self.vault, self.path('d/'), '--on-conflict', 'skip')
        self.assertEqual(said, b'Imported 1 file (3 bytes), 3 skipped, 0 failed\n')
        self.assertEqual(self.values(self.vault), {**self.olds, b'b': b'new'})

    def test_replace(self):
        rows = self.json('import', self.vault, self.path('d/'), '--on-conflict', 'replace')
        self.assertEqual({row['key']: row['result'] for row in rows},
                         {'a.txt': 'replaced', '.hidden': 'replaced', 't.tar/f': 'replaced', 'b': 'imported'})
        self.assertEqual(self.values(self.vault), dict.fromkeys((*self.olds, b'b'), b'new'))

    def test_rename(self):
        for _ in range(2):
            self.kvault('import', self.vault, self.path('d/'), '--on-conflict', 'rename')
        self.assertEqual(self.values(self.vault), {
            **self.olds, **dict.fromkeys((b'b', b'a (2).txt', b'a (3).txt', b'.hidden (2)', b'.hidden (3)', b't.tar/f (2)',
                                          b't.tar/f (3)', b'b (2)'), b'new')})

    def test_two_files_of_one_name(self):
        self.make({'other/b': b'other'})
        paths = [self.path('d/b'), self.path('other/b')]
        vault = self.new_vault('v')
        self.kvault('import', vault, *paths, status=USAGE, words='other/b')
        self.assertEqual(self.values(vault), {b'b': b'new'})
        self.kvault('import', vault, *paths, '--on-conflict', 'replace')
        self.assertEqual(self.values(vault), {b'b': b'other'})

    def test_a_dry_run_tells_and_writes_nothing(self):
        self.make({'other/b': b'other'})
        sql(self.vault, 'PRAGMA wal_checkpoint(TRUNCATE)')
        before = support.state_of(self.folder)
        for mode in ('skip', 'replace', 'rename'):
            args = [self.vault, self.path('d/'), self.path('other/'), '--on-conflict', mode]
            rows = self.json('import', '--dry-run', *args)
            told = {(row['file'], row['key'], row['result']) for row in rows}
            self.assert_same_state(before)
            text = self.kvault('import', '--dry-run', *args).decode().splitlines()
            self.assertEqual(len(text), len(rows) + 1)
            self.assertTrue(text[-1].startswith('Would import '))
            self.assert_same_state(before)
            copy = self.new_vault('copy.kvault')
            for key in self.olds:
                self.kvault('put', copy, key.decode(), input=b'old')
            rows = self.json('import', copy, *args[1:])
            self.assertEqual({(row['file'], row['key'], row['result']) for row in rows}, told)
            os.remove(copy)


class Odd(ImportCase):
    """What stands in folders beside plain files is named and left out; nothing hangs."""

    def test_special_files(self):
        self.make({'d/a': b'a', 'd/z': b'z'})
        os.mkfifo(self.path('d/fifo'))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path('d/socket'))
        os.symlink('/dev/zero', self.path('d/zero'))
        vault = self.new_vault()
        said = self.said('import', vault, self.path('d/'), status=USAGE)
        self.assertEqual(said.count('\n'), 3, said)
        for name in ('d/fifo', 'd/socket', 'd/zero'):
            self.assertIn(name, said)
        self.assertEqual(self.values(vault), {b'a': b'a', b'z': b'z'})
        for path in (self.path('d/fifo'), self.path('d/socket'), '/dev/null', '/dev/zero', self.path('d/zero')):
            self.kvault('import', vault, path, status=USAGE, words=path)

    def test_links_are_not_followed(self):
        self.make({'secret/file': b'secret', 'd/a': b'a', 'd/sub/b': b'b'})
        os.symlink('.', self.path('d/loop'))
        os.symlink('..', self.path('d/sub/up'))
        os.symlink('../secret', self.path('d/out'))
        os.symlink('../secret/file', self.path('d/file'))
        os.symlink('a', self.path('d/inside'))
        os.symlink('nowhere', self.path('d/dangling'))
        vault = self.new_vault()
        said = self.said('import', vault, self.path('d'), status=USAGE)
        self.assertEqual(said.count('not followed'), 6)
        self.assertEqual(self.values(vault), {b'd/a': b'a', b'd/sub/b': b'b'})

    def test_a_link_that_was_named_is_followed(self):
        self.make({'real/a': b'a'})
        os.symlink('real', self.path('link'))
        os.symlink('real/a', self.path('file'))
        vault = self.new_vault()
        self.kvault('import', vault, self.path('link'), self.path('file'))
        self.assertEqual(self.values(vault), {b'link/a': b'a', b'file': b'a'})
        os.symlink('nowhere', self.path('dangling'))
        self.kvault('import', vault, self.path('dangling'), status=NOT_FOUND, words='dangling')

    def test_the_vault_in_its_own_folder(self):
        self.make({'d/a': b'a'})
        vault = self.new_vault('d/v.kvault')
        os.symlink('d/v.kvault', self.path('link.kvault'))
        os.link(vault, self.path('d/other-name'))
        holder = subprocess.Popen(['python3', '-c', 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n'
                                   'c.execute("SELECT count(*) FROM kv").fetchall()\nprint(flush=True)\ninput()', vault],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        self.assertTrue(os.path.exists(vault + '-wal'))
        for name in (vault, self.path('link.kvault')):
            self.kvault('import', name, self.path('d/'), '--on-conflict', 'replace')
        holder.communicate(b'\n')
        self.assertEqual(self.values(vault), {b'a': b'a'})
        self.kvault('import', vault, vault, status=USAGE, words='vault itself')
        self.kvault('import', vault, self.path('d/other-name'), status=USAGE, words='vault itself')

    def test_a_missing_path_is_named_and_the_rest_stored(self):
        self.make({'a': b'a', 'c': b'c'})
        vault = self.new_vault()
        self.kvault('import', vault, self.path('a'), self.path('b'), self.path('c'), status=NOT_FOUND, words='/b"')
        self.assertEqual(self.keys(vault), [b'a', b'c'])

    def test_files_that_cannot_be_read(self):
        self.make({'d/a': b'a', 'd/secret': b's', 'd/sub/x': b'x', 'd/z': b'z'})
        os.chmod(self.path('d/secret'), 0)
        os.chmod(self.path('d/sub'), 0)
        os.mkdir(self.path('w'))
        os.chmod(self.path('w'), 0o777)
        options = as_nobody()
        vault = self.path('w/v.kvault')
        self.kvault('new', vault, **options)
        said = self.said('import', vault, self.path('d/'), status=IO, **options)
        self.assertEqual(said.count('Permission denied'), 2, said)
        self.assertIn('d/secret', said)
        self.assertIn('d/sub', said)
        os.chmod(self.path('d/sub'), 0o700)
        self.assertEqual(self.keys(vault, **options), [b'a', b'z'])

    def test_a_file_of_proc(self):
        vault = self.new_vault()
        self.kvault('import', vault, '/proc/self/status', status=USAGE, words=['/proc/self/status', 'kvault put'])
        self.assertEqual(self.keys(vault), [])

    def test_a_file_that_shrinks_or_grows_is_left_out(self):
        for size in (10, 500000001):
            with self.subTest(size):
                vault = self.new_vault(f'{size}.kvault')
                with open(self.path('big'), 'wb') as file:
                    file.truncate(500000000)
                self.make({'z': b'z'})
                process = subprocess.Popen([KVAULT, 'import', vault, self.path('big'), self.path('z')],
                                           stderr=subprocess.PIPE, stdout=subprocess.PIPE)
                support.wait_for_open(process, self.path('big'))
                os.truncate(self.path('big'), size)
                said = process.communicate(timeout=support.TIMEOUT)[1]
                if process.returncode == DONE:
                    continue  # too late or too soon
                self.assertEqual(process.returncode, IO)
                self.assertIn(b'changed while it was read', said)
                self.assertEqual(self.keys(vault), [b'z'])

    def test_deep_folders(self):
        here = os.open(self.folder, os.O_RDONLY)
        for _ in range(600):
            os.mkdir('d', dir_fd=here)
            below = os.open('d', os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open('deep', os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.close(here)
        self.make({'d/z': b'z'})
        vault = self.new_vault()
        self.kvault('import', vault, self.path('d/'), status=IO, words='too many folders')
        self.assertEqual(self.keys(vault), [b'z'])


class Ended(ImportCase):
    """Ended in the middle: whole values only, and the vault opens and works."""
    N = 40
    SIZE = 5000000

    def setUp(self):
        super().setUp()
        self.make({'d/%02d' % i: bytes([i + 1]) * self.SIZE for i in range(self.N)})
        self.vault = self.new_vault()

    def begin(self, **options):
        return subprocess.Popen([KVAULT, 'import', self.vault, self.path('d/')], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                **options)

    def assert_whole_values(self):
        """The first ones in order, and no others; how many."""
        rows = self.json('ls', self.vault)
        self.assertEqual([row['key'] for row in rows], ['%02d' % i for i in range(len(rows))])
        for i, row in enumerate(rows):
            self.assertEqual(row['size'], self.SIZE)
        if rows:
            self.assertEqual(self.kvault('cat', self.vault, rows[-1]['key']), bytes([len(rows)]) * self.SIZE)
        return len(rows)

    def test_by_signals(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = self.begin()
            support.wait_for_open(process, self.path('d/05'))
            process.send_signal(number)
            out, said = process.communicate(timeout=support.TIMEOUT)
            n = self.assert_whole_values()
            self.assertEqual(self.json('stat', self.vault)[0]['journal'], 'wal')
            self.kvault('rm', self.vault, '--prefix', '', '--yes')
            if process.returncode == DONE:   # it was over before the signal came
                self.assertEqual(n, self.N)
                continue
            self.assertEqual(process.returncode, status)
            self.assertIn(b'cancelled; %d of %d files are in the vault' % (n, self.N), said)
            self.assertGreaterEqual(n, 5)

    def test_by_kill(self):
        for name in ('00', '03', '11', '15', '22', '31', '39'):
            with self.subTest(name):
                process = self.begin()
                support.wait_for_open(process, self.path('d/' + name))
                process.kill()
                process.communicate()
                self.assert_whole_values()
                self.kvault('import', self.vault, self.path('d/'), '--on-conflict', 'skip')
                self.assertEqual(self.assert_whole_values(), self.N)
                self.assertEqual(self.json('stat', self.vault)[0]['journal'], 'wal')
                self.kvault('rm', self.vault, '--prefix', '', '--yes')

    def test_by_a_full_disk(self):
        mount = self.path('small')
        os.mkdir(mount)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=100m', 'none', mount], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('mounting is not allowed here')
        self.addCleanup(subprocess.run, ['umount', mount], check=True)
        self.vault = self.new_vault('small/v.kvault')
        done = self.run_kvault('import', self.vault, self.path('d/'))
        self.assertEqual(done.returncode, IO, done.stderr)
        n = self.assert_whole_values()
        self.assertIn(b'%d of %d files are in the vault' % (n, self.N), done.stderr)
        self.assertIn(b'full', done.stderr)
        self.assertGreater(n, 0)
        self.kvault('rm', self.vault, '--prefix', '', '--yes')
        rows = self.json('import', self.vault, self.path('d/'), status=IO)
        stored = [row['key'] for row in rows if row['result'] == 'imported']
        self.assertEqual(stored, [row['key'] for row in self.json('ls', self.vault)])

    def test_by_a_lock_of_another(self):
        holder = subprocess.Popen(['python3', '-c', 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n'
                                   'c.execute("BEGIN IMMEDIATE")\nprint(flush=True)\ninput()', self.vault],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        self.kvault('import', self.vault, self.path('d/'), '--busy-timeout', '50', status=BUSY, words=self.vault)
        waiting = self.begin()
        support.wait_for_open(waiting, self.vault)
        waiting.send_signal(signal.SIGINT)
        waiting.communicate(timeout=support.TIMEOUT)
        self.assertEqual(waiting.returncode, 130)
        holder.communicate(b'\n')
        self.assertEqual(self.keys(self.vault), [])

    def test_progress_on_a_terminal(self):
        master, slave = pty.openpty()
        process = subprocess.Popen([KVAULT, 'import', self.vault, self.path('d/')], stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        seen = b''
        try:
            while True:
                seen += os.read(master, 65536)
        except OSError:
            pass  # the other side is closed
        os.close(master)
        self.assertEqual(process.wait(support.TIMEOUT), DONE)
        if seen:  # there is none when it is quick
            self.assertRegex(seen, rb'MB')
            self.assertTrue(seen.endswith(b'\r\x1b[K'), seen[-40:])


if __name__ == '__main__':
    support.main()
