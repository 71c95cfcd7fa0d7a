#!/usr/bin/env python3
"""Findings on real firmware against what careful hands found there (truth.tsv).

Each row must be a finding, at most one step below the severity that they gave; critical and high rows
and nine tenths of the medium ones. Quiet rows must not be at medium or above.
usage: truth.py ASSAY [-v]      exit 77: the images are not at hand"""
import fnmatch, json, os, pathlib, subprocess, sys

SEVERITIES = ["info", "low", "medium", "high", "critical"]
HERE = pathlib.Path(__file__).parent


def rows():
    for line in (HERE / "truth.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            yield (line.split("\t") + [""] * 6)[:6]


def scan(assay, image):
    run = subprocess.run([assay, "scan", "-q", "-f", "json", image], capture_output=True,
                         stdin=subprocess.DEVNULL)
    assert run.returncode in (0, 1, 3), run.stderr
    return json.loads(run.stdout)


def says(finding, objects, path, kinds, text):
    """Whether a finding is about a row: kind, a path and a text in it."""
    if not any(fnmatch.fnmatch(finding["kind"], k) for k in kinds.split("|")):
        return False
    texts = [e["text"] or "" for e in finding["evidence"]]
    paths = [objects[finding["object"]]["path"]] + texts
    if not any(fnmatch.fnmatch(p, path) for p in paths):
        return False
    about = " ".join([finding["detail"] or ""] + texts).lower()
    return text.lower() in about


def judge(row, result):
    """None: as it must be; else what is wrong."""
    name, _, severity, path, kinds, text = row
    found = [f for f in result["findings"] if says(f, result["objects"], path, kinds, text)]
    worst = max((SEVERITIES.index(f["severity"]) for f in found), default=-1)
    if severity == "quiet":
        return None if worst < 2 else "%s cries wolf: %s" % (name, found[0]["detail"])
    if worst < 0:
        return "%s is not found (%s)" % (name, severity)
    if worst < SEVERITIES.index(severity) - 1:
        return "%s is %s, not %s" % (name, SEVERITIES[worst], severity)
    return None


def unread(result):
    """Code that was not read to its end is not what a quiet row may rest on."""
    for f in result["findings"]:
        if f["kind"] in ("scanner/code-not-read", "scanner/parser-crash"):
            yield "%s: %s: %s" % (result["objects"][f["object"]]["path"], f["kind"], f["detail"])


def main():
    shared = os.environ.get("ASSAY_SHARED")
    if not shared or not os.path.isdir(shared + "/corpus/vendor"):
        print("skipped: ASSAY_SHARED does not name the folder of real images")
        return 77
    results, wrong, medium, failed = {}, [], 0, 0
    for row in rows():
        if row[1] not in results:
            results[row[1]] = scan(sys.argv[1], "%s/corpus/vendor/%s.bin" % (shared, row[1]))
            for fault in unread(results[row[1]]):
                print(fault)
                wrong.append(fault)
        fault = judge(row, results[row[1]])
        medium += row[2] == "medium"
        if fault:
            print("%s: %s" % (row[1], fault))
            if row[2] == "medium":
                failed += 1
            elif row[2] != "low":
                wrong.append(fault)
    print("%d images, %d rows wrong, %d of %d medium rows missed" %
          (len(results), len(wrong), failed, medium))
    return 1 if wrong or failed * 10 > medium else 0


sys.exit(main())
