"""A server that is measured: started, asked, and what the kernel says of it."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
SPARKGATE = Path(os.environ.get("SPARKGATE", BUILD / "sparkgate"))
WORK = BUILD / "bench"
PAYLOADS = WORK / "payloads"
CERTS = WORK / "certs"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def log_pipe():
    """Where servers write: a pipe that somebody reads, as under a container's runtime. A write to a file is dearer: it waits for those of
    other threads, and the file system makes room."""
    with (WORK / "log").open("w") as log, subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=log) as reader:
        yield reader.stdin


class Server:
    def __init__(self, name, command, port, log, environment=None):
        self.name, self.port = name, port
        self.started = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        env={**os.environ, **(environment or {})})

    def wait_ready(self, seconds=60):
        """Milliseconds from exec to the first answer over TLS that is no 5xx."""
        while time.monotonic() - self.started < seconds:
            if self.process.poll() is not None:
                sys.exit(f"{self.name} ended with {self.process.returncode}: see {WORK / 'log'}")
            try:
                if exchange(self.port, b"", "GET /readyz")[0] < 500:
                    return (time.monotonic() - self.started) * 1000
            except (OSError, ValueError):
                pass
            time.sleep(0.001)
        sys.exit(f"{self.name} does not answer")

    def cpu_seconds(self):
        """User and system time of all its threads, of those too that ended: the kernel's clock of a process, in nanoseconds."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def rss_mib(self, which="VmRSS"):
        """Resident now; with VmHWM the most it ever was, with RssAnon without the pages of files (code, mostly)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{which}:\s+(\d+)", text).group(1)) / 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def exchange(port, body, line="POST /mutate"):
    """One request over a connection of its own: status and body of the answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(120)
        with context.wrap_socket(plain) as tls:
            head = f"{line} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            tls.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = b""
            while piece := tls.recv(65536):
                answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), rest


def sparkgate(port, facts=PAYLOADS / "facts.yaml", certs=CERTS):
    return [SPARKGATE, "serve", "--listen", f"127.0.0.1:{port}", "--metrics-listen", f"127.0.0.1:{free_port()}",
            "--certs", certs, "--namespaces", facts, "--shutdown-delay", "0s"]


def noop(port):
    return [WORK / "noop", port, CERTS / "tls.crt", CERTS / "tls.key"]


def start(name, command, log, **more):
    """Started on a port of its own, and serving."""
    port = free_port()
    server = Server(name, command(port), port, log, **more)
    try:
        server.ready_ms = server.wait_ready()
    except BaseException:
        server.stop()
        raise
    return server
