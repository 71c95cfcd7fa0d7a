#!/usr/bin/env python3
"""A root file system, packed in many ways, comes out of a scan as it went in.

usage: roots.py ASSAY WORK [ROOT]	(77: nothing here packs file systems)

ROOT is a folder, for instance Debian packages of another architecture unpacked
with dpkg-deb -x. Without it a tree is put together from the files of packages
that the tests need anyway, with a few entries that file systems get wrong. Each
packer that is installed packs it; one scan with all rules takes all images. It
must reach the end of each, and type, mode, path, SHA-256 or link target of every
entry must be those of the tree.
"""
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import expect

PACKAGES = ("squashfs-tools", "mtd-utils", "e2fsprogs", "u-boot-tools", "genromfs",
            "zip", "cpio", "xz-utils", "lz4", "base-files", "util-linux-extra")
TREE_MAX = 24 << 20
MARKER = "packed-by-the-test"

# Name of the image: what packs $ROOT (with its parent as working folder) into it.
SQUASHFS = "mksquashfs root {out} -noappend -quiet -no-progress -processors 2 -comp "
PACKERS = {
    "gzip.squashfs": SQUASHFS + "gzip",
    "xz.squashfs": SQUASHFS + "xz -b 256K",
    "zstd.squashfs": SQUASHFS + "zstd",
    "lz4.squashfs": SQUASHFS + "lz4",
    "lzo.squashfs": SQUASHFS + "lzo -no-fragments",
    "ext2": "mke2fs -q -t ext2 -d root {out} {blocks}k",
    "ext4": "mke2fs -q -t ext4 -d root {out} {blocks}k",
    "little.jffs2": "mkfs.jffs2 -l -e 128KiB -r root -o {out}",
    "big.jffs2": "mkfs.jffs2 -b -e 64KiB -n -r root -o {out}",
    "ubi": "mkfs.ubifs -q -m 2048 -e 126976 -c 2000 -r root {out}.ubifs && "
           "printf '[v]\\nmode=ubi\\nimage={out}.ubifs\\nvol_id=0\\nvol_size=%d\\n"
           "vol_type=dynamic\\nvol_name=rootfs\\n' $((126976 * {blocks} / 120)) "
           "> {out}.ini && ubinize -m 2048 -p 128KiB -o {out} {out}.ini && "
           "rm {out}.ubifs {out}.ini",
    "cramfs": "mkfs.cramfs root {out}",
    "romfs": "genromfs -d root -f {out}",
    "tar": "tar -C root -cf {out} .",
    "tar.xz": "tar -C root -cJf {out} .",
    "newc.cpio": "cd root && find . | LC_ALL=C sort | cpio -o -H newc --quiet > {out}",
    "odc.cpio.gz": "cd root && find . | LC_ALL=C sort | cpio -o -H odc --quiet | "
                   "gzip > {out}",
    "deflate.zip": "cd root && zip -q -r -y {out} .",
}
# romfs keeps no mode but the right to execute; zip knows neither pipes nor links
# that are hard.
NO_MODE = {"romfs"}


def sources():
    """Files and links of the packages, as long as there is room."""
    listed = subprocess.run(["dpkg", "-L", *PACKAGES], capture_output=True, text=True,
                            check=False).stdout.split("\n")
    room = TREE_MAX
    for path in sorted(set(listed)):
        if not path or not os.path.lexists(path):
            continue
        if os.path.isfile(path) and not os.path.islink(path):
            room -= os.path.getsize(path)
        if room < 0:
            return
        yield path


def build_tree(root):
    for path in sources():
        folder, name = os.path.split(path)  # dpkg knows no /bin that is a link
        to = root / os.path.realpath(folder).lstrip("/") / name
        if os.path.isdir(path) and not os.path.islink(path):
            to.mkdir(parents=True, exist_ok=True)
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(to):
            shutil.copy2(path, to, follow_symlinks=False)
    odd = root / "odd"
    odd.mkdir()
    (odd / "empty").touch()
    (odd / ("n" * 200)).write_text("a long name\n")
    (odd / "with space").write_text("a space\n")
    (odd / "set-user-id").write_text("#!/bin/sh\n")
    (odd / "set-user-id").chmod(0o4755)
    (odd / "zeros").write_bytes(bytes(1 << 20))
    (odd / "block").write_bytes(bytes(range(256)) * 512)
    (odd / "hole").write_bytes(b"before")
    os.truncate(odd / "hole", 300000)
    (odd / "up").symlink_to("../" * 30 + "etc/passwd")
    (odd / "absolute").symlink_to("/bin/busybox")
    (odd / "no-rights").write_text("mode 0\n")
    (odd / "no-rights").chmod(0)
    folder = odd
    for i in range(12):
        folder = folder / f"deep{i}"
    folder.mkdir(parents=True)
    (folder / "end").write_text("the end\n")


def truth(root):
    lines = set()
    for path in root.rglob("*"):
        st, name = path.lstat(), path.relative_to(root)
        mode = f"{stat.S_IMODE(st.st_mode):o}"
        if path.is_symlink():
            lines.add(f"l {mode} {name} -> {os.readlink(path)}")
        elif stat.S_ISDIR(st.st_mode):
            lines.add(f"d {mode} {name}")
        elif stat.S_ISREG(st.st_mode):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.add(f"f {mode} {name} sha256={digest}")
    return lines


def pack(root, out):
    size = sum(p.lstat().st_size + 4096 for p in root.rglob("*"))
    for name, how in PACKERS.items():
        run = subprocess.run(["bash", "-c", "set -o pipefail; PATH=$PATH:/usr/sbin:/sbin; "
                              + how.format(out=out / name, blocks=size // 700 + 8192)],
                             cwd=root.parent, capture_output=True, text=True, check=False)
        if run.returncode == 127:
            print(f"{name}: not installed: {run.stderr.strip()}")
            (out / name).unlink(missing_ok=True)
        elif run.returncode:
            raise SystemExit(f"{name}: cannot be packed: {run.stderr}")


def without_mode(lines):
    return {" ".join((t.split(" ", 2)[0], t.split(" ", 2)[2])) for t in lines}


def compare(name, objects, want):
    """What stands beside the marker, against the tree."""
    inside = [o for o in objects if o["path"].endswith("/" + MARKER)]
    if len(inside) != 1:
        print(f"{name}: the tree occurs {len(inside)} times")
        return False
    root = next(o for o in objects if o["id"] == inside[0]["parent"])
    got = {t for t in expect.listing(objects, root)
           # e2fsprogs makes it
           if not t.startswith("d ") or not t.endswith(" lost+found")}
    if name in NO_MODE:
        got, want = without_mode(got), without_mode(want)
    for text in sorted(want - got)[:10]:
        print(f"{name}: missing {text}")
    for text in sorted(got - want)[:10]:
        print(f"{name}: not in the tree: {text}")
    bad = {o["path"]: o["state"] for o in objects if o["state"] != "done"}
    for path, state in list(bad.items())[:10]:
        print(f"{name}: {path}: {state}")
    print(f"{name}: {len(got & want)} of {len(want)}")
    return got == want and not bad


def main():
    assay, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    shutil.rmtree(work, ignore_errors=True)
    out, root = work / "images", work / "root"
    out.mkdir(parents=True)
    if len(sys.argv) > 3:
        shutil.copytree(sys.argv[3], root, symlinks=True)
    else:
        root.mkdir()
        build_tree(root)
    (root / MARKER).write_text(MARKER)
    want = truth(root)
    pack(root, out)
    images = sorted(p for p in out.iterdir())
    if not images:
        return 77
    run = subprocess.run([assay, "scan", "-q", "-f", "json", *images],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=800)
    if run.returncode not in (0, 1):
        print(f"exit status {run.returncode}: {run.stderr.decode()}")
        return 1
    doc, good = json.loads(run.stdout), True
    for number, image in enumerate(images):
        objects = [o for o in doc["objects"] if o["image"] == number]
        good &= compare(image.name, objects, want)
    print(f"{doc['run']['seconds']} s, {doc['run']['peak_rss_bytes'] >> 20} MiB")
    shutil.rmtree(work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
