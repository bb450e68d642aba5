"""Audit logs of the API server: what a policy would have done with the requests of last week, and what was done then."""

import json
import re
import subprocess

import pytest

from replay import BAD, CM, DENIED, GOOD, PLAIN, PORT_ZERO, event, facts, replay, table, without  # noqa: F401 its fixtures too
from review import namespace, stream
from test_usage import server


# ---- which requests are judged, and how ----


DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect"}, "spec": {"template": {"metadata": BAD["metadata"], "spec": BAD["spec"]}}}
CRONJOB = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}, "spec": {"jobTemplate": {"spec": DEPLOYMENT["spec"]}}}
GENERATED = {**GOOD, "metadata": {"generateName": "connect-"}}

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


@pytest.mark.parametrize("mode, refused", [("enforce", False), ("warn", True)])
def test_a_config_map_of_the_log_is_what_this_policy_makes_of_it(mode, refused, tmp_path):
    """The log has what was sent; a pod reads what /mutate left, if it is called for more than a warning."""
    facts = tmp_path / "facts.json"
    facts.write_text(stream([namespace("team-a", mode=mode)]))
    sent = {**CM, "metadata": {"name": "conf", "labels": {"app": "spark-connect"}}, "data": {"spark-defaults.conf": "spark.authenticate.secret.file /x\n"}}
    for flags, wanted in (((), refused), (("--as", "enforce"), False)):
        lines, _ = replay([event(sent), event(MOUNTS)], facts, *flags)
        [pod] = [o for o in lines if o["name"] == "mounts"]
        assert (any(v["rule"] == "backend.authSecretFile" for v in pod["violations"])) == wanted


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
    assert re.search("^ +1  changed differently than then$", table([event(GOOD, notes=notes)], facts).stdout, re.M)


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
