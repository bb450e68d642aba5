#!/usr/bin/env python3
"""sbom_program.py PROGRAM POLICIES VERSION SBOM : what `make install` installs, as SPDX 2.3, the form of sbom.py.

The program and its policies, by the places that they have below PREFIX, and the Debian packages of the libraries that it loads
here: these are not part of it, and `apt upgrade` changes them. So it is of this machine, and made where dpkg is.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from sbom import NAME, sbom_of


def said(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def libraries(program):
    """Lines "name => /path (0x…)", and "/lib64/ld-linux… (0x…)"."""
    found = said("ldd", program)
    if "not found" in found:
        sys.exit(f"sbom_program: a library is not here:\n{found}")
    return [Path(path).resolve() for path in re.findall(r"(?:=> |^\s*)(/\S+) \(", found, re.M)]


def debian_package(file):
    """dpkg knows a file by its path before or after the merge of /usr."""
    for path in (str(file), str(file).removeprefix("/usr")):
        owner = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
        if owner.returncode == 0:
            return owner.stdout.split(":")[0]
    return sys.exit(f"sbom_program: {file} is of no Debian package, so nobody can say which version it is")


class Program:
    """Answers what sbom.py asks of a tree."""

    purpose, root, owner = "APPLICATION", Path("/"), {}

    def __init__(self, program, policies):
        self.paths = {f"bin/{NAME}": program} | {f"share/{NAME}/policies/{p.name}": p for p in policies.glob("*.yaml")}
        self.files = sorted(self.paths)
        self.packages = sorted({debian_package(file) for file in libraries(program)})
        self.status = {package: said("dpkg-query", "-s", package) for package in self.packages}
        self.system = {k: v.strip('"') for k, _, v in (line.partition("=") for line in Path("/usr/lib/os-release").read_text().splitlines())}

    def fields(self, package):
        return dict(re.findall(r"^([A-Za-z-]+): (.*)$", self.status[package], re.M))

    def of(self, package):
        return self.files if package == NAME else []

    def digest(self, path, algorithm):
        return hashlib.new(algorithm, self.paths[path].read_bytes()).hexdigest()

    def has(self, package):
        return False

    def links(self, package):
        return True

    def content(self):
        lines = [f"{self.digest(f, 'sha256')} {f}" for f in self.files] + [f"{self.fields(p)['Version']} {p}" for p in self.packages]
        return "\n".join(lines)


def main():
    program, policies, version, sbom = sys.argv[1:]
    try:
        tree = Program(Path(program), Path(policies))
    except FileNotFoundError as error:
        sys.exit(f"sbom_program: {error.filename} is not here; libraries are named by Debian's packages, where dpkg and ldd are")
    new = Path(f"{sbom}.{os.getpid()}")
    new.write_text(json.dumps(sbom_of(tree, version), indent=1, sort_keys=True) + "\n")
    new.replace(sbom)  # as a whole: another `make sbom` of the same tree may be read now
    print(f"{sbom}: {len(tree.files)} files, {len(tree.packages)} Debian packages")


if __name__ == "__main__":
    main()
