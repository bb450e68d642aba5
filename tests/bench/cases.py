"""What is sent, where to, and to whom beside sparkgate and the no-op.

A validating webhook is called after the mutating ones, so what goes to /validate, and to peers that only validate, is the object as
sparkgate's own /mutate leaves it: a pod that passes.
"""

import base64
import copy
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from server import PAYLOADS, ROOT, exchange


@dataclass
class Case:
    name: str
    what: str
    path: str = "/mutate"
    peers: tuple = ()
    paced: bool = False
    requests: int = 10_000
    connections: int = 8

    @property
    def hostile(self):
        """Of 32 such at once some may be turned away: that is what the bound of bodies in flight is for."""
        return self.connections > 8

    @property
    def body(self):
        return PAYLOADS / f"{self.name}.json"

    def path_of(self, server):
        return getattr(server, "path", None) or self.path


CASES = [
    Case("pod7k", "a Connect pod of 7 KB, rewritten to standalone, with a looked-up ConfigMap, hardened", peers=("controller_runtime",), paced=True),
    Case("pod7k-k8s", "the same pod, which is on its backend already and needs little"),
    Case("pod21k", "a Connect pod of 21 KB with four containers", peers=("controller_runtime",), paced=True),
    Case("cm8k", "a ConfigMap of 8 KB with `spark-defaults.conf`, rewritten", peers=("controller_runtime", "opa"), paced=True),
    Case("executor", "a pod of 4 KB that a driver asks for", peers=("controller_runtime",)),
    Case("pod7k-validate", "`pod7k` as `/mutate` leaves it, judged", "/validate", ("psa", "opa"), paced=True),
    Case("pod21k-validate", "`pod21k` as `/mutate` leaves it, judged", "/validate", ("psa", "opa")),
    Case("executor-validate", "`executor` as `/mutate` leaves it, judged", "/validate", ("psa", "opa")),
    Case("pod7k-update", "an UPDATE of that pod, with its oldObject", "/validate", ("psa", "opa")),
    Case("hostile3m", "a pod of 3 MB with 44,000 containers that all start a server, over 32 connections", peers=("controller_runtime", "psa", "opa"),
         requests=32, connections=32),
]  # fmt: skip
BY_NAME = {case.name: case for case in CASES}

# Peers that only validate are set beside what sparkgate's /mutate costs too: psa and opa of these rows.
VALIDATED = {"pod7k": "pod7k-validate", "pod21k": "pod21k-validate", "executor": "executor-validate"}


def make():
    subprocess.run([sys.executable, ROOT / "tests/bench/payloads.py", PAYLOADS], check=True)


def patched(document, operations):
    """A JSON Patch (RFC 6902) of what webhooks send: add, replace, remove."""
    document = copy.deepcopy(document)
    for operation in operations:
        *parents, last = [word.replace("~1", "/").replace("~0", "~") for word in operation["path"].split("/")[1:]]
        place = document
        for word in parents:
            place = place[int(word)] if isinstance(place, list) else place[word]
        if isinstance(place, list):
            last = len(place) if last == "-" else int(last)
        if operation["op"] == "add" and isinstance(place, list):
            place.insert(last, operation["value"])
        elif operation["op"] == "remove":
            del place[last]
        else:
            place[last] = operation["value"]
    return document


def answer(server, case):
    """The response to a case; anything but a whole answer ends the run."""
    status, body = exchange(server.port, case.body.read_bytes(), f"POST {case.path_of(server)}")
    try:
        response = json.loads(body)["response"]
    except (ValueError, KeyError):
        sys.exit(f"{server.name}, {case.name}: {status} {body[:300]!r}")
    if status != 200 or response["uid"] != json.loads(case.body.read_bytes())["request"]["uid"]:
        sys.exit(f"{server.name}, {case.name}: {status} {json.dumps(response)[:300]}")
    return response


def object_after(server, case):
    """The object of a case as the server's patch leaves it."""
    response = answer(server, case)
    came = json.loads(case.body.read_bytes())["request"]["object"]
    return patched(came, json.loads(base64.b64decode(response["patch"]))) if "patch" in response else came


def write(name, review):
    (PAYLOADS / f"{name}.json").write_text(json.dumps(review, separators=(",", ":")))


def make_validated(server):
    """The bodies for /validate, from what this server's /mutate answers."""
    for name, validated in VALIDATED.items():
        review = json.loads((PAYLOADS / f"{name}.json").read_text())
        review["request"]["object"] = object_after(server, BY_NAME[name])
        write(validated, review)
    review = json.loads((PAYLOADS / "pod7k-validate.json").read_text())
    old = copy.deepcopy(review["request"]["object"])
    review["request"]["object"]["metadata"]["labels"]["team"] = "reports"
    review["request"].update(operation="UPDATE", oldObject=old, options={"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1"})
    write("pod7k-update", review)


def expect(good, server, case, response):
    if not good:
        sys.exit(f"{server.name}, {case.name}: not the answer it has to give: {json.dumps(response)[:600]}")


REWRITTEN = {"pod7k", "pod21k", "cm8k", "executor"}


def check_own(server):
    """That each case is answered as it should be, before anything is measured."""
    for case in CASES:
        response = answer(server, case)
        expect(response["allowed"], server, case, response)
        expect(("patch" in response) or case.name not in REWRITTEN, server, case, response)
