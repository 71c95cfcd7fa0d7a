#!/usr/bin/env python3
"""Measures the search for hidden functions on programs written for it.

Each program of dev/ and aside/ is one C file, clean or (-DHIDDEN) with a hidden
function. It is built for eight architectures by two compilers at three levels,
stripped, scanned and never run. A build is a hit at rank k if the k-th
hidden.candidate fact names the program's literal or number, or lies in the
function that holds the hidden code; the addresses of functions are read before
stripping. Columns of programs.tsv: name, kind, libs, flags, what, where, reach.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LEVELS = ("-O0", "-O2", "-Os")
SKIP = 77
BATCH = 25  # programs of one scan
ARCHS = {  # triplet, flags, clang's own flags
    "x86-64": ("x86_64-linux-gnu", [], []),
    "i386": ("i686-linux-gnu", [], []),
    "arm": ("arm-linux-gnueabihf", ["-marm"], []),
    "thumb": ("arm-linux-gnueabihf", ["-mthumb"], []),
    "aarch64": ("aarch64-linux-gnu", [], []),
    "mips": ("mips-linux-gnu", [], ["-march=mips32r2"]),
    "mipsel": ("mipsel-linux-gnu", [], ["-march=mips32r2"]),
    "powerpc": ("powerpc-linux-gnu", [], ["-msecure-plt"]),
}
CANDIDATE = re.compile(
    r'^(\S+) at=(0x[0-9a-f]+) function=(0x[0-9a-f]+) signal=(\S*) '
    r'trigger="(.*?)" reaches="(.*)"$', re.S)


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def digest(*parts):
    h = hashlib.sha256()
    for part in parts:
        h.update(part if isinstance(part, bytes) else str(part).encode())
        h.update(b"\0")
    return h.hexdigest()


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Elf:
    """Sections and symbols of an ELF file, just as much as is needed here."""

    def __init__(self, data):
        self.data = data
        self.wide = data[4] == 2
        self.end = ">" if data[5] == 2 else "<"
        if self.wide:
            at, = struct.unpack_from(self.end + "Q", data, 40)
            size, count = struct.unpack_from(self.end + "HH", data, 58)
        else:
            at, = struct.unpack_from(self.end + "I", data, 32)
            size, count = struct.unpack_from(self.end + "HH", data, 46)
        form = self.end + ("IIQQQQIIQQ" if self.wide else "10I")
        self.sections = [struct.unpack_from(form, data, at + i * size)
                         for i in range(count)]
        self.machine, = struct.unpack_from(self.end + "H", data, 18)

    def code_size(self):
        return sum(s[5] for s in self.sections if s[2] & 4 and s[1] != 8)

    def functions(self, wanted):
        """{name: [[address, size], ...]}, with the compiler's parts."""
        found = {}
        for s in self.sections:
            if s[1] != 2:
                continue
            strings = self.sections[s[6]][4]
            step = 24 if self.wide else 16
            for at in range(s[4], s[4] + s[5], step):
                if self.wide:
                    name, info, _, _, value, size = struct.unpack_from(
                        self.end + "IBBHQQ", self.data, at)
                else:
                    name, value, size, info = struct.unpack_from(
                        self.end + "IIIB", self.data, at)
                if info & 15 not in (2, 10):
                    continue
                start = strings + name
                text = self.data[start:self.data.index(b"\0", start)].decode()
                base = text.split(".", 1)[0]
                if base in wanted:
                    if self.machine == 40:
                        value &= ~1
                    found.setdefault(base, []).append([value, max(size, 1)])
        return found


class Program:
    def __init__(self, group, line):
        cells = line.rstrip("\n").split("\t")
        if len(cells) != 7:
            raise ValueError("programs.tsv: not seven columns: " + line)
        (self.name, self.kind, libs, flags, self.what, self.where,
         self.reach) = cells
        self.group = group
        self.libs = [] if libs == "-" else libs.split()
        self.flags = flags.split("+") if flags != "-" else []
        self.source = os.path.join(HERE, group, self.name + ".c")
        self.literals, self.numbers, self.functions = [], [], {self.where}
        for item in self.what.split("|"):
            form, _, value = item.partition(":")
            if form == "lit":
                self.literals.append(value)
            elif form == "imm":
                self.numbers.append(int(value, 0))
            elif form == "fn":
                self.functions.add(value)
            else:
                raise ValueError("programs.tsv: what is " + item)

    def file_name(self):
        return self.name + (".so" if "shared" in self.flags else "")


def programs(groups):
    found = []
    for group in groups:
        path = os.path.join(HERE, group, "programs.tsv")
        if not os.path.exists(path):
            say("no", path)
            continue
        with open(path, encoding="utf-8") as f:
            found += [Program(group, line) for line in f
                      if line.strip() and not line.startswith("#")]
    return found


class Target:
    def __init__(self, arch, compiler):
        self.arch, self.compiler = arch, compiler
        self.triplet, flags, clang = ARCHS[arch]
        self.native = arch == "x86-64"
        if compiler == "gcc":
            self.command = ["gcc" if self.native else self.triplet + "-gcc"]
            self.command += flags
        else:
            self.command = [compiler, "--target=" + self.triplet] + flags
            self.command += clang
        self.strip = "strip" if self.native else self.triplet + "-strip"
        self.stubs = None
        self.key = ""

    def label(self):
        return self.arch + "/" + self.compiler

    def probe(self, keep):
        """Whether it builds anything at all; makes the stub libraries."""
        if not shutil.which(self.command[0]) or not shutil.which(self.strip):
            return False
        version = subprocess.run([self.command[0], "--version"], check=False,
                                 capture_output=True).stdout
        self.key = digest(version, self.command)
        self.stubs = os.path.join(keep, "stubs", self.arch, self.compiler)
        os.makedirs(self.stubs, exist_ok=True)
        test = os.path.join(self.stubs, "probe")
        done = subprocess.run(
            self.command + ["-x", "c", "-", "-o", test], check=False,
            input=b"#include <stdio.h>\nint main(void){return puts(\"\");}\n",
            capture_output=True)
        if done.returncode != 0:
            return False
        stub = os.path.join(HERE, "stubs", "crypt.c")
        if os.path.exists(stub) and not self.native:
            for out in ("libcrypt.so", "libcrypt.a"):
                self.stub(stub, os.path.join(self.stubs, out))
        return True

    def stub(self, source, out):
        if out.endswith(".so"):
            subprocess.run(self.command + [
                "-O1", "-shared", "-fPIC", "-Wl,-soname,libcrypt.so.1",
                source, "-o", out], check=False, capture_output=True)
            return
        part = out + ".o"
        subprocess.run(self.command + ["-O1", "-c", source, "-o", part],
                       check=False, capture_output=True)
        subprocess.run(["ar", "rcs", out, part], check=False,
                       capture_output=True)


class Build:
    """One program, architecture, compiler, level; clean or hidden."""

    def __init__(self, program, target, level, variant):
        self.program, self.target = program, target
        self.level, self.variant = level, variant
        self.functions = {}
        self.alerts, self.rules, self.candidates = [], [], []
        self.rank = self.score = None

    def folder(self, keep):
        return os.path.join(keep, "bin", self.program.group, self.target.arch,
                            self.target.compiler, self.level[1:], self.variant)

    def command(self, out):
        p = self.program
        line = self.target.command + [self.level, "-w"]
        if self.variant == "hidden":
            line.append("-DHIDDEN")
        if "shared" in p.flags:
            line += ["-shared", "-fPIC"]
        if "static" in p.flags:
            line.append("-static")
        return (line + [p.source, "-o", out, "-L" + self.target.stubs]
                + p.libs)

    def make(self, keep):
        folder = self.folder(keep)
        os.makedirs(folder, exist_ok=True)
        out = os.path.join(folder, self.program.file_name())
        note = out.replace(os.path.join(keep, "bin"),
                           os.path.join(keep, "notes"), 1) + ".json"
        key = digest(read(self.program.source), self.target.key,
                     self.command(""), sorted(self.program.functions))
        if os.path.exists(note):
            with open(note, encoding="utf-8") as f:
                saved = json.load(f)
            if saved["key"] == key and os.path.exists(out):
                self.functions = saved["functions"]
                return True
        os.makedirs(os.path.dirname(note), exist_ok=True)
        twin = note + ".twin"
        done = subprocess.run(self.command(twin), capture_output=True,
                              check=False)
        if done.returncode != 0:
            if os.path.exists(out):
                os.unlink(out)
            with open(note + ".log", "wb") as f:
                f.write(done.stderr)
            return False
        self.functions = Elf(read(twin)).functions(self.program.functions)
        done = subprocess.run([self.target.strip, "--strip-all", "-o", out,
                               twin], capture_output=True, check=False)
        os.unlink(twin)
        if done.returncode != 0:
            return False
        with open(note, "w", encoding="utf-8") as f:
            json.dump({"key": key, "functions": self.functions}, f)
        return True

    def is_hit(self, candidate):
        _, at, function, _, trigger, _ = candidate
        for literal in self.program.literals:
            if literal in trigger:
                return True
            if len(trigger) >= 4 and trigger in literal:
                return True
        if re.fullmatch(r"0x[0-9a-f]+", trigger):
            if int(trigger, 16) in self.program.numbers:
                return True
        for places in self.functions.values():
            for address, size in places:
                if function == address or address <= at < address + size:
                    return True
        return False

    def judge(self):
        for i, candidate in enumerate(self.candidates):
            if self.is_hit(candidate):
                self.rank, self.score = i + 1, candidate[0]
                return


def scan(assay, folder, extra=()):
    """(result, processor seconds) of one scan."""
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "scan.json")
        with open(os.path.join(tmp, "err"), "wb") as err:
            child = subprocess.Popen(
                [assay, "scan", "-q", "-j", "1", "--format", "json=" + out,
                 *extra, folder], stdout=err, stderr=err)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1, 3) or not os.path.exists(out):
            with open(os.path.join(tmp, "err"), encoding="utf-8",
                      errors="replace") as f:
                raise RuntimeError(f"scan of {folder} failed: {f.read()}")
        with open(out, encoding="utf-8") as f:
            return json.load(f), usage.ru_utime + usage.ru_stime


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def candidates_of(obj):
    found = []
    for text in as_list(obj["facts"].get("hidden.candidate")):
        m = CANDIDATE.match(text)
        if m is None:
            raise RuntimeError("not the form of a candidate: " + text)
        found.append((float(m[1]), int(m[2], 16), int(m[3], 16), m[4], m[5],
                      m[6]))
    return found


def alerts_of(result):
    """{object id: [(kind, rule)]} for hidden/ findings at high or critical."""
    paths = {o["path"]: o["id"] for o in result["objects"]}
    found = {}
    for f in result["findings"]:
        if not f["kind"].startswith("hidden/"):
            if not (f["rule"] and f["kind"].startswith("hidden")):
                continue
        if f["severity"] not in ("high", "critical"):
            continue
        places = {f["object"]}
        for e in f["evidence"]:
            if e["offset"] is None and e["text"] in paths:
                places.add(paths[e["text"]])
        for place in places:
            found.setdefault(place, []).append((f["kind"], f["rule"]))
    return found


def scan_builds(assay, keep, builds):
    """Builds of one folder. An image of its own for clean and for hidden."""
    folder = builds[0].folder(keep)
    by_name = {b.program.file_name(): b for b in builds}
    result, seconds = scan(assay, folder)
    alerts = alerts_of(result)
    for obj in result["objects"]:
        build = by_name.get(os.path.basename(obj["path"]))
        if build is None or obj["kind"] != "file":
            continue
        build.candidates = candidates_of(obj)
        for kind, rule in alerts.get(obj["id"], []):
            (build.rules if rule else build.alerts).append(rule or kind)
        if build.variant == "hidden":
            build.judge()
    return seconds


def clean_folder(keep, builds):
    """What an earlier run left in a folder is not scanned with it."""
    names = {b.program.file_name() for b in builds}
    folder = builds[0].folder(keep)
    for name in os.listdir(folder):
        if name not in names:
            os.unlink(os.path.join(folder, name))


def line_of(name, builds):
    n = len(builds)
    count = (sum(b.rank == 1 for b in builds),
             sum(b.rank is not None and b.rank <= 5 for b in builds),
             sum(bool(b.alerts) for b in builds),
             sum(bool(b.alerts or b.rules) for b in builds))
    share = "  ".join(f"{100 * c / n:5.1f}%" for c in count) if n else ""
    return f"{name:<24} {n:5}  {share}", count


def group_by(builds, key):
    found = {}
    for b in builds:
        found.setdefault(key(b), []).append(b)
    return found


def cell(builds):
    """The worst of some builds: rank/score, ! if all of them alert."""
    if not builds:
        return "."
    missed = [b for b in builds if b.rank is None]
    if missed:
        return f"-{len(missed)}of{len(builds)}"
    worst = max(builds, key=lambda b: (b.rank, -b.score))
    return f"{worst.rank}/{worst.score:.0f}" + (
        "!" if all(b.alerts for b in builds) else "")


def print_tables(builds):
    hidden = [b for b in builds if b.variant == "hidden"]
    clean = [b for b in builds if b.variant == "clean"]
    archs = [a for a in ARCHS if any(b.target.arch == a for b in hidden)]
    print("Worst rank/score over compilers and levels "
          "(!: all alert, -NofM: not found, .: not built)")
    print(f"{'':<24}" + "".join(f"{a:>10}" for a in archs))
    for name, some in group_by(
            hidden, lambda b: f"{b.program.group}/{b.program.name}").items():
        row = [cell([b for b in some if b.target.arch == a]) for a in archs]
        print(f"{name:<24}" + "".join(f"{c:>10}" for c in row))
    print(f"\n{'':<24} {'built':>5}  {'rank 1':>6}  {'first5':>6}  "
          f"{'high':>6}  {'+rules':>6}")
    for title, key in (
            ("program", lambda b: f"{b.program.group}/{b.program.name}"),
            ("architecture", lambda b: b.target.arch),
            ("compiler", lambda b: b.target.compiler),
            ("level", lambda b: b.level),
            ("set", lambda b: b.program.group)):
        print(f"-- per {title}")
        for name, some in group_by(hidden, key).items():
            print(line_of(name, some)[0])
    text, count = line_of("all", hidden)
    print("--\n" + text)
    false = [b for b in clean if b.alerts or b.rules]
    print(f"\nFalse alerts: {len(false)} of {len(clean)} clean builds")
    for arch, some in group_by(clean, lambda b: b.target.arch).items():
        print(f"  {arch:<10} {sum(b in false for b in some)} of {len(some)}")
    for b in false:
        print(f"  {b.program.group}/{b.program.name} {b.target.label()} "
              f"{b.level}: {' '.join(sorted(set(b.alerts + b.rules)))}")
    return {"rank1": count[0], "top5": count[1], "high": count[2],
            "built": len(hidden), "false": len(false)}


def write_rows(path, builds):
    with open(path, "w", encoding="utf-8") as f:
        f.write("set\tprogram\tkind\tarch\tcompiler\tlevel\tvariant\trank\t"
                "score\talerts\trules\tfirst\n")
        for b in builds:
            first = b.candidates[0] if b.candidates else None
            f.write("\t".join(str(c) for c in (
                b.program.group, b.program.name, b.program.kind, b.target.arch,
                b.target.compiler, b.level, b.variant, b.rank or "-",
                "-" if b.score is None else b.score,
                ",".join(sorted(set(b.alerts))) or "-",
                ",".join(sorted(set(b.rules))) or "-",
                f"{first[0]} {first[3]} {first[4]}" if first else "-")) + "\n")


def within_limits(path, totals):
    """Lines NAME VALUE: at least this many, of 'false' at most."""
    good = True
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if not words:
                continue
            name, limit = words[0], int(words[1])
            most = name == "false"
            if totals[name] > limit if most else totals[name] < limit:
                say(f"{name}: {totals[name]}, {'at most' if most else 'at least'}"
                    f" {limit} wanted ({path})")
                good = False
    return good


def spread(folder, most):
    """Up to so many programs of all packages, the first of each before the
    second of any; the same at each run."""
    ranked = []
    for package in os.listdir(folder):
        names = sorted(os.listdir(os.path.join(folder, package)), key=digest)
        ranked += [(i, package, n) for i, n in enumerate(names)]
    return [(p, n) for _, p, n in sorted(ranked)[:most]]


def benign_of(assay, folder, chosen):
    """Programs, alerts, processor seconds and code bytes of one batch."""
    rows, alerts, size = 0, [], 0
    with tempfile.TemporaryDirectory() as tmp:
        for package, name in chosen:
            path = os.path.join(folder, package, name)
            shutil.copyfile(path, os.path.join(tmp, package + "__" + name))
            size += Elf(read(path)).code_size()
        result, seconds = scan(assay, tmp)
    found = alerts_of(result)
    for obj in result["objects"]:
        name = os.path.basename(obj["path"])
        if obj["kind"] != "file" or "__" not in name:
            continue
        rows += 1
        if obj["id"] in found:
            best = next(iter(candidates_of(obj)), None)
            alerts.append((name.replace("__", "/", 1), found[obj["id"]], best))
    return rows, alerts, seconds, size


def benign(args, pool):
    root = os.path.join(args.benign, "bin")
    total_rows = total_alerts = 0
    details = []
    print(f"Programs that hide nothing\n{'':<10} {'programs':>8} "
          f"{'alerts':>7} {'per 100':>8} {'MB code':>8} {'s per MB':>9}")
    for arch in sorted(os.listdir(root)):
        folder = os.path.join(root, arch)
        chosen = spread(folder, args.most)
        jobs = [pool.submit(benign_of, args.assay, folder, chosen[i:i + BATCH])
                for i in range(0, len(chosen), BATCH)]
        done = [j.result() for j in jobs]
        rows = sum(d[0] for d in done)
        alerts = [a for d in done for a in d[1]]
        engine = [a for a in alerts if any(not r for _, r in a[1])]
        seconds, size = sum(d[2] for d in done), sum(d[3] for d in done) / 1e6
        print(f"{arch:<10} {rows:8} {len(engine):7} "
              f"{100 * len(engine) / max(rows, 1):8.1f} {size:8.1f} "
              f"{seconds / max(size, 0.001):9.2f}", flush=True)
        total_rows += rows
        total_alerts += len(engine)
        details += [(arch, *a) for a in alerts]
    print(f"{'all':<10} {total_rows:8} {total_alerts:7} "
          f"{100 * total_alerts / max(total_rows, 1):8.1f}")
    for arch, name, kinds, best in details:
        why = f"{best[0]} {best[3]} \"{best[4]}\" {best[5]}" if best else "-"
        print(f"  {arch} {name}: "
              f"{' '.join(sorted({r or k for k, r in kinds}))}: {why}")


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--assay", default="build/assay")
    p.add_argument("--set", choices=("dev", "aside", "all"),
                   default="all", help="all: dev and aside")
    p.add_argument("--arch", nargs="+", choices=tuple(ARCHS))
    p.add_argument("--compiler", nargs="+", choices=("gcc", "clang-14"))
    p.add_argument("--level", nargs="+", choices=LEVELS, default=LEVELS,
                   help="as --level=-O0")
    p.add_argument("--program", nargs="+", help="only these")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--keep", help="where builds are kept; a temporary folder")
    p.add_argument("--quick", action="store_true", help="x86-64, gcc, -O2 only")
    p.add_argument("--build-only", action="store_true")
    p.add_argument("--out", help="a row for each build, tab-separated")
    p.add_argument("--limits", help="file of least counts; status 1 below")
    p.add_argument("--benign", nargs="?", const="/var/tmp/assay-benign",
                   help="scan what benign.sh fetched, and nothing else")
    p.add_argument("--most", type=int, default=150,
                   help="with --benign, programs of one architecture")
    args = p.parse_args()
    if args.quick:
        args.arch, args.compiler, args.level = ["x86-64"], ["gcc"], ["-O2"]
    return args


def build_all(args, keep, pool):
    groups = ("dev", "aside") if args.set == "all" else (args.set,)
    wanted = [p for p in programs(groups)
              if not args.program or p.name in args.program]
    targets = []
    for arch in args.arch or ARCHS:
        for compiler in args.compiler or ("gcc", "clang-14"):
            target = Target(arch, compiler)
            if target.probe(keep):
                targets.append(target)
            else:
                say("cannot build for", target.label())
    builds = [Build(p, t, level, variant) for t in targets for level in args.level
              for variant in ("clean", "hidden") for p in wanted]
    made = list(pool.map(lambda b: b.make(keep), builds))
    failed = [b for b, good in zip(builds, made) if not good]
    say(f"{sum(made)} built, {len(failed)} could not be built")
    for name, some in group_by(
            failed, lambda b: f"{b.program.name} {b.target.label()}").items():
        say("  not built:", name, len(some))
    lost = [b for b, good in zip(builds, made)
            if good and b.variant == "hidden"
            and b.program.where not in b.functions]
    for b in lost:
        say(f"  no function {b.program.where}: {b.program.name} "
            f"{b.target.label()} {b.level}")
    return [b for b, good in zip(builds, made) if good]


def main():
    args = arguments()
    if not args.build_only and not os.access(args.assay, os.X_OK):
        sys.exit("no assay at " + args.assay)
    with tempfile.TemporaryDirectory() as tmp, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        if args.benign:
            benign(args, pool)
            return 0
        keep = os.path.abspath(args.keep or tmp)
        builds = build_all(args, keep, pool)
        if not builds:
            return SKIP
        if args.build_only:
            return 0
        batches = list(group_by(builds, lambda b: b.folder(keep)).values())
        for batch in batches:
            clean_folder(keep, batch)
        seconds = sum(pool.map(
            lambda b: scan_builds(args.assay, keep, b), batches))
        totals = print_tables(builds)
        print(f"{seconds:.1f} s of processor time for {len(builds)} scans")
        if args.out:
            write_rows(args.out, builds)
        if args.limits and not within_limits(args.limits, totals):
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
