#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The first rows of ten million keys beside those of a thousand: window-10m-keys.py COFFER MANY FEW

Runs inside a headless session. Coffer is started on both files in turn; the time is from starting the process to the
first sight of the picture whose rows stay, looked at every 20 ms or so: later changes of a few words, as of the number of
keys while they are counted, are left out. Memory is what the process holds once all is still (PSS), hence with all ten
million keys known. Exit status 1 where many take over 1.2 times as long as few, or 60 MB more.
"""
import statistics
import sys

from programs import Watch, medians, show, start, tidy

ROUNDS = 3
TIMES_BUDGET = 1.2
MORE_MIB_BUDGET = 60 * 1e6 / 2 ** 20


def main(coffer, many, few):
    watch = Watch()
    runs = {many: [], few: []}
    for number in range(ROUNDS + 1):
        for vault, figures in runs.items():
            tidy(vault)
            seen = start(watch, [coffer, vault])
            if number > 0:      # once for the caches
                figures.append(seen)
    show("coffer, 10,000,000 keys", medians(runs[many]))
    show("coffer, 1,000 keys", medians(runs[few]))
    times = statistics.median(ours[1] / theirs[1] for ours, theirs in zip(runs[many], runs[few]))
    more = medians(runs[many])[3] - medians(runs[few])[3]
    good = times <= TIMES_BUDGET and more <= MORE_MIB_BUDGET
    print(f"{times:.2f} x the time to the rows, budget {TIMES_BUDGET}; {more:+.0f} MiB, budget {MORE_MIB_BUDGET:+.0f}: "
          f"{'met' if good else 'NOT MET'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
