"""`sparkgate status` of real servers: their drivers say where they run, on both backends, and after the namespace has moved on."""

import json
import os
import subprocess
from pathlib import Path

import settings as sizes
from bed.process import wait_until
from deployment import MASTER

PROGRAM = Path(os.environ.get("SPARKGATE", sizes.ROOT / "build" / "sparkgate"))
WORKERS = 1


def status(it, *args, output="json"):
    argv = [PROGRAM, "status", it.namespace, "--kubeconfig", it.gate.node.kubeconfig, "-o", output, *args]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    return told.returncode, json.loads(told.stdout) if output == "json" and told.stdout else told.stdout + told.stderr


def server_in(all_of_it):
    (namespace,) = all_of_it["namespaces"]
    found = [s for s in namespace["servers"]["items"] if s["ready"]]
    return found[0] if len(found) == 1 else None


def settled(it, master, executors):
    """Running there, with its executors, and nothing is wrong."""

    def there():
        code, all_of_it = status(it)
        found = server_in(all_of_it) if isinstance(all_of_it, dict) else None
        right = found and found["real"].get("master", "").startswith(master) and found["real"].get("executors") == executors
        return (code, all_of_it, found) if right else None

    code, all_of_it, found = wait_until(there, f"status says {master} with {executors} executors", 120, 1)
    assert (found["backend"], found["owner"]) == ("right", "Deployment spark-connect") and found["real"]["sparkVersion"].startswith(it.version)
    assert all_of_it["namespaces"][0]["problems"] == [], all_of_it
    assert len(all_of_it["sparkgate"]["replicas"]["items"]) == 3 and all(r["certificateUntil"] for r in all_of_it["sparkgate"]["replicas"]["items"])
    assert code == 0, all_of_it["sparkgate"]


def test_both_backends_and_one_that_was_left_behind(deployment, verdict):
    it = deployment("status41", "4.1")
    with verdict("4.1 status", it):
        it.opt_in("k8s")
        it.install_standalone(WORKERS)
        it.install_connect(executors=WORKERS)
        it.server()
        settled(it, "k8s://", WORKERS)
        it.choose("standalone").allowed()
        code, text = status(it, output="table")
        assert code == 1 and f"its namespace asks for {MASTER}: restart Deployment spark-connect" in " ".join(text.split()), text
        it.readmit()
        it.restart_server()
        settled(it, MASTER, WORKERS)
        text = status(it, output="table")[1]
        (it.logs / "status.txt").write_text(text)
        print(text)
