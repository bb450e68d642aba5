"""`sparkgate explain` on a real API server: of what is stored there, and of past decisions in its own audit log."""

import json
import subprocess

import pytest
from bed import audit_log
from bed.objects import changed, in_namespace, load, servers
from bed.process import patiently, wait_until

POD, _ = servers()["argv"]
BAD = changed(POD, metadata__name="bad", spec__hostPID=True)
CONFIG, DEPLOYMENT = (changed(o, metadata__name="explained") for o in load("servers/start-script.yaml"))
DEPLOYMENT["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = "explained"
NAMESPACE = "enforce-standalone"
MASTER = "spark://spark-master.enforce-standalone.svc:7077"


def explain(sparkgate, *args, output="json"):
    argv = [str(sparkgate.binary), "explain", *map(str, args), "-o", output, f"--policies={sparkgate.policies}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=patiently(60))
    assert done.returncode in (0, 1) and done.stderr == "", f"{done.returncode}\n{done.stderr}"
    return json.loads(done.stdout) if output == "json" else done.stdout


# ---- what is there ----


@pytest.fixture
def stored(api, sparkgate):
    """A ConfigMap, the Deployment that reads it, and a pod of that; its name."""
    known = in_namespace(CONFIG, NAMESPACE)
    sparkgate.know(known)
    for obj in (CONFIG, DEPLOYMENT):
        api.create(obj, NAMESPACE).allowed()
    pods = wait_until(lambda: made(api, "Pod"), "its pod", 20)
    yield pods[0]["metadata"]["name"]
    api.delete("Deployment", NAMESPACE, "explained")
    wait_until(lambda: not made(api, "ReplicaSet") and not made(api, "Pod"), "all gone that the next one of this name would find", 40)
    sparkgate.forget(known)


def made(api, kind):
    """What the Deployment's controllers have made of that kind."""
    labels = ",".join(f"{k}={v}" for k, v in DEPLOYMENT["spec"]["selector"]["matchLabels"].items())
    return api.list(kind, NAMESPACE, labelSelector=labels)


def live(sparkgate, plane, word, **options):
    return explain(sparkgate, word, "-n", NAMESPACE, "--kubeconfig", plane.kubeconfig, **options)


def setting(told, key):
    return next(s for s in told["now"]["settings"] if s["key"] == key)


@pytest.mark.parametrize(("word", "kind"), [("deploy/explained", "Deployment"), ("pod/{pod}", "Pod"), ("cm/explained", "ConfigMap")])
def test_what_is_stored(sparkgate, plane, stored, word, kind):
    told = live(sparkgate, plane, word.format(pod=stored))
    assert (told["object"]["kind"], told["object"]["namespace"], told["object"]["file"]) == (kind, NAMESPACE, None)
    assert told["then"] is None and told["now"]["verdict"]["allowed"] and told["now"]["verdict"]["mode"] == "enforce"
    assert told["now"]["selection"]["role"] == ("connect-config" if kind == "ConfigMap" else "connect-server")
    assert setting(told, "spark.master")["after"]["value"] == MASTER


def test_a_pod_that_was_rewritten_stays_as_it_is(sparkgate, plane, stored):
    """... while its controller's template is still what somebody wrote, and says where its master comes from."""
    assert live(sparkgate, plane, f"pod/{stored}")["now"]["verdict"]["word"] == "allowed"
    template = live(sparkgate, plane, "deployments.apps/explained")
    assert template["now"]["verdict"]["word"] == "changed"
    (place,) = [p for p in setting(template, "spark.master")["places"] if p["wins"]]
    assert (place["configMap"], place["dataKey"]) == ("explained", "spark-defaults.conf")


def test_it_is_for_people(sparkgate, plane, stored):
    text = live(sparkgate, plane, "deploy/explained", output="table")
    assert MASTER in text and "\x1b" not in text
    # A field's path is one word, however long; a command is copied, and so not broken.
    long = [line for line in text.splitlines() if len(line) > 80 and len(line.split()) > 1]
    assert [line for line in long if not line.strip().startswith("kubectl ")] == []


# ---- what was decided ----


def ours(notes):
    return {k: v for k, v in notes.items() if k.split("/")[0].endswith(".sparkgate.io")}


def log_of(plane):
    """The log as it is now: the API server may be in the middle of a line."""
    copy = plane.dir / "explained.jsonl"
    copy.write_bytes(audit_log.whole_lines(plane.audit_log))
    return copy


def past(sparkgate, plane, event, **options):
    return explain(sparkgate, "-f", log_of(plane), "--id", event["auditID"], "--namespaces", sparkgate.facts_file, **options)


@pytest.mark.parametrize(("obj", "namespace"), [(POD, "enforce-k8s"), (POD, "warn-standalone"), (POD, "audit-k8s"), (BAD, NAMESPACE), (CONFIG, NAMESPACE),
                                                (DEPLOYMENT, "enforce-k8s")])  # fmt: skip
def test_a_decision_of_the_past(api, sparkgate, plane, obj, namespace):
    """What the API server recorded is what is shown, to the letter, and it is what would be decided now."""
    answer = api.create(obj, namespace, dry_run=True)
    event = api.audit_event(answer)
    told = past(sparkgate, plane, event)
    then = told["then"]
    assert (then["id"], then["user"], then["verb"], then["code"]) == (answer.audit_id, "kubernetes-admin", "create", answer.status)
    assert {f"{n['entry']}/{n['name']}": n["value"] for n in then["annotations"] if n["entry"]} == ours(event["annotations"])
    assert ours(event["annotations"]) and then["notReached"] == []
    assert (then["refused"], then["bySparkgate"]) == (not answer.ok, not answer.ok)
    assert told["now"]["verdict"]["allowed"] == answer.ok and then["policy"] == told["policy"]


def test_a_refusal_is_told_as_the_client_heard_it(api, sparkgate, plane):
    answer = api.create(BAD, NAMESPACE, dry_run=True)
    told = past(sparkgate, plane, api.audit_event(answer))
    assert told["then"]["message"] == answer.message and told["now"]["verdict"]["word"] == "refused"
    text = past(sparkgate, plane, api.audit_event(answer), output="table")
    assert "pss.hostNamespaces" in text and answer.audit_id in text


def test_an_id_that_is_not_there(sparkgate, plane):
    argv = [str(sparkgate.binary), "explain", "-f", str(log_of(plane)), "--id", "1b4e28ba-2fa1-11d2-883f-0016d3cca427"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=patiently(60))
    assert done.returncode == 2 and "1b4e28ba-2fa1-11d2-883f-0016d3cca427" in done.stderr
