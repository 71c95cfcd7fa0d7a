#!/usr/bin/env python3
"""What assay finds in images of real devices, against reference listings.

usage: expect.py ASSAY [WORK]	(77: the folder with the images is not there)

Each X.bin beside an X.expect is scanned; type, mode, path, link target and
SHA-256 of all that its file system holds must be as listed. Hard links count as
the files that they are a further name of. With WORK, a folder of the test's own,
the images are extracted there as well, and the same is asked of what stands on
disk: files by the bytes read back, links by where they lead, modes by the
manifest, and nothing else on disk than what the manifest names.
"""
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

SHARES = {"squashfs-v3": ["squashfs-v3-le", "squashfs-v3-be"]}
TYPES = {"file": "f", "hardlink": "f", "folder": "d", "link": "l",
         "chardev": "c", "blockdev": "b", "fifo": "p", "socket": "s"}
SYSTEMS = ("squashfs", "jffs2")
# The newest inode node of the folder says 040777; the reference reader kept the
# mode of an older node. JFFS2 is a log: the node of the highest version counts,
# on disk as in the report.
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


def run_assay(args, image):
    run = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True,
                         timeout=300)
    if run.returncode not in (0, 1, 3):
        print(f"{image.name}: exit status {run.returncode}: {run.stderr.decode()}")
        return None
    return run.stdout


def compare(image, what, got, expect):
    want = {ACCEPTED.get((image.stem, text), text)
            for text in expect.read_text().splitlines()}
    for text in sorted(want - got)[:20]:
        print(f"{image.name}: missing {text}")
    for text in sorted(got - want)[:20]:
        print(f"{image.name}: not in the listing: {text}")
    print(f"{image.name}: {len(got & want)} of {len(want)} {what}")
    return got == want


def scanned(assay, image):
    """The objects and the file system's own, or None."""
    out = run_assay([assay, "scan", "--no-rules", "-q", "-f", "json",
                     "--reproducible", image], image)
    if out is None:
        return None, None
    objects = json.loads(out)["objects"]
    systems = [o for o in objects if o["format"] in SYSTEMS]
    if not systems:
        print(f"{image.name}: no file system found")
        return None, None
    return objects, max(systems, key=lambda o: o["size"])


def disk_line(top, obj, name):
    """The line of an object as the disk has it, with "!" and what is wrong."""
    kind, disk = TYPES[obj["type"]], obj["disk"]
    text = f"{kind} {obj['mode']:o} {name}"
    if disk is None:
        wrong = "" if kind in "cbps" or kind == "l" and obj["left_out"] else " !absent"
        return text + (f" -> {obj['target']}" if kind == "l" else "") + wrong
    path = top / disk
    st = path.lstat()
    if kind == "l":
        return f"{text} -> {os.readlink(path)}"
    own = obj["mode"] & 0o777 | (0o700 if kind == "d" else 0o600)
    if stat.S_IMODE(st.st_mode) != own:
        text += f" !mode {stat.S_IMODE(st.st_mode):o} on disk"
    if kind == "d":
        return text + ("" if stat.S_ISDIR(st.st_mode) else " !no folder")
    if kind != "f" or not stat.S_ISREG(st.st_mode):
        return text + " !type"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{text} sha256={digest}" + (
        "" if digest == obj["sha256"] else " !not as in the manifest")


def strangers(top, objects):
    """What is on disk without being in the manifest."""
    known = {o["disk"] for o in objects if o["disk"]} | {"manifest.json"}
    known |= {k + ".extracted" for k in known}
    return [path for path in map(str, (p.relative_to(top) for p in top.rglob("*")))
            if path not in known]


def extracted(assay, image, root, expect, work):
    top = work / image.stem
    shutil.rmtree(top, ignore_errors=True)
    if run_assay([assay, "extract", "--no-rules", "-q", image, "-o", top],
                 image) is None:
        return False
    objects = json.loads((top / "manifest.json").read_text())["objects"]
    inside, got, prefix = {root}, set(), len(root) + 1
    for obj in objects:
        if os.path.dirname(obj["path"]) in inside and obj["type"] in TYPES:
            got.add(disk_line(top, obj, obj["path"][prefix:]))
            if obj["type"] == "folder":
                inside.add(obj["path"])
    extra = strangers(top, objects)
    for path in extra[:20]:
        print(f"{image.name}: not in the manifest: {path}")
    good = compare(image, "on disk", got, expect)
    shutil.rmtree(top)
    return good and not extra


def check(assay, image, expect, work):
    objects, root = scanned(assay, image)
    if root is None:
        return False
    good = compare(image, f"in {root['path']}", listing(objects, root), expect)
    if work:
        good &= extracted(assay, image, root["path"], expect, work)
    return good


def main():
    shared = Path(os.environ.get("ASSAY_SHARED") or
                  Path(__file__).resolve().parent.parent.parent / "shared")
    corpus = shared / "corpus"
    if not corpus.is_dir():
        print(f"no {corpus}: skipped")
        return 77
    work = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if work:
        work.mkdir(parents=True, exist_ok=True)
    good = True
    for expect in sorted(corpus.glob("*/*.expect")):
        for stem in SHARES.get(expect.stem, [expect.stem]):
            good &= check(sys.argv[1], expect.with_name(stem + ".bin"), expect,
                          work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
