# SPDX-License-Identifier: MIT
"""Everything KohakuVault wrote is listed and given back, and looking changes nothing."""
import os

import support
from support import DAMAGED, IO, NOT_FOUND, CliCase, digest, is_healthy, key_of, state_of, vault_tables


class Fixtures(CliCase):
    def each_healthy_table(self):
        for fixture in support.fixtures():
            if not is_healthy(fixture):
                continue
            path = self.fixture(fixture['file'])
            for table in vault_tables(fixture):
                with self.subTest(file=fixture['file'], table=table['name']):
                    yield fixture, path, table

    def test_there_are_healthy_fixtures(self):
        self.assertGreaterEqual(sum(map(is_healthy, support.fixtures())), 9)

    def test_lists_every_key_in_order_with_its_size(self):
        for _, path, table in self.each_healthy_table():
            rows = self.json('ls', path, '--table', table['name'])
            expected = sorted((bytes.fromhex(k['key_hex']), k['size']) for k in table['keys'])
            self.assertEqual([(key_of(row), row['size']) for row in rows], expected)
            self.assertEqual(len(rows), table['rows'])

    def test_lists_raw_keys_and_lines(self):
        for _, path, table in self.each_healthy_table():
            keys = sorted(bytes.fromhex(k['key_hex']) for k in table['keys'])
            raw = self.kvault('ls', '-0', '-t', table['name'], path)
            self.assertEqual(raw, b''.join(key + b'\0' for key in keys))
            lines = self.kvault('ls', '-t', table['name'], path)
            self.assertEqual(lines.count(b'\n'), len(keys))
            self.assertEqual(lines, b''.join(unsafe_escaped(key) + b'\n' for key in keys))

    def test_gives_back_every_value(self):
        for _, path, table in self.each_healthy_table():
            for key in table['keys']:
                value = self.kvault('cat', path, '-t', table['name'], '--key-hex', key['key_hex'])
                self.assertEqual((len(value), digest(value)), (key['size'], key['sha256']))

    def test_tells_the_encoding_of_every_value(self):
        for fixture, path, table in self.each_healthy_table():
            if not fixture['file'].startswith('v086'):
                continue
            for key in table['keys']:
                row, = self.json('stat', path, '-t', table['name'], '--key-hex', key['key_hex'])
                self.assertEqual(row['size'], key['size'])
                encoding = {'utf8': 'text'}.get(key.get('encoding'), key.get('encoding'))
                self.assertEqual(row['header'], encoding is not None, key)
                self.assertEqual(row['encoding'], encoding or 'raw', key)

    def test_counts_keys_and_bytes(self):
        for fixture, path, table in self.each_healthy_table():
            facts, = self.json('stat', path, '--table', table['name'])
            counted, = facts['tables']
            self.assertEqual(counted['keys'], table['rows'])
            self.assertNotIn('bytes', counted)
            facts, = self.json('stat', path, '--long', '--table', table['name'])
            counted, = facts['tables']
            self.assertEqual(counted['name'], table['name'])
            self.assertEqual(counted['keys'], table['rows'])
            self.assertEqual(counted['bytes'], sum(key['size'] for key in table['keys']))
            self.assertEqual(counted['unreadable'], 0)
            self.assertEqual(counted['kind'], 'v1' if 'size' in table['columns'] else 'v2')
            self.assertEqual(facts['page_size'], fixture['page_size'])
            self.assertEqual(facts['journal'], fixture['journal_mode'])
            self.assertEqual(facts['auto_vacuum'], fixture['auto_vacuum'])

    def test_names_every_table_and_section(self):
        facts, = self.json('stat', self.fixture('v086_all_vaults.db'))
        self.assertEqual([table['name'] for table in facts['tables']], ['kv'])
        kinds = {section['kind']: section['count'] for section in facts['sections']}
        self.assertEqual(kinds, {'columns': 7, 'chunks': 10, 'text': 20, 'text-values': 20, 'vectors': 20, 'vector-values': 20})
        facts, = self.json('stat', self.fixture('v010_two_tables.db'))
        self.assertEqual([table['name'] for table in facts['tables']], ['originals', 'thumbs'])

    def test_values_of_indexes_are_read_by_their_ids(self):
        path = self.fixture('v086_all_vaults.db')
        before = state_of(self.folder)
        table = ['--table', 'docs_values']
        ids = [str(i).encode() for i in range(1, 21)]
        self.assertEqual(self.kvault('ls', path, *table).splitlines(), ids)
        self.assertEqual(self.kvault('ls', path, *table, '--reverse', '--limit', '2').splitlines(), [b'20', b'19'])
        row = self.json('ls', path, *table, '--limit', '2')[1]
        self.assertEqual((row['key'], row['key_class'], row['encoding']), ('2', 'integer', 'msgpack'))
        self.assertEqual(self.kvault('cat', path, *table, '1'), b'raw value')
        facts, = self.json('stat', path, *table, '2')
        self.assertEqual((facts['size'], facts['type'], facts['data_offset']), (15, 'application/vnd.msgpack', 10))
        self.kvault('cat', path, *table, '01', status=NOT_FOUND, words='01')
        facts, = self.json('stat', path, *table)
        section, = facts['sections']
        self.assertEqual((section['name'], section['readable'], section['writable']), ('docs_values', True, False))
        self.assertEqual(self.kvault('cat', path, '-t', 'vecs_values', '20'), b'doc 19')
        self.assertEqual(len(self.kvault('cat', path, '-t', 'col_chunks', '1')), 131072)
        self.assert_same_state(before)
        self.kvault('export', path, self.path('out'), *table)
        self.assertEqual(sorted(os.listdir(self.path('out'))), sorted(name.decode() for name in ids))
        with open(self.path('out/1'), 'rb') as file:
            self.assertEqual(file.read(), b'raw value')

    def test_values_of_indexes_are_not_written(self):
        path = self.fixture('v086_all_vaults.db')
        before = self.json('ls', path, '-t', 'docs_values', '--long')
        for command in (['put', path, '1'], ['rm', path, '1'], ['mv', path, '1', '21'], ['rm', path, '--prefix', '', '--yes'],
                        ['import', path, __file__]):
            with self.subTest(command[0]):
                self.kvault(*command, '-t', 'docs_values', status=IO, words='a text index refers to its rows')
        for options in ([], ['--dry-run']):
            self.kvault('convert', path, '-t', 'docs_values', *options, status=DAMAGED, words='no vault')
        self.assertEqual(self.json('ls', path, '-t', 'docs_values', '--long'), before)

    def test_looking_changes_nothing(self):
        for fixture in support.fixtures():
            if not is_healthy(fixture):
                continue
            path = self.fixture(fixture['file'])
            table = next(t for t in vault_tables(fixture))
            before = state_of(self.folder)
            commands = [['ls', path], ['ls', path, '--long'], ['ls', path, '--sort', 'size'],
                        ['stat', path], ['stat', path, '--json']]
            if table['keys']:
                key = ['--table', table['name'], '--key-hex', table['keys'][0]['key_hex']]
                commands += [['cat', path, *key], ['stat', path, *key]]
            for command in commands:
                with self.subTest(file=fixture['file'], command=command[0]):
                    self.kvault(*command)
                    self.assert_same_state(before)

    def test_values_keep_their_bytes_through_a_rewrite(self):
        path = self.fixture('v086_media_autopack.db')
        copy = self.new_vault()
        for row in self.json('ls', path):
            key = key_of(row).hex()
            value = self.kvault('cat', path, '--key-hex', key)
            self.kvault('put', copy, '--key-hex', key, input=value)
        self.assertEqual(self.json('ls', copy), self.json('ls', path))


def unsafe_escaped(key):
    """The escapes of kvault(1), once more in other words."""
    import unicodedata
    marks = set(range(0x2028, 0x202f)) | set(range(0x2066, 0x206a)) | {0x61c, 0x200e, 0x200f}
    named = {'\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\'}
    out = ''
    for char in key.decode('utf-8', 'surrogateescape'):
        code = ord(char)
        if char in named:
            out += named[char]
        elif 0xdc80 <= code <= 0xdcff:
            out += '\\x%02X' % (code - 0xdc00)
        elif code < 0x80 and unicodedata.category(char) == 'Cc':
            out += '\\x%02X' % code
        elif unicodedata.category(char) == 'Cc' or code in marks:
            out += '\\u{%X}' % code
        else:
            out += char
    return out.encode('utf-8')


if __name__ == '__main__':
    support.main()
