"""Instructions, counted by callgrind: the same every time, whatever else the machine does. In user space alone.

One run of a server answers for many payloads: counting begins when it serves (starting costs minutes under callgrind, and is none
of a request's business), and is set to zero before each load. Of two loads the difference is taken, so the handshake is left out.
"""

import re
import statistics
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import allocations
import where
from load import load
from server import Server, free_port

FEW, MORE = 10, 60


def control(server, *words):
    done = subprocess.run(["callgrind_control", *words, str(server.process.pid)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=True)  # fmt: skip
    if "OK" not in done.stdout and "-z" not in words and "--dump" not in words:
        raise SystemExit(f"callgrind_control {' '.join(words)}: {done.stdout}{done.stderr}")


class Counter:
    def __init__(self, server, folder):
        self.server, self.folder, self.dumps = server, folder, 0

    def _load(self, payload, count):
        control(self.server, "-z")
        load(self.server, payload, count, connections=1)
        control(self.server, "--dump")
        self.dumps += 1
        return self.folder / f"out.{self.dumps}"

    def _total(self, payload, count):
        return int(re.search(r"^totals: (\d+)", self._load(payload, count).read_text(), re.M)[1])

    def request(self, payload, few=FEW, more=MORE):
        """Instructions of one request: the median of three, since what the server does by the clock (it looks at its files) falls into one of
        two loads where a busy machine draws them out."""
        counted = [self._total(payload, more) - self._total(payload, few) for _ in range(3)]
        return round(statistics.median(counted) / (more - few))

    def allocations(self, payload, few=FEW, more=MORE):
        """{(object file, caller, allocator): calls} of one request, as allocations.py finds them, once buffers have their size."""
        self._load(payload, few)
        some, many = (allocations.calls(self._load(payload, count)) for count in (few, more))
        return {key: (many[key] - some[key]) / (more - few) for key in some | many if many[key] != some[key]}

    def parts(self, payload, few=FEW, more=MORE):
        """The same, by library and module."""
        many, some = where.parts(self._load(payload, more)), where.parts(self._load(payload, few))
        return {name: round((many[name] - some[name]) / (more - few)) for name in many}


@contextmanager
def counter(name, command):
    """A server under callgrind that has answered already, so that what is made once is made."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        port = free_port()
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out"]
        server = Server(name, [*valgrind, *command(port)], port, log)
        try:
            server.wait_ready(180)
            control(server, "-i", "on")
            yield Counter(server, Path(folder))
        finally:
            server.stop()
