#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Add up what `meson test` left in build folders: tally.py FOLDER…, or tally.py --again FOLDER

With --again, prints the names of the tests to run once more, with --logbase again, if few failed: those of the desktop, and those
that only waited too long. What passes then counts as passed and is named. What gave a wrong answer, crashed or was found at
fault by a sanitizer stays failed.

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
FEW = 3   # more have one cause, and it is no accident


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


def read(folder, base):
    log = pathlib.Path(folder, "meson-logs", base + ".json")
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [json.loads(line) for line in lines]


def waited_in_vain(test):
    """Whether a test failed in nothing but waiting, which a machine with other work may be the reason of."""
    said = (test.get("stdout") or "") + (test.get("stderr") or "")
    if "Sanitizer" in said or count(test)[1] > 1:
        return False
    return test["result"] == "TIMEOUT" or "waited in vain for" in said


def print_again(folder):
    failed = [test for test in read(folder, "testlog") if count(test)[1]]
    if len(failed) > FEW:
        return
    for test in failed:
        if test["name"].startswith("coffer:desktop / ") or waited_in_vain(test):
            print(test["name"].rpartition(" / ")[2])


def main(folders):
    total = [0, 0, 0]
    for folder in folders:
        again = {test["name"]: test for test in read(folder, "again")}
        for test in read(folder, "testlog"):
            if count(test)[1] and test["name"] in again and not count(again[test["name"]])[1]:
                print("failed in %s, and passed when it ran again: %s" % (folder, test["name"]))
                test = again[test["name"]]
            numbers = count(test)
            total = [a + b for a, b in zip(total, numbers)]
            if numbers[1]:
                print("failed in %s: %s (%s)" % (folder, test["name"], test["result"].lower()))
    skipped = ", %d skipped" % total[2] if total[2] else ""
    print("%d passed, %d failed%s" % (total[0], total[1], skipped))
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    if sys.argv[1] == "--again":
        print_again(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
