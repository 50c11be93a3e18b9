# SPDX-License-Identifier: MIT
"""kvault(1) killed at any moment of what rewrites a file or takes its place: the vault is whole, and nothing stays beside it.

The moments are fractions of how long the command takes when nobody ends it, at random. COFFER_TEST_SEED gives those of another run
again, COFFER_TEST_KILLS other numbers of them.
"""
import os
import random
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing

import support
from support import KVAULT, CliCase, sql

SEED = int(os.environ.get('COFFER_TEST_SEED') or random.randrange(1000000))
KILLS = int(os.environ.get('COFFER_TEST_KILLS') or 8)
KEYS = 20
VALUE = 150000
V1 = 'CREATE TABLE kv (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB UNIQUE NOT NULL, value BLOB NOT NULL, size INTEGER NOT NULL)'


def read(path):
    """What a vault has, as SQLite sees it, by key."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute('PRAGMA integrity_check').fetchall() == [('ok',)], path
        return dict(db.execute('SELECT key, value FROM kv'))


class Killed(CliCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(f'{SEED} {self.id()}')   # one test alone is killed where it was among the others
        self.place = self.path('place')
        self.made = self.path('made')
        self.vault = os.path.join(self.place, 'v.kvault')

    def make(self, older=False):
        """A vault with as much free room as there is in use."""
        if older:
            sql(self.made, 'PRAGMA journal_mode = WAL', V1)
        else:
            self.kvault('new', self.made, '--page-size', '4096')
        row = '(key, value, size) VALUES (?, randomblob (?), ?)' if older else 'VALUES (?, randomblob (?))'
        sql(self.made, 'BEGIN', *((f'INSERT INTO kv {row}', (b'%04d' % i, VALUE, VALUE)[:3 if older else 2]) for i in range(2 * KEYS)), 'COMMIT',
            'DELETE FROM kv WHERE CAST(key AS TEXT) % 2', 'PRAGMA wal_checkpoint(TRUNCATE)')
        self.values = read(self.made)
        self.assertEqual(len(self.values), KEYS)

    def bring(self):
        """The files as they are before each kill."""
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place)
        shutil.copyfile(self.made, self.vault)

    def begin(self, *args):
        return subprocess.Popen([KVAULT, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_often(self, *args):
        """What is there after each kill; it is killed at once, at the end, and in between."""
        took = float('inf')
        for _ in range(2):   # the first one finds nothing in memory
            self.bring()
            began = time.monotonic()
            self.assertEqual(self.begin(*args).wait(support.TIMEOUT), 0)
            took = min(took, time.monotonic() - began)
            yield
        died = 0
        for i in range(KILLS):
            self.bring()
            moment = took * 1.1 * (i + self.random.random()) / KILLS
            process = self.begin(*args)
            time.sleep(moment)
            process.kill()
            died += process.wait() < 0
            with self.subTest(seed=SEED, kill=i, after=moment):
                yield
        print(f'{self.id()}: seed {SEED}, {died} of {KILLS} before the end of {took:.3f} s')
        self.assertGreater(died, 0)

    def assert_whole(self):
        """As kvault sees it first; who writes next tidies up."""
        self.kvault('check', self.vault, '--quiet')
        self.kvault('put', self.vault, 'next', input=b'written')
        self.assertEqual(read(self.vault), {**self.values, b'next': b'written'})

    def assert_alone(self, *others):
        self.assertEqual(sorted(os.listdir(self.place)), sorted(['v.kvault', *others]))

    def test_what_works_on_the_vault(self):
        for older, args in (False, ('compact', '--way', 'swap')), (False, ('compact', '--way', 'in-place')), (False, ('reclaim',)), (True, ('convert',)):
            if os.path.exists(self.made):
                os.unlink(self.made)
            self.make(older=older)
            with self.subTest(args):
                for _ in self.kill_often(*args, self.vault):
                    self.assert_whole()
                    self.assert_alone()

    def test_a_copy_over_another(self):
        """There is the one before or the new one, and the next copy removes what a killed one left."""
        self.make()
        old = self.path('old')
        self.kvault('new', old)
        sql(old, ('INSERT INTO kv VALUES (?, ?)', (b'old', b'copy')), 'PRAGMA wal_checkpoint(TRUNCATE)')
        target = os.path.join(self.place, 'copy.kvault')
        bring = self.bring
        self.bring = lambda: (bring(), shutil.copyfile(old, target))
        seen = set()
        for _ in self.kill_often('backup', '--force', self.vault, target):
            there = read(target)
            self.assertIn(there, (self.values, {b'old': b'copy'}))
            seen.add(len(there))
            self.kvault('backup', '--force', '--quiet', self.vault, target)
            self.assertEqual(read(target), self.values)
            self.assert_alone('copy.kvault')
            self.assert_whole()
        self.assertEqual(seen, {1, KEYS})


if __name__ == '__main__':
    support.main()
