# SPDX-License-Identifier: MIT
"""check, compact, reclaim, checkpoint: what they find and do, beside others, ended halfway."""
import datetime
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import support
from support import (BUSY, DAMAGED, DONE, IO, KVAULT, NOT_FOUND, USAGE, CliCase, digest, is_healthy, key_of, sql,
                     state_of)

PAGE = 4096
LARGE_TABLES = (
    'CREATE TABLE kvault_large (id INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, key BLOB NOT NULL, size INTEGER NOT NULL, '
    'part INTEGER NOT NULL, token BLOB NOT NULL, state INTEGER NOT NULL, touched INTEGER NOT NULL)',
    'CREATE TABLE kvault_parts (id INTEGER PRIMARY KEY, data BLOB NOT NULL)',
)
HOLD = '''
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print('holds', flush=True)
sys.stdin.read()
'''


class MaintenanceCase(CliCase):
    def hold(self, path, *statements):
        """A second process that has the vault open and has run some statements on it, until release()."""
        holder = subprocess.Popen([sys.executable, '-c', HOLD, path, *statements], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(self.release, holder)
        self.assertEqual(holder.stdout.readline(), b'holds\n')
        return holder

    def release(self, holder):
        if holder.poll() is None:
            holder.communicate(timeout=support.TIMEOUT)
        holder.stdout.close()

    def half_empty(self, name='v.kvault', n=200, size=3 * PAGE, options=()):
        """A vault from which every second value was deleted, and what it still has."""
        path = self.path(name)
        self.kvault('new', path, '--page-size', str(PAGE), *options)
        values = {b'%04d' % i: bytes([i % 251]) * size for i in range(n)}
        sql(path, 'BEGIN', *(('INSERT INTO kv VALUES (?, ?)', pair) for pair in values.items()), 'COMMIT',
            "DELETE FROM kv WHERE CAST(key AS TEXT) % 2", 'PRAGMA wal_checkpoint(TRUNCATE)')
        return path, {key: value for key, value in values.items() if int(key) % 2 == 0}

    def values(self, path):
        connection = sqlite3.connect(path)
        try:
            self.assertEqual(connection.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
            return dict(connection.execute('SELECT key, value FROM kv'))
        finally:
            connection.close()

    def stat(self, path):
        facts, = self.json('stat', path)
        return facts

    def interrupt_while_waiting(self, path, *args):
        """End a command that waits for another program; the vault in its hands shows that it is past its beginning."""
        process = subprocess.Popen([KVAULT, *args, '--busy-timeout', '3600000'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        support.wait_for_open(process, path)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual((process.returncode, said), (130, (b'', b'')))


class Check(MaintenanceCase):
    def test_healthy_files(self):
        for fixture in support.fixtures():
            if not is_healthy(fixture):
                continue
            with self.subTest(fixture['file']):
                path = self.fixture(fixture['file'])
                before = state_of(self.folder)
                for options in ([], ['--full']):
                    *findings, summary = self.json('check', path, *options)
                    self.assertEqual([row for row in findings if row['damage']], [])
                    self.assertEqual(summary['keys'], sum(t['keys'] for t in self.stat(path)['tables']))
                    self.assertEqual((summary['damages'], summary['findings']), (0, len(findings)))
                    self.assert_same_state(before)

    def test_full_finds_what_quick_does_not_look_for(self):
        path = self.fixture('v010_media.db')
        self.assertEqual(self.kvault('check', path), b'Checked 53 keys: nothing is wrong\n')
        row, summary = self.json('check', '--full', path)
        self.assertEqual((row['finding'], row['damage'], row['table'], row['offset']), ('zeros', False, 'kv', 0))
        self.assertEqual(row['key'], 'left/zero-filled-by-failed-put_file.png')
        self.assertEqual(summary['bytes'], self.json('stat', '-l', path)[0]['tables'][0]['bytes'])
        self.assertEqual(self.kvault('check', '-q', path), b'')

    def test_damage_is_named_with_its_keys(self):
        path = self.fixture('damaged/table_leaf_wrecked.db')
        before = state_of(self.folder)
        *rows, summary = self.json('check', path, status=DAMAGED, words=['table_leaf_wrecked.db', 'kvault export'])
        wrecked = {key['key_hex'] for f in support.fixtures() if f['file'] == 'damaged/table_leaf_wrecked.db'
                   for key in f['tables'][0]['keys'] if 'error' in key}
        self.assertTrue(wrecked)
        self.assertEqual({key_of(row).hex() for row in rows if row['finding'] == 'unreadable'}, wrecked)
        self.assertEqual(summary['damages'], len(rows))
        lines = self.kvault('check', path, status=DAMAGED).decode().splitlines()
        self.assertEqual(sum(line.startswith('damaged: key ') for line in lines), len(wrecked))
        self.assertRegex(lines[-1], r'^Checked 307 keys: [0-9]+ damaged, 0 odd$')
        self.assert_same_state(before)

    def test_what_only_salvage_opens(self):
        path = self.fixture('v010_media.db')
        sql(path, 'PRAGMA writable_schema=1', "UPDATE sqlite_schema SET sql = 'CREATE TABLE nonsense(' WHERE name LIKE '%idx'")
        before = state_of(self.folder)
        self.kvault('ls', path, status=DAMAGED)
        *rows, summary = self.json('check', path, status=DAMAGED, words='v010_media.db')
        self.assertGreater(summary['damages'], 0)
        self.assertEqual(rows[0]['finding'], 'structure')
        self.assert_same_state(before)

    def test_odd_keys_are_given_exactly(self):
        path = self.path('v1.db')
        sql(path, 'CREATE TABLE kv(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL)',
            ('INSERT INTO kv VALUES (1, ?, ?, 7)', (b'\xff\x00', b'123')), ("INSERT INTO kv VALUES (2, 'text', ?, 3)", (b'123',)))
        rows = self.json('check', path)
        self.assertEqual([(row['finding'], key_of(row)) for row in rows[:-1]], [('key-class', b'text'), ('size', b'\xff\x00')])
        self.assertIn(b'odd: key "\\xff\\x00" of table "kv"', self.kvault('check', path))

    def test_no_vaults(self):
        for name, status in (('foreign/other_app.sqlite', DAMAGED), ('foreign/really_a_jpeg.db', DAMAGED), ('damaged/truncated_50_bytes.db', DAMAGED)):
            for command in ('check', 'compact', 'reclaim', 'checkpoint'):
                self.assertEqual(self.kvault(command, self.fixture(name), status=status, words=os.path.basename(name)), b'')
        for command in ('check', 'compact', 'reclaim', 'checkpoint'):
            self.kvault(command, self.path('absent'), status=NOT_FOUND, words='absent')

    def test_busy_and_interrupted(self):
        path, _ = self.half_empty(options=['--rollback-journal'])
        self.hold(path, 'BEGIN EXCLUSIVE')
        before = state_of(self.folder)
        self.kvault('check', path, '--busy-timeout', '0', status=BUSY, words='v.kvault')
        self.interrupt_while_waiting(path, 'check', path)
        self.assert_same_state(before)


class Compact(MaintenanceCase):
    def test_alone_by_a_new_file(self):
        path, values = self.half_empty()
        size = os.path.getsize(path)
        plan, = self.json('compact', '--dry-run', path)
        self.assertEqual((plan['way'], plan['possible'], plan['others'], plan['size']), ('swap', True, 0, size))
        self.assertEqual([way['way'] for way in plan['ways']], ['swap', 'steps', 'in-place'])
        for way in plan['ways']:    # the time of this disk, or that of a slow one as well
            if 'duration_ms' in way:
                self.assertEqual(way['duration_ms'] == way['duration_max_ms'], 'disk_write_rate' in plan)
        text = self.kvault('compact', '--plan', path).decode()
        self.assertIn('\nDisk:  ', text)
        self.assertIn('\nOld file:      stays until', text)
        done, = self.json('compact', path)
        self.assertEqual((done['way'], done['verified'], done['size_before']), ('swap', True, size))
        self.assertEqual((done['main_before'], done['log_before'], done['main_after']), (size, 0, os.path.getsize(path)))
        self.assertEqual((done['keys_before'], done['keys_after']), (len(values), len(values)))
        self.assertEqual((done['reclaimable_before'], done['reclaimable_after']), (plan['freed'], 0))
        self.assertLess(abs(time.time() - datetime.datetime.strptime(done['finished'], '%Y-%m-%dT%H:%M:%S%z').timestamp()), support.TIMEOUT)
        self.assertEqual(done['size_after'], os.path.getsize(path))
        self.assertGreaterEqual(done['freed'], plan['freed'])
        self.assertLess(os.path.getsize(path), size * 2 / 3)
        self.assertEqual(self.values(path), values)
        self.assertEqual(self.stat(path)['free_page_count'], 0)
        self.assertEqual(os.listdir(self.folder), ['v.kvault'])
        text = self.kvault('compact', path).decode()
        for word in ('Way:', 'new file', 'Before:', 'After:', 'Given back:', 'Time:', 'Finished:', 'Verified:  ', 'BEFORE', 'keys'):
            self.assertIn(word, text)
        self.assertEqual(self.kvault('compact', '-q', path), b'')

    def test_each_way(self):
        for way in ('swap', 'steps', 'in-place'):
            for options in ([], ['--rollback-journal']):
                path, values = self.half_empty(way + str(len(options)), options=options)
                journal = self.stat(path)['journal']
                done, = self.json('compact', '--way', way, path)
                self.assertEqual(done['way'], way)
                self.assertGreater(done['freed'], 0)
                self.assertEqual((done['verified_pages'], done['verified_content']), (way != 'steps', way != 'steps'))
                self.assertEqual(done.get('keys_after'), None if way == 'steps' else len(values))
                self.assertEqual(self.values(path), values)
                self.assertEqual((self.stat(path)['free_page_count'], self.stat(path)['journal']), (0, journal))

    def test_the_plan_says_what_is_kept_and_what_both_take(self):
        for options, keeps in ([], True), (['--rollback-journal'], False):
            path, _ = self.half_empty('v' + str(len(options)), options=options)
            plan, = self.json('compact', '--plan', '--way', 'in-place', path)
            swap, steps, in_place = plan['ways']
            self.assertEqual((swap['keeps_old'], steps['keeps_old'], in_place['keeps_old']), (True, False, keeps))
            self.assertEqual(in_place['temporary_apart'], in_place['disk_needed_in_all'] == in_place['disk_needed'])
            self.assertEqual((swap['temporary_apart'], swap['disk_needed_in_all']), (False, swap['disk_needed']))
            os.environ['SQLITE_TMPDIR'] = self.folder
            self.addCleanup(os.environ.pop, 'SQLITE_TMPDIR', None)
            plan, = self.json('compact', '--plan', '--way', 'in-place', path)
            way = plan['ways'][2]
            self.assertEqual((way['temporary_apart'], way['disk_needed_in_all']), (False, way['disk_needed'] + way['temporary_needed']))
            text = self.kvault('compact', '--plan', '--way', 'in-place', path).decode()
            self.assertRegex(text, r'\nTemporary:     on the vault.s disk: in-place needs [0-9.]+ .B of it in all\n')
            self.assertIn('until the new ones are compared' if keeps else 'no copy is kept; kvault backup', text)

    def test_promises_nothing_while_the_log_is_held(self):
        path, _ = self.half_empty()
        holder = self.hold(path, 'BEGIN', 'SELECT count(*) FROM kv')
        self.kvault('put', path, 'more', input=bytes(3000000))
        self.kvault('rm', path, 'more')
        for way in [], ['--way', 'steps'], ['--way', 'in-place']:
            out = self.kvault('compact', '--dry-run', '--json', *way, path, status=BUSY, words='process %d' % holder.pid)
            plan = json.loads(out)
            self.assertEqual((plan['possible'], plan['freed'], plan['log_held']), (False, 0, True))
        self.assertIn(b'\nComes back:    nothing before another program lets go', self.kvault('compact', '--dry-run', path, status=BUSY, words='log'))

    def test_beside_another_in_steps(self):
        path, values = self.half_empty()
        size = os.path.getsize(path)
        holder = self.hold(path, 'SELECT count(*) FROM kv')
        plan, = self.json('compact', '--dry-run', path)
        self.assertEqual((plan['way'], plan['possible'], plan['others'], plan['pid']), ('steps', True, 1, holder.pid))
        self.assertIn(str(holder.pid), plan['reason'])
        text = self.kvault('compact', '--dry-run', path).decode()
        self.assertIn('\n* steps', text)
        self.assertIn(str(holder.pid), text)
        before = state_of(self.folder)
        self.kvault('compact', '--way', 'swap', path, status=BUSY, words=str(holder.pid))
        self.assertEqual(state_of(self.folder)['v.kvault'], before['v.kvault'])
        done, = self.json('compact', path)
        self.assertEqual((done['way'], done['verified']), ('steps', False))
        self.assertLess(os.path.getsize(path), size * 2 / 3)
        self.release(holder)
        self.assertEqual(self.values(path), values)

    def test_beside_another_without_page_maps(self):
        path = self.fixture('v010_media.db')
        values = self.values(path)
        sql(path, 'CREATE TABLE filler(x)', 'INSERT INTO filler VALUES (zeroblob(1000000))', 'DROP TABLE filler')
        holder = self.hold(path, 'SELECT count(*) FROM kv')
        plan, = self.json('compact', '--dry-run', path, status=BUSY, words=str(holder.pid))
        self.assertEqual((plan['way'], plan['possible']), ('in-place', True))
        self.assertEqual([way['possible'] for way in plan['ways']], [False, False, True])
        self.kvault('compact', path, status=BUSY, words=[str(holder.pid), '--way in-place'])
        self.kvault('compact', '--way', 'steps', path, status=USAGE, words='page maps')
        done, = self.json('compact', '--way', 'in-place', path)
        self.assertGreater(done['freed'], 900000)
        self.release(holder)
        self.assertEqual(self.values(path), values)

    def test_page_maps(self):
        for way in ([], ['--way', 'in-place']):
            path = self.fixture('v010_media.db')
            values = self.values(path)
            self.kvault('reclaim', path, status=USAGE, words='kvault compact --page-maps')
            self.json('compact', '--page-maps', path, *way)
            self.assertEqual(self.stat(path)['auto_vacuum'], 'incremental')
            self.assertEqual(self.values(path), values)
            self.kvault('reclaim', path)

    def test_a_dry_run_changes_nothing(self):
        path, _ = self.half_empty()
        holder = self.hold(path, "INSERT INTO kv VALUES (x'00', x'01')")
        holder.kill()   # leaves its log
        holder.communicate(timeout=support.TIMEOUT)
        self.assertGreater(os.path.getsize(path + '-wal'), 0)
        os.remove(path + '-shm')
        before = {name: state for name, state in state_of(self.folder).items() if not name.endswith('-shm')}
        for args in (['compact'], ['compact', '--into', self.path('copy')], ['compact', '--way', 'in-place'], ['reclaim']):
            self.json(*args, '--dry-run', path)
            self.kvault(*args, '--dry-run', path)
            now = {name: state for name, state in state_of(self.folder).items() if not name.endswith('-shm')}
            self.assertEqual(now, before)

    def test_a_copy(self):
        path, values = self.half_empty()
        before = state_of(self.folder)
        copy = self.path('copy.kvault')
        holder = self.hold(path, 'SELECT count(*) FROM kv')
        done, = self.json('compact', '--into', copy, path)
        self.assertEqual((done['into'], done['size'], done['verified']), (copy, os.path.getsize(copy), True))
        self.assertEqual(self.values(copy), values)
        self.assertLess(os.path.getsize(copy), os.path.getsize(path) * 2 / 3)
        self.assertEqual(state_of(self.folder)['v.kvault'], before['v.kvault'])
        self.release(holder)
        for options in ([], ['--dry-run']):
            self.kvault('compact', path, '--into', copy, *options, status=USAGE, words=['copy.kvault', 'already'])
            self.kvault('compact', path, '--into', path, *options, status=USAGE, words='already')
            self.kvault('compact', path, '--into', self.path('no/x'), *options, status=NOT_FOUND, words='no/x')
        self.assertEqual(sorted(os.listdir(self.folder)), ['copy.kvault', 'v.kvault'])

    def test_damaged_files_are_not_compacted(self):
        path = self.fixture('damaged/table_leaf_wrecked.db')
        before = state_of(self.folder)
        for options in ([], ['--into', self.path('copy')]):
            self.kvault('compact', path, *options, status=DAMAGED, words='kvault export')
            self.assert_same_state(before)

    def test_what_may_not_be_written(self):
        path, _ = self.half_empty()
        os.chmod(path, 0o444)
        os.chmod(self.folder, 0o555)
        before = state_of(self.folder)
        for args in (['compact'], ['compact', '--dry-run'], ['reclaim'], ['checkpoint']):
            self.kvault(*args, path, status=IO, words='v.kvault', **support.as_nobody())
        self.assert_same_state(before)

    def test_no_room(self):
        mount = self.path('small')
        os.mkdir(mount)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', mount], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('mounting is not allowed here')
        self.addCleanup(subprocess.run, ['umount', mount], check=True)
        path, values = self.half_empty(n=120, options=['--rollback-journal'])
        shutil.copyfile(path, os.path.join(mount, 'v'))
        path = os.path.join(mount, 'v')
        before = state_of(mount)
        self.kvault('compact', '--way', 'swap', path, status=IO, words='free')
        self.kvault('compact', '--way', 'swap', '--dry-run', path, status=IO, words='free')
        self.kvault('compact', '--into', os.path.join(mount, 'w'), path, status=IO)
        self.kvault('compact', '--into', os.path.join(mount, 'w'), path, '--dry-run', status=IO, words='room')
        self.assertEqual(state_of(mount), before)
        self.assertEqual(self.values(path), values)

    def test_interrupted_while_it_waits(self):
        path, values = self.half_empty()
        holder = self.hold(path, 'BEGIN IMMEDIATE')
        before = state_of(self.folder)['v.kvault']
        for args in (['compact', '--way', 'steps'], ['compact', '--way', 'in-place'], ['compact'], ['reclaim']):
            self.interrupt_while_waiting(path, *args, path)
            self.assertEqual(state_of(self.folder)['v.kvault'], before)
        self.release(holder)
        self.assertEqual(self.values(path), values)

    def test_interrupted_at_work(self):
        path, values = self.half_empty(n=4000)
        for args, name in (([], '.v.kvault.kvault-compact'), (['--into', self.path('copy')], '.copy.kvault-compact')):
            before = digest_of(path)
            process = subprocess.Popen([KVAULT, 'compact', path, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while process.poll() is None and not os.path.exists(self.path(name)):
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=support.TIMEOUT)
            self.assertIn(process.returncode, (DONE, 130))
            self.assertEqual((err, bool(out)), (b'', process.returncode == DONE))
            self.assertEqual(sorted(os.listdir(self.folder)), ['copy', 'v.kvault'] if args and process.returncode == DONE else ['v.kvault'])
            if process.returncode != DONE:
                self.assertEqual(digest_of(path), before)
            self.assertEqual(self.values(path), values)

    def test_interrupted_in_steps(self):
        """What was given back stays so, and is told."""
        for options in (['--json'], []):
            path, values = self.half_empty(f'{len(options)}.kvault', n=8000)
            size = os.path.getsize(path)
            process = subprocess.Popen([KVAULT, 'compact', path, '--way', 'steps', *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while process.poll() is None and os.path.getsize(path) == size:
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=support.TIMEOUT)
            self.assertIn(process.returncode, (DONE, 130))
            self.assertEqual(err, b'')
            left = self.stat(path)['free_page_count']
            if options:
                done = json.loads(out)
                self.assertEqual((done['cancelled'], done['complete']), (left > 0, left == 0))
                self.assertEqual((done['size_before'], done['size_after'], done['log_in_use']), (size, os.path.getsize(path), False))
                self.assertGreater(done['freed'], 0)
            else:
                self.assertEqual(b'\nCancelled: ' in out, left > 0)
            self.assertEqual(self.values(path), values)


def digest_of(path):
    with open(path, 'rb') as file:
        return digest(file.read())


class Backup(MaintenanceCase):
    def test_a_copy_beside_a_writer(self):
        path, values = self.half_empty()
        holder = self.hold(path, 'BEGIN IMMEDIATE', "INSERT INTO kv VALUES (x'00', x'01')")
        copy = self.path('copy.kvault')
        done, = self.json('backup', path, copy)
        self.assertEqual((done['into'], done['size'], done['verified']), (copy, os.path.getsize(copy), True))
        self.release(holder)
        self.assertEqual((self.values(copy), self.values(path)), (values, values))
        self.kvault('backup', path, copy, status=USAGE, words=['copy.kvault', 'already', '--force'])
        self.kvault('backup', path, self.path('no/x'), status=NOT_FOUND, words='no/x')
        self.kvault('backup', path, '', status=USAGE, words='empty')
        for options in ([], ['-f'], ['--dry-run']):
            self.kvault('backup', *options, path, self.path('other.db-journal'), status=USAGE, words='log of another')
        plan, = self.json('backup', '--dry-run', '-f', path, copy)
        self.assertEqual(plan['into'], copy)

    def test_force_replaces_a_file_at_rest_only(self):
        path, values = self.half_empty()
        copy = self.path('copy.kvault')
        self.kvault('new', copy)
        holder = self.hold(copy, 'SELECT count(*) FROM kv')
        before = state_of(self.folder)
        self.kvault('backup', '--force', path, copy, status=BUSY, words='copy.kvault')
        self.assert_same_state(before)
        self.release(holder)
        for place, word in ((path, 'vault itself'), (self.folder, 'no file')):
            self.kvault('backup', '--force', path, place, status=USAGE, words=word)
        os.symlink('v.kvault', self.path('link'))
        self.kvault('backup', '--force', path, self.path('link'), status=USAGE, words='no file')
        os.remove(self.path('link'))
        os.link(copy, self.path('second'))
        self.kvault('backup', '--force', path, copy, status=IO, words='hard links')
        os.remove(self.path('second'))
        os.chmod(copy, 0o604)
        self.kvault('backup', '-f', path, copy)
        self.assertEqual(self.values(copy), values)
        self.assertEqual(os.stat(copy).st_mode & 0o777, 0o604)
        self.assertEqual(sorted(os.listdir(self.folder)), ['copy.kvault', 'v.kvault'])

    def test_force_and_a_kill(self):
        path, values = self.half_empty(n=4000)
        copy = self.path('copy')
        with open(copy, 'wb') as old:
            old.write(b'old')
        process = subprocess.Popen([KVAULT, 'backup', '-f', path, copy], stdout=subprocess.DEVNULL)
        while process.poll() is None and not os.path.exists(self.path('.copy.kvault-new/.copy.kvault-compact')):
            pass
        process.kill()
        process.communicate(timeout=support.TIMEOUT)
        if process.returncode != DONE:
            with open(copy, 'rb') as old:
                self.assertEqual(old.read(), b'old')
        self.kvault('backup', '-f', path, copy)
        self.assertEqual(self.values(copy), values)
        self.assertEqual(sorted(os.listdir(self.folder)), ['copy', 'v.kvault'])

    def test_force_beside_one_without_a_log(self):
        path, _ = self.half_empty()
        with open(self.path('copy'), 'wb') as old:
            old.write(b'old')
            self.kvault('backup', '--force', path, self.path('copy'), status=BUSY, words=['has it open', f'(process {os.getpid()})'])
        with open(self.path('copy'), 'rb') as old:
            self.assertEqual(old.read(), b'old')
        self.assertEqual(sorted(os.listdir(self.folder)), ['copy', 'v.kvault'])

    def test_a_log_that_an_older_file_left_is_not_read_with_the_copy(self):
        path, values = self.half_empty()
        other = self.path('copy')
        holder = self.hold(other, 'PRAGMA journal_mode=WAL', 'CREATE TABLE strange(x)')
        holder.kill()
        holder.communicate(timeout=support.TIMEOUT)
        os.remove(other)
        for command in (['backup', path, other], ['backup', '-f', path, other], ['compact', '--into', other, path]):
            self.kvault(*command, status=BUSY, words='-wal')
        self.assertFalse(os.path.exists(other))
        os.remove(other + '-wal')
        os.remove(other + '-shm')
        self.kvault('backup', path, other)
        self.assertEqual(self.values(other), values)

    def test_damaged_files_and_no_room(self):
        path = self.fixture('damaged/table_leaf_wrecked.db')
        before = state_of(self.folder)
        self.kvault('backup', path, self.path('copy'), status=DAMAGED, words='kvault export')
        self.assert_same_state(before)

    def test_interrupted(self):
        path, values = self.half_empty(n=4000)
        copy = self.path('copy')
        for options, hidden, old in (([], '.copy.kvault-compact', []), (['-f'], '.copy.kvault-new/.copy.kvault-compact', ['copy'])):
            if old:
                with open(copy, 'wb') as file:
                    file.write(b'old')
            process = subprocess.Popen([KVAULT, 'backup', path, copy, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while process.poll() is None and not os.path.exists(self.path(hidden)):
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=support.TIMEOUT)
            self.assertIn(process.returncode, (DONE, 130))
            self.assertEqual((err, bool(out)), (b'', process.returncode == DONE))
            if process.returncode == DONE:
                self.assertEqual(self.values(copy), values)
                os.remove(copy)
            elif old:
                with open(copy, 'rb') as file:
                    self.assertEqual(file.read(), b'old')
            self.assertLessEqual(set(os.listdir(self.folder)), {'v.kvault', *old})


class Stat(MaintenanceCase):
    def assert_adds_up(self, path):
        facts, = self.json('stat', '--split', path)
        log = os.path.getsize(path + '-wal') if os.path.exists(path + '-wal') else 0
        self.assertEqual((facts['main_size'], facts['wal_size']), (os.path.getsize(path), log))
        self.assertEqual(facts['disk_size'], os.path.getsize(path) + log)
        self.assertEqual(facts['values_size'] + facts['keys_size'] + facts['other_size'] + facts['free_size'], facts['main_size'])
        sizes = facts['table_sizes']
        self.assertEqual(sum(size['table_size'] for size in sizes if size['vault']), facts['values_size'])
        self.assertEqual(sum(size['index_size'] for size in sizes if size['vault']), facts['keys_size'])
        self.assertLessEqual(sum(size['table_size'] + size['index_size'] for size in sizes if not size['vault']), facts['other_size'])
        return facts

    def test_the_bytes_add_up(self):
        for name in ('v010_media.db', 'v086_all_vaults.db', 'v010_two_tables.db'):
            self.assert_adds_up(self.fixture(name))
        path, values = self.half_empty()
        facts = self.assert_adds_up(path)
        self.assertEqual((facts['free_size'], facts['holders']), (facts['reclaimable_size'], []))
        self.assertGreater(facts['free_size'], sum(map(len, values.values())) / 2)
        self.assertGreaterEqual(facts['values_size'], sum(map(len, values.values())))
        holder = self.hold(path, 'SELECT 1 FROM kv', "INSERT INTO kv VALUES (x'00', zeroblob(3000000))")
        facts = self.assert_adds_up(path)
        self.assertGreater(facts['wal_size'], 3000000)
        self.assertGreaterEqual(facts['wal_waiting_size'], 3000000)
        self.assertEqual(facts['wal_waiting_size'], facts['wal_waiting_frames'] * PAGE)
        self.assertEqual(facts['wal_used_frames'], facts['wal_waiting_frames'])
        self.assertEqual([(h['pid'], h['program'][:6]) for h in facts['holders']], [(holder.pid, 'python')])
        text = self.kvault('stat', '--split', path).decode()
        self.assertIn(f'(process {holder.pid})', text)
        self.assertIn(f'  values:      {facts["values_size"]} bytes', text)
        self.assertNotIn('values_size', self.stat(path))

    def test_the_plan_names_who_is_in_the_way(self):
        path, _ = self.half_empty()
        holder = self.hold(path, 'SELECT 1 FROM kv')
        plan, = self.json('compact', '--plan', path)
        self.assertEqual([h['pid'] for h in plan['holders']], [holder.pid])
        other, = self.json('compact', '--dry-run', path)
        self.assertEqual(plan.keys(), other.keys())
        for way in plan['ways'] + other['ways']:    # the disk is measured each time
            way.pop('duration_ms', None)
            way.pop('duration_max_ms', None)
        self.assertEqual(plan['ways'], other['ways'])
        self.assertTrue(all(way['freed'] == plan['freed'] for way in plan['ways'] if way['possible']))
        self.assertIn(f'(process {holder.pid})', self.kvault('compact', '--plan', path).decode())


class Reclaim(MaintenanceCase):
    def test_some_pages_then_all(self):
        path, values = self.half_empty()
        size, free = os.path.getsize(path), self.stat(path)['free_page_count']
        plan, = self.json('reclaim', '--dry-run', '--pages', '10', path)
        self.assertEqual((plan['pages'], plan['free_page_count'], plan['file_size']), (10, free - 10, size - 10 * PAGE))
        self.assertEqual(os.path.getsize(path), size)
        done, = self.json('reclaim', '--pages', '10', path)
        self.assertEqual(done['pages'], 10)
        self.assertLessEqual(os.path.getsize(path), size - 10 * PAGE)
        free = self.stat(path)['free_page_count']
        plan, = self.json('reclaim', '--dry-run', path)
        self.assertEqual(plan['pages'], free)
        self.assertIn(b'Gave back %d pages' % free, self.kvault('reclaim', path))
        self.assertEqual((self.stat(path)['free_page_count'], self.values(path)), (0, values))
        self.assertEqual(self.json('reclaim', '--pages', '10', path)[0]['pages'], 0)

    def test_interrupted(self):
        """What was given back stays so, and is told."""
        for options in (['--json'], []):
            path, values = self.half_empty(f'{len(options)}.kvault', n=8000)
            size = os.path.getsize(path)
            process = subprocess.Popen([KVAULT, 'reclaim', path, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while process.poll() is None and os.path.getsize(path) == size:
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=support.TIMEOUT)
            self.assertIn(process.returncode, (DONE, 130))
            self.assertEqual(err, b'')
            left = self.stat(path)['free_page_count']
            if options:
                done = json.loads(out)
                self.assertEqual((done['cancelled'], done['free_page_count'], done['file_size']), (left > 0, left, os.path.getsize(path)))
                self.assertGreater(done['pages'], 0)
            else:
                self.assertIn(b'; %d free are left in the file\n' % left, out)
                self.assertEqual(b'Cancelled: ' in out, left > 0)
            self.assertEqual(self.values(path), values)

    def test_parts_without_a_key(self):
        for name, shape in (('new', None), ('v010_media.db', 'v1')):
            path = self.fixture(name) if shape else self.new_vault(name)
            sql(path, *LARGE_TABLES, "INSERT INTO kvault_large VALUES (7, 'kv', x'6b', 9000, 4194304, randomblob(16), 1, 0)",
                ('INSERT INTO kvault_parts VALUES (?, zeroblob(9000))', (7 << 24,)))
            before = self.keys(path)
            row, summary = self.json('check', path)
            self.assertEqual((row['finding'], row['damage'], key_of(row), summary['damages']), ('orphan', False, b'k', 0))
            done, = self.json('reclaim', path, status=USAGE if shape else DONE, words='page maps' if shape else ())
            self.assertEqual((done['orphans_removed'], done['orphans_bytes']), (1, 9000))
            self.assertEqual(len(self.json('check', path)), 1)
            self.assertEqual(self.keys(path), before)

    def test_beside_a_writer(self):
        path, values = self.half_empty()
        holder = self.hold(path, 'BEGIN IMMEDIATE')
        self.kvault('reclaim', path, '--busy-timeout', '0', status=BUSY, words='v.kvault')
        self.release(holder)
        self.assertEqual(self.values(path), values)


class Checkpoint(MaintenanceCase):
    def test_an_idle_log(self):
        path, _ = self.half_empty()
        self.hold(path, "INSERT INTO kv VALUES (x'00', zeroblob(50000))")
        done, = self.json('checkpoint', '--mode', 'passive', path)
        self.assertTrue(done['finished'])
        self.assertGreater(done['moved'], 10)
        self.assertEqual((done['moved'], done['moved_bytes']), (done['frames'], done['moved'] * PAGE))
        self.assertGreater(os.path.getsize(path + '-wal'), 0)
        facts = self.stat(path)
        self.assertEqual(facts['wal_frames'], (facts['wal_size'] - 32) // (24 + PAGE))
        for mode in ([], ['--mode', 'full'], ['--mode', 'restart'], ['--mode', 'truncate']):
            self.assertTrue(self.json('checkpoint', path, *mode)[0]['finished'])
        self.assertEqual(os.path.getsize(path + '-wal'), 0)
        self.assertIn(b' 0 bytes now\n', self.kvault('checkpoint', path))
        self.assertEqual(self.kvault('checkpoint', '-q', path), b'')

    def test_who_is_in_the_way(self):
        path, _ = self.half_empty()
        reader = self.hold(path, 'BEGIN', 'SELECT count(*) FROM kv')
        sql(path, "INSERT INTO kv VALUES (x'00', zeroblob(50000))")
        rows = self.json('checkpoint', path, '--busy-timeout', '0', status=BUSY, words=[str(reader.pid), 'reads'])
        self.assertEqual((rows[0]['finished'], rows[0]['reader'], rows[0]['pid']), (False, True, reader.pid))
        done, = self.json('checkpoint', '--mode', 'passive', path)
        self.assertEqual((done['finished'], done['pid']), (False, reader.pid))
        self.assertLess(done['moved'], done['frames'])
        self.assertIn(b'(process %d) reads\n' % reader.pid, self.kvault('checkpoint', '--mode', 'passive', path))
        self.interrupt_while_waiting(path, 'checkpoint', path)
        self.release(reader)
        self.assertTrue(self.json('checkpoint', path)[0]['finished'])

    def test_without_a_log(self):
        path, _ = self.half_empty(options=['--rollback-journal'])
        self.assertEqual(self.kvault('checkpoint', path), b'The file has no write-ahead log\n')
        self.assertEqual(self.json('checkpoint', path)[0]['frames'], 0)


class Convert(MaintenanceCase):
    def rows(self, path, table):
        connection = sqlite3.connect(path)
        try:
            return connection.execute(f'SELECT rowid, key, value FROM {table} ORDER BY rowid').fetchall()
        finally:
            connection.close()

    def kinds(self, path):
        return {table['name']: table['kind'] for table in self.stat(path)['tables']}

    def test_the_older_shape_becomes_the_newer(self):
        path = self.fixture('v010_media.db')
        rows, facts = self.rows(path, 'kv'), self.stat(path)
        before = state_of(self.folder)
        plan, = self.json('convert', '--dry-run', path)
        self.kvault('convert', '--dry-run', path)
        self.assert_same_state(before)
        done, = self.json('convert', path)
        for key in ('file', 'table', 'from', 'to', 'keys', 'bytes'):
            self.assertEqual(done[key], plan[key])
        self.assertEqual((done['from'], done['to'], done['keys']), ('v1', 'v2', 53))
        self.assertEqual(self.rows(path, 'kv'), rows)
        self.assertEqual((self.kinds(path), self.stat(path)['journal']), ({'kv': 'v2'}, facts['journal']))
        self.kvault('check', '-q', path)
        self.assertEqual(self.kvault('convert', path), b'The table has the newer shape already: kv\n')

    def test_one_table_of_two(self):
        path = self.fixture('v010_two_tables.db')
        tables = {name: self.rows(path, name) for name in ('originals', 'thumbs')}
        self.assertIn(b' of table thumbs in ', self.kvault('convert', '-t', 'thumbs', path))
        self.assertEqual(self.kinds(path), {'originals': 'v1', 'thumbs': 'v2'})
        for name, rows in tables.items():
            self.assertEqual(self.rows(path, name), rows)

    def test_beside_others(self):
        path = self.fixture('v010_media.db')
        rows = self.rows(path, 'kv')
        writer = self.hold(path, 'BEGIN IMMEDIATE')
        self.kvault('convert', path, '--busy-timeout', '0', status=BUSY, words='v010_media.db')
        self.interrupt_while_waiting(path, 'convert', path)
        self.assertEqual(self.kinds(path), {'kv': 'v1'})
        self.release(writer)
        self.hold(path, 'SELECT count(*) FROM kv')
        self.kvault('convert', '-q', path)
        self.assertEqual((self.kinds(path), self.rows(path, 'kv')), ({'kv': 'v2'}, rows))

    def test_damaged_tables_stay(self):
        path = self.fixture('damaged/table_leaf_wrecked.db')
        before = digest_of(path)
        self.kvault('convert', path, status=DAMAGED)
        self.assertEqual((digest_of(path), os.listdir(self.folder)), (before, ['table_leaf_wrecked.db']))


class SecureDelete(MaintenanceCase):
    MARK = b'a secret that must not stay '

    def test_deleted_bytes_are_gone_if_asked(self):
        for option, left in (([], True), (['--secure-delete'], False)):
            for command in (['rm', 'key'], ['rm', '--prefix', 'k', '--yes'], ['put', 'key', '/dev/null']):
                path = self.path('v.kvault')
                self.kvault('new', path, '--rollback-journal')
                self.kvault('put', path, 'key', input=self.MARK * 10000)
                self.kvault(command[0], path, *command[1:], *option)
                with open(path, 'rb') as file:
                    self.assertEqual(self.MARK in file.read(), left, command + option)
                os.remove(path)


if __name__ == '__main__':
    support.main()
