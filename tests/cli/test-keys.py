# SPDX-License-Identifier: MIT
"""Keys are bytes: exact in the data, harmless in lists and on terminals."""
import os
import pty
import subprocess

import support
from support import DONE, KVAULT, NOT_FOUND, USAGE, CliCase, key_of

ODD_KEYS = [
    b'', b'\n', b'a\nb', b'\t', b'\r', b'\x1b[31mred\x1b[0m', b'\x1b]0;title\x07', b'\x7f', b'\xc2\x9b31m',
    b'\\', b'a\\nb', b'\xff', b'\xfe\xff', b'a\x00b', b'\x00', b'\xc3\x28', b'\xed\xa0\x80', b'\xf4\x90\x80\x80',
    b'\xe0\x80\x80', b'\xc0\x80', 'ünï'.encode(), '漢字'.encode(), '🎞'.encode(), 'a\u202etxt.exe'.encode(),
    '\u2066x\u2069'.encode(), '\u200fعربي'.encode(), '\u2028'.encode(), b'-l', b'--help', b'"quoted"', b"it's",
    b'\xe6\xbc', b'k' * 4096, bytes(range(256)),
]


class Keys(CliCase):
    def vault_of_keys(self, keys):
        path = self.new_vault()
        for key in keys:
            self.kvault('put', path, '--key-hex', key.hex(), input=key[::-1])
        return path

    def test_odd_keys_are_exact(self):
        path = self.vault_of_keys(ODD_KEYS)
        self.assertEqual(self.keys(path), sorted(ODD_KEYS))
        self.assertEqual(self.kvault('ls', '--null', path), b''.join(k + b'\0' for k in sorted(ODD_KEYS)))
        for key in ODD_KEYS:
            self.assertEqual(self.kvault('cat', path, '--key-hex', key.hex()), key[::-1])
            row, = self.json('stat', path, '--key-hex', key.hex())
            self.assertEqual((key_of(row), row['size']), (key, len(key)))
        self.assertEqual(self.keys(path, '--reverse'), sorted(ODD_KEYS, reverse=True))

    def test_json_names_keys_as_text_only_where_they_are(self):
        rows = self.json('ls', self.vault_of_keys(ODD_KEYS))
        for row in rows:
            key = key_of(row)
            try:
                key.decode('utf-8')
                self.assertIn('key', row)
                self.assertNotIn('key_hex', row)
            except UnicodeDecodeError:
                self.assertIn('key_hex', row)
                self.assertNotIn('key', row)

    def test_no_output_harms_a_terminal(self):
        path = self.vault_of_keys(ODD_KEYS)
        outputs = [self.kvault('ls', path), self.kvault('ls', '--long', path), self.kvault('ls', '--json', path)]
        for output in outputs:
            self.assertEqual(output.count(b'\n'), len(ODD_KEYS))
        for key in ODD_KEYS:
            outputs.append(self.kvault('stat', path, '--key-hex', key.hex()))
            outputs.append(self.run_kvault('cat', path, '--key-hex', (key + b'absent').hex()).stderr)
        for output in outputs:
            self.assert_harmless(output)
        self.assert_harmless(self.run_kvault('ls', '/nothing\x1b[31m\u202e').stderr)
        self.assert_harmless(self.run_kvault('l\x1b[31ms').stderr)
        self.assert_harmless(self.run_kvault('ls', '--\x1b[31m').stderr)

    def assert_harmless(self, output):
        for char in output.decode('utf-8'):
            code = ord(char)
            self.assertFalse((code < 0x20 and char != '\n') or 0x7f <= code < 0xa0
                             or 0x202a <= code <= 0x202e or 0x2066 <= code <= 0x2069
                             or code in (0x200e, 0x200f, 0x2028, 0x2029), output)

    def test_a_terminal_and_a_pipe_show_the_same(self):
        path = self.vault_of_keys(ODD_KEYS)
        for args in (['ls', path], ['ls', '--long', path]):
            self.assertEqual(on_terminal(args).replace(b'\r\n', b'\n'), self.kvault(*args))

    def test_a_million_bytes_of_key(self):
        path = self.new_vault()
        key = os.urandom(1000000)
        with open(self.path('key'), 'wb') as file:
            file.write(key)
        self.kvault('put', path, '--key-file', self.path('key'), input=b'value')
        self.kvault('put', path, 'other', input=b'2')
        self.assertEqual(sorted(self.keys(path)), sorted([key, b'other']))
        self.assertEqual(self.kvault('cat', path, '--key-file', self.path('key')), b'value')
        with open(self.path('key'), 'ab') as file:
            file.write(b'x')
        done = self.run_kvault('cat', path, '--key-file', self.path('key'))
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertLess(len(done.stderr), 2000)
        self.assertIn(b'1000001 bytes', done.stderr)
        self.kvault('mv', path, '--key-hex', b'other'.hex(), '--key-file', self.path('key'))
        self.assertEqual(self.kvault('cat', path, '--key-file', self.path('key')), b'2')
        self.kvault('rm', path, '--prefix-hex', key[:2].hex(), '--yes')
        self.assertEqual(self.keys(path), [])

    def test_prefixes(self):
        keys = [b'', b'a', b'a/', b'a/1', b'a/2', b'a0', b'b', b'\xff', b'\xff\xff', b'\xff\xff\x01']
        path = self.vault_of_keys(keys)
        for prefix in (b'a', b'a/', b'', b'\xff', b'\xff\xff', b'c', b'a/1'):
            expected = sorted(key for key in keys if key.startswith(prefix))
            self.assertEqual(self.keys(path, '--prefix-hex', prefix.hex()), expected)
            self.assertEqual(self.keys(path, '--prefix-hex', prefix.hex(), '-r'), expected[::-1])
            self.assertEqual(self.keys(path, '--prefix-hex', prefix.hex(), '-s', 'size'),
                             sorted(expected, key=lambda key: (len(key), key)))
        self.assertEqual(self.keys(path, '--prefix', 'a/'), [b'a/', b'a/1', b'a/2'])

    def test_orders_and_limits(self):
        path = self.new_vault()
        sizes = {b'a': 3, b'b': 1, b'c': 2, b'd': 1, b'e': 0, b'': 1}
        for key, size in sizes.items():
            self.kvault('put', path, '--key-hex', key.hex(), input=b'x' * size)
        up = [b'e', b'', b'b', b'd', b'c', b'a']
        self.assertEqual(self.keys(path, '--sort', 'size'), up)
        self.assertEqual(self.keys(path, '--sort', 'size', '--reverse'), up[::-1])
        for limit in (0, 1, 2, 5, 6, 7):
            self.assertEqual(self.keys(path, '-n', str(limit)), sorted(sizes)[:limit])
            self.assertEqual(self.keys(path, '-n', str(limit), '-s', 'size'), up[:limit])
            self.assertEqual(self.keys(path, '-n', str(limit), '-s', 'size', '-r'), up[::-1][:limit])

    def test_a_limit_by_size_over_many_keys(self):
        path = self.new_vault()
        support.sql(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
                          "INSERT INTO kv SELECT CAST(printf('%05d', i) AS BLOB), zeroblob(i * 7919 % 30011) FROM n")
        order = sorted(range(1, 30001), key=lambda i: (i * 7919 % 30011, i))
        self.assertEqual(self.keys(path, '-s', 'size', '-n', '20'), [b'%05d' % i for i in order[:20]])
        self.assertEqual(self.keys(path, '-s', 'size', '-n', '20', '-r'), [b'%05d' % i for i in order[:-21:-1]])
        self.assertEqual(self.keys(path, '-s', 'size'), [b'%05d' % i for i in order])


def on_terminal(args, answer=None):
    """What the program writes when all three streams are one terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen([KVAULT, *args], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b''
    try:
        while True:
            seen += os.read(master, 65536)
            if answer is not None and seen.endswith(b'[y/N] '):
                os.write(master, answer)
                answer = None
    except OSError:
        pass  # the other side is closed
    os.close(master)
    process.wait(support.TIMEOUT)
    return seen


class Terminal(CliCase):
    def test_deleting_by_prefix_asks(self):
        path = self.new_vault()
        for key in ('a/1', 'a/2', 'b'):
            self.kvault('put', path, key, input=b'12345')
        for answer, left in ((b'n\n', [b'a/1', b'a/2', b'b']), (b'\n', [b'a/1', b'a/2', b'b']), (b'y\n', [b'b'])):
            seen = on_terminal(['rm', path, '--prefix', 'a/'], answer)
            self.assertIn(b'delete 2 keys (10 bytes)', seen)
            self.assertEqual(self.keys(path), left)

    def test_deleting_by_prefix_refuses_without_a_terminal(self):
        path = self.new_vault()
        self.kvault('put', path, 'a', input=b'1')
        self.kvault('rm', path, '--prefix', 'a', status=USAGE, words='--yes')
        self.kvault('rm', path, '--prefix', 'a', input=b'y\n', status=USAGE, words='--yes')
        self.assertEqual(self.keys(path), [b'a'])
        self.kvault('rm', path, '--prefix', 'a', '--yes', status=DONE)
        self.kvault('rm', path, '--prefix', 'a', '--yes', status=NOT_FOUND, words='"a"')


if __name__ == '__main__':
    support.main()
