# SPDX-License-Identifier: MIT
"""new, put, rm and mv: whole or not at all, whatever ends them; and cat in bounded memory."""
import os
import resource
import signal
import subprocess
import sys
import time

import support
from support import BUSY, DONE, IO, KVAULT, NOT_FOUND, USAGE, CliCase, digest, sql

BIG = 100 * 1000 * 1000
MEMORY = 48 * 1024  # KiB: the promise is that it does not grow with the value


def pattern(size):
    block = b''.join(i.to_bytes(4, 'big') for i in range(256 * 1024))
    return (block * (size // len(block) + 1))[:size]


class New(CliCase):
    def test_makes_an_empty_vault(self):
        path = self.new_vault()
        facts, = self.json('stat', path)
        self.assertEqual((facts['page_size'], facts['journal'], facts['auto_vacuum']), (32768, 'wal', 'incremental'))
        self.assertEqual([(t['name'], t['kind'], t['keys']) for t in facts['tables']], [('kv', 'v2', 0)])
        self.assertEqual(os.listdir(self.folder), ['new.kvault'])

    def test_options(self):
        path = self.path('v')
        self.assertEqual(self.json('new', path, '--table', 't', '--page-size', '4096', '--rollback-journal'),
                         [{'file': path, 'table': 't'}])
        facts, = self.json('stat', path)
        self.assertEqual((facts['page_size'], facts['journal']), (4096, 'rollback'))
        self.assertEqual(facts['tables'][0]['name'], 't')

    def test_leaves_what_is_there(self):
        path = self.path('v')
        with open(path, 'wb') as file:
            file.write(b'precious')
        before = support.state_of(self.folder)
        self.kvault('new', path, status=USAGE, words=path)
        self.assert_same_state(before)

    def test_bad_options_make_nothing(self):
        for option in (['--page-size', '1000'], ['--page-size', '256'], ['--table', ''], ['--table', 'sqlite_x']):
            self.kvault('new', self.path('v'), *option, status=USAGE)
        self.kvault('new', self.path('no/folder'), status=NOT_FOUND)
        self.assertEqual(os.listdir(self.folder), [])


class Put(CliCase):
    def test_sizes_from_files_and_pipes(self):
        path = self.new_vault()
        for size in (0, 1, 10, 4096, 32768, 1024 * 1024, 1024 * 1024 + 1, 9 * 1024 * 1024):
            value = pattern(size)
            with open(self.path('value'), 'wb') as file:
                file.write(value)
            self.assertEqual(self.json('put', path, 'file', self.path('value')), [{'key': 'file', 'size': size}])
            self.kvault('put', path, 'pipe', input=value)
            with open(self.path('value'), 'rb') as file:
                self.kvault('put', path, 'stdin', stdin=file)
            for key in ('file', 'pipe', 'stdin'):
                self.assertEqual(digest(self.kvault('cat', path, key)), digest(value), size)

    def test_stdin_is_taken_from_where_it_stands(self):
        path = self.new_vault()
        with open(self.path('value'), 'wb') as file:
            file.write(b'0123456789')
        with open(self.path('value'), 'rb', buffering=0) as file:
            file.seek(4)
            self.kvault('put', path, 'key', stdin=file)
        self.assertEqual(self.kvault('cat', path, 'key'), b'456789')

    def test_files_without_a_size(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', '/proc/self/status')
        self.assertIn(b'Name:\tkvault', self.kvault('cat', path, 'key'))

    def test_sources_that_cannot_be_read(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=b'old')
        self.kvault('put', path, 'key', self.path('absent'), status=NOT_FOUND, words='absent')
        self.kvault('put', path, 'key', self.folder, status=USAGE, words=self.folder)
        self.assertEqual(self.kvault('cat', path, 'key'), b'old')

    def test_a_file_over_a_gigabyte(self):
        path = self.new_vault()
        with open(self.path('value'), 'wb') as file:
            file.truncate(1000000000)
            file.seek(999999990)
            file.write(b'0123456789')
        self.kvault('put', path, 'key', self.path('value'))
        self.assertEqual(self.json('ls', path)[0]['size'], 1000000000)
        self.assertEqual(self.kvault('cat', path, 'key', '--offset', '999999988'), b'\0\x000123456789')

    def test_the_vault_is_no_source(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', path, status=USAGE, words='vault itself')
        with open(path, 'rb') as file:
            self.kvault('put', path, 'key', stdin=file, status=USAGE, words='vault itself')
        os.link(path, self.path('other'))
        self.kvault('put', path, 'key', self.path('other'), status=USAGE, words='vault itself')

    def test_a_source_that_grows_is_not_stored(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=b'old')
        with open(self.path('value'), 'wb') as file:
            file.truncate(400 * 1000 * 1000)
        put = subprocess.Popen([KVAULT, 'put', path, 'key', self.path('value')], stderr=subprocess.PIPE)
        os.truncate(self.path('value'), 10)
        said = put.communicate(timeout=support.TIMEOUT)[1]
        if put.returncode == IO:
            self.assertIn(b'changed while it was read', said)
            self.assertEqual(self.kvault('cat', path, 'key'), b'old')
        else:  # the truncation came before the size was taken
            self.assertEqual(put.returncode, DONE)
            self.assertEqual(self.kvault('cat', path, 'key'), bytes(10))

    def test_100_mb_in_little_memory(self):
        path = self.new_vault()
        value = pattern(BIG)
        with open(self.path('value'), 'wb') as file:
            file.write(value)
        self.assert_memory([KVAULT, 'put', path, 'file', self.path('value')])
        with open(self.path('value'), 'rb') as source:
            cat = subprocess.Popen(['cat'], stdin=source, stdout=subprocess.PIPE)
            self.assert_memory([KVAULT, 'put', path, 'pipe'], stdin=cat.stdout)
            cat.stdout.close()
            cat.wait()
        for key in ('file', 'pipe'):
            with open(self.path('out'), 'wb') as out:
                self.assert_memory([KVAULT, 'cat', path, key], stdout=out)
            with open(self.path('out'), 'rb') as out:
                self.assertEqual(digest(out.read()), digest(value))
        self.assertEqual([row['size'] for row in self.json('ls', path)], [BIG, BIG])

    def assert_memory(self, command, **options):
        # A small process measures: the peak of a child counts its parent's memory at the fork.
        code = ('import os, subprocess, sys\n'
                'p = subprocess.Popen(sys.argv[1:])\n'
                '_, status, usage = os.wait4(p.pid, 0)\n'
                'print(status, usage.ru_maxrss, file=sys.stderr)\n')
        done = subprocess.run([sys.executable, '-c', code, *command], stderr=subprocess.PIPE,
                              timeout=support.TIMEOUT, check=True, **options)
        status, memory = map(int, done.stderr.split())
        self.assertEqual(status, DONE)
        if not support.is_sanitized():
            self.assertLess(memory, MEMORY)

    def test_replaces_in_both_shapes(self):
        for fixture, key in (('v010_media.db', 'img/alpha.png'), ('v086_media_autopack.db', 'media/alpha.png')):
            path = self.fixture(fixture)
            rows = len(self.json('ls', path))
            for value in (b'', b'x' * 100000, b'short'):
                self.kvault('put', path, key, input=value)
                self.assertEqual(self.kvault('cat', path, key), value)
            self.assertEqual(len(self.json('ls', path)), rows)
            if fixture.startswith('v010'):
                sql(path, 'CREATE TEMP TABLE t(bad CHECK (bad = 0))',
                    'INSERT INTO t SELECT count(*) FROM kv WHERE size != length(value)')


class Ended(CliCase):
    """put ended in the middle: the old value stays and nothing is left behind."""

    def begin_put(self, path, nbytes):
        put = subprocess.Popen([KVAULT, 'put', path, 'key'], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        put.stdin.write(bytes(nbytes))
        put.stdin.flush()
        support.wait_for_reader(put.stdin)
        return put

    def test_by_signals_while_reading(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=b'old')
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                               (signal.SIGKILL, -signal.SIGKILL)):
            for nbytes in (10, 20 * 1000 * 1000):
                with self.subTest(number=number, nbytes=nbytes):
                    put = self.begin_put(path, nbytes)
                    put.send_signal(number)
                    self.assertEqual(put.wait(support.TIMEOUT), status)
                    put.stdin.close()
                    self.assertEqual(put.stderr.read(), b'')
                    put.stderr.close()
                    self.assertEqual(self.kvault('cat', path, 'key'), b'old')
                    self.assertEqual(os.listdir(self.folder), ['new.kvault'])

    def test_by_kill_at_any_moment(self):
        path = self.new_vault()
        values = [pattern(30 * 1000 * 1000), b'\x01' * (30 * 1000 * 1000)]
        digests = {digest(b'old')} | set(map(digest, values))
        self.kvault('put', path, 'key', input=b'old')
        for i in range(12):
            with open(self.path('value'), 'wb') as file:
                file.write(values[i % 2])
            put = subprocess.Popen([KVAULT, 'put', path, 'key', self.path('value')])
            time.sleep(0.01 * i)
            put.kill()
            put.wait()
            self.assertIn(digest(self.kvault('cat', path, 'key')), digests)
        self.kvault('put', path, 'key', input=b'new')
        self.assertEqual(sorted(os.listdir(self.folder)), ['new.kvault', 'value'])


class NoGrowth(CliCase):
    """A file that must not grow further is like a full disk, and no death."""

    def test_under_a_limit(self):
        path = self.new_vault()
        self.kvault('put', path, 'old', input=pattern(3000000))
        self.kvault('checkpoint', path)
        with open(self.path('value'), 'wb') as file:
            file.write(pattern(2500000))
        before = os.listdir(self.folder)
        for args in (['put', path, 'old', self.path('value')], ['import', path, self.path('value')],
                     ['compact', path, '--into', self.path('copy')], ['export', path, self.path('out')]):
            with self.subTest(args[0]):
                self.kvault(*args, status=IO, words='File too large' if args[0] == 'export' else 'must not grow further',
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000000, resource.RLIM_INFINITY)))
                if args[0] == 'export':
                    os.rmdir(self.path('out'))
                self.assertEqual(os.listdir(self.folder), before)
                self.assertEqual(self.keys(path), [b'old'])
                self.assertEqual(self.kvault('cat', path, 'old'), pattern(3000000))


class Remove(CliCase):
    def test_names_what_is_not_there(self):
        path = self.new_vault()
        for key in 'abc':
            self.kvault('put', path, key, input=b'1')
        done = self.run_kvault('rm', path, 'a', 'absent', 'c', 'gone', '--json')
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertEqual(done.stderr.count(b'\n'), 2)
        self.assertEqual(done.stdout.count(b'true'), 2)
        self.assertEqual(self.keys(path), [b'b'])

    def test_is_one_transaction(self):
        path = self.new_vault()
        for key in 'abc':
            self.kvault('put', path, key, input=b'1')
        holder = subprocess.Popen([sys.executable, '-c', 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n'
                                   'c.execute("BEGIN IMMEDIATE")\nprint(flush=True)\ninput()', path],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        self.kvault('rm', path, 'a', 'b', '--busy-timeout', '0', status=BUSY)
        holder.communicate(b'\n')
        self.assertEqual(self.keys(path), [b'a', b'b', b'c'])

    def test_by_prefix(self):
        path = self.new_vault()
        sql(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                  "INSERT INTO kv SELECT CAST('p/' || i AS BLOB), x'31' FROM n", "INSERT INTO kv VALUES(x'702e', x'')")
        self.assertEqual(self.json('rm', path, '--prefix', 'p/', '--yes'), [{'prefix': 'p/', 'deleted': 3000}])
        self.assertEqual(self.keys(path), [b'p.'])

    def test_in_the_older_shape(self):
        path = self.fixture('v010_two_tables.db')
        key = self.keys(path, '-t', 'thumbs')[0]
        self.kvault('rm', path, '-t', 'thumbs', '--key-hex', key.hex())
        self.assertNotIn(key, self.keys(path, '-t', 'thumbs'))
        self.assertEqual(len(self.keys(path, '-t', 'originals')), 4)


class Move(CliCase):
    def test_keeps_the_value_and_what_is_at_new(self):
        for fixture, folder in (('v010_media.db', 'img/'), ('v086_media_autopack.db', 'media/')):
            path, key, taken = self.fixture(fixture), folder + 'alpha.png', folder + 'anim.gif'
            old = self.kvault('cat', path, key)
            other = self.kvault('cat', path, taken)
            self.kvault('mv', path, key, taken, status=USAGE, words=[taken, '--replace'])
            self.assertEqual(self.kvault('cat', path, taken), other)
            self.kvault('mv', path, key, 'moved')
            self.assertEqual(self.kvault('cat', path, 'moved'), old)
            self.kvault('mv', path, 'moved', taken, '--replace')
            self.assertEqual(self.kvault('cat', path, taken), old)
            self.kvault('mv', path, 'moved', 'x', status=NOT_FOUND, words='moved')
            self.assertNotIn(b'moved', self.keys(path))

    def test_by_prefix(self):
        path = self.new_vault()
        for key in ('a/1', 'a/2', 'a', 'b/2'):
            self.kvault('put', path, key, input=key.encode())
        self.kvault('mv', path, '--prefix', 'a/', 'b/', status=USAGE, words='b/2')
        self.assertEqual(self.keys(path), [b'a', b'a/1', b'a/2', b'b/2'])
        self.assertEqual(self.json('mv', path, '--prefix', 'a/', 'c/d/'), [{'prefix': 'c/d/', 'old_prefix': 'a/', 'renamed': 2}])
        self.assertEqual(self.keys(path), [b'a', b'b/2', b'c/d/1', b'c/d/2'])
        self.kvault('mv', path, '--prefix', 'c/d/', 'b/', '--replace')
        self.assertEqual(self.kvault('cat', path, 'b/2'), b'a/2')
        self.kvault('mv', path, '--prefix', 'none', 'x', status=NOT_FOUND, words='"none"')
        self.kvault('mv', path, '--prefix', 'b', 'b')
        self.kvault('mv', path, '--prefix', '', '--key-hex', 'ff')
        self.assertEqual(self.keys(path), [b'\xffa', b'\xffb/1', b'\xffb/2'])

    def test_onto_itself(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=b'value')
        self.run_kvault('mv', path, 'key', 'key')
        self.assertEqual(self.kvault('cat', path, 'key'), b'value')
        self.kvault('mv', path, 'key', 'key', '--replace')
        self.assertEqual(self.kvault('cat', path, 'key'), b'value')

    def test_a_large_value(self):
        path = self.new_vault()
        value = pattern(50 * 1000 * 1000)
        self.kvault('put', path, 'key', input=value)
        self.kvault('mv', path, 'key', 'a longer key')
        self.assertEqual(digest(self.kvault('cat', path, 'a longer key')), digest(value))
        self.assertEqual(self.keys(path), [b'a longer key'])


if __name__ == '__main__':
    support.main()
