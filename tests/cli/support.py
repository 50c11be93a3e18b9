# SPDX-License-Identifier: MIT
"""What the tests of kvault(1) share: the program, temporary folders, fixtures, comparisons.

KVAULT names the built program and COFFER_TEST_DATA the fixtures; neither is ever written to.
Vaults are only opened by other processes than the one under test, so no lock is lost.
"""
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import termios
import unittest

KVAULT = os.environ.get('KVAULT', 'kvault')
DATA = os.environ.get('COFFER_TEST_DATA', os.path.join(os.path.dirname(__file__), '..', 'data'))
TIMEOUT = 120

signal.signal(signal.SIGHUP, signal.SIG_DFL)   # under nohup every child would ignore it

DONE, NOT_FOUND, USAGE, BUSY, DAMAGED, IO = range(6)


def fixtures():
    with open(os.path.join(DATA, 'fixtures.json'), encoding='utf-8') as file:
        return json.load(file)


def vault_tables(fixture):
    """The tables of a fixture that are vaults: keys and values are bytes."""
    shapes = (['id', 'key', 'value', 'size'], ['key', 'value'])
    for table in fixture.get('tables', []):
        keys = table.get('keys')
        if keys is None or table.get('columns') not in shapes:
            continue
        if table['name'] != 'kohakuvault_meta' and all(k['key_type'] == 'bytes' for k in keys):
            yield table


def is_healthy(fixture):
    return not fixture['file'].startswith('damaged/') and any(vault_tables(fixture))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def wait_for_reader(pipe):
    """Until whoever is at the other end has taken all that was written."""
    while int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder) > 0:
        pass


def wait_for_open(process, path):
    """Until a process has a file open, or is over."""
    while process.poll() is None:
        try:
            for fd in os.listdir(f'/proc/{process.pid}/fd'):
                if os.readlink(f'/proc/{process.pid}/fd/{fd}') == path:
                    return
        except OSError:
            pass


def state_of(folder):
    """Names, bytes, times and modes of all there is in a folder."""
    state = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        facts = os.lstat(path)
        content = None
        if os.path.isfile(path):
            with open(path, 'rb') as file:
                content = digest(file.read())
        state[name] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino, content)
    return state


def is_sanitized():
    with open(KVAULT, 'rb') as file:
        return b'__asan_init' in file.read()


class CliCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='kvault-cli-')
        os.chmod(self.folder, 0o755)
        self.addCleanup(self.remove_folder)

    def remove_folder(self):
        os.chmod(self.folder, 0o755)
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fixture(self, name):
        """A copy of a fixture, with its log, alone in the temporary folder."""
        source = os.path.join(DATA, name)
        target = self.path(os.path.basename(name))
        for suffix in ('', '-wal'):
            if os.path.exists(source + suffix):
                shutil.copyfile(source + suffix, target + suffix)
        return target

    def new_vault(self, name='new.kvault'):
        path = self.path(name)
        self.kvault('new', path)
        return path

    def run_kvault(self, *args, **options):
        options.setdefault('stdin', subprocess.DEVNULL if 'input' not in options else None)
        if options['stdin'] is None:
            del options['stdin']
        options.setdefault('stdout', subprocess.PIPE)
        program = options.pop('program', KVAULT)
        return subprocess.run([program, *args], stderr=subprocess.PIPE, timeout=TIMEOUT, **options)

    def kvault(self, *args, status=DONE, words=(), **options):
        """Run and check the status; standard output as bytes. A failure has a line for people."""
        done = self.run_kvault(*args, **options)
        said = done.stderr.decode('utf-8', 'surrogateescape')
        self.assertEqual(done.returncode, status, f'{args}: {said}')
        if status == DONE:
            self.assertEqual(said, '', args)
        else:
            self.assertNotEqual(said, '', args)
            self.assertTrue(said.endswith('\n'), said)
            for line in said.splitlines():
                self.assertTrue(line.startswith('kvault: '), said)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, said)
        return done.stdout

    def json(self, *args, **options):
        """Standard output as the objects it holds, one a line."""
        text = self.kvault(*args, '--json', **options).decode('utf-8')
        self.assertTrue(text == '' or text.endswith('\n'))
        return [json.loads(line) for line in text.splitlines()]

    def keys(self, vault, *args, **options):
        return [key_of(row) for row in self.json('ls', vault, *args, **options)]

    def assert_same_state(self, before):
        self.assertEqual(state_of(self.folder), before)


def key_of(row):
    return bytes.fromhex(row['key_hex']) if 'key_hex' in row else row['key'].encode('utf-8')


def sql(path, *statements):
    """Run statements on a file with Python's SQLite, and let go of it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements:
            if isinstance(statement, str):
                statement = (statement,)
            connection.execute(*statement)
    finally:
        connection.close()


def as_nobody():
    """Options for run_kvault() that take the rights of root away; none if there are none."""
    if os.geteuid() != 0:
        return {}
    return {'user': 'nobody', 'group': pwd.getpwnam('nobody').pw_gid, 'extra_groups': []}


def main():
    unittest.main(argv=[sys.argv[0], '-v'])
