# SPDX-License-Identifier: MIT
"""Words, help, statuses, ranges, and what happens when output cannot be written."""
import os
import re
import signal
import subprocess

import support
from support import DONE, IO, KVAULT, NOT_FOUND, USAGE, CliCase, key_of

COMMANDS = ('new', 'ls', 'cat', 'put', 'rm', 'mv', 'stat', 'import', 'export', 'check', 'compact', 'reclaim', 'checkpoint',
            'backup', 'convert')


class Usage(CliCase):
    def test_help(self):
        overview = self.kvault('--help')
        self.assertEqual(self.kvault('-h'), overview)
        for name in COMMANDS:
            self.assertIn(('\n  %-10s  ' % name).encode(), overview)
            help_text = self.kvault(name, '--help')
            self.assertTrue(help_text.startswith(b'Usage: kvault ' + name.encode()), help_text)
            self.assertLessEqual(max(len(line) for line in help_text.decode().splitlines()), 100)
            self.assertEqual(self.kvault(name, 'nothing.db', '-h'), help_text)

    def options_of(self, name):
        """The long options a command's help has, in its own column or behind a letter."""
        help_text = self.kvault(name, '--help').decode()
        return sorted(set(re.findall(r'^  (?:-., |    )(--[a-z][a-z-]*)', help_text, re.MULTILINE)))

    def test_the_overview_names_every_command(self):
        names = re.findall(r'^  ([a-z]+) ', self.kvault('--help').decode(), re.MULTILINE)
        self.assertEqual(names, list(COMMANDS))

    def test_the_manual_has_every_command_and_option(self):
        with open(os.path.join(support.DATA, '..', '..', 'src', 'cli', 'kvault.1'), encoding='utf-8') as file:
            manual = file.read().replace('\\-', '-')
        common = manual[manual.index('\n.SH OPTIONS\n'):manual.index('\n.SH OUTPUT\n')]
        commands = manual[manual.index('\n.SH COMMANDS\n'):manual.index('\n.SH OPTIONS\n')]
        sections = dict(re.findall(r'^\.TP\n\.B ([a-z]+)\n(.*?)(?=^\.TP\n\.B [a-z]+\n|\Z)', commands, re.MULTILINE | re.DOTALL))
        self.assertEqual(list(sections), list(COMMANDS))
        for name in COMMANDS:
            self.assertIn('.B kvault ' + name, manual)
            for option in self.options_of(name):
                self.assertRegex(sections[name] + common, option + r'\b', name)
            for option in re.findall(r'^\.BI? ?"?(?:R -., ", " )?(--[a-z][a-z-]*)', sections[name], re.MULTILINE):
                self.assertIn(option, self.options_of(name))

    def complete(self, *words):
        script = os.path.join(support.DATA, '..', '..', 'src', 'cli', 'kvault.bash')
        code = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kvault; '
                'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(['bash', '-c', code, 'bash', script, KVAULT, *words], stdout=subprocess.PIPE,
                              timeout=support.TIMEOUT, check=True)
        return done.stdout.decode().split()

    def test_completion(self):
        self.assertEqual(sorted(self.complete('')), sorted([*COMMANDS, '--help', '--version']))
        for name in COMMANDS:
            self.assertEqual([word for word in self.complete(name, 'v', '--') if word != '--'], self.options_of(name))
        for words, expected in ((['l'], ['ls']), (['--v'], ['--version']), (['ls', 'x.db', '--re'], ['--reverse']), (['cat', 'v'], []),
                                (['import', 'v', '--on-conflict', 're'], ['replace', 'rename']), (['ls', '--sort', ''], ['key', 'size']),
                                (['ls', '-s', 's'], ['size']), (['compact', '--way', ''], ['swap', 'steps', 'in-place']),
                                (['checkpoint', 'v', '--mode', ''], ['passive', 'full', 'restart', 'truncate'])):
            self.assertEqual(self.complete(*words), expected)
            if words[-2:-1] and words[-1] == '':   # the words that are offered are those that are taken
                for word in expected:
                    done = self.run_kvault(words[0], 'absent.db', words[-2], word)
                    self.assertEqual(done.returncode, NOT_FOUND, done.stderr)

    def test_version(self):
        self.assertRegex(self.kvault('--version'), rb'^kvault [0-9]+\.[0-9]+\.[0-9]+\n$')

    def test_bad_words(self):
        path = self.fixture('v010_media.db')
        for args in ([], ['frobnicate'], ['ls'], ['ls', path, 'extra'], ['cat', path], ['cat', path, 'a', 'b'],
                     ['put', path], ['put', path, 'a', 'b', 'c'], ['rm', path], ['mv', path, 'a'], ['stat'],
                     ['stat', path, 'a', 'b'], ['new'], ['ls', path, '--frob'], ['ls', path, '-x'],
                     ['ls', path, '-lx'], ['ls', path, '--limit'], ['ls', path, '--limit', '-1'],
                     ['ls', path, '--limit', '1k'], ['ls', path, '--limit', ''], ['ls', path, '--sort', 'date'],
                     ['ls', path, '--limit', '99999999999999999999'], ['ls', path, '--json', '--null'],
                     ['ls', path, '--long', '--null'], ['cat', path, 'k', '--json'], ['cat', path, '--key-hex', 'abc'],
                     ['cat', path, '--key-hex', 'zz'], ['cat', path, 'a', '--key-hex', '61'],
                     ['put', path, '--key-hex', '61', '--key-hex', '62'], ['rm', path, 'a', '--prefix', 'b'], ['mv', path, '--prefix', 'a'],
                     ['mv', path, '--prefix', 'a', 'b', 'c'], ['import', path], ['export', path], ['ls', path, '--dry-run'],
                     ['check'], ['check', path, 'key'], ['check', path, '-t', 'kv'], ['compact', path, '--way', 'best'],
                     ['compact', path, '--way', 'steps', '--page-maps'], ['compact', path, '--into', 'x', '--way', 'swap'],
                     ['compact', path, '--into', 'x', '--page-maps'], ['compact', path, '--into'], ['reclaim', path, '--pages', '0'],
                     ['reclaim', path, '--pages', '-1'], ['checkpoint', path, '--mode', 'Full'], ['checkpoint', path, '--mode', ''],
                     ['cat', path, 'k', '--offset', '0x10'], ['ls', path, '--busy-timeout', '3600001'],
                     ['cat', path, '--key-file', self.path('absent')]):
            with self.subTest(args):
                done = self.run_kvault(*args)
                self.assertEqual(done.returncode, USAGE, done.stderr)
                self.assertEqual(done.stdout, b'')
                self.assertEqual(done.stderr.count(b'\n'), 1, done.stderr)

    def test_options_stand_anywhere_and_end(self):
        path = self.new_vault()
        for words in (['put', '-q', path, '--', '-l'], ['put', '--', path, '--json'], ['put', path, '-t', 'kv', '--', '--']):
            self.kvault(*words, input=b'1')
        self.assertEqual(self.keys(path), [b'--', b'--json', b'-l'])
        self.kvault('rm', path, '--', '--', '-l', '--json')
        self.assertEqual(self.keys('--json', path), [])

    def test_key_options_keep_their_place(self):
        path = self.new_vault()
        with open(self.path('value'), 'wb') as file:
            file.write(b'1')
        self.kvault('put', path, '--key-hex', '61', self.path('value'))
        self.kvault('put', path, self.path('value'), '--key-hex', '62')
        self.kvault('mv', path, 'a', '--key-hex', '63')
        self.kvault('mv', path, '--key-hex', '62', 'd')
        self.assertEqual(self.keys(path), [b'c', b'd'])
        self.assertEqual(self.kvault('cat', '--key-hex', '63', path), b'1')
        self.kvault('put', path, '', input=b'empty')
        self.assertEqual(self.kvault('cat', path, '--key-hex', ''), b'empty')

    def test_ranges(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=b'0123456789')
        for args, expected in ((['--offset', '3'], b'3456789'), (['--length', '4'], b'0123'),
                               (['--offset', '3', '--length', '4'], b'3456'), (['--offset', '10'], b''),
                               (['--length', '0'], b''), (['--offset', '8', '--length', '99'], b'89'),
                               (['--length', '18446744073709551614'], b'0123456789')):
            self.assertEqual(self.kvault('cat', path, 'key', *args), expected)
        self.kvault('cat', path, 'key', '--offset', '11', status=USAGE, words='10 bytes')
        self.kvault('cat', path, 'absent', status=NOT_FOUND, words=['"absent"', path])
        self.kvault('stat', path, 'absent', status=NOT_FOUND, words=['"absent"', path])

    def test_long_lists(self):
        path = self.fixture('v086_media_autopack.db')
        rows = self.json('ls', path)
        lines = self.kvault('ls', '-l', path).decode('utf-8').splitlines()
        self.assertEqual(len(lines), len(rows))
        for line, row in zip(lines, rows):
            size, kind = line.split()[:2]
            self.assertEqual((int(size), kind), (row['size'], row['type']))
        types = {key_of(row): row['type'] for row in rows}
        self.assertEqual(types[b'media/alpha.png'], 'image/png')
        encodings = {'json': 'application/json', 'cbor': 'application/cbor', 'text': 'text/plain'}
        for row in rows:
            if row.get('encoding') in encodings:
                self.assertEqual(row['type'], encodings[row['encoding']])


class Output(CliCase):
    def test_a_full_disk(self):
        path = self.fixture('v010_media.db')
        for args in (['ls', path], ['ls', path, '--json'], ['cat', path, 'img/anim.gif'], ['stat', path], ['--help']):
            with open('/dev/full', 'wb') as full:
                self.kvault(*args, stdout=full, status=IO, words='standard output: No space left')

    def test_a_reader_that_went_away(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=bytes(3000000))
        reader, writer = os.pipe()
        os.close(reader)
        for args in (['cat', path, 'key'], ['ls', path]):
            self.kvault(*args, stdout=writer, status=IO, words='standard output: Broken pipe')
        os.close(writer)

    def test_signals_end_reading(self):
        path = self.new_vault()
        self.kvault('put', path, 'key', input=bytes(3000000))
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            cat = subprocess.Popen([KVAULT, 'cat', path, 'key'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(cat.stdout.read(1), b'\0')  # it is at work
            cat.send_signal(number)
            self.assertEqual(cat.wait(support.TIMEOUT), status)
            self.assertEqual(cat.communicate()[1], b'')

    def test_an_ignored_signal_stays_ignored(self):
        path = self.new_vault()
        put = subprocess.Popen(['sh', '-c', 'trap "" INT; exec "$0" put "$1" key', KVAULT, path], stdin=subprocess.PIPE)
        put.stdin.write(b'v')
        put.stdin.flush()
        support.wait_for_reader(put.stdin)
        put.send_signal(signal.SIGINT)
        put.communicate(b'alue', timeout=support.TIMEOUT)
        self.assertEqual(put.returncode, DONE)

    def test_closed_streams(self):
        path = self.fixture('v010_media.db')
        before = support.state_of(self.folder)
        for closed, status in (('>&-', IO), ('<&- >&-', IO), ('<&- >&- 2>&-', IO), ('2>&-', DONE), ('<&-', DONE)):
            done = subprocess.run(['sh', '-c', f'exec "$0" ls "$1" {closed}', KVAULT, path], capture_output=True,
                                  timeout=support.TIMEOUT, check=False)
            self.assertEqual(done.returncode, status, closed)
            self.assert_same_state(before)


if __name__ == '__main__':
    support.main()
