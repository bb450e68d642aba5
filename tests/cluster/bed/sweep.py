"""python -m bed.sweep : remove the cgroups that a node which was killed left behind. Outside of its namespaces there is
nothing else."""

import contextlib
import os
from pathlib import Path

CGROUP = "sparkgate-bed"


def controllers():
    """The cgroup (version 1) hierarchies of this machine."""
    return [p for p in Path("/sys/fs/cgroup").iterdir() if p.is_dir() and not p.is_symlink() and p.name != "unified"]


def sweep_cgroups():
    for controller in controllers():
        for path, _, _ in os.walk(controller / CGROUP, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(path)


if __name__ == "__main__":
    sweep_cgroups()
