#!/usr/bin/env python3
"""The commands that show machine code, on a program with planted secrets: on disk
and in an image, as text, JSON, DOT and SVG, and what they say of broken input.
usage: code_cli.py ASSAY SAMPLE STRIPPED OUT"""
import io, json, pathlib, re, subprocess, sys, tarfile
import xml.etree.ElementTree as xml

assay, sample, stripped = sys.argv[1:4]
out = pathlib.Path(sys.argv[4])
LITERAL = "Qz81-open"
SVG = "{http://www.w3.org/2000/svg}"
QUOTED = r'"(?:[^"\\]|\\.)*"'
DOT_LINES = [r"\tnode \[fontname=monospace\];", r"\tedge \[fontname=monospace\];",
             r"\tn\d+ \[shape=(box|diamond)(, style=filled, fillcolor=\w+)?, label=%s\];" % QUOTED,
             r"\tn\d+ -> n\d+ \[label=%s\];" % QUOTED]


def run(*args, status=0, says=""):
    r = subprocess.run([assay, *map(str, args)], capture_output=True, text=True,
                       stdin=subprocess.DEVNULL, timeout=120)
    assert r.returncode == status, (args, r.returncode, r.stderr)
    assert says in r.stderr, (args, says, r.stderr)
    assert status != 0 or r.stderr == "", (args, r.stderr)
    return r.stdout


def functions(where):
    listing = run("functions", where)
    assert LITERAL in listing and "runs commands" in listing, listing
    doc = json.loads(run("functions", "--all", "--json", where))
    assert doc["schema"] == "assay.functions/1"
    rows = doc["functions"]
    found = [f for f in rows if f["candidate"] and LITERAL in f["literals"]]
    assert len(found) == 1 and found[0]["candidate"]["score"] > 5, found
    assert "compares text" in found[0]["calls"] and found[0]["compares"] >= 3, found
    assert "command" in found[0]["reaches"]["what"], found
    assert len(rows) > len(json.loads(run("functions", "--json", where))["functions"])
    return found[0]


def disasm(where, address):
    text = run("disasm", f"{where}@{address}")
    labels = re.findall(r"^(L[0-9a-f]+):", text, re.M)
    assert len(labels) > 4 and len(labels) == len(set(labels)), text
    taken = re.search(r'compares what is received with "%s": equal goes to (L[0-9a-f]+), else to (L[0-9a-f]+)'
                      % LITERAL, text)
    assert taken and set(taken.groups()) <= set(labels), text
    block = text.split(f"\n{taken[1]}:")[1].split("\n\n")[0]
    assert re.search(r'^; noted at 0x\w+, score [\d.]+ \(.*"%s"; then it runs' % LITERAL, text, re.M), text
    assert f'only when equal to "{LITERAL}": runs a command' in block, block
    if "x86-64" in text:  # elsewhere it takes two instructions
        assert re.search(r'lea .*; "%s"' % LITERAL, text), text
    assert re.search(r"  ; .*strncmp\(\?, \"%s\"" % LITERAL, text), text


def graph(where, address):
    dot = run("graph", f"{where}@{address}")
    lines = dot.splitlines()
    assert re.fullmatch(r"digraph %s \{" % QUOTED, lines[0]) and lines[-1] == "}", dot
    for line in lines[1:-1]:
        assert any(re.fullmatch(p, line) for p in DOT_LINES), line
    nodes = set(re.findall(r"^\t(n\d+) \[", dot, re.M))
    for edge in re.findall(r"^\t(n\d+) -> (n\d+) ", dot, re.M):
        assert set(edge) <= nodes, edge
    assert re.search(r'shape=diamond, label="equals \\"%s\\"' % LITERAL, dot), dot
    assert dot == run("graph", f"{where}@{address}")
    tree = xml.fromstring(run("graph", "--svg", f"{where}@{address}"))
    assert tree.tag == SVG + "svg"
    texts = [t.text for t in tree.iter(SVG + "text")]
    assert f'equals "{LITERAL}"' in texts, texts
    assert len(list(tree.iter(SVG + "polygon"))) >= 1
    boxes = [tuple(int(r.get(k)) for k in ("x", "y", "width", "height"))
             for r in tree.iter(SVG + "rect") if r.get("class")]
    for i, (x, y, w, h) in enumerate(boxes):
        assert x >= 0 and y >= 0 and x + w <= int(tree.get("width")), boxes
        for x2, y2, w2, h2 in boxes[i + 1:]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y, boxes


def image():
    """The same program, two layers deep, beside one that is another."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        tar.add(stripped, "usr/bin/server")
        tar.add(sample, "usr/bin/other")
    path = out / "router!1.tar"
    with tarfile.open(path, "w") as tar:
        for name in ("root.tar", "copy.tar"):
            info = tarfile.TarInfo("part/" + name)
            info.size = len(inner.getvalue())
            tar.addfile(info, io.BytesIO(inner.getvalue()))
        info = tarfile.TarInfo("usr/bin/other")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"text"))
    return path


def broken(data):
    def made(name, content):
        (out / name).write_bytes(content)
        return out / name
    run("functions", made("text", b"no program\n"), status=2, says="at offset 0x0: no ELF file")
    run("functions", made("empty", b""), status=2, says="at offset 0x0: no ELF file")
    other = bytearray(data)
    other[18:20] = b"\xf7\0" if data[5] == 1 else b"\0\xf7"
    run("functions", made("machine", other), status=2, says="at offset 0x12: no decoder")
    run("graph", f"{out / 'machine'}@0x1000", status=2, says="ELF machine 247")
    for n in range(0, len(data), max(1, len(data) // 40)):
        cut = made("cut", data[:n])
        r = subprocess.run([assay, "functions", cut], capture_output=True, text=True)
        assert r.returncode in (2, 3) and str(cut) in r.stderr, (n, r)
        assert "offset 0x" in r.stderr, (n, r.stderr)
    # Each byte of the headers wrong: whatever is said, nobody crashes.
    for i in range(4, 64):
        bad = bytearray(data)
        bad[i] ^= 0xff
        r = subprocess.run([assay, "functions", made("bad", bad)], capture_output=True, text=True)
        assert r.returncode in (0, 2, 3) and "crashed" not in r.stderr, (i, r.stderr)
    run("functions", out / "absent", status=2, says="No such file")
    run("functions", out, status=2, says="no regular file")
    run("disasm", sample, status=2, says="needs OBJECT@ADDRESS")
    run("disasm", f"{sample}@", status=2, says="needs OBJECT@ADDRESS")
    run("disasm", f"{sample}@nowhere", status=2, says="neither a function's name nor")
    run("graph", f"{sample}@0xfffffff0", status=2, says="no function holds address 0xfffffff0")
    run("graph", f"{sample}@-1", status=2, says="neither")
    run("disasm", f"{sample}@strncmp", status=2, says="imported")
    run("functions", sample, sample, status=2, says="takes one object")
    run("functions", "--wrong", sample, status=2)
    run("functions", f"{sample}!usr/bin/x", status=2, says="is not in the image")
    run("functions", "absent!usr/bin/x", status=2, says="No such file")
    assert run("functions", "--no-sandbox", sample) == run("functions", sample)


def hostile(data, address):
    """Text of a program cannot steer a terminal or a page."""
    evil = b"\x1b]<&\"az\\\n"
    path = out / "hostile"
    path.write_bytes(data.replace(LITERAL.encode() + b"\0", evil + b"\0"))
    shown = r'\x1b]<&"az\\\n'
    assert len(evil) == len(LITERAL)
    text = run("functions", path) + run("disasm", f"{path}@{address}")
    assert text.count(shown) >= 3 and "\x1b" not in text, text
    rows = json.loads(run("functions", "--json", path))["functions"]
    assert any(shown in f["literals"] for f in rows)
    dot = run("graph", f"{path}@{address}")
    assert "\x1b" not in dot and shown.replace("\\", "\\\\").replace('"', '\\"') in dot, dot
    tree = xml.fromstring(run("graph", "--svg", f"{path}@{address}"))
    assert f'equals "{shown}"' in [t.text for t in tree.iter(SVG + "text")]


def main():
    out.mkdir(parents=True, exist_ok=True)
    for where in (sample, stripped):
        f = functions(where)
        for address in (f["address"], f["address"][2:], hex(int(f["address"], 16) + 8)):
            disasm(where, address)
        graph(where, f["address"])
    graph(sample, "answer")
    graph(sample, "main")
    hostile(pathlib.Path(stripped).read_bytes(), f["address"])
    assert r'access(\"/mnt/usb/.debug\") gives 0' in run("graph", f"{sample}@at_start")
    for name in ("gate", "main", "serve", "dispatch"):  # blocks are copied in some
        labels = re.findall(r"^(L[0-9a-f.]+):", run("disasm", f"{sample}@{name}"), re.M)
        assert len(labels) == len(set(labels)), labels
    login = run("graph", f"{sample}@check_login")
    assert r'\"w0rk-4-Me!\"' in login and "lets somebody in" in login, login
    assert 'compares what getenv("MAINTENANCE") gives with "hjk-77-Lq"' in run(
        "disasm", f"{sample}@gate")
    path = image()
    f = functions(f"{path}!part/root.tar/usr/bin/server")
    assert f == functions(f"{path}!/part/root.tar/usr/bin/server") == functions(f"{path}!bin/server")
    disasm(f"{path}!usr/bin/server", f["address"])
    run("functions", f"{path}!bin/other", status=2, says="fits several objects")
    run("functions", f"{path}!usr/bin/other", status=2, says="no ELF file")
    run("functions", f"{path}!bin/nothing", status=2, says="is not in the image")
    broken(pathlib.Path(stripped).read_bytes())


if __name__ == "__main__":
    main()
