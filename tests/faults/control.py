"""Programs whose calls fail: the test's side of the page of tests/faults/fault.h."""

import mmap
import os
import re
import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = os.environ.get("SPARKGATE", str(ROOT / "build" / "sparkgate"))
SHIM = os.environ.get("FAULT_SHIM", str(ROOT / "build" / "faults" / "shim.so"))
# In `make test` every so manieth allocation fails; 1 = all, as in `make test-long`.
LONG = bool(os.environ.get("FAULTS_LONG"))

KINDS = [word.lower() for word in re.findall(r"^\tFAULT_([A-Z_]+),", (HERE / "fault.h").read_text(), re.M)]
SHORT, KILL_BEFORE, KILL_AFTER = -1, -2, -3
FOREVER = 1 << 40

# What the program says where it ends itself for want of memory.
OUT_OF_MEMORY = "sparkgate: out of memory\n"


class Page:
    """A file that is mapped by the test and by the program."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.write_bytes(bytes(8 + 40 * len(KINDS)))
        self.file = open(self.path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)

    def _at(self, kind, field):
        return 8 + 40 * KINDS.index(kind) + 8 * field

    def _get(self, at):
        return struct.unpack_from("<q", self.map, at)[0]

    def _set(self, at, value):
        struct.pack_into("<q", self.map, at, value)

    def arm(self, kind, error, after=0, count=1):
        """Of the calls that come now, count fail behind the first `after`."""
        self._set(self._at(kind, 1), 0)
        self._set(self._at(kind, 4), 0)
        self._set(self._at(kind, 3), error)
        self._set(self._at(kind, 2), count)
        self._set(self._at(kind, 1), self.seen(kind) + after + 1)

    def disarm(self):
        for kind in KINDS:
            self._set(self._at(kind, 1), 0)

    def clear(self):
        self.map[:] = bytes(len(self.map))

    def seen(self, kind):
        return self._get(self._at(kind, 0))

    def fired(self, kind):
        return self._get(self._at(kind, 4))

    @property
    def clock(self):
        return self._get(0)

    @clock.setter
    def clock(self, seconds):
        self._set(0, seconds)

    @property
    def env(self):
        return {"LD_PRELOAD": SHIM, "FAULT_PAGE": str(self.path)}


def run(page, *args, program=PROGRAM, **options):
    """A command to its end, with what the page has armed."""
    options.setdefault("timeout", 60)
    options.setdefault("stdin", subprocess.DEVNULL)
    env = {**os.environ, **(page.env if page else {}), **options.pop("env", {})}
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, check=False, env=env, **options)
