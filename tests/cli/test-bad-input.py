# SPDX-License-Identifier: MIT
"""Files that are no vault, damaged ones, and places that cannot be read or written.

Each gets the right status and words; nothing hangs, nothing is changed or left behind.
"""
import os
import shutil
import sqlite3
import subprocess
import tempfile

import support
from support import (BUSY, DAMAGED, DONE, IO, KVAULT, NOT_FOUND, CliCase, as_nobody, digest, key_of, sql,
                     state_of)

VIEWS = (['ls'], ['ls', '--long'], ['ls', '--json'], ['ls', '--sort', 'size'], ['stat'], ['stat', '--json'])


class NotAVault(CliCase):
    def assert_refused(self, path, status, words):
        before = state_of(self.folder)
        for command in ([*view, path] for view in VIEWS):
            self.assertEqual(self.kvault(*command, status=status, words=words), b'')
        for command in (['cat', path, 'key'], ['put', path, 'key'], ['rm', path, 'key'],
                        ['rm', path, '--prefix', '', '--yes'], ['mv', path, 'key', 'new'], ['stat', path, 'key']):
            self.assertEqual(self.kvault(*command, status=status, words=words), b'')
        self.assert_same_state(before)

    def test_foreign_files(self):
        for name, words in (('other_app.sqlite', 'no vault'), ('sqlite_no_tables.db', 'empty'),
                            ('zero_bytes.db', 'empty'), ('really_a_jpeg.db', 'no SQLite file'),
                            ('text_file.db', 'no SQLite file')):
            with self.subTest(name):
                self.assert_refused(self.fixture('foreign/' + name), DAMAGED, [name, words])

    def test_damaged_beyond_opening(self):
        for name in ('truncated_50_bytes.db', 'header_magic_broken.db'):
            with self.subTest(name):
                self.assert_refused(self.fixture('damaged/' + name), DAMAGED, name)

    def test_random_bytes_look_encrypted(self):
        path = self.path('secret.db')
        with open(path, 'wb') as file:
            file.write(os.urandom(65536))
        self.assert_refused(path, DAMAGED, ['secret.db', 'encrypted'])

    def test_nonexistent_path_makes_nothing(self):
        self.assert_refused(self.path('nothing.db'), NOT_FOUND, 'nothing.db')
        self.assertEqual(os.listdir(self.folder), [])
        self.kvault('put', self.path('nothing.db'), 'key', status=NOT_FOUND, words='kvault new')
        self.assertEqual(os.listdir(self.folder), [])
        self.assert_refused(self.path('no/such/folder.db'), NOT_FOUND, 'folder.db')

    def test_folder(self):
        os.mkdir(self.path('folder.db'))
        self.assert_refused(self.path('folder.db'), DAMAGED, 'folder')

    def test_fifo_does_not_hang(self):
        os.mkfifo(self.path('pipe.db'))
        self.assert_refused(self.path('pipe.db'), DAMAGED, 'pipe')

    def test_device(self):
        self.kvault('ls', '/dev/null', status=DAMAGED, words='/dev/null')

    def test_link_to_nowhere(self):
        os.symlink('nowhere', self.path('link.db'))
        self.assert_refused(self.path('link.db'), NOT_FOUND, 'link.db')

    def test_a_path_is_not_a_uri(self):
        self.kvault('ls', 'file:' + self.fixture('v010_media.db') + '?mode=memory', status=NOT_FOUND)
        self.kvault('ls', ':memory:', status=NOT_FOUND)
        self.kvault('ls', '', status=NOT_FOUND)
        self.assertEqual(os.listdir(self.folder), ['v010_media.db'])

    def test_missing_table_is_named(self):
        path = self.fixture('v010_two_tables.db')
        self.kvault('ls', path, '-t', 'absent', status=NOT_FOUND, words='absent')
        self.kvault('put', path, '-t', 'absent', 'key', status=NOT_FOUND, words='absent')

    def test_table_that_is_no_vault(self):
        path = self.fixture('v086_all_vaults.db')
        for table in ('kohakuvault_meta', 'docs', 'vecs', 'col_meta', 'vecs_info'):
            with self.subTest(table):
                done = self.run_kvault('ls', path, '-t', table)
                self.assertIn(done.returncode, (DAMAGED, NOT_FOUND))
                self.assertIn(table.encode(), done.stderr)


class Damaged(CliCase):
    def facts_of(self, name):
        return next(f for f in support.fixtures() if f['file'] == name)

    def test_wrecked_rows_are_named_and_the_rest_is_given(self):
        name = 'damaged/table_leaf_wrecked.db'
        path = self.fixture(name)
        before = state_of(self.folder)
        self.assertEqual(self.kvault('ls', path).count(b'\n'), 307)
        rows = self.json('ls', path, status=DAMAGED)
        self.assertEqual(len(rows), 307)
        keys = self.facts_of(name)['tables'][0]['keys']
        wrecked = {bytes.fromhex(k['key_hex']) for k in keys if 'error' in k}
        self.assertEqual({key_of(row) for row in rows if 'error' in row}, wrecked)
        self.assertTrue(wrecked)

        done = self.run_kvault('ls', '--long', path)
        self.assertEqual(done.returncode, DAMAGED)
        self.assertEqual(done.stdout.count(b'\n'), 307)
        for key in wrecked:
            self.assertIn(key, done.stderr)
        done = self.run_kvault('ls', '--sort', 'size', path)
        self.assertEqual((done.returncode, done.stdout.count(b'\n')), (DAMAGED, 307))
        self.assertEqual(done.stderr.count(b'\n'), len(wrecked))
        self.assertEqual(set(done.stdout.splitlines()[-len(wrecked):]), wrecked)
        facts, = self.json('stat', '--long', path, status=DAMAGED, words='cannot be read')
        self.assertEqual(facts['tables'][0]['unreadable'], len(wrecked))

        for key in keys:
            done = self.run_kvault('cat', path, '--key-hex', key['key_hex'])
            if 'error' in key:
                self.assertEqual(done.returncode, DAMAGED)
                self.assertNotEqual(done.stderr, b'')
            else:
                self.assertEqual((done.returncode, digest(done.stdout)), (DONE, key['sha256']))
        self.assert_same_state(before)

    def test_flipped_bytes_are_given_as_they_are(self):
        path = self.fixture('damaged/value_bytes_flipped.db')
        self.assertEqual(len(self.json('ls', path)), 307)
        for key in self.facts_of('damaged/value_bytes_flipped.db')['tables'][0]['keys']:
            value = self.kvault('cat', path, '--key-hex', key['key_hex'])
            self.assertEqual(digest(value), key['sha256'])

    def test_half_a_file_gives_what_it_has(self):
        path = self.fixture('damaged/truncated_half.db')
        before = state_of(self.folder)
        for command in ([*view, path] for view in VIEWS):
            done = self.run_kvault(*command)
            self.assertIn(done.returncode, (DONE, DAMAGED), command)
            self.assertNotIn(b'Traceback', done.stderr)
        self.assertEqual(self.run_kvault('ls', '--long', path).returncode, DAMAGED)
        self.assert_same_state(before)

    def test_nothing_is_written_once_damage_is_known(self):
        path = self.fixture('damaged/truncated_half.db')
        before = state_of(self.folder)
        self.kvault('put', path, 'new', input=b'x', status=DAMAGED, words='truncated_half.db')
        self.assert_same_state(before)

    def test_keys_on_both_sides_of_a_damaged_index_page(self):
        path = self.path('index.db')
        keys = [b'key/%05d' % i for i in range(20000)]
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute('PRAGMA page_size=4096')
        connection.execute('CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)')
        connection.execute('BEGIN')
        connection.executemany('INSERT INTO kv VALUES(?, ?)', ((key, b'v') for key in keys))
        connection.execute('COMMIT')
        try:
            pages = [row[0] for row in connection.execute(
                "SELECT pageno FROM dbstat WHERE name='sqlite_autoindex_kv_1' AND pagetype='leaf' ORDER BY path")]
        except sqlite3.OperationalError:
            self.skipTest('this SQLite has no dbstat')
        finally:
            connection.close()
        with open(path, 'r+b') as file:
            file.seek((pages[len(pages) // 2] - 1) * 4096)
            file.write(b'\xff' * 4096)

        for order, expected in (([], keys), (['--reverse'], keys[::-1])):
            done = self.run_kvault('ls', path, *order)
            self.assertEqual(done.returncode, DAMAGED)
            self.assertIn(b'keys are missing', done.stderr)
            seen = done.stdout.split()
            missing = set(keys) - set(seen)
            self.assertEqual(seen, [key for key in expected if key not in missing])
            self.assertTrue(0 < len(missing) < 500, len(missing))
        self.assertEqual(self.run_kvault('ls', path, '--limit', '10').stdout.split(), keys[:10])

    def test_cat_gives_what_comes_before_the_damage(self):
        path = self.path('cut.db')
        value = os.urandom(3000000)
        sql(path, 'PRAGMA page_size=4096', 'CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)',
            ('INSERT INTO kv VALUES(?, ?)', (b'big', value)))
        os.truncate(path, 2000 * 1024 // 4096 * 4096)
        done = self.run_kvault('cat', path, 'big')
        if done.stdout:
            self.assertEqual(done.stdout, value[:len(done.stdout)])
        self.assertEqual(done.returncode, DAMAGED)


class Strangers(CliCase):
    def test_odd_table_names(self):
        for name in ('two words', 'it\'s "quoted"', 'semi;colon--', '[brackets]', 'ünï', 'new\nline', 'SELECT'):
            with self.subTest(name):
                path = self.path('odd.db')
                quoted = '"' + name.replace('"', '""') + '"'
                sql(path, f'CREATE TABLE {quoted}(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)',
                    (f'INSERT INTO {quoted} VALUES(?, ?)', (b'a', b'1')))
                self.assertEqual(self.keys(path), [b'a'])
                self.kvault('put', path, '-t', name, 'b', input=b'22')
                self.assertEqual(self.kvault('cat', path, '-t', name, 'b'), b'22')
                facts, = self.json('stat', '-l', path)
                self.assertEqual([(t['name'], t['keys'], t['bytes']) for t in facts['tables']], [(name, 2, 3)])
                self.assertNotIn(b'new\nline', self.kvault('stat', path))
                os.unlink(path)
                self.kvault('new', path, '--table', name)
                self.assertEqual(self.json('stat', path)[0]['tables'][0]['name'], name)
                os.unlink(path)

    def test_triggers_make_a_table_read_only(self):
        path = self.path('trigger.db')
        sql(path, 'CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)', 'CREATE TABLE log(x)',
            ("INSERT INTO kv VALUES(?, ?)", (b'a', b'1')),
            "CREATE TRIGGER t AFTER INSERT ON kv BEGIN INSERT INTO log VALUES(1); END")
        self.assertEqual(self.kvault('cat', path, 'a'), b'1')
        self.kvault('put', path, 'b', input=b'2', status=IO, words='trigger')
        facts, = self.json('stat', path)
        self.assertFalse(facts['tables'][0]['writable'])
        self.assertIn('trigger', facts['tables'][0]['reason'])

    def test_keys_of_other_storage_classes(self):
        path = self.path('classes.db')
        sql(path, 'CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)',
            ('INSERT INTO kv VALUES(?, ?)', ('text', b'of text')),
            ('INSERT INTO kv VALUES(?, ?)', (7, b'of seven')),
            ('INSERT INTO kv VALUES(?, ?)', (b'blob', b'of blob')),
            ('INSERT INTO kv VALUES(?, ?)', (b'text value', 'äöü')))
        rows = self.json('ls', path)
        self.assertEqual([(row['key'], row.get('key_class'), row['size']) for row in rows],
                         [('7', 'integer', 8), ('text', 'text', 7), ('blob', None, 7), ('text value', None, 6)])
        self.assertEqual(self.kvault('cat', path, 'text value').decode('utf-8'), 'äöü')
        self.assertEqual(self.kvault('cat', path, 'text'), b'of text')
        self.kvault('cat', path, '7', status=NOT_FOUND)
        self.assertEqual(self.json('rm', path, '--prefix', 't', '--yes'), [{'prefix': 't', 'deleted': 1}])
        self.assertEqual([row['key'] for row in self.json('ls', path)], ['7', 'text', 'blob'])
        self.kvault('rm', path, 'text')
        self.kvault('rm', path, 'text', status=NOT_FOUND)
        self.assertEqual(len(self.json('ls', path, '--prefix', '')), 2)
        self.assertEqual(self.json('rm', path, '--prefix', '', '--yes'), [{'prefix': '', 'deleted': 2}])
        self.assertEqual(self.json('ls', path), [])


class Places(CliCase):
    """As somebody without rights: the program is copied to where everybody can run it."""

    def setUp(self):
        super().setUp()
        self.program = self.path('kvault')
        shutil.copyfile(KVAULT, self.program)
        os.chmod(self.program, 0o755)

    def vault_in_folder(self, fixture, mode):
        """The path of a copy of a fixture in a folder of its own with that mode."""
        folder = tempfile.mkdtemp(dir=self.folder)
        copy = self.fixture(fixture)
        for suffix in ('', '-wal'):
            if os.path.exists(copy + suffix):
                os.rename(copy + suffix, os.path.join(folder, 'v.db' + suffix))
                os.chmod(os.path.join(folder, 'v.db' + suffix), 0o644)
        os.chmod(folder, mode)
        self.addCleanup(os.chmod, folder, 0o755)
        return os.path.join(folder, 'v.db')

    def expected(self, fixture):
        facts = next(f for f in support.fixtures() if f['file'] == fixture)
        table = next(support.vault_tables(facts))
        return {bytes.fromhex(k['key_hex']): (k['size'], k['sha256']) for k in table['keys']}

    def assert_readable(self, path, fixture, **options):
        expected = self.expected(fixture)
        folder = os.path.dirname(path)
        before = state_of(folder)
        rows = self.json('ls', path, program=self.program, **options)
        self.assertEqual({key_of(row): row['size'] for row in rows}, {k: v[0] for k, v in expected.items()})
        for key in sorted(expected)[::9]:
            value = self.kvault('cat', path, '--key-hex', key.hex(), program=self.program, **options)
            self.assertEqual(digest(value), expected[key][1])
        self.kvault('stat', path, program=self.program, **options)
        self.assertEqual(state_of(folder), before)

    def test_no_right_to_read(self):
        path = self.vault_in_folder('v010_media.db', 0o755)
        os.chmod(path, 0)
        for command in ('ls', 'stat'):
            self.kvault(command, path, program=self.program, status=IO, words=path, **as_nobody())
        self.kvault('put', path, 'key', program=self.program, status=IO, words=path, **as_nobody())

    def test_folder_that_cannot_be_written(self):
        for fixture in ('v010_media.db', 'hot/v010_hot_wal.db', 'foreign/v2_page_1024_autovacuum.db'):
            with self.subTest(fixture):
                path = self.vault_in_folder(fixture, 0o555)
                self.assert_readable(path, fixture, **as_nobody())
                for command in (['put', path, 'key'], ['rm', path, 'key'], ['mv', path, 'a', 'b']):
                    self.kvault(*command, program=self.program, status=IO, words=path, **as_nobody())
                self.assertTrue(self.json('stat', path, program=self.program, **as_nobody())[0].get('reason'))

    def test_folder_that_cannot_be_entered(self):
        path = self.vault_in_folder('v010_media.db', 0)
        self.kvault('ls', path, program=self.program, status=IO, words=path, **as_nobody())

    def test_new_where_nothing_can_be_written(self):
        folder = self.path('locked')
        os.mkdir(folder, 0o555)
        os.chmod(folder, 0o555)
        path = os.path.join(folder, 'new.db')
        self.kvault('new', path, program=self.program, status=IO, words=path, **as_nobody())
        self.assertEqual(os.listdir(folder), [])

    def in_mount(self, script, *args):
        """Run a shell script in a mount namespace of its own, with an empty tmpfs at $place."""
        place = self.path('mount')
        os.makedirs(place, exist_ok=True)
        mount = 'set -e; place=$1; shift; mount -t tmpfs -o size=40m tmpfs "$place"; '
        command = ['unshare', '-m', 'sh', '-c']
        try:
            probe = subprocess.run([*command, mount, 'sh', place], capture_output=True, check=False)
        except FileNotFoundError:
            self.skipTest('no unshare')
        if probe.returncode != 0:
            self.skipTest('no right to mount')
        return subprocess.run([*command, mount + script, 'sh', place, *args], capture_output=True,
                              timeout=support.TIMEOUT, check=False)

    def test_read_only_mount(self):
        for fixture in ('v010_media.db', 'hot/v010_hot_wal.db', 'v086_two_tables.db'):
            with self.subTest(fixture):
                path = self.fixture(fixture)
                vault = os.path.join(self.path('mount'), os.path.basename(path))
                done = self.in_mount('cp "$1"* "$place"; mount -o remount,ro "$place"; "$2" ls -0 "$3"; '
                                     'if "$2" put "$3" key </dev/null; then false; else test $? = 5; fi',
                                     path, KVAULT, vault)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout, b''.join(k + b'\0' for k in sorted(self.expected(fixture))))

    def test_put_on_a_full_disk_keeps_the_old_value(self):
        vault = self.new_vault()
        self.kvault('put', vault, 'key', input=b'old')
        done = self.in_mount('cp "$1" "$place/v"; head -c 60000000 /dev/zero | "$2" put "$place/v" key '
                             '|| echo "status $?"; "$2" cat "$place/v" key', vault, KVAULT)
        self.assertEqual(done.stdout, b'status 5\nold', done.stderr)
        self.assertIn(b'kvault: ', done.stderr)


class Locked(CliCase):
    def hold(self, path, statement):
        """Another process that has executed a statement and waits."""
        code = ('import sqlite3, sys\n'
                'c = sqlite3.connect(sys.argv[1], isolation_level=None)\n'
                'c.execute("SELECT count(*) FROM sqlite_master").fetchall()\n'
                'c.execute(sys.argv[2])\n'
                'print("held", flush=True)\nsys.stdin.read()\n')
        holder = subprocess.Popen(['python3', '-c', code, path, statement], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.communicate)
        self.assertEqual(holder.stdout.readline(), b'held\n')
        return holder

    def test_busy_is_reported_and_nothing_changes(self):
        for journal in ([], ['--rollback-journal']):
            with self.subTest(journal):
                path = self.path('busy%d.db' % len(journal))
                self.kvault('new', path, *journal)
                self.kvault('put', path, 'key', input=b'old')
                holder = self.hold(path, 'BEGIN IMMEDIATE')
                for command in (['put', path, 'key'], ['rm', path, 'key'], ['mv', path, 'key', 'new']):
                    self.kvault(*command, '--busy-timeout', '50', status=BUSY, words=path)
                self.assertEqual(self.kvault('cat', path, 'key'), b'old')
                holder.communicate()
                self.kvault('put', path, 'key', input=b'new')
                self.assertEqual(self.kvault('cat', path, 'key'), b'new')

    def test_viewing_an_exclusively_locked_file_is_busy(self):
        path = self.path('busy.db')
        self.kvault('new', path, '--rollback-journal')
        self.hold(path, 'BEGIN EXCLUSIVE')
        for command in ('ls', 'stat'):
            self.kvault(command, path, '--busy-timeout', '50', status=BUSY, words=path)

    def test_a_lock_that_goes_in_time_is_waited_for(self):
        path = self.new_vault()
        holder = self.hold(path, 'BEGIN IMMEDIATE')
        put = subprocess.Popen([KVAULT, 'put', path, 'key', '--busy-timeout', '60000'], stdin=subprocess.DEVNULL)
        with self.assertRaises(subprocess.TimeoutExpired):
            put.wait(0.3)
        holder.communicate()
        self.assertEqual(put.wait(support.TIMEOUT), DONE)
        self.assertEqual(self.keys(path), [b'key'])

    def test_viewing_beside_a_writer_of_a_log(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=b'old')
        self.hold(path, "INSERT INTO kv VALUES(x'31', x'32')")
        self.assertEqual(self.keys(path), [b'1', b'key'])


if __name__ == '__main__':
    support.main()
