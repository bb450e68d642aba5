#!/usr/bin/env python3
"""sbom_holds.py SBOM ROOT : the SBOM is valid SPDX for spdx-tools, and tells of every file of the tree what it is and whose."""

import hashlib
import sys
from pathlib import Path

from spdx_tools.spdx.model import RelationshipType
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document


def complaints(document, root):
    yield from (m.validation_message for m in validate_full_spdx_document(document, "SPDX-2.3"))
    listed = {f.name: f for f in document.files}
    present = {"./" + p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file() and not p.is_symlink()}
    yield from (f"{n}: listed, not there" for n in listed.keys() - present.keys())
    yield from (f"{n}: there, not listed" for n in present.keys() - listed.keys())
    for name in listed.keys() & present.keys():
        sums = {c.algorithm.name: c.value for c in listed[name].checksums}
        if sums["SHA256"] != hashlib.sha256(present[name].read_bytes()).hexdigest():
            yield f"{name}: another checksum"
    packages = {p.spdx_id: p for p in document.packages}
    contains = [r for r in document.relationships if r.relationship_type == RelationshipType.CONTAINS]
    for name, file in listed.items():
        owners = [packages[r.spdx_element_id].name for r in contains if r.related_spdx_element_id == file.spdx_id]
        if len(owners) != 1:
            yield f"{name}: of {owners or 'no package'}"
        elif ".so" in name and owners == ["sparkgate"]:
            yield f"{name}: a library, and of sparkgate"
    linked = {packages[r.related_spdx_element_id].name for r in document.relationships if r.relationship_type == RelationshipType.DYNAMIC_LINK}
    if linked != set(p.name for p in document.packages) - {"sparkgate", "base-files"}:
        yield f"linked: {sorted(linked)}"


def main():
    found = list(complaints(parse_file(sys.argv[1]), Path(sys.argv[2])))
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
