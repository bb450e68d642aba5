"""A run leaves nothing behind, not even one that is killed."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from bed.process import wait_until

ISOLATE = Path(__file__).parent / "bed" / "isolate"


def processes(mark):
    """Process ids whose command line has the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if mark in line:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_killed_it_takes_everything_along(tmp_path, number):
    mark = f"3600.{os.getpid()}{int(number)}"
    command = ["bash", "-c", f"setsid sleep {mark} & touch {tmp_path}/inside; sleep {mark}"]
    # As from a terminal: a shell cannot trap what was ignored when it started, and pytest may have been started so.
    run = subprocess.Popen([ISOLATE, tmp_path, *command], preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGHUP)])
    wait_until(lambda: len(processes(f"sleep {mark}")) >= 2, "both sleepers", 10)
    run.send_signal(number)
    run.wait(10)
    wait_until(lambda: not processes(mark), "no process left", 10)
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def test_the_exit_status_is_the_commands(tmp_path):
    assert subprocess.run([ISOLATE, tmp_path, "sh", "-c", "exit 7"]).returncode == 7


def test_it_has_a_network_of_its_own(tmp_path):
    """Loopback alone: what tests start cannot be reached, and reaches nobody."""
    shown = subprocess.run([ISOLATE, tmp_path, "ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert len(shown.splitlines()) == 1 and "LOOPBACK,UP" in shown
