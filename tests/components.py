#!/usr/bin/env python3
"""Which components assay names in images of real devices, and how old they are.

usage: components.py ASSAY	(77: the folder with the images is not there)
"""
import json
import os
import subprocess
import sys
from pathlib import Path

CAMERA = {"BusyBox 1.22.1", "glibc 2.16", "OpenSSL 0.9.8g",
          "wpa_supplicant 0.7.3", "Heirloom mailx 12.4", "sSMTP 2.62",
          "MiniUPnPc 1.4", "mt7601Usta JEDI.MP1.mt7601u.v1.5"}
# What stands in the image, and what the finding about old components is worth.
EXPECT = {
    "tplink-wa701nv2": ({
        "BusyBox 1.01", "uClibc 0.9.30", "hostapd 0.5.9",
        "wpa_supplicant 0.5.9", "iptables 1.4.5", "pppd 2.4.3",
        "xl2tpd 1.1.12", "Net-SNMP 5.4.2.1", "zlib 1.1.4",
        "Portable SDK for UPnP (libupnp)", "BPALogin 2.0.2",
        "LLTD responder 1.2", "iproute2 091226", "U-Boot 1.1.4",
        "Linux 2.6.31--LSDK-9.2.0.312"}, "medium"),
    "digoo-rootfs": (CAMERA, "high"),
    "sannce-rootfs": (CAMERA, "high"),
    "digoo-kernel": ({"Linux 3.10.14"}, "medium"),
    "sannce-kernel": ({"Linux 3.10.14"}, "medium"),
    "digoo-system": ({"GoAhead"}, None),
}
# Texts that only talk about a product, and what a file name says less well than
# the bytes: no row may be one of these.
NEVER = {"GNU sed", "GNU coreutils", "LibYAML", "Apache HTTP Server", "PHP",
         "OpenSSL 0.9.8"}


def fault(name, want, severity, report):
    rows = {f"{c['name']} {c['version']}".strip()
            for c in report["components"]}
    names = {c["name"] for c in report["components"]}
    lists = {c["cpe"] for c in report["components"]}
    old = {f["severity"] for f in report["findings"]
           if f["kind"] == "weakness/outdated-component"}
    wrong = [f"missing {row}" for row in sorted(want - rows)]
    wrong += [f"wrong {row}" for row in sorted((names | rows) & NEVER)]
    if severity is not None and old != {severity}:
        wrong.append(f"old components are {old}, not {severity}")
    if "Linux" in names and not any(
            str(c).startswith("cpe:2.3:o:linux:linux_kernel:") for c in lists):
        wrong.append("no CPE for Linux")
    for text in wrong:
        print(f"{name}: {text}")
    return bool(wrong)


def main():
    folder = Path(os.environ.get("ASSAY_SHARED") or
                  Path(__file__).resolve().parents[2] / "shared")
    images = folder / "corpus" / "vendor"
    if not images.is_dir():
        print(f"{images} is not there")
        return 77
    bad = 0
    for name, (want, severity) in EXPECT.items():
        run = subprocess.run(
            [sys.argv[1], "scan", "-q", "-f", "json=/dev/stdout", "-f",
             "text=/dev/null", images / f"{name}.bin"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        if run.returncode not in (0, 1, 3):
            print(f"{name}: exit status {run.returncode}")
            bad += 1
            continue
        bad += fault(name, want, severity, json.loads(run.stdout))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
