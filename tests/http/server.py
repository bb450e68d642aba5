"""A sparkgate under test, and clients for it."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = os.environ.get("SPARKGATE", str(HERE.parents[1] / "build" / "sparkgate"))
FACTS = HERE / "fixtures" / "facts.yaml"
LIMIT = 3 * 1024 * 1024  # of a body



def is_sanitized(program):
    return subprocess.run(["grep", "-qaE", "__[at]san_init", program], check=False).returncode == 0


# Sanitizers need more memory and time than what the tests allow the plain program.
SANITIZED = is_sanitized(PROGRAM)


# Beside other suites (tests/lib/all) what is waited for takes longer. A wait of a second or two is a bound that a test means.
PATIENCE = int(os.environ.get("SPARKGATE_PATIENCE", "1"))


def until(condition, seconds=10, what="condition"):
    """Wait for what must come true soon; returns its value."""
    seconds *= PATIENCE if seconds >= 5 else 1
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds} s")


LOOKUP, PODS = 0.5, 1  # seconds in which an API server must have answered: facts/live.h LIVE_LOOKUP_NS, LIVE_PODS_NS


def in_time(attempt, limit=LOOKUP, tries=20):
    """The first result that came in time. What took longer says nothing: the API server was late, and the product rightly
    went on without it. It is told the number of the attempt, for a fresh name: a late look-up of the old one may be under way."""
    for n in range(tries):
        begun = time.monotonic()
        result = attempt(n)
        if time.monotonic() - begun < limit:
            return result
    raise AssertionError(f"nothing came within {limit} s, {tries} times")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def review(self):
        """The response of the AdmissionReview."""
        assert self.status == 200, (self.status, self.body)
        assert self.headers["Content-Type"] == "application/json"
        document = json.loads(self.body)
        assert document["kind"] == "AdmissionReview" and document["apiVersion"] == "admission.k8s.io/v1"
        return document["response"]


class Client:
    """One keep-alive connection. http.client sets TCP_NODELAY, as Go does."""

    def __init__(self, server, context=None, timeout=30):
        self.connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, context=context or server.context(), timeout=timeout
        )
        self.sent = None  # when the last byte of the last request was

    def send(self, method, path, body=None, headers=None):
        self.sent = None
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        self.connection.request(method, path, body=body, headers=headers)
        self.sent = time.monotonic()

    def answer(self):
        return Answer(self.connection.getresponse())

    def request(self, method, path, body=None, headers=None):
        self.send(method, path, body, headers)
        return self.answer()

    def post(self, path, body, **headers):
        return self.request("POST", path, body, headers)

    def get(self, path):
        return self.request("GET", path)

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server:
    """`sparkgate serve` on free ports. Its logs stay in its directory."""

    def __init__(self, directory, *flags, facts=FACTS, certs=None, env=None, program=PROGRAM):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.certs = Path(certs or self.directory / "certs")
        self.out = self.directory / "stdout"
        self.err = self.directory / "stderr"
        command = [program, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
        command += ["--shutdown-delay", "0s"]
        if "--kubeconfig" not in flags and facts:
            command += ["--namespaces", str(facts)]
        if "--tls-cert" not in flags and "--certs-secret" not in flags:
            command += ["--certs", str(self.certs)]
        if is_sanitized(program):
            command += ["--seccomp", "off"]  # their own calls: LeakSanitizer traces the process when it ends
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                command + list(flags), stdout=out, stderr=err, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
            )
        until(self._started, 20, "the start message")
        self.port = int(re.search(r"https://127\.0\.0\.1:(\d+)", self.messages)[1])
        self.metrics_port = int(re.search(r"http://\S+:(\d+)/metrics", self.messages)[1])

    def _started(self):
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.messages}"
        return "Look next at" in self.messages and self.messages.endswith("\n")

    @property
    def messages(self):
        return self.err.read_text()

    @property
    def log(self):
        """The JSON lines written so far; the last may come a moment after what it tells of: until()."""
        return [json.loads(line) for line in self.out.read_text().split("\n")[:-1]]

    def context(self, cafile=None, **pair):
        context = ssl.create_default_context(cafile=str(cafile or self.certs / "ca.crt"))
        if pair:
            context.load_cert_chain(pair["cert"], pair["key"])
        return context

    def client(self, **options):
        return Client(self, **options)

    def post(self, path, body, **headers):
        with self.client() as client:
            return client.post(path, body, **headers)

    def get(self, path):
        with self.client() as client:
            return client.get(path)

    def raw(self, timeout=30):
        """A TLS connection to write anything to."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context().wrap_socket(plain, server_hostname="127.0.0.1")

    def plain_get(self, path, method="GET"):
        """From the metrics listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=10)
        connection.request(method, path)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def metric(self, name, **labels):
        """The sum of the samples that have these labels."""
        from prometheus_client.parser import text_string_to_metric_families

        # Its lines alone: tests ask often, and the parser is slow. test_metrics.py has it read all of them.
        text = "".join(line + "\n" for line in self.plain_get("/metrics").text.splitlines() if line.startswith(name))
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def status(self, key):
        """A line of /proc/PID/status in bytes: VmRSS, VmHWM; RssAnon is what is of no file, so what can leak."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s*(\d+) kB$", text, re.M)[1]) * 1024

    @property
    def cpu_seconds(self):
        """Of all its threads, in it and in the kernel for it."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def each_thread(self, name):
        """That file of /proc/PID/task, of each thread that has not ended meanwhile."""
        texts = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                texts.append((task / name).read_text())
        return texts

    def states(self):
        """What threads do, as /proc/PID/status tells it: {"S"} all sleep, {"T"} all are stopped."""
        return {re.search(r"^State:\s*(\S)", text, re.M)[1] for text in self.each_thread("status")}

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        return self.process.wait(seconds)

    def stop(self):
        """Ask it to end and see that it ends well."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        assert self.process.returncode == 0, (self.process.returncode, self.messages)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.kill()


class Load:
    """Clients that post in parallel until stopped; every answer that is not what it should be is kept, and when its request
    had left.

    As the API server's, a client whose connection was announced to close, or was closed between two requests,
    opens another; a request that was begun must be answered.
    """

    def __init__(self, server, body, path="/mutate", clients=4):
        self.server, self.body, self.path = server, body, path
        self.count, self.failures, self.refused = 0, [], False
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def _run(self):
        client = None
        while not self.stopped.is_set():
            try:
                client = client or self.server.client()
                client.connection.connect() if client.connection.sock is None else None
            except (ConnectionRefusedError, ConnectionResetError, ssl.SSLEOFError):
                self.refused = True  # the listener is gone: another replica would be asked
                return
            try:
                answer = client.post(self.path, self.body)
                ok = answer.review["uid"] == self.body["request"]["uid"]
            except Exception as error:  # noqa: BLE001 any failure counts
                ok, answer = False, error
            with self.lock:
                self.count += 1
                if not ok:
                    self.failures.append((client.sent or time.monotonic(), answer))
                    return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        until(lambda: self.count > 0, 10, "a first answer")
        return self

    def more(self, count=50):
        """Wait for so many further answers."""
        target = self.count + count
        until(lambda: self.count >= target or self.failures or self._left(), 20, f"{count} more answers")
        assert self.count >= target or self.failures, f"the listener was closed before {count} more answers"

    def _left(self):
        return not any(thread.is_alive() for thread in self.threads)

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)
