#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The first rows of ten million keys beside those of a thousand: window-10m-keys.py COFFER MANY FEW

Runs inside a headless session. Coffer is started on both files in turn; the time is from starting the process to the
first sight of the picture whose rows stay, looked at every 20 ms or so: later changes of a few words, as of the number of
keys while they are counted, are left out.

Memory is counted twice, and both have to do. Once all is still: what the process and its children hold, pages that others
have too counted in shares (PSS); by then every key is known, and the sizes of all values, which are gathered behind the
rows, have been, anew in each run, since what is kept of the run before is thrown away. And the most that they held at any time
until then (VmHWM), of which only the difference between the two files means something. Neither counts the system's cache
of files: Coffer has the prints of many keys, four bytes each, in a file without a name.

Exit status 1 where many take over 1.2 times as long as few, or 60 MB more.
"""
import statistics
import sys

from programs import Watch, forget_sizes, medians, show, start, tidy

ROUNDS = 3
TIMES_BUDGET = 1.2
MORE_MIB_BUDGET = 60 * 1e6 / 2 ** 20


def main(coffer, many, few):
    watch = Watch()
    runs = {many: [], few: []}
    for number in range(ROUNDS + 1):
        for vault, figures in runs.items():
            tidy(vault)
            forget_sizes()
            seen = start(watch, [coffer, vault])
            if number > 0:      # once for the caches
                figures.append(seen)
    show("coffer, 10,000,000 keys", medians(runs[many]))
    show("coffer, 1,000 keys", medians(runs[few]))
    times = statistics.median(ours[1] / theirs[1] for ours, theirs in zip(runs[many], runs[few]))
    more, more_at_most = (medians(runs[many])[n] - medians(runs[few])[n] for n in (3, 4))
    good = times <= TIMES_BUDGET and max(more, more_at_most) <= MORE_MIB_BUDGET
    print(f"{times:.2f} x the time to the rows, budget {TIMES_BUDGET}; {more:+.0f} MiB in the end, {more_at_most:+.0f} at most, "
          f"budget {MORE_MIB_BUDGET:+.0f}: {'met' if good else 'NOT MET'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
