#!/usr/bin/env python3
"""House rules that a compiler does not check.

usage: lint.py ROOT          checks the tree; prints file:line: rule: text
       lint.py --self-test   each rule must catch its bad example, pass its good
"""
import os
import re
import sys

FILE_LINES = 800
FUNCTION_LINES = 60

# rule: (folders below the root, pattern, bad example, good example)
PLUGINS = ("scanner/formats", "scanner/analyzers", "scanner/script")
LEAVES = ("scanner/core", "scanner/codec", "scanner/formats",
          "scanner/analyzers", "scanner/report", "scanner/script")
SCANNER = ("scanner", "include")
ALL = ("scanner", "include", "tests")
BANS = {
    "no-sprintf": (ALL, r"\bv?sprintf\s*\(", 'sprintf(p, "x");',
                   'snprintf(p, 4, "x"); fw_sprintf(a, "x");'),
    "no-strcpy": (ALL, r"\b(str(n?)c(py|at)|gets)\s*\(", "strcpy(a, b);",
                  "memcpy(a, b, 4);"),
    "no-strtok": (ALL, r"\bstrtok(_r)?\s*\(", "strtok(s, x);",
                  "fw_split(&s, x, &f);"),
    "no-atoi": (ALL, r"\bato(i|l|ll|f)\s*\(", "atoi(s);",
                "strtoul(s, &end, 10);"),
    "no-alloca": (ALL, r"\balloca\s*\(", "alloca(n);", "fw_alloc(a, n, 1);"),
    "no-rand": (SCANNER, r"\b(s?rand|random)\s*\(", "rand();", "operand();"),
    "no-system": (SCANNER, r"\b(system|popen|exec[lv]p?e?)\s*\(",
                  "system(x);", "file_system(x);"),
    "no-packed": (ALL, r"__attribute__\s*\(\(\s*packed", "struct "
                  "__attribute__((packed)) s;", "struct s;"),
    "no-goto-out": (PLUGINS, r"\bgoto\s+\w+", "goto out;", "return;"),
    "no-malloc": (PLUGINS, r"(?<![\w.>])(m|c|re)alloc\s*\(|(?<![\w.>])free\s*\(",
                  "p = malloc(4); free(p);", "fw_alloc(a, 4, 1);"),
    "no-printing": (PLUGINS, r"\b(f?printf|f?puts|putchar|perror)\s*\(",
                    'printf("x");', 'fw_out_fact(o, "k", "v");'),
    "no-files": (PLUGINS, r"\b(f?open|openat|fopen|socket|connect|unlink)\s*\(",
                 'open("x", 0);', "fw_out_open(o, &m);"),
    "no-marks": (ALL, r"\b(TODO|FIXME|XXX)\b", "int a; TODO", "int todo;"),
    "no-engine-below": (LEAVES, r'#include\s+"(engine|cli)/',
                        '#include "engine/broker.h"', '#include "core/out.h"'),
    "core-is-lowest": (("scanner/core",),
                       r'#include\s+"(formats|analyzers|report|codec|script)/',
                       '#include "formats/formats.h"', '#include "core/out.h"'),
    "codec-above-core": (("scanner/codec",),
                         r'#include\s+"(formats|analyzers|report)/',
                         '#include "report/report.h"', '#include "core/err.h"'),
    "plugins-apart": (PLUGINS, r'#include\s+"report/',
                      '#include "report/report.h"', '#include "core/out.h"'),
    "no-work-place": (ALL + ("samples", "rules"), r"/(work|tmp/wt)/",
                      "/* see /work/x */", "/* frame/workers */"),
}
SAMPLES = ("tests/bench/hidden/dev/", "tests/bench/hidden/aside/")
# These look at comments and strings, too.
RAW = {"no-marks", "no-work-place", "no-engine-below", "core-is-lowest",
       "codec-above-core", "plugins-apart"}


def strip(text):
    """Blanks comments, strings and characters; keeps the lines."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                  r"'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def bans(path, text):
    code = strip(text)
    for rule, (folders, pattern, _, _) in BANS.items():
        if not path.startswith(tuple(f + "/" for f in folders)):
            continue
        # Samples are written as vendors write, and are only read.
        if path.startswith(SAMPLES) and rule not in RAW:
            continue
        body = text if rule in RAW else code
        for m in re.finditer(pattern, body):
            line = body.count("\n", 0, m.start()) + 1
            yield line, rule, body.splitlines()[line - 1].strip()


def sizes(path, text):
    """House format: a function's braces stand alone in the first column."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield len(lines), "file-length", "%d lines" % len(lines)
    start = None
    for i, line in enumerate(lines, 1):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            if i - start - 1 > FUNCTION_LINES:
                yield start, "function-length", "%d lines" % (i - start - 1)
            start = None


def check(path, text):
    yield from bans(path, text)
    # Samples stay as their authors wrote them.
    if path.endswith((".c", ".h")) and not path.startswith(SAMPLES):
        yield from sizes(path, text)


def unlisted(root):
    """A .c file of a registry's folder that no line names."""
    for folder in ("formats", "analyzers"):
        base = os.path.join(root, "scanner", folder)
        with open(os.path.join(base, folder + ".def")) as f:
            text = f.read()
        named = set()
        lines = re.findall(r"^FW_[A-Z]+\([^)]*\)", text, flags=re.M)
        for twice in sorted({x for x in lines if lines.count(x) > 1}):
            yield "scanner/%s/%s.def" % (folder, folder), 1, "registry", \
                "%s stands there twice" % twice
        for args in re.findall(r"^FW_[A-Z]+\(([^)]*)\)", text, flags=re.M):
            named.add(args.split(",")[-1].strip())
        for name in sorted(os.listdir(base)):
            stem, ext = os.path.splitext(name)
            if ext == ".c" and stem not in named and stem != folder:
                yield "scanner/%s/%s" % (folder, name), 1, "registry", \
                    "no line of %s.def names it" % folder


def sources(root):
    for top in ("scanner", "include", "tests", "samples", "rules"):
        for folder, dirs, names in os.walk(os.path.join(root, top)):
            dirs.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h", ".def", ".sh", ".yar")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main(root):
    bad = 0
    for path in sources(root):
        with open(os.path.join(root, path), errors="replace") as f:
            text = f.read()
        for line, rule, what in check(path, text):
            print("%s:%d: %s: %s" % (path, line, rule, what))
            bad += 1
    for path, line, rule, what in unlisted(root):
        print("%s:%d: %s: %s" % (path, line, rule, what))
        bad += 1
    return 1 if bad else 0


def caught(path, text):
    return {rule for _, rule, _ in check(path, text)}


def self_test():
    bad = []
    for rule, (folders, _, wrong, right) in BANS.items():
        for folder in folders:
            path = folder + "/example.c"
            if rule not in caught(path, wrong):
                bad.append("%s misses: %s" % (rule, wrong))
            if rule in caught(path, right):
                bad.append("%s hits: %s" % (rule, right))
        if rule not in RAW and rule in caught(
                folders[0] + "/x.c", "/* %s */ s = \"%s\";" %
                (wrong, wrong.replace('"', '\\"'))):
            bad.append("%s reads comments or strings" % rule)
    body = "int f(void)\n{\n" + "\tx();\n" * FUNCTION_LINES + "}\n"
    longer = body.replace("{\n", "{\n\tx();\n", 1)
    for text, rule, want in (
            (body, "function-length", False),
            (longer, "function-length", True),
            ("\n" * FILE_LINES, "file-length", False),
            ("\n" * (FILE_LINES + 1), "file-length", True)):
        if (rule in caught("scanner/core/x.c", text)) != want:
            bad.append("%s is off by one" % rule)
    print("\n".join(bad) or "%d rules, each with its example" % (len(BANS) + 2))
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(self_test() if sys.argv[1] == "--self-test" else main(sys.argv[1]))
