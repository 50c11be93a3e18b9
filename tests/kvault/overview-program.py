#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Takes the program out of kvault.h's overview."""
import sys


def main(header, target):
    program = []
    with open(header, encoding="utf-8") as file:
        for line in file:
            if line.startswith(" *     #include"):
                program.append(line)
            elif program and (line.startswith(" *     ") or line.strip() == "*"):
                program.append(line)
                if line.rstrip() == " *     }":
                    break
    with open(target, "w", encoding="utf-8") as out:
        for line in program:
            out.write(line[7:] if len(line) > 7 else "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
