#!/usr/bin/env python3
"""assay looks at itself: hardened, and nothing to say about it.

usage: self.py ASSAY WORK RULES [LIBRARY]

The program (and the library) is put in a Debian package with its rules and
manual, as an installation has it, and scanned. Nothing high or critical may be
found, and its programs must be position independent, with RELRO and a stack
protector.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

CONTROL = ("Package: assay\nVersion: 0\nArchitecture: all\n"
           "Maintainer: nobody <nobody@assay.invalid>\nDescription: a test\n")
WANTED = {"harden.relro": "full", "harden.canary": "yes"}


def package(work, files):
    root = work / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(CONTROL)
    for source, to in files:
        (root / to).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            leave = shutil.ignore_patterns("*.md")  # not installed either
            shutil.copytree(source, root / to, ignore=leave)
        else:
            shutil.copy(source, root / to)
    deb = work / "assay.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, deb], check=True,
                   stdout=subprocess.DEVNULL)
    return deb


def loud(doc):
    return [f for f in doc["findings"] if f["severity"] in ("high", "critical")]


def main():
    assay, work, rules = (Path(p).resolve() for p in sys.argv[1:4])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    files = [(assay, "usr/bin/assay"), (rules, "usr/share/assay/rules")]
    files += [(Path(p).resolve(), "usr/lib/libassay.so.0") for p in sys.argv[4:]]
    images = [assay]
    if shutil.which("dpkg-deb"):
        images.append(package(work, files))
    run = subprocess.run([assay, "scan", "-q", "-f", "json", *images],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    if run.returncode:
        print(f"exit status {run.returncode}: {run.stderr.decode()}")
    doc = json.loads(run.stdout)
    bad = run.returncode != 0
    for f in loud(doc):
        bad = True
        print(f"{f['severity']} {f['kind']} {f['path']}: {f['detail']}")
    seen = 0
    for o in doc["objects"]:
        if o["format"] != "elf":
            continue
        seen += 1
        if o["facts"].get("elf.type") != "dyn":
            bad = True
            print(f"{o['path']}: not position independent")
        for key, wanted in WANTED.items():
            if o["facts"].get(key) != wanted:
                bad = True
                print(f"{o['path']}: {key} is {o['facts'].get(key)}")
    if seen < len(images):
        bad = True
        print(f"{seen} programs in {len(images)} images")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
