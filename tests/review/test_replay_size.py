"""A log of any length: memory and progress."""

import os
import pty
import re
import subprocess
import sys
import time


from replay import CM, PLAIN, event, facts  # noqa: F401 its fixtures too
from review import stream
from test_usage import server


# ---- size ----

WRITER = """
import sys
texts = [line.encode() for line in sys.stdin]
out, left, n = sys.stdout.buffer, int(sys.argv[1]) << 20, 0
while left > 0:
    n += 1
    piece = b"".join(t.replace(b"NUMBER", b"%d" % n) for t in texts)
    left -= out.write(piece)
"""


def flood(megabytes, facts, **options):
    """A log of pods of ours, of others, and of ConfigMaps that are never the same, made while it is read."""
    config_map = {**CM, "metadata": {"name": "c-NUMBER"}, "data": {"x": "y" * 3000}}
    pod = {**PLAIN, "spec": {"containers": [{"name": "c", "image": "i", "args": ["some words"] * 300}]}}
    lines = stream([event(server("NUMBER")), event({**config_map, "metadata": {"name": "same"}}), event(config_map, notes={"x": "y"}),
                    event({**config_map, "metadata": {"name": "c-NUMBER"}}, verb="delete"), *[event(pod, "team-o")] * 8])  # fmt: skip
    source = subprocess.Popen([sys.executable, "-c", WRITER, str(megabytes)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    source.stdin.write(lines.encode())
    source.stdin.close()
    command = [os.environ["SPARKGATE"], "review", "-f", "-", "--namespaces", str(facts)]
    process = subprocess.Popen(command, stdin=source.stdout, stdout=subprocess.PIPE, **options)
    source.stdout.close()
    most = 0
    while process.poll() is None:  # what it prints at the end fits into the pipe
        # The kernel's own maximum; that of wait4() is of the process that it was forked from, too.
        held = re.search(r"^VmHWM:\s+(\d+) kB$", open(f"/proc/{process.pid}/status").read(), re.M)
        most = max(most, int(held[1]) if held else 0)
        time.sleep(0.05)
    source.wait()
    return process.stdout.read().decode(), process.returncode, most


def test_a_log_of_any_length_takes_the_same_memory(facts):
    began = time.monotonic()
    out, code, kib = flood(300, facts)
    assert code == 0 and re.match(r"\d{5,} events, \d{4,} judged: 0 refused", out), out
    assert 0 < kib < 64 * 1024
    assert time.monotonic() - began < 120


def watched(megabytes, facts):
    """What a terminal is told of such a log, output, exit code, seconds."""
    primary, secondary = pty.openpty()
    began = time.monotonic()
    out, code, _ = flood(megabytes, facts, stderr=secondary)
    seconds = time.monotonic() - began
    os.close(secondary)
    said = b""
    try:
        while piece := os.read(primary, 65536):
            said += piece
    except OSError:
        pass
    os.close(primary)
    return said, out, code, seconds


def test_progress_is_for_terminals(facts):
    """At most five times a second, and gone at the end; however fast the machine, the log is long enough to be told of."""
    for megabytes in (40, 160, 640):
        said, out, code, seconds = watched(megabytes, facts)
        if seconds > 1:
            break
    drawn = re.findall(rb"\d+ MB  \d+ events, \d+ a second", said)
    assert code == 0 and 1 <= len(drawn) <= 5 * seconds + 1, said
    assert said.endswith(b"\r\033[K") and "a second" not in out
