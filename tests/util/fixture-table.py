#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Turns fixtures.json into C: every key of every vault table in it, with size and sum."""
import json
import sys


def rows(fixtures):
    for fixture in fixtures:
        for table in fixture.get("tables", []):
            # other tables with a key and a value column are listed too, but are no vaults
            if table["name"] == "vecs_info" or fixture["file"] == "foreign/other_app.sqlite":
                continue
            for key in table.get("keys", []):
                if "sha256" in key:
                    yield fixture["file"], table["name"], key["key_hex"], key["size"], key["sha256"]


def main(source, target):
    with open(source, encoding="utf-8") as file:
        fixtures = json.load(file)
    with open(target, "w", encoding="ascii") as out:
        out.write('/* Made by fixture-table.py from fixtures.json. */\n#include "kvtest.h"\n\n')
        out.write("const KvFixtureKey kvtest_fixture_keys[] = {\n")
        for file, table, key, size, digest in rows(fixtures):
            out.write(f'  {{ "{file}", "{table}", "{key}", {size}, "{digest}" }},\n')
        out.write("};\n\nconst size_t kvtest_n_fixture_keys = KVTEST_N (kvtest_fixture_keys);\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
