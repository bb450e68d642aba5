#!/usr/bin/env python3
"""pack.py ROOTFS VERSION ARCHIVE SBOM : the tree as a container image in one file, and what is in it as SPDX.

The archive is an OCI image layout (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md) with
`docker load`'s manifest.json beside it, so that ctr, podman, skopeo and docker all take it. The same tree gives the
same bytes: no time, no owner, no order but that of names. SOURCE_DATE_EPOCH is the one date in it.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

NAME = "sparkgate"
USER = "65532:65532"
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
CREATED = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- the image ----


def member(name, mode):
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = mode, EPOCH
    return info


def layer_of(root: Path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(root.rglob("*"), key=lambda p: p.as_posix()):
            name = path.relative_to(root).as_posix()
            if path.is_symlink():
                info = member(name, 0o777)
                info.type, info.linkname = tarfile.SYMTYPE, os.readlink(path)
                tar.addfile(info)
            elif path.is_dir():
                info = member(name, 0o755)
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                data = path.read_bytes()
                info = member(name, 0o755 if os.access(path, os.X_OK) else 0o644)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def squeeze(data):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=9, mtime=0) as z:
        z.write(data)
    return out.getvalue()


def config_of(layer, version):
    return {
        "created": CREATED,
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "User": USER,
            "ExposedPorts": {"8443/tcp": {}, "9090/tcp": {}},
            "Entrypoint": ["/usr/bin/sparkgate"],
            "Cmd": ["--help"],
            "Labels": {
                "org.opencontainers.image.title": NAME,
                "org.opencontainers.image.description": "Admission webhook that gives Spark Connect two interchangeable backends",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer)}"]},
        "history": [{"created": CREATED, "created_by": "manifests/image/pack.py"}],
    }


def architecture():
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def text(value):
    return json.dumps(value, indent=1, sort_keys=True).encode()


def descriptor(kind, data, **more):
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{sha256(data)}", "size": len(data), **more}


def archive_of(root, version):
    """name -> bytes of the archive's members, and the digest by which the image is known."""
    layer = layer_of(root)
    packed, config = squeeze(layer), text(config_of(layer, version))
    manifest = text({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("config.v1+json", config),
        "layers": [descriptor("layer.v1.tar+gzip", packed)],
    })  # fmt: skip
    reference = f"docker.io/library/{NAME}:{version}"
    names = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": version}
    index = text({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [descriptor("manifest.v1+json", manifest, annotations=names)],
    })  # fmt: skip
    blobs = {f"blobs/sha256/{sha256(b)}": b for b in (packed, config, manifest)}
    docker = [{"Config": f"blobs/sha256/{sha256(config)}", "RepoTags": [f"{NAME}:{version}"], "Layers": [f"blobs/sha256/{sha256(packed)}"]}]
    files = {"oci-layout": text({"imageLayoutVersion": "1.0.0"}), "index.json": index, "manifest.json": text(docker), **blobs}
    return files, sha256(manifest)


def write_archive(files, path):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in sorted(files.items()):
            info = member(name, 0o644)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


# ---- what is in it (SPDX 2.3, https://spdx.github.io/spdx-spec/v2.3/) ----


def debian_version(package):
    run = subprocess.run(["dpkg-query", "-W", "-f", "${Version} ${source:Package}\n", package], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()[0].split()


def spdx_id(kind, name):
    return f"SPDXRef-{kind}-" + "".join(c if c.isalnum() or c in ".-" else "-" for c in name)


def file_of(root, path, licence):
    data = path.read_bytes()
    name = path.relative_to(root).as_posix()
    return {
        "SPDXID": spdx_id("File", name),
        "fileName": "./" + name,
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},  # the specification demands it
            {"algorithm": "SHA256", "checksumValue": sha256(data)},
        ],
        "licenseConcluded": licence,
        "licenseInfoInFiles": [licence],
        "copyrightText": "NOASSERTION",
    }


def package_of(name, version, **more):
    return {
        "SPDXID": spdx_id("Package", name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        **more,
    }


def debian_package(name):
    version, source = debian_version(name)
    purl = f"pkg:deb/debian/{name}@{version}?arch={architecture()}&distro=debian-12"
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
    return package_of(name, version, supplier="Organization: Debian", externalRefs=[reference], sourceInfo=f"Debian source package {source}")


def owners(root):
    """path below root -> Debian package, of the libraries and of licence texts."""
    found = {}
    for line in (root / "usr/share/sparkgate/libraries").read_text().splitlines():
        path, package = line.split()
        found[path.lstrip("/")] = package
    for path in root.glob("usr/share/doc/*/copyright"):
        if path.parent.name != NAME:
            found[path.relative_to(root).as_posix()] = path.parent.name
    return found


def related(one, how, other):
    return {"spdxElementId": one, "relationshipType": how, "relatedSpdxElement": other}


def sbom_of(root, version, digest):
    owner = owners(root)
    ours = spdx_id("Package", NAME)
    program = package_of(NAME, version, supplier="Organization: sparkgate", licenseDeclared="Apache-2.0", primaryPackagePurpose="CONTAINER")
    debian = [debian_package(n) for n in sorted(set(owner.values()))]
    files, relations = [], [related("SPDXRef-DOCUMENT", "DESCRIBES", ours)]
    for path in sorted((p for p in root.rglob("*") if p.is_file() and not p.is_symlink()), key=lambda p: p.as_posix()):
        package = owner.get(path.relative_to(root).as_posix())
        files.append(file_of(root, path, "NOASSERTION" if package else "Apache-2.0"))
        relations.append(related(spdx_id("Package", package) if package else ours, "CONTAINS", files[-1]["SPDXID"]))
    relations += [related(ours, "DYNAMIC_LINK", p["SPDXID"]) for p in debian]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{NAME}-{version}",
        "documentNamespace": f"https://sparkgate.io/spdx/{NAME}-{version}-{digest}",
        "creationInfo": {"created": CREATED, "creators": ["Tool: sparkgate-manifests-image-pack"]},
        "packages": [program, *debian],
        "files": files,
        "relationships": relations,
    }


def main():
    root, version, archive, sbom = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    files, digest = archive_of(root, version)
    write_archive(files, archive)
    sbom.write_bytes(text(sbom_of(root, version, digest)) + b"\n")
    size = sum(p.stat().st_size for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    print(f"{archive}: {NAME}:{version}, {size / 1e6:.1f} MB unpacked, {archive.stat().st_size / 1e6:.1f} MB packed")
    print(f"  digest sha256:{digest}\n  SBOM   {sbom}")


if __name__ == "__main__":
    main()
