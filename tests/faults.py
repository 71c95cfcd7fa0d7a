#!/usr/bin/env python3
"""Faults from outside: limits, full disks, killed jobs, hostile and odd input.

usage: faults.py ASSAY SCHEMA WORK IMAGE [NAME...]

Each scan must end by itself with the exit status that is documented, write JSON
that its schema takes, and name the limit that it met.
"""
import gzip
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from pathlib import Path

try:
    import jsonschema
except ImportError:
    jsonschema = None

ASSAY, SCHEMA, WORK, IMAGE = (Path(p).resolve() for p in sys.argv[1:5])
FORMATS = subprocess.run([ASSAY, "list", "formats"], capture_output=True,
                         text=True, check=True).stdout
SANITIZED = b"__asan_init" in ASSAY.read_bytes()
CLEAN, FOUND, ERROR, INCOMPLETE = range(4)
MIB = 1 << 20


class Fault(Exception):
    pass


def require(ok, text):
    if not ok:
        raise Fault(text)


def check_json(text):
    doc = json.loads(text)
    if jsonschema:
        jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(doc)
    return doc


def command(args):
    return [str(ASSAY), "scan", "-q", "-f", "json", *map(str, args)]


def scan(*args, want, rules=False, says=None, timeout=60, **more):
    """Runs a scan; want: exit statuses; says: what the report must name."""
    args = args if rules else ("--no-rules", *args)
    more.setdefault("stdin", subprocess.DEVNULL)
    run = subprocess.run(command(args), capture_output=True, timeout=timeout, **more)
    err = run.stderr.decode(errors="replace")
    want = want if isinstance(want, tuple) else (want,)
    require(run.returncode in want,
            f"exit status {run.returncode}, not {want}: {err[:2000]}")
    doc = None
    if run.returncode != ERROR:
        doc = check_json(run.stdout)
        require("runtime error" not in err and "Sanitizer" not in err, err[:3000])
    if says:
        require(says in run.stdout.decode() + err, f"{says} is not named: {err}")
    return doc, err


def states(doc):
    return {o["state"] for o in doc["objects"]}


def temp(name, data=b""):
    path = WORK / name
    path.write_bytes(data)
    return path


def sparse(name, size):
    path = WORK / name
    with open(path, "wb") as f:
        f.truncate(size)
    return path


def nested_zip(depth):
    """Zips in a zip, the innermost with a text."""
    data = b"the innermost file\n"
    for i in range(depth):
        path = WORK / "nest.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr(f"level{i}.zip" if i else "text", data)
        data = path.read_bytes()
    return path


def zero_bomb(size):
    """A gzip member of so many zeros."""
    path = WORK / "bomb.gz"
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(16 * MIB)
    with open(path, "wb") as f:
        for _ in range(size // len(block)):
            f.write(z.compress(block))
        f.write(z.flush())
    return path


def noise(size):
    """Bytes that do not compress, the same each time."""
    state, out = 88172645463325252, bytearray()
    while len(out) < size:
        state ^= state << 13 & (1 << 64) - 1
        state ^= state >> 7
        state ^= state << 17 & (1 << 64) - 1
        out += state.to_bytes(8, "little")
    return bytes(out[:size])


def squashfs(name, *files, options=()):
    """An image with these (name, bytes), or None without mksquashfs."""
    if not shutil.which("mksquashfs"):
        return None
    root, path = WORK / (name + ".d"), WORK / name
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for file, data in files:
        (root / file).write_bytes(data)
    subprocess.run(["mksquashfs", root, path, "-noappend", "-quiet", "-all-root",
                    "-no-progress", "-processors", "1", *options], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def big_squashfs():
    return squashfs("big.squashfs", ("big", noise(256) * (32 * MIB // 256)),
                    ("small", b"small\n"))


# --- each fault is one function ---

def empty_file():
    doc, _ = scan(temp("empty"), want=CLEAN)
    require(len(doc["objects"]) == 1, "an empty file is one object")


def standard_input():
    with open(IMAGE, "rb") as f:
        doc, _ = scan("-", want=(CLEAN, FOUND), stdin=f)
    with subprocess.Popen(["cat", IMAGE], stdout=subprocess.PIPE) as cat:
        piped, _ = scan("-", want=(CLEAN, FOUND), stdin=cat.stdout)
    require(len(doc["objects"]) == len(piped["objects"]) > 5, "stdin lost objects")
    require(piped["objects"][0]["path"] == "stdin", "stdin has another name")


def no_such_file():
    _, err = scan(WORK / "absent", want=ERROR, says="absent")
    require("No such file" in err, err)


def bad_call():
    for args in ((), ("--max-depth", "x", IMAGE), ("--nonsense", IMAGE),
                 ("--jobs", "0", IMAGE), ("--fail-on", "dire", IMAGE),
                 ("-f", "nothing", IMAGE)):
        scan(*args, want=ERROR)


def closed_standard_input():
    scan(IMAGE, want=(CLEAN, FOUND), preexec_fn=lambda: os.close(0), stdin=None)


def unreadable_in_folder():
    folder = WORK / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(IMAGE, folder / "a.bin")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "secret").write_bytes(b"x")
    (folder / "secret").chmod(0)
    os.mkfifo(folder / "fifo")
    drop = {}
    if os.geteuid() == 0:  # root reads all
        for path in (WORK, folder, folder / "a.bin"):
            path.chmod(0o755)
        drop = {"user": 65534, "group": 65534, "extra_groups": []}
        reachable = subprocess.run(["test", "-r", folder / "a.bin", "-a", "-x", ASSAY],
                                   check=False, **drop)
        if reachable.returncode:
            return "a user who is not root does not reach the folder"
    doc, _ = scan(folder, want=INCOMPLETE, says="cannot be read", **drop)
    require(any(o["path"].endswith("a.bin") for o in doc["objects"]), "a.bin is lost")
    return None


def truncated_image():
    data = IMAGE.read_bytes()
    for part in (2, 3, 10, 50):
        scan(temp("cut.bin", data[:len(data) * (part - 1) // part]),
             want=(CLEAN, INCOMPLETE))
    path = big_squashfs()
    if path:
        data = path.read_bytes()
        doc, _ = scan(temp("cut.squashfs", data[:len(data) - 5000]),
                      want=INCOMPLETE)
        require(states(doc) & {"truncated", "malformed"}, "damage is not said")


def zeros_4g():
    size = 1 << 30 if SANITIZED else 4 << 30  # within a job's processor time
    path = sparse("zeros", size)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    doc, _ = scan(path, want=CLEAN, timeout=400)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cover = doc["images"][0]["coverage"]
    path.unlink()
    require(cover["total"] == size, "not all bytes are accounted for")
    require(SANITIZED or spent < 60, f"{spent:.1f} s of processor time")
    return f"{spent:.1f} s of processor time"


def job_bytes():
    path = big_squashfs()
    if not path:
        return "no mksquashfs"
    doc, _ = scan("--max-job-bytes", "1M", path, want=INCOMPLETE,
                  says="--max-job-bytes")
    require("over_limit" in states(doc), "over_limit is not said")
    scan("--max-total-bytes", "1M", path, want=INCOMPLETE, says="--max-total-bytes")
    return None


def ratio():
    path = squashfs("zeros.squashfs", ("zeros", bytes(128 * MIB)))
    if not path:
        return "no mksquashfs"
    scan("--max-ratio", "1", path, want=INCOMPLETE, says="--max-ratio")
    return None


def depth():
    scan("--max-depth", "1", IMAGE, want=INCOMPLETE, says="--max-depth")


def objects():
    path = squashfs("many.squashfs", *((f"f{i}", b"%d" % i) for i in range(200)))
    if not path:
        return "no mksquashfs"
    doc, _ = scan("--max-objects", "50", path, want=INCOMPLETE,
                  says="--max-objects")
    require(len(doc["objects"]) <= 60, "far more objects than allowed")
    return None


def memory():
    path = squashfs("xz.squashfs", ("noise", noise(4 * MIB)),
                    options=("-comp", "xz", "-b", "1M"))
    if not path:
        return "no mksquashfs"
    if SANITIZED:
        return "not with sanitizers, which need the address space"
    scan("--max-memory", "1M", path, want=INCOMPLETE, says="--max-memory")
    return None


def times():
    path = sparse("slow", 3 << 30)
    scan("--job-seconds", "1", "--jobs", "1", path, want=(CLEAN, INCOMPLETE))
    start = time.monotonic()
    doc, _ = scan("--deadline", "1", path, path, path, want=INCOMPLETE,
                  says="--deadline")
    require(time.monotonic() - start < 10, "the deadline came late")
    require(doc["images"][0]["verdict"] == "incomplete", "a stopped scan is not clean")
    path.unlink()


def full_disk():
    path = big_squashfs()
    if not path:
        return "no mksquashfs"
    def limit(size):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    scan(path, want=INCOMPLETE, preexec_fn=limit(MIB))
    with open(path, "rb") as f, \
            subprocess.Popen(["cat"], stdin=f, stdout=subprocess.PIPE) as cat:
        scan("-", want=ERROR, stdin=cat.stdout, preexec_fn=limit(4096))
        cat.stdout.close()
    scan("--tmp-dir", WORK / "absent", path, want=ERROR, says="--tmp-dir")
    mount = WORK / "tiny"
    mount.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount],
                          capture_output=True, check=False)
    if done.returncode:
        return "no tmpfs may be mounted: without that part"
    try:
        scan("--tmp-dir", mount, path, want=INCOMPLETE)
    finally:
        subprocess.run(["umount", mount], check=True)
    return None


def report_cannot_be_written():
    scan("-f", f"json={WORK / 'absent' / 'r.json'}", IMAGE, want=ERROR, says="absent")
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            run = subprocess.run(command([IMAGE]), stdout=full, check=False,
                                 stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        require(run.returncode == ERROR, f"full output: status {run.returncode}")


def killed_jobs():
    path, killed = sparse("slow", 2 << 30), 0
    run = subprocess.Popen(command(["--no-rules", path, IMAGE]),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    end = time.monotonic() + 30
    while run.poll() is None and killed < 2 and time.monotonic() < end:
        for pid in children.read_text().split() if children.exists() else ():
            try:
                os.kill(int(pid), signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    out, err = run.communicate(timeout=120)
    path.unlink()
    require(run.returncode in (FOUND, INCOMPLETE) if killed > 1 else True,
            f"status {run.returncode}: {err.decode()}")
    doc = check_json(out)
    require(any(o["path"].startswith(IMAGE.name) for o in doc["objects"]),
            "the other image is lost")
    return f"{killed} killed"


def interrupted():
    path = sparse("slow", 3 << 30)
    for sig in (signal.SIGTERM, signal.SIGINT):
        run = subprocess.Popen(command(["--no-rules", path]),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
        time.sleep(0.3)
        run.send_signal(sig)
        run.communicate(timeout=30)
        time.sleep(0.3)
        left = subprocess.run(["pgrep", "-r", "R,S,D,T", "-s", str(run.pid)], capture_output=True,
                              text=True, check=False).stdout.split()
        require(not left, f"jobs outlive the scan: {left}")
        require(run.returncode != CLEAN, "a stopped scan is not clean")
    path.unlink()


def gzip_bomb():
    if "gzip" not in FORMATS:
        return "no gzip format"
    path = zero_bomb(2 << 30)
    doc, _ = scan(path, want=INCOMPLETE, timeout=300)
    require(states(doc) & {"over_limit", "timed_out"}, "no limit is said")
    return None


def nested_archives():
    if "zip" not in FORMATS.lower():
        return "no zip format"
    doc, _ = scan(nested_zip(10), want=CLEAN)
    require(len(doc["objects"]) >= 11, "the nest was not opened")
    scan(nested_zip(40), want=INCOMPLETE, says="--max-depth")
    return None


def small_gzip():
    if "gzip" not in FORMATS:
        return "no gzip format"
    doc, _ = scan(temp("a.gz", gzip.compress(b"hello\n" * 100)), want=CLEAN)
    require(len(doc["objects"]) == 2, "a gzip file holds one file")
    return None


def many_members():
    """Each member's header is the start of an archive of all that follow."""
    path, count = WORK / "many.tar", 20000
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for i in range(count):
            data = b"file %d\n" % i
            member = tarfile.TarInfo(f"d{i % 100}/f{i}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    doc, _ = scan(path, want=CLEAN, timeout=300)
    require(len(doc["objects"]) > count, "members are lost")
    cut = temp("many-cut.tar", path.read_bytes()[:path.stat().st_size * 9 // 10 - 100])
    doc, _ = scan(cut, want=INCOMPLETE, timeout=300)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    require(len(doc["objects"]) > count * 8 // 10, "members of the cut one are lost")
    require(SANITIZED or spent < 20, f"{spent:.1f} s of processor time")
    return f"{spent:.1f} s of processor time"


def deep_folders():
    """What a path costs grows with its length, not with its square."""
    path = WORK / "deep.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for i in range(2000):
            member = tarfile.TarInfo("/".join("a" * (i + 1)))
            member.type = tarfile.DIRTYPE
            tar.addfile(member)
    doc, _ = scan(path, want=CLEAN)
    require(len(doc["objects"]) == 2001, "folders are lost")
    peak = doc["run"]["peak_rss_bytes"] // MIB
    require(SANITIZED or peak < 200, f"{peak} MiB")
    return f"{peak} MiB"


def folder_of_many_files():
    """More files, and more folders, than a process may have descriptors."""
    root = WORK / "many"
    for d in range(300):
        (root / f"d{d}").mkdir(parents=True)
        for i in range(100):
            (root / f"d{d}" / f"f{i}").write_text(f"file {d} {i}\n")
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    doc, _ = scan(root, want=CLEAN, preexec_fn=few)
    shutil.rmtree(root)
    require(len(doc["objects"]) == 30301, f"{len(doc['objects'])} objects")
    require(states(doc) == {"done"}, f"states {states(doc)}")


def broken_rule():
    folder = WORK / "rules" / "weakness"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bad.yar").write_text("rule broken {\n  condition: nonsense\n}\n")
    (folder / "good.yar").write_text(
        'rule finds_needle {\n  meta:\n    severity = "high"\n'
        '  strings: $a = "needle in the hay"\n  condition: $a\n}\n')
    doc, err = scan("--rules", WORK / "rules", temp("hay", b"a needle in the hay\n"),
                    want=(CLEAN, FOUND, INCOMPLETE))
    require("bad.yar:2" in err, f"file and line are not named: {err}")
    require(any("finds_needle" in json.dumps(f) for f in doc["findings"]),
            "the good rule does not apply")


FAULTS = [empty_file, standard_input, no_such_file, bad_call, closed_standard_input,
          unreadable_in_folder, truncated_image, zeros_4g, job_bytes, ratio, depth,
          objects, memory, times, full_disk, report_cannot_be_written, killed_jobs,
          interrupted, gzip_bomb, small_gzip, nested_archives, many_members,
          deep_folders, folder_of_many_files, broken_rule]


def main():
    if not IMAGE.exists():
        print(f"{IMAGE}: not made")
        return 77
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    bad = 0
    for fault in FAULTS:
        if sys.argv[5:] and fault.__name__ not in sys.argv[5:]:
            continue
        start = time.monotonic()
        try:
            note = fault() or ""
        except (Fault, subprocess.TimeoutExpired, ValueError) as e:
            bad += 1
            note = f"WRONG: {e}"
        print(f"{fault.__name__}: {note} [{time.monotonic() - start:.1f} s]", flush=True)
    shutil.rmtree(WORK, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
