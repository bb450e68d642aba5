"""`sparkgate audit --publish` beside an API server that is busy, or cuts connections, or is written to by others.

What a real one makes of it: tests/cluster/test_openreports.py."""

import json
import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse

import pytest
from apiserver import status
from https import serve
from server import PROGRAM

REPORTS = "/apis/openreports.io/v1alpha1"
SERVER = ["/opt/spark/sbin/start-connect-server.sh", "--master", "k8s://https://kubernetes.default.svc"]


def deployment(name):
    spec = {"hostPID": True, "containers": [{"name": "c", "image": "apache/spark:4.1.1", "command": SERVER}]}
    return {"metadata": {"name": name, "namespace": "a", "uid": f"uid-{name}"}, "spec": {"template": {"metadata": {}, "spec": spec}}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, code, body):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def cut(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def answer(self):
        world, url = self.server.api, urlparse(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        with world.lock:
            report = url.path.startswith(REPORTS)
            if report:
                world.calls.append(self.command)
                trick = world.tricks.get(self.command)
                if trick and trick(self, world.calls.count(self.command)):
                    return
            self.reply(*(world.report(self.command, url, body) if report else world.page(url)))

    do_GET = do_POST = do_PUT = do_DELETE = answer


class World:
    """Namespace a with its Deployments, and its Reports."""

    def __init__(self, directory):
        self.lock, self.tricks, self.calls, self.reports, self.version = threading.RLock(), {}, [], {}, 0
        self.deployments = [deployment(f"d{i}") for i in range(3)]
        subprocess.run([PROGRAM, "certs", "init", str(directory / "api")], check=True, capture_output=True)
        self.http = serve(Handler, self, directory / "api")
        cluster = {"server": f"https://127.0.0.1:{self.http.server_port}", "certificate-authority": "api/ca.crt"}
        self.kubeconfig = directory / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "kind": "Config", "clusters": [{"name": "w", "cluster": cluster}], "users": [{"name": "me", "user": {"token": "t"}}],
            "contexts": [{"name": "w", "context": {"cluster": "w", "user": "me"}}], "current-context": "w"}))  # fmt: skip

    def page(self, url):
        resource = url.path.rsplit("/", 1)[1]
        namespace = {"metadata": {"name": "a", "labels": {"sparkgate.io/mode": "audit"}, "annotations": {"sparkgate.io/backendMode": "k8s"}}}
        items = {"namespaces": [namespace], "deployments": self.deployments}.get(resource, [])
        return 200, {"kind": "AnyList", "apiVersion": "v1", "metadata": {}, "items": items}

    def report(self, method, url, body):
        name = url.path.rsplit("/", 1)[1]
        if method == "GET" and name == "reports":
            query = {k: v[0] for k, v in parse_qs(url.query).items()}
            names, first = sorted(self.reports), query.get("continue", "")
            names = [n for n in names if n >= first]
            page, rest = names[: int(query["limit"])], names[int(query["limit"]) :]
            return 200, {"kind": "ReportList", "metadata": {"continue": rest[0]} if rest else {}, "items": [self.reports[n] for n in page]}
        if method == "POST":
            name = body["metadata"]["name"]
            if name in self.reports:
                return 409, status(409, f'reports "{name}" already exists')
            return 201, self.put(name, body)
        if name not in self.reports:
            return 404, status(404, f'reports "{name}" not found')
        if method == "PUT" and body["metadata"]["resourceVersion"] != self.reports[name]["metadata"]["resourceVersion"]:
            return 409, status(409, "the object has been modified")
        if method == "DELETE":
            return 200, self.reports.pop(name)
        return 200, self.put(name, body) if method == "PUT" else self.reports[name]

    def put(self, name, body):
        self.version += 1
        body["metadata"] |= {"resourceVersion": str(self.version), "uid": f"r-{name}"}
        self.reports[name] = body
        return body

    def publish(self):
        argv = [PROGRAM, "audit", "--publish", "--fail-on", "never", "--kubeconfig", str(self.kubeconfig)]
        self.calls.clear()
        return subprocess.run(argv, capture_output=True, text=True, timeout=60)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.http.shutdown()
    world.http.server_close()


def counts(run):
    return tuple(map(int, re.search(r"Reports: (\d+) created, (\d+) updated, (\d+) unchanged, (\d+) deleted", run.stderr).groups()))


def ended_well(world, *expected):
    run = world.publish()
    assert run.returncode == 0, run.stderr
    assert counts(run) == expected
    assert len(world.reports) == 3
    world.tricks.clear()
    again = world.publish()
    assert again.returncode == 0 and counts(again) == (0, 0, 3, 0)
    assert set(world.calls) == {"GET"}


def change(world):
    """Two of three Reports say something else now."""
    world.publish()
    for d in world.deployments[:2]:
        d["spec"]["template"]["spec"]["hostIPC"] = True


def test_undisturbed(world):
    ended_well(world, 3, 0, 0, 0)


@pytest.mark.parametrize("code", [401, 429, 500, 503])
def test_a_busy_server_is_asked_again(world, code):
    world.tricks["POST"] = lambda h, n: n == 2 and (h.reply(code, status(code, "not now")) or True)
    ended_well(world, 3, 0, 0, 0)


def test_an_answer_that_did_not_arrive_is_looked_up(world):
    """The write was done: seen by reading again, not done twice."""

    def write_and_cut(handler, number):
        if number != 2:
            return False
        handler.server.api.put(*lost)
        handler.cut()
        return True

    run = world.publish()
    lost = sorted(world.reports.items())[1]
    world.reports.clear()
    assert run.returncode == 0
    world.tricks["POST"] = write_and_cut
    ended_well(world, 2, 0, 1, 0)


def test_a_write_that_lost_reads_again(world):
    """Somebody writes between our GET and PUT."""

    def somebody(handler, number):
        if number == 1:
            for name in list(handler.server.api.reports):
                handler.server.api.put(name, handler.server.api.reports[name])
        return False

    change(world)
    world.tricks["PUT"] = somebody
    ended_well(world, 0, 2, 1, 0)


def test_gone_between_get_and_put_is_made_anew(world):
    change(world)
    world.tricks["PUT"] = lambda h, n: n == 1 and h.server.api.reports.clear()
    run = world.publish()
    assert run.returncode == 0 and counts(run)[1] == 0 and counts(run)[0] >= 1
    world.tricks.clear()
    world.publish()
    assert len(world.reports) == 3


def test_a_report_that_is_fought_over_is_told(world):
    change(world)
    world.tricks["PUT"] = lambda h, _: h.reply(409, status(409, "the object has been modified")) or True
    run = world.publish()
    assert run.returncode == 2 and counts(run) == (0, 0, 1, 0)
    assert "2 Reports could not be written, the first: Report sparkgate-deployment-d0-" in run.stderr and "has been modified" in run.stderr
    assert world.calls.count("PUT") == 10


def test_refused_by_a_quota_the_others_are_written(world):
    refusal = status(403, 'reports "x" is forbidden: exceeded quota: q, requested: count/reports.openreports.io=1')
    world.tricks["POST"] = lambda h, n: n == 1 and (h.reply(403, refusal) or True)
    run = world.publish()
    assert run.returncode == 2 and counts(run) == (2, 0, 0, 0) and "exceeded quota" in run.stderr


def test_a_server_that_goes_away_ends_it_and_prunes_nothing(world):
    world.put("sparkgate-old", {"metadata": {"name": "sparkgate-old", "namespace": "a", "labels": {"app.kubernetes.io/managed-by": "sparkgate"}},
                                "source": "sparkgate"})  # fmt: skip
    world.tricks["POST"] = lambda h, _: h.reply(503, status(503, "shutting down")) or True
    run = world.publish()
    assert run.returncode == 2 and "shutting down" in run.stderr
    assert "DELETE" not in world.calls and "sparkgate-old" in world.reports


def test_what_goes_by_itself_meanwhile_is_no_error(world):
    for i in range(3):
        name = f"sparkgate-old-{i}"
        world.put(name, {"metadata": {"name": name, "namespace": "a", "labels": {"app.kubernetes.io/managed-by": "sparkgate"}}, "source": "sparkgate"})
    world.tricks["DELETE"] = lambda h, n: n == 1 and h.server.api.reports.pop("sparkgate-old-0") and False
    ended_well(world, 3, 0, 0, 2)


def test_a_token_that_expired_while_pages_were_read(world):
    for i in range(130):
        name = f"sparkgate-old-{i:03}"
        world.put(name, {"metadata": {"name": name, "namespace": "a", "labels": {"app.kubernetes.io/managed-by": "sparkgate"}}, "source": "sparkgate"})

    def expired(handler, _number):
        token = parse_qs(urlparse(handler.path).query).get("continue", [""])[0]
        if not token or done:
            return False
        done.append(token)
        handler.reply(410, {**status(410, "expired"), "metadata": {"continue": token}})
        return True

    done = []
    world.tricks["GET"] = expired
    ended_well(world, 3, 0, 0, 130)
    assert done
