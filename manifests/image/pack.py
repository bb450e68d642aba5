#!/usr/bin/env python3
"""pack.py ROOTFS VERSION ARCHIVE : the tree as a container image in one file.

The archive is an OCI image layout (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md) with
`docker load`'s manifest.json beside it, so that ctr, podman, skopeo and docker all take it. The same tree gives the
same bytes: no time, no owner, no order but that of names. SOURCE_DATE_EPOCH is the one date in it.
"""

import gzip
import hashlib
import io
import json
import os
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


def main():
    root, version, archive = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    files, digest = archive_of(root, version)
    write_archive(files, archive)
    size = sum(p.stat().st_size for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    print(f"{archive}: {NAME}:{version}, {size / 1e6:.1f} MB unpacked, {archive.stat().st_size / 1e6:.1f} MB packed\n  sha256:{digest}")


if __name__ == "__main__":
    main()
