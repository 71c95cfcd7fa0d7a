#!/bin/sh
# Each level's header, a foreign tail, damage.
# usage: make.sh FOLDER
set -eu
command -v python3 >/dev/null || exit 77
cd "$1"
rm -f ./*.img
python3 - <<'END'
import zlib

def put(name, data):
    with open(name + ".img", "wb") as f:
        f.write(data)

plain = b"".join(b"%d\n" % i for i in range(1, 4001))
basic = zlib.compress(plain, 6)
put("basic", basic)
for level in 0, 1, 3, 9:
    put("level%d" % level, zlib.compress(plain, level))
put("trailing", basic + b"stale flash data")
put("cut", basic[:3000])
put("wrong_adler", basic[:-1] + bytes([basic[-1] ^ 1]))
put("wrong_header", b"\x78\x9d" + basic[2:])
put("wrong_stored", b"\x78\x01\x01\x05\x00\x05\x00hello")
put("short", zlib.compress(plain[:511]))
put("just_long", zlib.compress(plain[:512]))
END
