"""Audit logs of the API server: what a policy would have done with the requests of last week, and what was done then."""

import gzip
import itertools
import json
import os
import pty
import re
import subprocess
import sys
import time

import jsonschema
import pytest

from review import SCHEMA, namespace, run, stream
from test_usage import admission_review, server

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NUMBERS = itertools.count(1)
# kind -> group, resource
RESOURCES = {"Pod": ("", "pods"), "ConfigMap": ("", "configmaps"), "Namespace": ("", "namespaces"), "Secret": ("", "secrets"),
             "Deployment": ("apps", "deployments"), "CronJob": ("batch", "cronjobs")}
GOOD, BAD = server(), server(hostNetwork=True)
DENIED = 'admission webhook "servers.validate.sparkgate.io" denied the request: sparkgate: Pod "connect" in namespace "team-a" (...): backend.master: x'
PORT_ZERO = server("port")
PORT_ZERO["spec"]["containers"][0]["command"] += ["--conf", "spark.connect.grpc.binding.port=0"]


def event(obj, ns="team-a", verb="create", code=None, sub=None, message=None, notes=None, response=None, patch=None, **fields):
    """The line that the API server writes about one request."""
    n = next(NUMBERS)
    group, resource_name = RESOURCES[obj["kind"]]
    ref = {"resource": resource_name, "apiVersion": "v1", **({"apiGroup": group} if group else {}), **({"subresource": sub} if sub else {})}
    if obj["kind"] != "Namespace":
        ref["namespace"] = ns
    if verb != "create":
        ref["name"] = obj["metadata"]["name"]
    code = code or (403 if message else 201 if verb == "create" else 200)
    made = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": f"00000000-0000-4000-8000-{n:012}",
        "stage": "ResponseComplete", "requestURI": f"/api/v1/namespaces/{ns}/{resource_name}", "verb": verb,
        "user": {"username": "kubernetes-admin", "groups": ["system:masters"]}, "objectRef": ref,
        "responseStatus": {"metadata": {}, "code": code, **({"message": message} if message else {})},
        "requestReceivedTimestamp": f"2025-01-30T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.123456Z",
        "stageTimestamp": "2025-01-30T23:59:59.654321Z", "annotations": {"authorization.k8s.io/decision": "allow", **(notes or {})},
    }  # fmt: skip
    if verb == "patch":
        made |= {"requestObject": patch, "responseObject": response or obj}
    elif verb != "delete":
        made["requestObject"] = obj
        if code < 300:
            made["responseObject"] = response or obj
    return made | fields


def without(e, *keys):
    return {k: v for k, v in e.items() if k not in keys}


@pytest.fixture
def facts(tmp_path):
    path = tmp_path / "namespaces.json"
    path.write_text(stream([namespace("team-a"), namespace("team-w", mode="warn"), namespace("team-o", mode=None)]))
    return path


def replay(events, facts, *flags, codes=(0, 1)):
    """The lines of -o json, and the run itself."""
    done = run("-f", "-", "-o", "json", *(["--namespaces", facts] if facts else []), *flags, stdin=stream(events))
    assert done.returncode in codes, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        VALIDATOR.validate(line)
    return lines, done


def table(events, facts, *flags):
    return run("-f", "-", "--namespaces", facts, *flags, stdin=stream(events))


# ---- which requests are judged, and how ----

CM = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"spark-defaults.conf": "spark.connect.grpc.binding.port 15002\nspark.master yarn\n"}}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect"}, "spec": {"template": {"metadata": BAD["metadata"], "spec": BAD["spec"]}}}
CRONJOB = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}, "spec": {"jobTemplate": {"spec": DEPLOYMENT["spec"]}}}
GENERATED = {**GOOD, "metadata": {"generateName": "connect-"}}
PLAIN = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
DEBUG = {**BAD, "spec": {**BAD["spec"], "ephemeralContainers": [{"name": "d", "image": "busybox"}]}}

# what it is, the event, (operation, allowed) of the line or None, exit code
JUDGED = [
    ("a pod", event(GOOD), ("CREATE", True), 0),
    ("a bad pod", event(BAD), ("CREATE", False), 1),
    ("a bad pod under warn", event(BAD, "team-w"), ("CREATE", True), 0),
    ("what was sent counts, not what was stored", event(GOOD, response=BAD), ("CREATE", True), 0),
    ("what was stored where nothing was sent", without(event(BAD), "requestObject"), ("CREATE", False), 1),
    ("a config map", event(CM), ("CREATE", True), 0),
    ("an update of a config map", event(CM, verb="update"), ("UPDATE", True), 0),
    ("a patched config map", event(CM, verb="patch", patch={"data": {}}), ("UPDATE", True), 0),
    ("a controller", event(DEPLOYMENT), ("CREATE", False), 1),
    ("a controller of another group", event(CRONJOB), ("CREATE", False), 1),
    ("applied and created", event(BAD, verb="patch", code=201, patch=BAD), ("CREATE", False), 1),
    ("an ephemeral container", event(DEBUG, verb="patch", sub="ephemeralcontainers", patch={"spec": {}}), ("UPDATE", False), 1),
    ("a namespace", event(namespace("team-a", backend="yarn")), ("CREATE", False), 1),
    ("a dry run", event(BAD, requestURI="/api/v1/namespaces/team-a/pods?fieldManager=x&dryRun=All"), ("CREATE", False), 1),
    ("refused by us", event(BAD, message=DENIED), ("CREATE", False), 1),
    ("of another code of ours", event(GOOD, message=DENIED, code=400), ("CREATE", True), 0),
    ("refused by RBAC", without(event(BAD, message="pods is forbidden: User cannot create"), "requestObject"), None, 0),
    ("refused by another webhook", event(BAD, message='admission webhook "sparkgate.example.com" denied the request: no'), None, 0),
    ("refused by another that quotes us", event(BAD, message='admission webhook "x" denied the request: admission webhook "servers.validate.sparkgate.io" denied the request: y'), None, 0),
    ("we could not be called", event(BAD, code=500, message='Internal error occurred: failed calling webhook "servers.validate.sparkgate.io": timeout'), None, 0),
    ("another word about us", event(BAD, code=400, message='admission webhook "servers.validate.sparkgate.io" does not support dry run'), None, 0),
    ("there already", event(BAD, code=409, message="pods already exists"), None, 0),
    ("another stage", event(BAD, stage="RequestReceived"), None, 0),
    ("a status update", event(BAD, verb="update", sub="status"), None, 0),
    ("a binding", event(BAD, sub="binding"), None, 0),
    ("a read", event(BAD, verb="get"), None, 0),
    ("a secret", event({**BAD, "kind": "Secret"}), None, 0),
    ("another group's pods", {**event(BAD), "objectRef": {"resource": "pods", "apiGroup": "metrics.k8s.io", "namespace": "team-a"}}, None, 0),
    ("not of Spark", event(PLAIN), None, 0),
    ("not opted in", event(BAD, "team-o"), None, 0),
    ("no object", without(event(BAD), "requestObject", "responseObject"), None, 2),
    ("no object where nobody opted in", without(event(BAD, "team-o"), "requestObject", "responseObject"), None, 0),
    ("a patch without its result", without(event(BAD, verb="patch", patch={"spec": {}}), "responseObject"), None, 2),
    ("a patch without its result that names no spec", without(event(BAD, verb="patch", patch={"metadata": {}}), "responseObject"), None, 0),
    ("a namespace of which nothing is known", event(BAD, "team-x"), None, 2),
    ("a pod that was there before the log", event(BAD, verb="update"), None, 0),
    ("its labels", event(BAD, verb="patch", patch={"metadata": {}}), None, 0),
    ("a list as the API server posts it", {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [without(event(BAD), "kind", "apiVersion")]},
     ("CREATE", False), 1),
    ("a list of events", {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event(PLAIN), event(BAD)]}, ("CREATE", False), 1),
]  # fmt: skip


@pytest.mark.parametrize("given, wanted, code", [j[1:] for j in JUDGED], ids=[j[0] for j in JUDGED])
def test_judged(given, wanted, code, facts):
    lines, done = replay([given], facts, codes=(code,))
    assert [(o["operation"], o["allowed"]) for o in lines] == ([wanted] if wanted else [])
    assert bool(done.stderr) == (code == 2), done.stderr


def test_lines_say_where_and_what_then(facts):
    notes = {"pods.mutate.sparkgate.io/changes": "x", "servers.validate.sparkgate.io/policy": "0" * 12, "other.io/sparkgate.io": "no"}
    (line,), _ = replay([event(PLAIN), event(GENERATED, response=GOOD, notes=notes)], facts)
    assert (line["file"], line["document"], line["kind"], line["namespace"], line["name"]) == ("-", 2, "Pod", "team-a", "connect")
    recorded = line["recorded"]
    assert recorded["auditAnnotations"] == {k: v for k, v in notes.items() if "/sparkgate.io" not in k}
    assert (recorded["user"], recorded["verb"], recorded["code"], recorded["refused"], recorded["comparison"]) == ("kubernetes-admin", "create", 201, False, "same")


@pytest.mark.parametrize("who, ids", [("kubernetes-admin", 0), ("system:serviceaccount:ci:deployer", 1)])
def test_exemptions_see_who_asked_and_when(who, ids, facts, tmp_path):
    """An exemption that has expired today had not then, and the impersonated user is the one."""
    layer = tmp_path / "layer.yaml"
    layer.write_text("apiVersion: policy.sparkgate.io/v1\nkind: Exemptions\nexemptions:\n- {id: e, owner: o, reason: r, expires: 2025-01-31, "
                     "rules: ['pss.*'], users: ['system:serviceaccount:ci:deployer']}\n")  # fmt: skip
    lines, _ = replay([event(BAD, impersonatedUser={"username": who})], facts, "--policies", layer)
    assert [o["allowed"] for o in lines] == [bool(ids)]


# ---- updates ----


def test_updates_that_change_nothing_are_passed_over(facts):
    other = {**DEPLOYMENT, "spec": {"replicas": 3, **DEPLOYMENT["spec"]}}
    changed = json.loads(json.dumps(DEPLOYMENT).replace("spark:4.1.0", "spark:4.1.1"))
    events = [event(DEPLOYMENT), event(other, verb="update"), event(changed, verb="patch", patch={"spec": {}}), event(changed, verb="update")]
    lines, _ = replay(events, facts)
    assert [o["document"] for o in lines] == [1, 3]


def test_a_pod_is_judged_again_when_its_image_changes(facts):
    stored = {**BAD, "metadata": {**BAD["metadata"], "uid": "1"}}
    labelled = {**stored, "metadata": {**stored["metadata"], "labels": {"app": "spark-connect", "x": "y"}}}
    other = json.loads(json.dumps(stored).replace("spark:4.1.0", "spark:4.1.1"))
    lines, _ = replay([event(BAD, response=stored), event(labelled, verb="update"), event(other, verb="update")], facts)
    assert [(o["operation"], o["document"]) for o in lines] == [("CREATE", 1), ("UPDATE", 3)]


# ---- facts of the log itself ----

MOUNTS = server("mounts")
MOUNTS["spec"]["containers"][0]["command"] = ["/opt/spark/sbin/start-connect-server.sh"]
MOUNTS["spec"]["containers"][0]["volumeMounts"] = [{"name": "c", "mountPath": "/opt/spark/conf"}]
MOUNTS["spec"]["volumes"] = [{"name": "c", "configMap": {"name": "conf"}}]


def test_namespaces_of_the_log_are_known_from_then_on():
    events = [event(namespace("team-n", mode="warn")), event(BAD, "team-n"), event(namespace("team-n"), verb="update"), event(BAD, "team-n")]
    lines, _ = replay(events, None)
    assert [(o["kind"], o["allowed"]) for o in lines] == [("Namespace", True), ("Pod", True), ("Namespace", True), ("Pod", False)]


def test_a_namespace_that_goes_stays_known(facts):
    lines, _ = replay([event(namespace("team-a"), verb="delete"), event(BAD)], facts)
    assert [o["allowed"] for o in lines] == [False]


def test_dry_runs_and_failures_are_no_facts():
    dry = event(namespace("team-n"), requestURI="/api/v1/namespaces?dryRun=All")
    lost = event(namespace("team-n"), code=409, message="already exists")
    lines, done = replay([dry, lost, event(BAD, "team-n")], None, codes=(2,))
    assert [o["kind"] for o in lines] == ["Namespace"] and "'team-n'" in done.stderr


def sees(line):
    """Did the pod's decision know the ConfigMap's spark.executor.cores?"""
    return not any(c["key"] == "spark.executor.cores" for c in line["changes"])


def test_config_maps_of_the_log_are_read_from_then_on(facts):
    cores = {**CM, "data": {"spark-defaults.conf": "spark.executor.cores 3\n"}}
    none = {**CM, "data": {"spark-defaults.conf": "spark.ui.enabled false\n"}}
    events = [event(MOUNTS), event(cores), event(MOUNTS), event(none, verb="update"), event(MOUNTS), event(cores, verb="patch", patch={"data": {}}),
              event(MOUNTS), event(cores, verb="delete"), event(MOUNTS)]  # fmt: skip
    lines, _ = replay(events, facts)
    assert [sees(o) for o in lines if o["name"] == "mounts"] == [False, True, False, True, False]


def test_what_the_log_deletes_is_gone_though_it_was_given(tmp_path):
    cores = {**CM, "metadata": {"name": "conf", "namespace": "team-a"}, "data": {"spark-defaults.conf": "spark.executor.cores 3\n"}}
    facts = tmp_path / "facts.json"
    facts.write_text(stream([namespace("team-a"), cores]))
    lines, _ = replay([event(MOUNTS), event(cores, verb="delete"), event(MOUNTS)], facts)
    assert [sees(o) for o in lines] == [True, False]


# ---- beside what was decided then ----


def test_comparison(facts):
    asked = {"servers.validate.sparkgate.io/policy": "0" * 12}
    events = [event(BAD), event(BAD, notes=asked), event(BAD, message=DENIED, notes=asked), event(GOOD, message=DENIED), event(GOOD, notes=asked)]
    lines, _ = replay(events, facts)
    assert [o["recorded"]["comparison"] for o in lines] == ["newlyRefused", "newlyRefused", "same", "noLongerRefused", "same"]
    out = table(events, facts).stdout
    assert re.search(r"^ +2  newly refused \(sparkgate was not asked about 1 of them\)\n +1  no longer refused\n +2  the same\n", out, re.M), out


def test_a_controller_was_refused_where_its_pods_were_foretold_to_be(facts):
    notes = {"workloads.validate.sparkgate.io/violations": "warn a.b: c; deny pss.hostNamespaces: d", "workloads.validate.sparkgate.io/mode": "enforce"}
    lines, _ = replay([event(DEPLOYMENT, notes=notes), event({**DEPLOYMENT, "metadata": {"name": "b"}})], facts)
    assert [o["recorded"]["comparison"] for o in lines] == ["same", "newlyRefused"]


def test_where_pod_security_only_warned_no_pod_was_refused(facts):
    """Each half has its mode; that of Pod Security is not recorded, and read from the namespace."""
    facts.write_text(stream([namespace("team-a", pssMode="warn")]))
    notes = {"workloads.validate.sparkgate.io/violations": "deny pss.hostNamespaces: d", "workloads.validate.sparkgate.io/mode": "enforce"}
    lines, _ = replay([event(DEPLOYMENT, notes=notes)], facts)
    assert [(o["allowed"], o["recorded"]["comparison"]) for o in lines] == [(True, "same")]
    lines, _ = replay([event(DEPLOYMENT, notes=notes)], facts, "--as", "enforce")
    assert [(o["allowed"], o["recorded"]["comparison"]) for o in lines] == [(False, "newlyRefused")]


def test_what_was_changed_otherwise_is_counted(facts):
    (line,), _ = replay([event(GOOD)], facts)
    notes = line["auditAnnotations"]
    assert "otherwise" not in table([event(GOOD, notes=notes)], facts).stdout
    notes["pods.mutate.sparkgate.io/changes"] = "backend.master: spark.master: a -> b"
    assert re.search("^ +1  changed otherwise than then$", table([event(GOOD, notes=notes)], facts).stdout, re.M)


def test_another_policy_refuses_what_was_allowed(facts, tmp_path):
    layer = tmp_path / "layer.yaml"
    layer.write_text("apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: standalone\nrules:\n"
                     "- {id: backend.noPortZero, why: nobody finds it, versions: all, forbid: {key: spark.connect.grpc.binding.port}}\n")  # fmt: skip
    assert table([event(GOOD), event(PORT_ZERO)], facts).returncode == 0
    done = table([event(GOOD), event(PORT_ZERO)], facts, "--policies", layer)
    assert done.returncode == 1
    assert re.search(r"^Newly refused: 1\n  by backend\.noPortZero\n  Pod team-a/port\n    2025-01-30T\S+Z  id 0{8}-\S+\n", done.stdout, re.M), done.stdout
    assert re.search(r"^  why: sparkgate explain -f audit\.log --id 0{8}-0000-4000-8000-\d{12}$", done.stdout, re.M)


def test_as_enforce(facts):
    lines, _ = replay([event(BAD, "team-w"), event(BAD, "team-o")], facts, "--as", "enforce")
    assert [o["allowed"] for o in lines] == [False, False]


# ---- the table ----


def test_table(facts):
    events = [event(BAD), event(BAD, requestURI="/x?dryRun=All"), event(BAD, "team-w"), event(GOOD), event(PLAIN), event(BAD, "team-o"),
              event(BAD, verb="get"), event(BAD, stage="RequestReceived"), event(BAD, code=409), without(event(BAD), "requestObject", "responseObject")]  # fmt: skip
    done = table(events, facts)
    assert done.returncode == 2 and done.stderr == ""
    assert done.stdout.startswith("10 events, 4 judged: 2 refused, 3 changed, 2 warned (1 dry run)\n2025-01-30T")
    assert re.search(r"^ REFUSED  CHANGED   WARNED   JUDGED  NAMESPACE\n +2 +3 +1 +3  team-a\n +0 +0 +1 +1  team-w\n", done.stdout, re.M), done.stdout
    assert re.search(r"^ +2 +0 +1  pss\.hostNamespaces$", done.stdout, re.M), done.stdout
    assert "  1 event holds no object: the audit policy needs level Request or higher for\n  pods, configmaps" in done.stdout
    assert "Passed over\n  1 of other stages, 2 of other kinds and verbs or not of Spark, 1 of Spark in\n" in done.stdout, done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if "sparkgate explain" not in line)
    assert "\033" not in done.stdout and "\033[31m" in table(events, facts, "--color", "always").stdout


def test_examples_are_three_a_group(facts):
    out = table([event(server(f"s{n}", hostNetwork=True)) for n in range(7)], facts).stdout
    assert re.search(r"^Newly refused: 7\n  by .*pss\.hostNamespaces", out, re.M)
    assert re.findall(r"^  Pod team-a/(s\d)$", out, re.M) == ["s0", "s1", "s2"] and "  and 4 more: -o json" in out


def test_what_is_to_be_copied_is_no_command_of_the_clients(facts):
    """The header Audit-ID is the client's choice, and names come from everywhere."""
    evil = event({**BAD, "metadata": {"name": "x\u001b[2J"}}, auditID="1; rm -rf '$HOME' \u001b]0;t\u0007")
    done = table([evil], facts)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", done.stdout)
    why = re.search(r"^  why: (.*)$", done.stdout, re.M)[1]
    words = subprocess.run(["bash", "-c", f"printf '%s\\n' {why}"], capture_output=True, text=True).stdout.splitlines()
    assert words == ["sparkgate", "explain", "-f", "audit.log", "--id", "1; rm -rf '$HOME'  ]0;t "]


# ---- input ----


def test_since_and_until(facts):
    events = [event(BAD, requestReceivedTimestamp=f"2025-01-{day}T12:00:00.000000Z") for day in ("28", "29", "30")]
    lines, _ = replay(events, facts, "--since", "2025-01-29T00:00:00Z", "--until", "2025-01-30T12:00:00Z")
    assert [o["document"] for o in lines] == [2]
    named = [event(namespace("team-n"), requestReceivedTimestamp="2025-01-01T00:00:00Z"), event(BAD, "team-n")]
    lines, _ = replay(named, None, "--since", "2025-01-29T00:00:00Z")
    assert [o["kind"] for o in lines] == ["Pod"], "what was written before is known"


def test_rotated_logs_are_read_in_the_order_of_time(tmp_path):
    first, second = tmp_path / "audit-2025-01-30.log", tmp_path / "audit.log"
    first.write_text(stream([event(namespace("team-n"))]))
    second.write_text(stream([event(BAD, "team-n")]))
    for flags in (["-f", second, "-f", first], ["-f", tmp_path]):
        done = run(*flags, "-o", "json")
        assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [str(first), str(second)], done.stderr
        assert done.returncode == 1


LINES = [
    ("crlf", lambda text: text.replace("\n", "\r\n"), 2, ""),
    ("empty lines", lambda text: "\n\n \n".replace(" ", "") + text.replace("\n", "\n\n"), 2, ""),
    ("no end of the last line", lambda text: text[:-1], 2, ""),
    ("a last line that is cut short", lambda text: text[:-40], 1, "-:2: the last line is cut short"),
    ("no JSON in between", lambda text: text.replace("\n", "\nnonsense {\n", 1), 2, "-:2: "),
    ("half a first line", lambda text: '"},"x":1}}\n' + text, 2, "-:1: "),
    ("half a first line with a field", lambda text: '"apiVersion":"v1","kind":"Pod"}}\r\n' + text, 2, "-:1: "),
    ("many lines of others first", lambda text: "klog: x\n" * 63 + text, 2, "-:5: "),
    ("no event in between", lambda text: text.replace("\n", '\n{"kind":"Pod"}\n', 1), 2, "-:2: expected an Event of audit.k8s.io"),
    ("a line that is too long", lambda text: text.replace("\n", "\n" + "x" * (17 << 20) + "\n", 1), 2, "-:2: longer than 16 MiB"),
    ("a line without end", lambda text: text + '{"a": "' + "x" * (17 << 20), 2, "-:3: longer than 16 MiB"),
]


@pytest.mark.parametrize("spoil, judged, said", [i[1:] for i in LINES], ids=[i[0] for i in LINES])
def test_lines(spoil, judged, said, facts, tmp_path):
    text = spoil(stream([event(GOOD), event(GOOD)]))
    path = tmp_path / "log"
    path.write_text(text, newline="")
    for flags, stdin in ((["-f", "-"], text), (["-f", path], "")):
        done = subprocess.run([os.environ["SPARKGATE"], "review", *map(str, flags), "-o", "json", "--namespaces", str(facts)], input=stdin.encode(),
                              capture_output=True, timeout=60)  # fmt: skip
        assert len(done.stdout.splitlines()) == judged
        assert done.returncode == (2 if said else 0)
        assert said.replace("-:", f"{flags[1]}:") in done.stderr.decode(), done.stderr


def test_items_of_a_list_that_are_no_events_are_bad_lines(facts):
    listed = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event(BAD), {"kind": "Pod"}, "x", {"stage": "ResponseComplete", "kind": "Event"}]}
    lines, done = replay([listed, {**listed, "items": {}}], facts, codes=(2,))
    assert len(lines) == 1 and "-:1: items[1]: expected an Event" in done.stderr and "-:2: items of an EventList are no list" in done.stderr
    assert "  4 lines are no audit event" in table([listed, {**listed, "items": {}}], facts).stdout


# what stands before the first event, and whether it is seen to be a log nonetheless
FIRST = [
    ("a half line of a MiB", '"' + "x" * (1 << 20) + "}\n", False),
    ("a half line of a little less", '"' + "x" * 1000000 + "}\n", True),
    ("63 lines", "x\n" * 63, True),
    ("64 lines", "x\n" * 64, False),
    ("blanks", "\n" * 3000, True),
    ("a manifest", json.dumps(GOOD) + "\n", False),
    ("YAML", "apiVersion: v1\n", False),
    ("JSON over several lines", '{"items":[\n', False),
]  # fmt: skip


@pytest.mark.parametrize("before, is_log", [i[1:] for i in FIRST], ids=[i[0] for i in FIRST])
def test_the_first_event_may_stand_further_down(before, is_log, facts, tmp_path):
    path = tmp_path / "log"
    path.write_text(before + stream([event(GOOD)]))
    for flags, stdin in ((["-f", path], ""), (["-f", "-"], path.read_text())):
        done = run(*flags, "-o", "json", "--namespaces", facts, stdin=stdin)
        assert [bool("recorded" in json.loads(line)) for line in done.stdout.splitlines()] == ([True] if is_log else []), done.stderr
        assert done.returncode == (0 if is_log and not before.strip() else 2)


def test_beside_a_log_an_unclear_file_is_one_and_an_empty_one_is_neither(facts, tmp_path):
    log, empty, torn, manifest = (tmp_path / name for name in ("audit.log", "empty", "torn", "pod.json"))
    log.write_text(stream([event(GOOD)]))
    empty.write_text("")
    torn.write_text('"half"}\n')
    manifest.write_text(stream([namespace("default"), GOOD]))
    base = ["-o", "json", "--namespaces", facts]
    done = run("-f", log, "-f", empty, *base)
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")
    done = run("-f", torn, "-f", log, *base)
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1) and f"{torn}:1: " in done.stderr and "1 line is no audit event" in done.stderr
    done = run("-f", "-", "-f", log, *base, stdin=torn.read_text())
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1) and "-:1: " in done.stderr
    done = run("-f", manifest, "-f", empty, "-o", "json")
    assert len(done.stdout.splitlines()) == 2
    done = run("-f", empty)
    assert done.returncode == 2 and "nothing to review" in done.stderr


def test_a_manifest_on_standard_input_loses_nothing():
    """The beginning was looked at; it is still there."""
    text = "# a comment\n\n" + "\n---\n".join(json.dumps(o, indent=1) for o in (namespace("default"), GOOD)) + "\n"
    text += "".join(f"---\n{json.dumps({**PLAIN, 'metadata': {'name': f'p{n}', 'annotations': {'x': 'y' * 1000}}})}\n" for n in range(500))
    done = run("-f", "-", "-o", "json", stdin=text)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 502
    assert run("-f", "-", "-o", "yaml", "--as", "namespace", stdin=text).stdout.startswith("# a comment\n")
    through = subprocess.run(["bash", "-c", '"$SPARKGATE" review -o json -f <(cat)'], input=text, capture_output=True, text=True)
    assert len(through.stdout.splitlines()) == 502, through.stderr


def test_many_complaints_are_not_all_said(facts):
    done = table([event(GOOD)] + ["x"] * 50, facts)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 6 and "50 lines are no audit event" in done.stdout


BAD_USAGE = [
    (["-o", "sarif"], "-o sarif is for manifests: of an audit log there are -o table and -o json"),
    (["-o", "yaml"], "-o yaml is for manifests"),
    (["--since", "yesterday"], "--since takes a moment in UTC as 2025-01-31T23:59:59Z, not 'yesterday'"),
    (["--until", "2025-01-31"], "--until takes a moment"),
]


@pytest.mark.parametrize("flags, said", BAD_USAGE)
def test_bad_usage(flags, said, facts):
    done = table([event(GOOD)], facts, *flags)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


def test_logs_and_manifests_do_not_mix(tmp_path):
    log, manifest, packed = tmp_path / "audit.log", tmp_path / "pod.json", tmp_path / "audit.log.gz"
    log.write_text(stream([event(GOOD)]))
    manifest.write_text(stream([GOOD]))
    packed.write_bytes(gzip.compress(log.read_bytes()))
    done = run("-f", log, "-f", manifest)
    assert done.returncode == 2 and f"'{log}' is an audit log, '{manifest}' is none" in done.stderr
    done = run("-f", packed)
    assert done.returncode == 2 and "zcat" in done.stderr
    done = run("-f", manifest, "--since", "2025-01-31T00:00:00Z")
    assert done.returncode == 2 and "--since and --until are for audit logs" in done.stderr
    done = run("-f", "-", stdin=json.dumps(event(GOOD), indent=1))
    assert done.returncode == 2 and "jq -c" in done.stderr


# ---- AdmissionReviews ----


def reviewed(obj, *answer, ns="team-a", uid="u", **response):
    """An AdmissionReview as somebody kept it; answer: allowed, message."""
    found = admission_review("CREATE", obj, uid=uid, namespace="" if obj["kind"] == "Namespace" else ns)
    if answer:
        status = {"status": {"code": 403, "message": answer[1]}} if answer[1:] else {}
        found["response"] = {"uid": uid, "allowed": answer[0], **status, **response}
    return found


REVIEWS = [reviewed(BAD, True, uid="1", warnings=["w"], auditAnnotations={"policy": "0" * 12, "changes": "x"}), reviewed(server("g"), False, "sparkgate: no", uid="2"),
           reviewed(server("b", hostNetwork=True), uid="3"), reviewed(server("c", hostNetwork=True), False, "sparkgate: no", uid="4"), reviewed(PLAIN, True)]  # fmt: skip


def kept(tmp_path, reviews):
    """As a folder, as several files, one a line in a file, on standard input."""
    folder = tmp_path / "ar"
    folder.mkdir()
    for n, one in enumerate(reviews):
        (folder / f"{n}.json").write_text(json.dumps(one, indent=1))
    lined = tmp_path / "reviews.jsonl"
    lined.write_text(stream(reviews))
    files = [part for path in sorted(folder.iterdir()) for part in ("-f", path)]
    return [(["-f", folder], ""), (files, ""), (["-f", lined], ""), (["-f", "-"], lined.read_text())]


def test_several_admission_reviews_are_replayed(facts, tmp_path):
    for flags, stdin in kept(tmp_path, REVIEWS):
        done = run(*flags, "--namespaces", facts, stdin=stdin)
        out = done.stdout
        assert done.returncode == 1 and done.stderr == "", done.stderr
        assert out.startswith("5 reviews, 4 judged: 3 refused, 4 changed, 1 warned\n"), out
        assert re.search(r"^ +2  newly refused \(1 of them without a response\)\n +1  no longer refused\n +1  the same\n +1  changed otherwise than then\n", out, re.M), out
        assert re.search(r"^Newly refused: 2\n  by .*pss\.hostNamespaces", out, re.M) and "uid 1\n" in out
        why = re.search(r"^  why: sparkgate (explain .*)$", out, re.M)[1]
        assert why.endswith(" Pod/connect -n team-a")
        if stdin == "":
            told = subprocess.run([os.environ["SPARKGATE"], *why.split(), "--namespaces", str(facts)], capture_output=True, text=True, timeout=60)
            assert told.returncode == 1 and "hostNetwork" in told.stdout, told


def test_lines_of_admission_reviews(facts, tmp_path):
    lines, _ = replay(REVIEWS, facts, codes=(1,))
    assert [(o["name"], o["document"], o["allowed"], o["recorded"]["comparison"]) for o in lines] == [
        ("connect", 1, False, "newlyRefused"), ("g", 2, True, "noLongerRefused"), ("b", 3, False, "newlyRefused"), ("c", 4, False, "same")]  # fmt: skip
    assert lines[0]["recorded"] == {
        "auditID": "1", "time": None, "user": "me", "verb": "create", "code": 200, "dryRun": False, "refused": False, "comparison": "newlyRefused", "message": None,
        "warnings": ["w"], "auditAnnotations": {"policy": "0" * 12, "changes": "x"}}  # fmt: skip
    then = [(o["recorded"]["code"], o["recorded"]["refused"], o["recorded"]["message"], o["recorded"]["warnings"]) for o in lines[1:]]
    assert then == [(403, True, "sparkgate: no", None), (None, False, None, None), (403, True, "sparkgate: no", None)]


def test_a_log_tells_the_message_of_a_refusal(facts):
    lines, _ = replay([event(BAD, message=DENIED), event(GOOD)], facts)
    assert [(o["recorded"]["message"], o["recorded"]["warnings"]) for o in lines] == [(DENIED, None), (None, None)]


def test_what_reviews_write_is_known_to_those_that_follow():
    events = [reviewed(namespace("team-n", mode="warn"), True), reviewed(BAD, True, ns="team-n"), reviewed(namespace("team-n"), True), reviewed(BAD, True, ns="team-n")]
    lines, _ = replay(events, None)
    assert [(o["kind"], o["allowed"]) for o in lines] == [("Namespace", True), ("Pod", True), ("Namespace", True), ("Pod", False)]


# what else the input holds, and whether it is replayed
BESIDE = [("nothing", [], True), ("a namespace", [namespace("team-b")], True), ("a config map", [CM], True), ("a pod", [PLAIN], False)]


@pytest.mark.parametrize("beside, replayed", [i[1:] for i in BESIDE], ids=[i[0] for i in BESIDE])
def test_which_reviews_are_replayed(beside, replayed, facts):
    run_of = lambda reviews, *flags: run("-f", "-", "--namespaces", facts, *flags, stdin=stream(beside + reviews))  # noqa: E731
    assert run_of(REVIEWS[:2]).stdout.startswith("2 reviews, ") == replayed
    assert "reviews, " not in run_of(REVIEWS[:1]).stdout, "one alone is reported as ever"
    assert "recorded" not in run_of(REVIEWS[:1], "-o", "json").stdout
    assert "reviews, " not in run_of(REVIEWS[:2], "-o", "diff").stdout


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


def test_progress_is_for_terminals(facts):
    """At most five times a second, and gone at the end."""
    primary, secondary = pty.openpty()
    began = time.monotonic()
    out, code, _ = flood(40, facts, stderr=secondary)
    seconds = time.monotonic() - began
    os.close(secondary)
    said = b""
    try:
        while piece := os.read(primary, 65536):
            said += piece
    except OSError:
        pass
    os.close(primary)
    drawn = re.findall(rb"\d+ MB  \d+ events, \d+ a second", said)
    assert code == 0 and 1 <= len(drawn) <= 5 * seconds + 1, said
    assert said.endswith(b"\r\033[K") and "a second" not in out
