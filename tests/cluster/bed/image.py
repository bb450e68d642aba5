"""Container images without a registry: directories packed as the archive that `docker save` would write, which
`ctr images import` takes.

A layer is a tar file on disk, never in memory: layers of Spark are hundreds of megabytes. The same tree gives the same
bytes: entries are sorted, times are 0, and owners are root where nothing else is asked for."""

import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

ENV = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin",)


@dataclass
class Layer:
    path: Path
    digest: str  # SHA-256 of the tar file, in hex


@dataclass
class Image:
    name: str  # "bed.local/pause:1"
    layers: list  # of Layer, the lowest first
    env: tuple = ENV
    user: str = ""
    entrypoint: list | None = None
    workdir: str = ""
    config: dict = field(init=False)

    def __post_init__(self):
        settings = {"Env": list(self.env), "User": self.user}
        if self.entrypoint:
            settings["Entrypoint"] = self.entrypoint
        if self.workdir:
            settings["WorkingDir"] = self.workdir
        self.config = {
            "architecture": "amd64",
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}" for layer in self.layers]},
        }


class _Hashed:
    """What is written to the file, and its SHA-256."""

    def __init__(self, file):
        self._file, self.sha256 = file, hashlib.sha256()

    def write(self, data):
        self.sha256.update(data)
        return self._file.write(data)


def _plain(info):
    info.mtime = info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def write_layer(root: Path, path: Path, owners=None):
    """The tree below root as a layer in path. owners: uid, gid and mode by path without a leading slash."""

    def entry(info):
        _plain(info)
        info.uid, info.gid, info.mode = (owners or {}).get(info.name, (0, 0, info.mode))
        return info

    with open(path, "wb") as file:
        hashed = _Hashed(file)
        # A stream: tarfile looks back into nothing else.
        with tarfile.open(fileobj=hashed, mode="w|", bufsize=1 << 20, copybufsize=1 << 20) as tar:
            for name in sorted(os.listdir(root)):
                tar.add(root / name, name, filter=entry)
    return Layer(path, hashed.sha256.hexdigest())


def write_archive(images, archive: Path):
    """Images in one archive; a layer that several have is in it once."""
    manifest, layers = [], {}
    with tarfile.open(archive, "w", copybufsize=1 << 20) as tar:

        def put(name, data):
            info = _plain(tarfile.TarInfo(name))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

        for image in images:
            text = json.dumps(image.config).encode()
            config_name = hashlib.sha256(text).hexdigest() + ".json"
            put(config_name, text)
            layers |= {layer.digest: layer.path for layer in image.layers}
            names = [f"{layer.digest}/layer.tar" for layer in image.layers]
            manifest.append({"Config": config_name, "RepoTags": [image.name], "Layers": names})
        put("manifest.json", json.dumps(manifest).encode())
        for digest, path in layers.items():
            tar.add(path, f"{digest}/layer.tar", filter=_plain)


def pack(root: Path, name, archive: Path, entrypoint=None, user=""):
    """The tree below root as image name in archive."""
    layer = write_layer(root, Path(f"{archive}.layer"))
    write_archive([Image(name, [layer], entrypoint=entrypoint, user=user)], archive)
    layer.path.unlink()
