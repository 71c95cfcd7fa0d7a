#!/usr/bin/env python3
"""Time, processor time and peak memory of commands, run in turns.

usage: measure.py ROUNDS NAME COMMAND [NAME COMMAND ...]

Each round runs each command once, so that a busy machine is unfair to all
alike. The least of a command's runs counts, as noise only ever adds; ratios are
to the first command. One more round samples memory, which slows what is
measured: the largest sum of the proportional set sizes of a command's
processes. "files" are those that it left in @WORK@: runs that left fewer than
the best one failed and do not count, and a peer that always fails is seen.
"""
import os
import shlex
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


def start(command, work):
    return subprocess.Popen(shlex.split(command.replace("@WORK@", work)),
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, cwd=work,
                            start_new_session=True)


def timed(command):
    """Seconds, processor seconds, files written."""
    with tempfile.TemporaryDirectory() as work:
        begin = time.monotonic()
        p = start(command, work)
        _, status, use = os.wait4(p.pid, 0)
        seconds = time.monotonic() - begin
        p.returncode = os.waitstatus_to_exitcode(status)
        files = sum(len(f) for _, _, f in os.walk(work))
        return seconds, use.ru_utime + use.ru_stime, files


def peak_mib(command):
    with tempfile.TemporaryDirectory() as work:
        p = start(command, work)
        peak = 0
        while p.poll() is None:
            peak = max(peak, group_kib(p.pid))
            time.sleep(0.002)
        return peak / 1024


def main(args):
    rounds, pairs = int(args[0]), list(zip(args[1::2], args[2::2]))
    seen = {name: [] for name, _ in pairs}
    for _ in range(rounds):
        for name, command in pairs:
            seen[name].append(timed(command))
    print("%-10s %8s %6s %8s %6s %8s %6s %6s" %
          ("", "seconds", "ratio", "cpu", "ratio", "MiB", "ratio", "files"))
    base = None
    for name, command in pairs:
        most = max(run[2] for run in seen[name])
        seconds, cpu, _ = zip(*(r for r in seen[name] if r[2] == most))
        row = (min(seconds), min(cpu), peak_mib(command))
        base = base or [max(x, 0.001) for x in row]
        cells = ["%8.*f %6.2f" % (1 if i == 2 else 3, x, x / base[i])
                 for i, x in enumerate(row)]
        print("%-10s %s %6d" % (name, " ".join(cells), most))


if __name__ == "__main__":
    if len(sys.argv) < 4 or len(sys.argv) % 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
