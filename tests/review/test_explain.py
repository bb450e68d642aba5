"""`sparkgate explain`: its sections, that what it promises holds, and what was decided then."""

import json
import os
import re
import shlex
import subprocess

import jsonschema
import pytest

from review import FIXTURES, ROOT, load, namespace, stream

VALIDATOR = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/explain.schema.json").read_text()))
CONNECT, NAMESPACES = ROOT / "docs/examples/connect.yaml", ROOT / "docs/examples/namespaces.yaml"


def run(*args, stdin="", env=None, cwd=None):
    return subprocess.run([os.environ["SPARKGATE"], "explain", *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(env or {})}, cwd=cwd)


def explained(*args, stdin="", code=None):
    done = run(*args, "-o", "json", stdin=stdin)
    assert done.stdout, done.stderr
    assert code is None or done.returncode == code, done.stderr
    found = json.loads(done.stdout)
    VALIDATOR.validate(found)
    return found


def pod(name="connect", command=("/opt/spark/sbin/start-connect-server.sh",), labels=None, annotations=None, ns="team-a", container=None, **spec):
    one = {"name": "spark", "image": "docker.io/apache/spark:4.1.0", "command": list(command), **(container or {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": labels or {}, "annotations": annotations or {}},
            "spec": {**spec, "containers": [one]}}


BAD = {"securityContext": {"allowPrivilegeEscalation": True}}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "team-a"},
          "data": {"spark-defaults.conf": "# head\nspark.master=local\nspark.master k8s://https://kubernetes.default.svc\nspark.executor.cores=2\n"}}
READS = {"volumeMounts": [{"name": "conf", "mountPath": "/opt/spark/conf"}]}
VOLUME = [{"name": "conf", "configMap": {"name": "conf"}}]
APPLIED = {**CONFIG, "metadata": {**CONFIG["metadata"], "labels": {"app": "spark-connect"}}, "data": {"spark-defaults.conf": "spark.authenticate.secret.file /x\n"}}

EXECUTOR = {"labels": {"spark-role": "executor"}, "command": (), "name": "executor"}


def executor(security=None, **spec):
    return pod(**EXECUTOR, container={"args": ["executor"], "securityContext": security or {}}, **spec)


# name, objects beside the one explained, the object, verdict
WORLDS = [
    ("changed", [namespace("team-a")], pod(), "changed"),
    ("refused, force would mend it", [namespace("team-a")], pod(container=BAD), "refused"),
    ("refused for its host network", [namespace("team-a")], pod(hostNetwork=True), "refused"),
    ("warn", [namespace("team-a", mode="warn")], pod(container=BAD), "allowed"),
    ("audit", [namespace("team-a", mode="audit")], pod(hostNetwork=True), "allowed"),
    ("hardening off", [namespace("team-a", hardening="off")], pod(), "refused"),
    ("no master", [namespace("team-a", backend=None, backendMode="standalone")], pod(), "refused"),
    ("a misspelt backend", [namespace("team-a", backend="k8ss")], pod(), "refused"),
    ("its own backend", [namespace("team-a")], pod(annotations={"sparkgate.io/backendMode": "k8s"}), "changed"),
    ("a file that nobody saw", [namespace("team-a")], pod(command=[], container={"command": [], **READS}, labels={"app": "spark-connect"}, volumes=VOLUME), "refused"),
    ("two reasons at once", [namespace("team-a", backend=None, backendMode="standalone")], pod(container=BAD), "refused"),
    ("a ConfigMap", [namespace("team-a")], {**CONFIG, "metadata": {**CONFIG["metadata"], "labels": {"app": "spark-connect"}}}, "changed"),
    ("a ConfigMap, checked", [namespace("team-a", configMaps="check")], {**CONFIG, "metadata": {**CONFIG["metadata"], "labels": {"app": "spark-connect"}}}, "allowed"),
    ("not opted in", [namespace("team-a", mode=None)], pod(container=BAD), "allowed"),
    ("a ConfigMap that is rewritten first", [namespace("team-a"), APPLIED], pod(container=READS, volumes=VOLUME), "changed"),
    ("a ConfigMap that stays", [namespace("team-a", configMaps="check"), APPLIED], pod(container=READS, volumes=VOLUME), "refused"),
    ("none of ours", [namespace("team-a")], pod(command=["nginx"], labels={"app": "web"}), "notOurs"),
    ("nothing known", [], pod(), "unknown"),
]
WORLD = pytest.mark.parametrize("others, obj, verdict", [w[1:] for w in WORLDS], ids=[w[0] for w in WORLDS])
CODES = {"refused": 1, "unknown": 2}


def named(obj):
    return f"{obj['kind']}/{obj['metadata']['name']}"


@WORLD
def test_verdict(others, obj, verdict):
    found = explained("-f", "-", named(obj), stdin=stream(others + [obj]), code=CODES.get(verdict, 0))
    assert found["now"]["verdict"]["word"] == verdict
    assert found["object"]["kind"] == obj["kind"] and found["then"] is None


GOOD = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True, "runAsUser": 185,
        "seccompProfile": {"type": "RuntimeDefault"}}
LEFT = "nothing in it is changed, and nothing refuses it; what is warned of: "

# name, keys of the namespace, the object, why
REASONS = [
    ("as asked for", {}, executor(GOOD), "it is already as its namespace asks"),
    ("privileged", {}, executor({**GOOD, "privileged": True, "allowPrivilegeEscalation": True}), LEFT + "pss.privileged, pss.allowPrivilegeEscalation"),
    ("the pod's runAsNonRoot", {}, executor({k: v for k, v in GOOD.items() if k != "runAsNonRoot"}, securityContext={"runAsNonRoot": False}), LEFT + "pss.runAsNonRoot"),
    ("hardening off", {"hardening": "off"}, executor(GOOD | {"runAsNonRoot": None}), LEFT + "pss.runAsNonRoot"),
    ("Pod Security in warn", {"pssMode": "warn"}, executor(), "nothing refuses it; it would be hardened, were Pod Security's half in enforce: it is in warn"),
    ("hardened", {}, executor(), "hardened (5 changes), so that nothing refuses it"),
    ("put on its backend only", {"pssMode": "warn"}, pod(), "put on backend k8s (10 changes), so that nothing refuses it"),
]


@pytest.mark.parametrize("keys, obj, why", [r[1:] for r in REASONS], ids=[r[0] for r in REASONS])
def test_the_sentence_is_true(keys, obj, why):
    """It says no more than was done, and hides nothing that stands below it."""
    verdict = explained("-f", "-", named(obj), stdin=stream([namespace("team-a", backend="k8s", **keys), obj]), code=0)["now"]["verdict"]
    assert verdict["why"] == why


KEYS_MAKE_SENSE = "its sparkgate keys make sense"


@pytest.mark.parametrize("keys, why", [
    ({}, KEYS_MAKE_SENSE),
    ({"hardenin": "force"}, "nothing refuses it; what is warned of: scope.unknownKey"),
    ({"mode": "audit", "hardenin": "force"}, "nothing refuses it; what is only noted: scope.unknownKey"),
], ids=["nothing is wrong", "warned of", "noted"])  # fmt: skip
def test_the_sentence_about_a_namespace(keys, why):
    assert explained("-f", "-", stdin=stream([namespace("team-a", backend="k8s", **keys)]), code=0)["now"]["verdict"]["why"] == why


def test_what_would_still_refuse_it_is_counted(tmp_path):
    """Each rule by its whole id, and how many more there are."""
    (tmp_path / "site.yaml").write_text("apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n" + "".join(
        f"- {{id: backend.my{rule}, why: test, versions: all, forbid: {{key: spark.{rule}}}}}\n" for rule in ("ab", "a", "b", "c", "d")))
    options = [word for rule in ("ab", "a", "b", "c", "d") for word in ("--conf", f"spark.{rule}=1")]
    bad = pod(command=("/opt/spark/sbin/start-connect-server.sh", *options))
    text = run("-f", "-", named(bad), "--policies", tmp_path / "site.yaml", stdin=stream([namespace("team-a", mode="warn", backend="k8s"), bad])).stdout
    assert "with sparkgate.io/mode: enforce: it is refused (backend.myab, backend.mya, backend.myb and 2 more)" in re.sub(r"\s+", " ", text), text


def fits(line):
    """A word that alone is nearly a line stays whole, and so does a command, so that they can be copied."""
    return len(line) <= 80 or line.strip().startswith("kubectl ") or max(map(len, line.split())) > 65


@WORLD
def test_reads_in_80_columns(others, obj, verdict):
    done = run("-f", "-", named(obj), stdin=stream(others + [obj]))
    for line in done.stdout.splitlines():
        assert fits(line), line
    assert "\x1b" not in done.stdout
    assert "\x1b[" in run("-f", "-", named(obj), "--color", "always", stdin=stream(others + [obj])).stdout


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.stem)
def test_fixtures(path, tmp_path):
    facts = tmp_path / "ns.json"
    facts.write_text(stream([namespace("default")]))
    told = 0
    for obj in load(path.read_text()):
        if obj["kind"] not in ("Pod", "Deployment", "StatefulSet", "DaemonSet", "ConfigMap"):
            continue
        name = f"{obj['kind']}/{obj['metadata']['name']}"
        found = explained("-f", path, "--namespaces", facts, name)
        done = run("-f", path, "--namespaces", facts, name)
        assert all(map(fits, done.stdout.splitlines()))
        for setting in found["now"]["settings"]:
            assert sum(p["wins"] for p in setting["places"]) <= 1
            assert setting["places"] or setting["after"]
        told += 1
    assert told


# ---- what would change it ----


def applied(others, edits, kind):
    """The Namespace of others with the keys of a kubectl command put in."""
    changed = json.loads(json.dumps(others))
    [ns] = [o for o in changed if o["kind"] == "Namespace"]
    for edit in edits:
        key, value = edit.split("=", 1)
        ns["metadata"].setdefault("labels" if kind == "label" else "annotations", {})[key] = value
    return changed


@WORLD
def test_each_way_holds(others, obj, verdict):
    ways = explained("-f", "-", named(obj), stdin=stream(others + [obj]))["now"]["ways"]
    for way in ways:
        if not way["command"] or (way["with"] == "sparkgate.io/mode: audit" and way["verdict"] == verdict):
            continue
        program, kind, what, name, *rest = shlex.split(way["command"])
        assert (program, what, name, rest[-1]) == ("kubectl", "namespace", "team-a", "--overwrite")
        assert all(edit.replace("=", ": ", 1) in way["with"] for edit in rest[:-1])
        again = explained("-f", "-", named(obj), stdin=stream(applied(others, rest[:-1], kind) + [obj]))
        assert again["now"]["verdict"]["word"] == way["verdict"], way
        backends = {f["value"] for f in again["now"]["namespace"] if f["name"] == "backend"}
        assert way["verdict"] != verdict or "on backend " + backends.pop() in way["outcome"]
    if verdict not in ("notOurs", "unknown"):
        assert ways


def ways_of(others, obj):
    return {w["with"]: w for w in explained("-f", "-", named(obj), stdin=stream(others + [obj]))["now"]["ways"]}


def test_ways_that_matter():
    force = ways_of([namespace("team-a")], pod(container=BAD))["sparkgate.io/hardening: force"]
    assert force["verdict"] == "changed"
    assert force["command"] == "kubectl annotate namespace team-a sparkgate.io/hardening=force --overwrite"
    two = ways_of([namespace("team-a", backend=None, backendMode="standalone")], pod(container=BAD))
    assert two["sparkgate.io/hardening: force, sparkgate.io/backendMode: k8s"]["verdict"] == "changed"
    own = ways_of([namespace("team-a")], pod(annotations={"sparkgate.io/backendMode": "k8s"}))
    assert "on backend k8s" in own["sparkgate.io/allowOverride: true"]["outcome"]
    unseen = ways_of([namespace("team-a")], pod(command=[], container={"command": [], **READS}, labels={"app": "spark-connect"}, volumes=VOLUME))
    assert "ConfigMap 'conf' readable, naming no other backend" not in unseen  # an empty one names no backend either
    assert not ways_of([namespace("team-a")], pod(command=["nginx"]))


def test_who_has_not_opted_in_is_offered_audit_first():
    ways = list(ways_of([namespace("team-a", mode=None)], pod(container=BAD)).values())
    assert [w["with"] for w in ways[:2]] == ["sparkgate.io/mode: audit", "sparkgate.io/mode: enforce"]
    assert ways[0]["verdict"] == "allowed" and ways[0]["outcome"] == "it is allowed as it is; what is wrong is noted in the audit log"
    assert ways[0]["command"] == "kubectl label namespace team-a sparkgate.io/mode=audit --overwrite"
    in_order = executor(GOOD)
    assert not ways_of([namespace("team-a", mode=None)], in_order), "nothing would change in enforce"


def test_a_namespace_that_is_not_known_is_asked_for_and_guessed():
    done = run("-f", "-", stdin=stream([pod()]))
    assert done.returncode == 2
    assert "nothing is known of its namespace 'team-a'" in done.stdout
    assert "sparkgate.io/backendMode: k8s: it is changed and allowed" in " ".join(done.stdout.split())
    assert "kubectl" not in done.stdout


def test_a_hostile_namespace_is_in_no_command():
    name = "a; rm -rf ~"
    found = explained("-f", "-", "pod/connect", stdin=stream([namespace(name), pod(ns=name)]))
    assert found["now"]["ways"] and not any(w["command"] for w in found["now"]["ways"])


# ---- selection, facts, settings, rules ----

NEAR = [
    ({"labels": {"app": "Spark-Connect"}}, ("labelValue", "label app", "Spark-Connect", "spark-connect")),
    ({"labels": {"name": "spark-connect"}}, ("labelKey", "label name", "spark-connect", "app=spark-connect")),
    ({"command": ["x", "startconnectserver", "sparkconnectserver"]}, ("wordCase", "container spark, command[2]", "sparkconnectserver", "SparkConnectServer")),
    ({"container": {"env": [{"name": "CLASS", "value": "org.x.SparkConnectServer"}]}}, ("wordEnv", "container spark, env CLASS", "SparkConnectServer", None)),
    ({"labels": {"spark-role": "executor"}}, ("shape", "container spark, command", "nginx", None)),
]


@pytest.mark.parametrize("changes, miss", NEAR, ids=[m[1][0] for m in NEAR])
def test_near_misses(changes, miss):
    obj = pod(**{"command": ["nginx"], **changes})
    selection = explained("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), obj]))["now"]["selection"]
    assert selection["role"] is None
    found = [(m["kind"], m["where"], m["found"], m["wanted"]) for m in selection["nearMisses"]]
    assert any(f[:3] == miss[:3] and miss[3] in (None, f[3]) for f in found), found
    assert "It would have had a role, but:" in run("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), obj])).stdout


def setting(found, key):
    [one] = [s for s in found["now"]["settings"] if s["key"] == key]
    return one


def test_settings_name_every_place():
    obj = pod(command=["/opt/spark/sbin/start-connect-server.sh", "--conf", "spark.master=local[1]", "--master", "local[2]"], container=READS, volumes=VOLUME)
    found = explained("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), CONFIG, obj]))
    master = setting(found, "spark.master")
    assert [(p["how"], p["value"], p["line"], p["wins"]) for p in master["places"]] == [
        ("--master", "local[2]", None, True), ("--conf", "local[1]", None, False),
        ("spark-defaults.conf", "k8s://https://kubernetes.default.svc", 3, False), ("spark-defaults.conf", "local", 2, False)]
    assert master["after"]["value"] == "spark://spark-master:7077" and master["changed"]
    assert not setting(found, "spark.executor.cores")["changed"]
    text = run("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), CONFIG, obj])).stdout
    assert re.search(r"wins     local\[2\] \(--master,\s+spec\.containers\[0\]\.command\[4\]\)", text)
    assert re.search(r"loses    local \(ConfigMap 'conf', spark-defaults.conf line 2\)", text)


def test_what_sparkgate_wrote_is_no_line_of_the_users():
    theirs = {**CONFIG, "data": {"spark-defaults.conf": "spark.connect.grpc.binding.port=15002\nspark.master=local\n"}}
    obj = pod(container=READS, volumes=VOLUME)
    text = " ".join(run("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), theirs, obj])).stdout.split())
    assert "spark://spark-master:7077 (ConfigMap 'conf' as rewritten, sparkgate's own lines of spark-defaults.conf)" in text
    assert "15002 (ConfigMap 'conf' as rewritten, spark-defaults.conf line 1)" in text
    assert "(ConfigMap 'conf', " not in text
    assert "spark.driver.host: (absent) -> " in text  # which a ConfigMap does not get
    plain = " ".join(run("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), CONFIG, obj])).stdout.split())
    assert "(ConfigMap 'conf', " in plain and "as rewritten" not in plain
    assert "as rewritten" in run("--help").stdout


def test_what_only_the_command_line_lacks():
    theirs = {**CONFIG, "data": {"spark-defaults.conf": "spark.connect.grpc.binding.port=15002\n"}}
    obj = pod(command=["/opt/spark/sbin/start-connect-server.sh", "--master", "local[2]"], container=READS, volumes=VOLUME)
    text = " ".join(run("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), theirs, obj])).stdout.split())
    assert "spark.driver.bindAddress: (absent on the command line) -> 0.0.0.0" in text
    assert "spark.driver.host: (absent) -> " in text


def test_lines_of_the_file():
    done = run("-f", CONNECT, "--namespaces", NAMESPACES)
    assert done.returncode == 0
    number = next(i for i, line in enumerate(CONNECT.read_text().splitlines(), 1) if "- k8s://" in line)
    assert f"args[1], line {number}" in " ".join(done.stdout.split())
    for title in ("Selection", "Namespace", "Settings", "Rules", "What would change it"):
        assert f"\n{title}\n" in done.stdout


def test_where_each_fact_stands():
    own = {"sparkgate.io/backendMode": "k8s", "sparkgate.io/standaloneMaster": "spark://mine:7077"}
    facts = lambda *args: {f["name"]: (f["value"], f["from"]) for f in explained("-f", "-", "pod/connect", stdin=stream(args))["now"]["namespace"]}
    found = facts(namespace("team-a", hardening="force"), pod())
    assert found["mode"] == ("enforce", "label sparkgate.io/mode")
    assert found["backend"] == ("standalone", "annotation sparkgate.io/backendMode")
    assert found["hardening"] == ("force", "annotation sparkgate.io/hardening")
    assert found["Pod Security"] == ("restricted", "default")
    assert found["Spark"] == ("4.1", "the image's tag")
    assert "passed over" in facts(namespace("team-a"), pod(annotations=own))["backend"][1]
    assert facts(namespace("team-a", allowOverride="true"), pod(annotations=own))["backend"] == ("k8s", "the object's own annotation sparkgate.io/backendMode")
    assert facts(namespace("team-a"), pod(labels={"spark-version": "3.5"}))["Spark"] == ("3.5", "label spark-version")
    assert facts(namespace("team-a"), pod(container={"image": "mine"}))["Spark"] == ("4.1", "the policy's default")
    assert facts(namespace("team-a", sparkVersion="4.0"), pod(container={"image": "mine"}))["Spark"] == ("4.0", "annotation sparkgate.io/sparkVersion")


def test_secrets_are_redacted():
    obj = pod(command=["/opt/spark/sbin/start-connect-server.sh", "--conf", "spark.authenticate.secret.file=/hush"])
    for output in ("table", "json"):
        done = run("-f", "-", "pod/connect", "-o", output, stdin=stream([namespace("team-a"), obj]))
        assert "hush" not in done.stdout and "(redacted)" in done.stdout


def effects(others, obj, *args):
    found = explained("-f", "-", named(obj), *args, stdin=stream(others + [obj]))
    return {r["rule"]: r for r in found["now"]["rules"] if r["kind"] == "finding"}


def test_what_an_action_comes_to(tmp_path):
    host = pod(hostNetwork=True)
    assert effects([namespace("team-a")], host)["pss.hostNamespaces"]["effect"] == "refuses it"
    assert effects([namespace("team-a", mode="warn")], host)["pss.hostNamespaces"]["effect"] == "only warned of: mode is warn, enforce would refuse it"
    assert effects([namespace("team-a", pssMode="audit")], host)["pss.hostNamespaces"]["effect"] == "in the audit log only: mode is audit"
    layer = tmp_path / "exemptions.yaml"
    layer.write_text("""apiVersion: policy.sparkgate.io/v1
kind: Exemptions
exemptions:
- {id: until-we-moved, owner: team-a, reason: old CNI, expires: "2099-01-01", rules: [pss.hostNamespaces]}
""")
    exempted = effects([namespace("team-a")], host, "--policies", layer)["pss.hostNamespaces"]
    assert exempted["effect"] == "exempted by 'until-we-moved' until 2099-01-01, owner team-a: old CNI"
    assert (exempted["action"], exempted["inForce"]) == ("deny", "audit")
    layer.write_text(layer.read_text().replace("2099", "2020"))
    assert effects([namespace("team-a")], host, "--policies", layer)["pss.hostNamespaces"]["effect"] == "refuses it; exemption 'until-we-moved' expired on 2020-01-01"


OFFERED = """apiVersion: policy.sparkgate.io/v1
kind: Exemptions
exemptions:
- {{id: break-glass, owner: sec, reason: r, expires: "2099-01-01", rules: [pss.host*], names: ["connect{star}"], {who}}}
"""


def offered(tmp_path, obj, who, star="", ns=None):
    layer = tmp_path / "exemptions.yaml"
    layer.write_text(OFFERED.format(who=who, star=star))
    found = explained("-f", "-", named(obj), "--policies", layer, stdin=stream([ns or namespace("team-a"), obj]))
    return [w for w in found["now"]["ways"] if w["exemption"]]


@pytest.mark.parametrize("who, said", [
    ("groups: [oncall]", "members of group oncall"), ("users: [ann]", "user ann"), ("users: ['ci:*', bob], groups: [a, b, c, d, e]", "users ci:*, bob or members of groups a, b, c and 2 more")])
def test_an_exemption_for_others_is_named(tmp_path, who, said):
    (way,) = offered(tmp_path, pod(hostNetwork=True), who)
    assert way["with"] == f"exemption 'break-glass' (sec, until 2099-01-01) covers pss.hostNamespaces for {said} who create it by hand"
    assert (way["exemption"], way["verdict"], way["outcome"], way["command"]) == ("break-glass", "changed", "it is changed and allowed", None)
    table = run("-f", "-", "pod/connect", "--policies", tmp_path / "exemptions.yaml", stdin=stream([namespace("team-a"), pod(hostNetwork=True)])).stdout
    assert f"{way['with']}: it is changed and allowed" in " ".join(table.split()) and "with exemption" not in table
    assert all(fits(line) for line in table.splitlines())


def test_an_exemption_for_others_that_is_not_enough(tmp_path):
    (way,) = offered(tmp_path, pod(hostNetwork=True, container=BAD), "groups: [oncall]")
    assert way["verdict"] == "refused" and way["outcome"].startswith("it is refused (pss.allowPrivilegeEscalation, ")


def test_an_exemption_for_others_is_not_for_what_controllers_create(tmp_path):
    one = pod(hostNetwork=True)
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect", "namespace": "team-a"},
                  "spec": {"template": {"metadata": {"labels": {}}, "spec": one["spec"]}}}
    (way,) = offered(tmp_path, deployment, "groups: [oncall]", star="-*")
    assert way["with"].endswith("covers pss.hostNamespaces for members of group oncall who create such a pod by hand")
    assert (way["verdict"], way["outcome"]) == ("refused", "its own pods are created by its controller, which it does not name")


@pytest.mark.parametrize("obj, who, ns", [
    (pod(name="other", hostNetwork=True), "groups: [oncall]", None), (pod(), "groups: [oncall]", None), (pod(hostNetwork=True), "groups: [oncall], namespaces: [x]", None),
    (pod(hostNetwork=True), "namespaces: [team-a]", None), (pod(hostNetwork=True), "groups: [oncall]", namespace("team-a", mode="audit"))],
    ids=["another name", "nothing found", "another namespace", "for all, so it holds", "only noted"])
def test_an_exemption_that_changes_nothing_is_not_named(tmp_path, obj, who, ns):
    assert offered(tmp_path, obj, who, ns=ns) == []


def test_every_rule_has_a_reason():
    for others, obj in [w[1:3] for w in WORLDS]:
        for rule in explained("-f", "-", named(obj), stdin=stream(others + [obj]))["now"]["rules"]:
            assert rule["why"] and rule["versions"], rule


# ---- then ----


def event(id, code=201, obj=None, annotations=None, **more):
    return {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": id, "stage": "ResponseComplete", "verb": "create",
            "user": {"username": "me"}, "objectRef": {"resource": "pods", "namespace": "team-a", "name": "connect", "apiVersion": "v1"},
            "responseStatus": {"code": code, **({"status": "Failure", "message": 'admission webhook "servers.validate.sparkgate.io" denied the request: sparkgate: no'} if code >= 400 else {})},
            "requestReceivedTimestamp": "2025-11-27T12:00:00.000000Z", "requestObject": obj, "annotations": annotations or {}, **more}


OURS = {"pods.mutate.sparkgate.io/changes": "backend.master: spark.master: a -> b", "servers.validate.sparkgate.io/violations": "deny backend.master: x",
        "servers.validate.sparkgate.io/policy": "0123456789ab", "authorization.k8s.io/decision": "allow"}


def test_a_past_decision_beside_the_one_of_now(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(stream([event("a", annotations=OURS, obj=pod(hostNetwork=True)), event("b", code=403, annotations=OURS), event("c", obj=pod("web", ["nginx"]))]))
    facts = tmp_path / "ns.json"
    facts.write_text(stream([namespace("team-a")]))
    found = explained("-f", log, "--id", "a", "--namespaces", facts, code=1)
    then = found["then"]
    assert (then["id"], then["refused"], then["policy"], then["code"], then["user"]) == ("a", False, "0123456789ab", 201, "me")
    assert {(a["entry"], a["name"]) for a in then["annotations"]} == {
        ("pods.mutate.sparkgate.io", "changes"), ("servers.validate.sparkgate.io", "violations"), ("servers.validate.sparkgate.io", "policy")}
    assert found["now"]["verdict"]["word"] == "refused" and found["object"]["kind"] == "Pod"
    text = run("-f", log, "--id", "a", "--namespaces", facts).stdout
    assert text.index("Then\n") < text.index("backend.master: spark.master: a -> b") < text.index("Now\n") < text.index("Pod team-a/connect: refused (enforce)")
    assert "by policy 0123456789ab; what follows is by policy" in text


def test_a_log_without_objects_tells_what_was_decided(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(stream([event("b", code=403, annotations=OURS)]))
    found = explained("-f", log, code=1)
    assert found["now"] is None and found["object"] is None and found["then"]["bySparkgate"]
    assert "give --kubeconfig FILE" in " ".join(run("-f", log).stdout.split())


def test_an_entry_that_was_not_reached(tmp_path):
    failed = {"failed-open.mutating.webhook.admission.k8s.io/round_0_index_2": "pods.mutate.sparkgate.io"}
    found = explained("-f", "-", stdin=stream([event("a", annotations=failed)]))
    assert found["then"]["notReached"] == ["pods.mutate.sparkgate.io"]


def test_which_event():
    log = stream([event("a", annotations=OURS), event("b", annotations=OURS), event("c")])
    done = run("-f", "-", stdin=log)
    assert done.returncode == 2 and "which one? Name it by --id ID or KIND/NAME: a (pods connect), b (pods connect)" in done.stderr
    done = run("-f", "-", "--id", "x", stdin=log)
    assert done.returncode == 2 and "no event of id x" in done.stderr
    assert explained("-f", "-", "pod/connect", stdin=log)["then"]["id"] == "c"  # the last one


def test_an_admission_review_with_its_response(tmp_path):
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"}, "name": "connect",
        "namespace": "team-a", "operation": "CREATE", "userInfo": {"username": "me"}, "object": pod(), "oldObject": None, "dryRun": False},
        "response": {"uid": "u", "allowed": False, "status": {"code": 403, "message": "sparkgate: no"}, "auditAnnotations": {"policy": "0123456789ab"}}}
    found = explained("-f", "-", "pod/connect", stdin=stream([namespace("team-a"), review]), code=0)
    assert (found["then"]["refused"], found["then"]["message"], found["then"]["policy"]) == (True, "sparkgate: no", "0123456789ab")
    assert found["now"]["verdict"]["word"] == "changed"
