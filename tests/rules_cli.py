#!/usr/bin/env python3
"""Rules of a user's folder through a whole scan: findings that are merged per
image, components that are one row a version.  usage: rules_cli.py ASSAY OUT"""
import io, json, pathlib, subprocess, sys, tarfile

assay, out = sys.argv[1], pathlib.Path(sys.argv[2])
META = '''title = "t" severity = "medium" confidence = "low" explanation = "e"
ask_vendor = "a" cwe = 1 target = "any"'''
RULES = {
    "many.yar": 'rule many { meta: per = "image" %s strings: $a = "MARK-ONE" condition: $a }' % META,
    "each.yar": 'rule each { meta: %s strings: $a = "MARK-TWO" condition: $a }' % META,
    "components/thing.yar": '''rule thing { meta: component = "Thing" target = "any"
        version = "Thing/([0-9.]+)" cpe = "maker:thing" purl = "pkg:generic/thing"
        hit = "Thing/1.2 => 1.2" miss = "Thing" strings: $a = "Thing/" condition: $a }''',
}
RULES["loud.yar"] = RULES["each.yar"].replace("each", "loud").replace(
    "medium", "high").replace("MARK-TWO", "MARK-LOUD")
FILES = {"usr/share/doc/manual": "MARK-LOUD", "usr/share/doc/run": "MARK-LOUD"}
FILES["key"] = "one-line-secret\n"
FILES |= {f"f{i}": f"text {i}\nMARK-ONE\nMARK-TWO\nThing/1.{i // 2}\n" for i in range(4)}


def main():
    rules = out / "rules"
    for name, text in RULES.items():
        (rules / name).parent.mkdir(parents=True, exist_ok=True)
        (rules / name).write_text(text)
    image = out / "image.tar"
    with tarfile.open(image, "w") as tar:
        for name, text in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            info.mode = 0o755 if name.endswith("run") else 0o644
            tar.addfile(info, io.BytesIO(text.encode()))
    run = subprocess.run([assay, "scan", "--no-rules", "--rules", rules, "-f", "json", image],
                         capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 1, run.stderr
    scan = json.loads(run.stdout)
    assert "one-line-secret" not in run.stdout
    many = [f for f in scan["findings"] if f["kind"].endswith("/many")]
    each = [f for f in scan["findings"] if f["kind"].endswith("/each")]
    assert len(many) == 1 and len(each) == 4, (len(many), len(each))
    loud = {scan["objects"][f["object"]]["path"].rsplit("/", 1)[1]: f["severity"]
            for f in scan["findings"] if f["kind"].endswith("/loud")}
    assert loud == {"manual": "low", "run": "high"}, loud
    texts = [e["text"] for e in many[0]["evidence"]]
    assert len(texts) == 4 and "/f2: " in texts[2], texts
    assert many[0]["object"] == 0, many[0]["object"]
    rows = [(c["name"], c["version"], len(c["objects"]), c["cpe"], c["purl"])
            for c in scan["components"]]
    assert rows == [
        ("Thing", "1.0", 2, "cpe:2.3:a:maker:thing:1.0:*:*:*:*:*:*:*", "pkg:generic/thing@1.0"),
        ("Thing", "1.1", 2, "cpe:2.3:a:maker:thing:1.1:*:*:*:*:*:*:*", "pkg:generic/thing@1.1"),
    ], rows
    examples = [assay, "rules", "test", rules / "components", "--examples", out]
    test = subprocess.run(examples, capture_output=True, text=True)
    assert test.returncode == 0 and "2 examples, 0 faults" in test.stdout, test
    wrong = (rules / "components/thing.yar")
    wrong.write_text(wrong.read_text().replace("=> 1.2", "=> 1.3"))
    test = subprocess.run(examples, capture_output=True, text=True)
    assert test.returncode == 1 and "misses its hit" in test.stderr + test.stdout, test
    bench(out)
    print("ok")


def bench(out):
    """Weak strings are faults of own rules; what is common shows up in the bench."""
    own = out / "own"
    (own / "hidden").mkdir(parents=True, exist_ok=True)
    rule = 'rule r { meta: %s severity = "low" strings: $a = %s condition: $a }'
    meta = META.replace('severity = "medium"', "")
    for text, faults in (("/[a-z]{3,9}=[0-9]+/", 1), ('"MARK-ONE"', 0)):
        (own / "hidden/r.yar").write_text(rule % (meta, text))
        check = subprocess.run([assay, "rules", "check", own], capture_output=True, text=True)
        assert check.returncode == faults, check
        assert f"{faults} faults" in check.stdout, check
    data = out / "data"
    data.mkdir(exist_ok=True)
    (data / "a.txt").write_text("MARK-ONE\n" * 1000)
    (data / "b.txt").write_text("nothing\n" * 1000)
    call = [assay, "rules", "bench", "--data", data, own]
    run = subprocess.run(call, capture_output=True, text=True)
    assert run.returncode == 0 and "2 objects; 1 rules" in run.stdout, run
    row = [line.split() for line in run.stdout.splitlines() if line.startswith("hidden/r/r")][0]
    assert row[2] == "100.0%" and float(row[3]) == round(1000 / 0.017, 1), row
    assert subprocess.run(call + ["--max-looks", "100"], capture_output=True).returncode == 1
    for wrong in (["--data"], ["--data", out / "none", own], [own, own], ["--loud", "1", own]):
        assert subprocess.run([assay, "rules", "bench"] + wrong, capture_output=True).returncode == 2


main()
