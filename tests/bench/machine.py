"""Where it was measured, and with what."""

import os
import re
import subprocess
import time
from pathlib import Path

from server import SPARKGATE

PACKAGES = ["libmicrohttpd12", "libgnutls30", "libc6", "gcc", "nghttp2-client", "valgrind"]


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    installed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES], capture_output=True, text=True).stdout
    program = subprocess.run([SPARKGATE, "--version"], capture_output=True, text=True, check=True).stdout.split()
    return {"cpu": cpu[1] if cpu else os.uname().machine, "cores": os.cpu_count(), "kernel": os.uname().release.split("-")[0],
            "load": round(os.getloadavg()[0], 1), "when": time.strftime("%Y-%m-%d", time.gmtime()), "sparkgate": program[-1],
            "packages": dict(line.split() for line in installed.splitlines() if len(line.split()) == 2)}
