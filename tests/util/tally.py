#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Add up what `meson test` left in build folders: tally.py FOLDER…

Prints the failures by name and then, as the last line, "N passed, M failed" (", K skipped" if
any). A test that speaks TAP counts once for each of its cases, and once more as failed if it
ended badly without naming a failed case: a crash, a time-out, a leak. Exit status 1 if any
failed or if nothing ran.
"""
import json
import pathlib
import re
import sys

CASE = re.compile(r"^(not )?ok\b[^#\n]*(#\s*(?:SKIP|TODO)\b)?", re.MULTILINE | re.IGNORECASE)
GOOD = {"OK", "EXPECTEDFAIL"}


def count(test):
    """(passed, failed, skipped) of one line of testlog.json."""
    if test["result"] == "SKIP":
        return 0, 0, 1
    cases = CASE.findall(test.get("stdout") or "")
    passed = sum(1 for bad, skip in cases if not bad and not skip)
    failed = sum(1 for bad, skip in cases if bad and not skip)
    skipped = sum(1 for bad, skip in cases if skip)
    if test["result"] not in GOOD:
        return passed, max(failed, 1), skipped
    return (passed, failed, skipped) if passed or skipped else (1, 0, 0)


def main(folders):
    total = [0, 0, 0]
    for folder in folders:
        log = pathlib.Path(folder, "meson-logs", "testlog.json")
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        for line in lines:
            test = json.loads(line)
            numbers = count(test)
            total = [a + b for a, b in zip(total, numbers)]
            if numbers[1]:
                print("failed in %s: %s (%s)" % (folder, test["name"], test["result"].lower()))
    skipped = ", %d skipped" % total[2] if total[2] else ""
    print("%d passed, %d failed%s" % (total[0], total[1], skipped))
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
