#!/usr/bin/env python3
"""Time and peak memory of commands, run in turns.

usage: measure.py ROUNDS NAME COMMAND [NAME COMMAND ...]

Each round runs each command once, so that a busy machine is unfair to all
alike. The median counts; ratios are to the first command. Memory is the largest
sum of the proportional set sizes of a command's processes, sampled.
"""
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time


def group_kib(group):
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getpgid(int(pid)) != group:
                continue
            with open("/proc/%s/smaps_rollup" % pid) as f:
                for line in f:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        except (OSError, ValueError):
            pass  # it has just ended
    return total


def run(command):
    with tempfile.TemporaryDirectory() as work:
        start = time.monotonic()
        p = subprocess.Popen(shlex.split(command.replace("@WORK@", work)),
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)
        peak = 0
        while p.poll() is None:
            peak = max(peak, group_kib(p.pid))
            time.sleep(0.01)
        return time.monotonic() - start, peak / 1024


def main(args):
    rounds, pairs = int(args[0]), list(zip(args[1::2], args[2::2]))
    seen = {name: [] for name, _ in pairs}
    for _ in range(rounds):
        for name, command in pairs:
            seen[name].append(run(command))
    print("%-12s %9s %8s %9s %8s" % ("", "seconds", "ratio", "MiB", "ratio"))
    base = None
    for name, _ in pairs:
        seconds, mib = (statistics.median(v) for v in zip(*seen[name]))
        base = base or (seconds, max(mib, 0.1))
        print("%-12s %9.3f %8.2f %9.1f %8.2f" %
              (name, seconds, seconds / base[0], mib, mib / base[1]))


if __name__ == "__main__":
    if len(sys.argv) < 4 or len(sys.argv) % 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
