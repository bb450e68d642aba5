"""A steady stream of admissions, whatever happens to sparkgate meanwhile, and what became of each.

Requests are dry runs: admission is complete, nothing is stored. Each kind of request knows what a correct answer
looks like, judged without sparkgate's help (bed.objects.settings). An answer is

	fine         as it must be
	explained    a failure that the phase says is expected, by a pattern of its text
	unexplained  any other failure
	wrong        success with the wrong content: a server on the wrong backend

Bounded: RATE requests a second by THREADS threads, each with a timeout, until stopped.
"""

import collections
import copy
import re
import statistics
import threading
import time
from dataclasses import dataclass, field

import requests
from bed.api import Api
from bed.objects import settings

RATE = 20
THREADS = 4
KEPT_EXAMPLES = 5

# What a client is told where a webhook cannot be reached: by the API server where its entry fails closed; pods.mutate
# fails open, and what it missed is refused by servers.validate, which may reach another replica.
WEBHOOK_AWAY = (
    r'failed calling webhook "(servers|namespaces)\.validate\.sparkgate\.io"'
    r"|it was not rewritten: is pods\.mutate\.sparkgate\.io reachable\?"
)
# What a client sees of an API server that is away.
API_SERVER_AWAY = (
    r"^(ConnectionError|SSLError|ChunkedEncodingError|ReadTimeout|ConnectTimeout|503|500: etcdserver|504)"
    r"|not yet ready to handle request"  # 403 of one that has just begun
)


@dataclass
class Request:
    """One kind of request: what is created, and whether the stored object is right."""

    name: str
    obj: dict
    right: callable


def server_request(name, pod, namespace, master):
    pod = copy.deepcopy(pod)
    pod["metadata"] = {**pod["metadata"], "namespace": namespace}
    return Request(name, pod, lambda stored: settings(stored).get("spark.master") == master)


def plain_request(name, obj, namespace):
    obj = copy.deepcopy(obj)
    obj["metadata"] = {**obj["metadata"], "namespace": namespace}
    return Request(name, obj, lambda stored: "sparkgate.io/decision" not in stored["metadata"].get("annotations", {}))


@dataclass
class Phase:
    """What happened while one thing was done to the cluster."""

    name: str
    explained: str | None = None
    began: float = field(default_factory=time.monotonic)
    seconds: list = field(default_factory=list)
    counts: collections.Counter = field(default_factory=collections.Counter)
    examples: list = field(default_factory=list)

    def note(self, what, seconds, text=""):
        self.counts[what] += 1
        self.seconds.append(seconds)
        if text and len(self.examples) < KEPT_EXAMPLES and not any(text[:60] == e[:60] for e in self.examples):
            self.examples.append(text)

    def quantile(self, q):
        """In milliseconds."""
        if len(self.seconds) < 2:
            return 0.0
        return 1000 * statistics.quantiles(self.seconds, n=100, method="inclusive")[q - 1]


class Load:
    """with Load(plane, requests) as load: with load.phase("rolling restart"): ..."""

    def __init__(self, plane, kinds):
        self.plane, self.kinds = plane, kinds
        self.phases = [Phase("before")]
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(THREADS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(90)

    def begin(self, name, explained=None):
        """From here on answers count for this phase; explained: the failures that belong to it."""
        with self.lock:
            self.phases.append(Phase(name, explained))
        return self.phases[-1]

    def done(self):
        """How many answers the phase in force has."""
        with self.lock:
            return sum(self.phases[-1].counts.values())

    def _run(self, number):
        api = Api(self.plane)
        due = time.monotonic() + number / RATE
        for turn in range(number, 10_000_000, THREADS):
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            due = max(due + THREADS / RATE, time.monotonic() - 1)
            self._ask(api, self.kinds[turn % len(self.kinds)])

    def _ask(self, api, kind):
        with self.lock:
            phase = self.phases[-1]
        began = time.monotonic()
        try:
            answer = api.create(kind.obj, dry_run=True)
            text = "" if answer.ok else f"{answer.status}: {answer.message or answer.body}"
        except requests.RequestException as error:
            answer, text = None, f"{type(error).__name__}: {error}"
            api.session.close()
        seconds = time.monotonic() - began
        with self.lock:
            # A request that began in one phase and ended in the next belongs to both: the more lenient counts.
            later = self.phases[-1]
            if not text:
                right = kind.right(answer.body)
                phase.note("fine" if right else "wrong", seconds, "" if right else f"{kind.name}: stored on the wrong backend")
            elif any(p.explained and re.search(p.explained, text) for p in (phase, later)):
                phase.note("explained", seconds)
            else:
                phase.note("unexplained", seconds, f"{kind.name}: {text}")

    def table(self):
        """For people: a line a phase."""
        lines = [f"{'phase':<34} {'requests':>8} {'fine':>6} {'explained':>9} {'unexplained':>11} {'wrong':>5} {'p50 ms':>7} {'p99 ms':>7}"]
        for p in self.phases:
            c = p.counts
            total = sum(c.values())
            lines.append(
                f"{p.name[:34]:<34} {total:>8} {c['fine']:>6} {c['explained']:>9} {c['unexplained']:>11} {c['wrong']:>5}"
                f" {p.quantile(50):>7.1f} {p.quantile(99):>7.1f}"
            )
            lines += [f"    {e[:200]}" for e in p.examples]
        return "\n".join(lines)


# ---- what the API server itself measured ----

_BUCKET = re.compile(r"^apiserver_admission_webhook_admission_duration_seconds_bucket\{(.*)\} (\S+)$", re.M)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def webhook_durations(text):
    """entry -> {upper bound in seconds: cumulative count}, of the API server's metrics page."""
    found = {}
    for labels, value in _BUCKET.findall(text):
        label = dict(_LABEL.findall(labels))
        if not label["name"].endswith(".sparkgate.io"):
            continue
        bounds = found.setdefault(label["name"], collections.Counter())
        bounds[float(label["le"].replace("+Inf", "inf"))] += float(value)
    return found


def histogram_quantile(bounds, q):
    """As PromQL's: linear inside a bucket; 0 where nothing was counted."""
    total, below, lower = bounds.get(float("inf"), 0), 0.0, 0.0
    if total == 0:
        return 0.0
    for upper in sorted(bounds):
        if bounds[upper] >= q * total:
            if upper == float("inf"):
                return lower
            inside = bounds[upper] - below
            return lower + (upper - lower) * ((q * total - below) / inside if inside else 1)
        below, lower = bounds[upper], upper
    return lower


def duration_table(text):
    """For people: requests and p50/p99 of each entry, as the API server counted them."""
    lines = [f"{'webhook entry, as the API server saw it':<42} {'calls':>8} {'p50 ms':>8} {'p99 ms':>8}"]
    for name, bounds in sorted(webhook_durations(text).items()):
        p50, p99 = (1000 * histogram_quantile(bounds, q) for q in (0.5, 0.99))
        lines.append(f"{name:<42} {int(bounds[float('inf')]):>8} {p50:>8.1f} {p99:>8.1f}")
    return "\n".join(lines)
