"""Programs that run beside the tests: started with a log file, waited for, stopped."""

import os
import signal
import subprocess
import time
from pathlib import Path

# Beside other suites what is waited for takes longer. A wait of a second or two is a bound that a test means, and stays.
PATIENCE = int(os.environ.get("SPARKGATE_PATIENCE", "1"))
LONG = 5


def patiently(seconds):
    return seconds * PATIENCE if seconds >= LONG else seconds


def wait_until(condition, what, seconds=30, pause=0.05):
    """The first true value of condition(); an AssertionError that names what after seconds. A condition whose connection fails or takes too
    long (an OSError, as all errors of requests, ssl and sockets are) is not true yet."""
    seconds = patiently(seconds)
    end = time.monotonic() + seconds
    while True:
        error = None
        try:
            if value := condition():
                return value
        except OSError as failed:
            error = failed
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}" + (f" ({error!r})" if error else "")) from error
        time.sleep(pause)


class Process:
    """One program and its log. Nothing outlives the pid namespace, so a test that dies leaks none."""

    def __init__(self, name, argv, logs: Path):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = logs / f"{name}.log"
        self.popen = None

    def start(self):
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def wait_ready(self, probe, seconds=60):
        """Wait for probe(); a program that ended before is reported with the end of its log."""

        def ready():
            if self.popen.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.popen.returncode}:\n{self.tail()}")
            return probe()

        return wait_until(ready, f"{self.name} ready", seconds)

    def tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def signal(self, number):
        os.kill(self.popen.pid, number)

    def stop(self, seconds=15):
        """SIGTERM, then wait; the exit status. SIGKILL is for programs that do not listen."""
        if self.popen is None or self.popen.poll() is not None:
            return self.popen and self.popen.returncode
        self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(patiently(seconds))
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"{self.name} did not end within {seconds} s of SIGTERM:\n{self.tail()}") from None
