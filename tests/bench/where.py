"""Where the instructions of a request go, by library and by module: of callgrind's dumps, which name object and file of each line."""

import re
from collections import Counter as Sums

# Named as docs/performance.md has them. The first that fits, of "object file".
PARTS = [
    ("TLS (GnuTLS, nettle)", r"^lib(gnutls|nettle|hogweed|gmp|p11-kit|tasn1)"),
    ("HTTP (libmicrohttpd)", r"^libmicrohttpd"),
    ("the C library: copies, memory, printing", r"^(libc|ld-linux|libm|libpthread)[.-]"),
    ("JSON: reading, looking up, writing", r"webhook/base/json"),
    ("texts, memory, numbers (`webhook/base`)", r"webhook/base/"),
    ("Spark: finding, reading, rewriting (`webhook/spark`)", r"webhook/spark/"),
    ("Pod Security (`webhook/pss`)", r"webhook/pss/"),
    ("request and answer (`webhook/admission`)", r"webhook/admission/"),
    ("the server (`webhook/http`)", r"webhook/http/"),
    ("policy and facts", r"webhook/(policy|facts)/"),
]
NAME = re.compile(r"^c?(ob|fl|fi|fe)=\((\d+)\)(?: (.*))?$")


def part_of(path, source):
    where = f"{path.rsplit('/', 1)[-1]} {source}"
    return next((name for name, pattern in PARTS if re.search(pattern, where)), "all else")


def parts(dump):
    """{part: instructions} of a dump: of each line itself, not of what it calls."""
    names = {"ob": {}, "fl": {}}
    now = {"ob": "", "fl": ""}
    sums, called = Sums(), False
    for line in dump.read_text(errors="replace").splitlines():
        if line.startswith(("ob=", "cob=", "fl=", "fi=", "fe=", "cfl=", "cfi=")):
            kind, number, name = NAME.match(line).groups()
            table = names["ob" if kind == "ob" else "fl"]
            if name is not None:
                table[number] = name
            if line[0] != "c":
                now["ob" if kind == "ob" else "fl"] = table[number]
        elif line.startswith("calls="):
            called = True
        elif re.match(r"[-+*\d]\S* \d+$", line):
            if not called:
                sums[part_of(now["ob"], now["fl"])] += int(line.rsplit(" ", 1)[1])
            called = False
    return sums
