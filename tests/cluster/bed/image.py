"""Container images without a registry: a directory packed as the archive that `docker save` would write, which
`ctr images import` takes."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path


def _plain(info):
    info.mtime = info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _layer(root: Path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for entry in sorted(os.listdir(root)):
            tar.add(root / entry, entry, filter=_plain)
    return out.getvalue()


def pack(root: Path, name, archive: Path, entrypoint=None, user=""):
    """The tree below root as image name ("bed.local/pause:1") in archive."""
    layer = _layer(root)
    digest = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "User": user, **({"Entrypoint": entrypoint} if entrypoint else {})},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    text = json.dumps(config).encode()
    config_name = hashlib.sha256(text).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]}]
    with tarfile.open(archive, "w") as tar:
        for path, data in ((config_name, text), ("manifest.json", json.dumps(manifest).encode()), (f"{digest}/layer.tar", layer)):
            info = _plain(tarfile.TarInfo(path))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
