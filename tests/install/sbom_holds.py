#!/usr/bin/env python3
"""sbom_holds.py SBOM PREFIX : what was installed is what the SBOM says, and each library that the program asks for is of one of its packages."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path


def said(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def complaints(sbom, prefix):
    sums = {f["fileName"][2:]: next(c["checksumValue"] for c in f["checksums"] if c["algorithm"] == "SHA256") for f in sbom["files"]}
    for name in ["bin/sparkgate", *(p.relative_to(prefix).as_posix() for p in prefix.glob("share/sparkgate/policies/*"))]:
        if sums.pop(name, None) != hashlib.sha256((prefix / name).read_bytes()).hexdigest():
            yield f"{name}: not the file that the SBOM has"
    yield from (f"{name}: not installed" for name in sums)
    packages = {p["name"]: p["versionInfo"] for p in sbom["packages"] if p["name"] != "sparkgate"}
    for name, version in packages.items():
        if said("dpkg-query", "-W", "-f=${Version}\n", name).split("\n")[0] != version:
            yield f"{name}: not {version}"
    have = {Path(line).name for name in packages for line in said("dpkg-query", "-L", name).splitlines()}
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", said("readelf", "-dW", prefix / "bin/sparkgate"))
    yield from (f"{library}: of no package here" for library in needed if library not in have)
    if len(needed) < 4:
        yield f"it needs {needed} only"


found = list(complaints(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])))
print("\n".join(found))
sys.exit(bool(found))
