#!/usr/bin/env python3
"""sbom.py ROOTFS VERSION SBOM : what is in the image, as SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/).

Everything is read from the tree, where manifests/image/rootfs left what dpkg knew: the same tree gives the same
bytes. SOURCE_DATE_EPOCH is the one date in it.
"""

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

NAME = "sparkgate"
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
OUR_LICENCE = "Apache-2.0"
UNKNOWN = "NOASSERTION"

# Debian's short names (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/#license-short-name) that
# SPDX spells otherwise; "+" is "or later". A name that stands in neither table is not asserted.
SPELLING = {"expat": "MIT", "bsd3": "BSD-3-Clause", "bsd-3-clause": "BSD-3-Clause", "bsd-4-clause": "BSD-4-Clause", "openldap-2.8": "OLDAP-2.8"}
SAME = {"Apache-2.0", "MIT", "Zlib", "curl"}


def licence_of_term(term):
    family = re.fullmatch(r"(L?GPL)-(\d)(?:\.(\d))?(\+?)", term)
    if family:
        name, major, minor, later = family.groups()
        return f"{name}-{major}.{minor or 0}-{'or-later' if later else 'only'}"
    return term if term in SAME else SPELLING.get(term.lower())


def declared_licence(copyright_file: Path):
    """The licence of "Files: *", where the file is machine-readable and all its words are known."""
    if not copyright_file.is_file():
        return UNKNOWN
    text = copyright_file.read_text(encoding="utf-8", errors="replace")
    if not text.startswith("Format:"):
        return UNKNOWN
    for stanza in re.split(r"\n\s*\n", text):
        if re.search(r"^Files: *\*\s*$", stanza, re.M):
            words = re.search(r"^License: *(.*)$", stanza, re.M)
            terms = [licence_of_term(t) for t in re.split(r" or ", words[1].strip())] if words else [None]
            return " OR ".join(terms) if all(terms) else UNKNOWN
    return UNKNOWN


class Tree:
    """The files of the image, and the Debian package of each that has one."""

    purpose = "CONTAINER"

    def __init__(self, root: Path):
        self.root = root
        self.status = root / "var/lib/dpkg/status.d"
        self.files = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and not p.is_symlink())
        self.packages = sorted(p.name for p in self.status.iterdir() if p.suffix != ".md5sums")
        self.system = {k: v.strip('"') for k, _, v in (line.partition("=") for line in (root / "usr/lib/os-release").read_text().splitlines())}
        self.owner = {line.split(maxsplit=1)[1]: name for name in self.packages for line in self._list(name)}

    def _list(self, package):
        return (self.status / f"{package}.md5sums").read_text().splitlines()

    def fields(self, package):
        pairs = re.findall(r"^([A-Za-z-]+): (.*)$", (self.status / package).read_text(), re.M)
        return dict(pairs)

    def of(self, package):
        return [f for f in self.files if self.owner.get(f, NAME) == package]

    def digest(self, path, algorithm):
        return hashlib.new(algorithm, (self.root / path).read_bytes()).hexdigest()

    def has(self, package):
        return True

    def links(self, package):
        return any(".so" in f for f in self.of(package))

    def content(self):
        """What is another document's where it differs."""
        return "".join(f"{self.digest(f, 'sha256')} {f}\n" for f in self.files)


def spdx_id(kind, name):
    return f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", lambda m: f"-{ord(m[0]):x}-", name)


def file_of(tree, path):
    licence = UNKNOWN if path in tree.owner else OUR_LICENCE
    return {
        "SPDXID": spdx_id("File", path),
        "fileName": "./" + path,
        # The specification demands SHA1.
        "checksums": [{"algorithm": a.upper(), "checksumValue": tree.digest(path, a)} for a in ("sha1", "sha256")],
        "licenseConcluded": licence,
        "licenseInfoInFiles": [licence],
        "copyrightText": UNKNOWN,
    }


def package_of(tree, name, version, **more):
    """packageVerificationCode: SPDX 2.3, 7.9; of what is not here there is none."""
    sums = "".join(sorted(tree.digest(f, "sha1") for f in tree.of(name)))
    files = {
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": hashlib.sha1(sums.encode()).hexdigest()},
        "licenseInfoFromFiles": [UNKNOWN],
    }
    return {
        "SPDXID": spdx_id("Package", name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": UNKNOWN,
        **(files if tree.of(name) else {"filesAnalyzed": False}),
        "licenseConcluded": UNKNOWN,
        "copyrightText": UNKNOWN,
        **more,
    }


def debian_package(tree, name):
    fields = tree.fields(name)
    version = fields["Version"]
    purl = f"pkg:deb/{tree.system['ID']}/{name}@{quote(version, safe='~')}?arch={fields['Architecture']}&distro={tree.system['ID']}-{tree.system['VERSION_ID']}"
    return package_of(
        tree,
        name,
        version,
        supplier="Organization: Debian",
        licenseDeclared=declared_licence(tree.root / f"usr/share/doc/{name}/copyright"),
        licenseComments=f"Of the source package as a whole; /usr/share/doc/{name}/copyright says it file by file.",
        sourceInfo=f"built from Debian's source package {fields.get('Source', name)}",
        externalRefs=[{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
    )


def related(one, how, other):
    return {"spdxElementId": one, "relationshipType": how, "relatedSpdxElement": other}


def relations(tree):
    ours = spdx_id("Package", NAME)
    yield related("SPDXRef-DOCUMENT", "DESCRIBES", ours)
    for path in tree.files:
        yield related(spdx_id("Package", tree.owner.get(path, NAME)), "CONTAINS", spdx_id("File", path))
    for name in tree.packages:
        if tree.has(name):
            yield related(ours, "CONTAINS", spdx_id("Package", name))
        if tree.links(name):
            yield related(ours, "DYNAMIC_LINK", spdx_id("Package", name))


def sbom_of(tree, version):
    content = hashlib.sha256(tree.content().encode()).hexdigest()
    program = package_of(
        tree,
        NAME,
        version,
        supplier="Organization: sparkgate",
        licenseDeclared=OUR_LICENCE,
        primaryPackagePurpose=tree.purpose,
    )
    program["licenseInfoFromFiles"] = [OUR_LICENCE]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{NAME}-{version}",
        "documentNamespace": f"https://sparkgate.io/spdx/{NAME}-{version}-{content}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH)), "creators": ["Tool: sparkgate-manifests-image-sbom"]},
        "packages": [program, *(debian_package(tree, n) for n in tree.packages)],
        "files": [file_of(tree, f) for f in tree.files],
        "relationships": list(relations(tree)),
    }


def main():
    tree = Tree(Path(sys.argv[1]))
    Path(sys.argv[3]).write_text(json.dumps(sbom_of(tree, sys.argv[2]), indent=1, sort_keys=True) + "\n")
    print(f"{sys.argv[3]}: {len(tree.files)} files, {len(tree.packages)} Debian packages")


if __name__ == "__main__":
    main()
