#!/usr/bin/env python3
"""What assay scan finds in images of real devices, against reference listings.

usage: expect.py ASSAY	(77: the folder with the images is not there)

Each X.bin beside an X.expect is scanned; type, mode, path, link target and
SHA-256 of all that its file system holds must be as listed. Hard links count as
the files that they are a further name of.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

SHARES = {"squashfs-v3": ["squashfs-v3-le", "squashfs-v3-be"]}
TYPES = {"file": "f", "hardlink": "f", "folder": "d", "link": "l",
         "chardev": "c", "blockdev": "b", "fifo": "p", "socket": "s"}
SYSTEMS = ("squashfs", "jffs2")
# The newest inode node of the folder says 040777; the reference reader kept the
# mode of an older node.
ACCEPTED = {(name, "d 755 www/pem"): "d 777 www/pem"
            for name in ("digoo-system", "sannce-system")}


def line(obj, name):
    kind = TYPES.get(obj["kind"])
    if kind is None:
        return None
    text = f"{kind} {obj['mode']:o} {name}"
    if kind == "f":
        text += f" sha256={obj['sha256']}"
    if kind == "l":
        text += f" -> {obj['target']}"
    return text


def listing(objects, root):
    """Lines of what stands under one object, down to other containers' edges."""
    lines, inside = set(), {root["id"]}
    prefix = len(root["path"]) + 1
    for obj in objects:
        if obj["parent"] not in inside:
            continue
        name = obj["path"][prefix:]
        text = line(obj, name)
        if text is not None:
            lines.add(text)
        if obj["kind"] == "folder":  # what is in a file is not the file system's
            inside.add(obj["id"])
    return lines


def check(assay, image, expect):
    run = subprocess.run(
        [assay, "scan", "--no-rules", "-q", "-f", "json", "--reproducible", image],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    if run.returncode not in (0, 1, 3):
        print(f"{image.name}: exit status {run.returncode}: {run.stderr.decode()}")
        return False
    objects = json.loads(run.stdout)["objects"]
    systems = [o for o in objects if o["format"] in SYSTEMS]
    if not systems:
        print(f"{image.name}: no file system found")
        return False
    root = max(systems, key=lambda o: o["size"])
    want = {ACCEPTED.get((image.stem, text), text)
            for text in expect.read_text().splitlines()}
    got = listing(objects, root)
    for text in sorted(want - got)[:20]:
        print(f"{image.name}: missing {text}")
    for text in sorted(got - want)[:20]:
        print(f"{image.name}: not in the listing: {text}")
    print(f"{image.name}: {len(got & want)} of {len(want)} in {root['path']}")
    return got == want


def main():
    shared = Path(os.environ.get("ASSAY_SHARED") or
                  Path(__file__).resolve().parent.parent.parent / "shared")
    corpus = shared / "corpus"
    if not corpus.is_dir():
        print(f"no {corpus}: skipped")
        return 77
    good = True
    for expect in sorted(corpus.glob("*/*.expect")):
        for stem in SHARES.get(expect.stem, [expect.stem]):
            good &= check(sys.argv[1], expect.with_name(stem + ".bin"), expect)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
