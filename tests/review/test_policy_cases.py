"""`sparkgate policy test`: the shipped policy keeps its own cases, and every kind of expectation can fail."""

import datetime
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "tests"
HEAD = {"apiVersion": "policy.sparkgate.io/v1", "kind": "Tests"}


class Plain(yaml.SafeDumper):
    """Policy files know no aliases."""

    def ignore_aliases(self, data):
        return True


def policy(*args, stdin=""):
    return subprocess.run([os.environ["SPARKGATE"], "policy", *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60)


def pod(*args, name="connect", **metadata):
    container = {"name": "spark", "image": "apache/spark:4.1.0", "command": ["/opt/spark/sbin/start-connect-server.sh", *args],
                 "env": [{"name": "SPARK_NO_DAEMONIZE", "value": "1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": {"containers": [container]}}


K8S = {"name": "team", "mode": "enforce", "backendMode": "k8s"}


def case(expect, obj=None, namespace=K8S, name="x", **more):
    return {"name": name, "namespace": namespace, "object": obj or pod(), "expect": expect, **more}


def layer(tmp_path, *cases, more=()):
    path = tmp_path / "site.yaml"
    path.write_text(yaml.dump_all([*more, {**HEAD, "tests": list(cases)}], Dumper=Plain, sort_keys=False))
    return path


def test_the_shipped_policy_keeps_its_cases():
    done = policy("test", SHIPPED)
    assert done.returncode == 0 and not done.stderr, done.stdout
    passed = int(done.stdout.splitlines()[-1].split()[0])
    assert done.stdout == f"{passed} passed, 0 failed\n" and passed >= 28


def test_the_shipped_cases_are_not_shipped():
    assert "policies/tests" not in Path(os.environ["SPARKGATE"]).read_bytes().decode("latin-1")


FAILING = [
    ({"allowed": False}, {}, "allowed: expected false, got true"),
    ({"allowed": True}, {"obj": pod("--deploy-mode", "cluster")}, "allowed: expected true, got false"),
    ({"role": "executor"}, {}, "role: expected executor, got connect-server"),
    ({"backend": "standalone"}, {}, "backend: expected standalone, got k8s"),
    ({"backend": "k8s"}, {"namespace": {"name": "team"}}, "backend: expected k8s, got none"),
    ({"rules": ["connect.deployMode"]}, {}, "rules: expected connect.deployMode, got "),
    ({"rules": ["!backend.*"]}, {}, "rules: expected no backend.*, got backend."),
    ({"settings": {"spark.master": "local"}}, {}, "spark.master: expected local, got k8s://https://kubernetes.default.svc"),
    ({"settings": {"spark.master": None}}, {}, "spark.master: expected absent, got k8s://"),
    ({"settings": {"spark.ui.port": "1"}}, {}, "spark.ui.port: expected 1, got absent"),
    ({"settings": {"spark.a.password": "x"}}, {"obj": pod("--conf", "spark.a.password=hunter2")}, "spark.a.password: expected x, got (redacted)"),
    ({"settings": {"spark.master": "local"}}, {"obj": {"apiVersion": "v1", "kind": "Service", "metadata": {}}}, "spark.master: expected local, got absent"),
]


@pytest.mark.parametrize("expect, more, said", FAILING, ids=[f[2] for f in FAILING])
def test_an_expectation_that_is_not_met(tmp_path, expect, more, said):
    path = layer(tmp_path, case(expect, **more))
    done = policy("test", path)
    first, *_, last = done.stdout.splitlines()
    assert done.returncode == 1 and not done.stderr
    assert first.startswith(f"FAIL {path}:4: x: {said}") and last == "0 passed, 1 failed"
    (line,) = policy("test", "-o", "json", path).stdout.splitlines()
    got = json.loads(line)
    assert (got["file"], got["line"], got["name"], got["passed"], len(got["failures"])) == (str(path), 4, "x", False, 1)
    suites = ElementTree.fromstring(policy("test", "-o", "junit", path).stdout)
    assert suites.get("failures") == "1" and suites.find(".//failure").get("message") in first


def test_what_passed_is_listed_where_asked_for(tmp_path):
    path = layer(tmp_path, case({"allowed": True}, name="a"), case({"allowed": False}, name="b", why="because"))
    quiet, verbose = policy("test", path), policy("test", "--verbose", path)
    assert quiet.returncode == verbose.returncode == 1
    assert f"ok   {path}:4: a\n" in verbose.stdout and " a\n" not in quiet.stdout
    assert "     # because\n" in quiet.stdout and quiet.stdout.endswith("1 passed, 1 failed\n")


def test_a_hint_says_what_was_left_out(tmp_path):
    done = policy("test", layer(tmp_path, case({"allowed": False}, namespace={"name": "team"})))
    assert "the namespace has not opted in: give namespace.mode" in done.stdout
    done = policy("test", layer(tmp_path, case({"allowed": True}, obj=pod("--deploy-mode", "cluster"))))
    assert '     sparkgate: Pod "connect" in namespace "team" (backendMode k8s, enforce): connect.deployMode' in done.stdout


NO_ROLE = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "command": ["start-conect-server.sh"]}]}}
NOTHING_JUDGED = "the object has no role: nothing is judged"


def test_a_case_that_nobody_judges_fails(tmp_path):
    path = layer(tmp_path, case({"allowed": True}, obj=NO_ROLE))
    done, lint = policy("test", path), policy("lint", path)
    assert done.returncode == lint.returncode == 1 and not done.stderr + lint.stderr
    assert done.stdout.splitlines() == [
        f"FAIL {path}:4: x: role: expected any, got none", f"     {NOTHING_JUDGED}. Expect role: none where that is meant", "0 passed, 1 failed"]
    assert lint.stdout.splitlines() == [f"{path}:4: test 'x': {NOTHING_JUDGED}"]


@pytest.mark.parametrize("expect, hinted", [
    ({"allowed": True, "rules": ["!connect.*"]}, True), ({"settings": {"spark.master": None}}, True), ({"allowed": True, "role": "none"}, False), ({"role": "none"}, False)])
def test_a_case_that_nobody_judges_has_a_hint(tmp_path, expect, hinted):
    path = layer(tmp_path, case(expect, obj=NO_ROLE))
    done, lint = policy("test", path), policy("lint", path)
    assert done.returncode == lint.returncode == 0, done.stdout + lint.stdout
    assert done.stdout.splitlines() == ([f"hint {path}:4: x", f"     {NOTHING_JUDGED}"] if hinted else []) + ["1 passed, 0 failed"]
    assert lint.stdout.splitlines()[:-1] == ([f"warning: {path}:4: test 'x': {NOTHING_JUDGED}"] if hinted else [])
    assert json.loads(policy("test", "-o", "json", path).stdout)["hint"] == (NOTHING_JUDGED if hinted else None)


def test_a_namespace_needs_no_role(tmp_path):
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {"sparkgate.io/mode": "enforce"}}}
    done = policy("test", layer(tmp_path, case({"allowed": True}, obj=namespace)))
    assert done.stdout == "1 passed, 0 failed\n"


@pytest.mark.parametrize("rule, meant", [("backend.mastr", "backend.master"), ("!conect.deployMode", "connect.deployMode"), ("!pss.hostPort", "pss.hostPorts")])
def test_a_rule_that_nobody_has(tmp_path, rule, meant):
    path = layer(tmp_path, case({"rules": [rule]}))
    done, lint = policy("test", path), policy("lint", path)
    said = f"test 'x' expects rule '{rule.lstrip('!')}', which does not exist, did you mean '{meant}'?"
    assert (done.returncode, lint.returncode) == (2, 1) and said in done.stderr and said in lint.stdout
    assert lint.stdout.startswith(f"{path}:")


CONF = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"spark-defaults.conf": "spark.executor.cores=7\n"}}


def with_conf(obj):
    obj["spec"]["volumes"] = [{"name": "c", "configMap": {"name": "conf"}}]
    obj["spec"]["containers"][0]["volumeMounts"] = [{"name": "c", "mountPath": "/opt/spark/conf"}]
    return obj


@pytest.mark.parametrize("config_maps, cores", [([CONF], "7"), ([], None)], ids=["given", "left out"])
def test_config_maps_are_facts(tmp_path, config_maps, cores):
    done = policy("test", layer(tmp_path, case({"settings": {"spark.executor.cores": cores}}, obj=with_conf(pod()), configMaps=config_maps)))
    assert done.returncode == 0, done.stdout


def test_a_layer_changes_the_outcome(tmp_path):
    warn = {"apiVersion": HEAD["apiVersion"], "kind": "Checks", "checks": [{"id": "connect.deployMode", "action": "warn"}]}
    cases = [case({"allowed": True, "rules": ["connect.deployMode"]}, obj=pod("--deploy-mode", "cluster"))]
    assert policy("test", layer(tmp_path, *cases)).returncode == 1
    assert policy("test", layer(tmp_path, *cases, more=[warn])).returncode == 0


EXEMPTION = {"apiVersion": HEAD["apiVersion"], "kind": "Exemptions", "exemptions": [
    {"id": "e", "owner": "o", "reason": "r", "expires": "2027-03-31", "rules": ["connect.deployMode"], "groups": ["breakglass"]}]}


@pytest.mark.parametrize("now, groups, allowed", [
    ("2027-03-31", ["breakglass"], True), ("2027-04-01", ["breakglass"], False), ("2027-03-31", ["people"], False), ("2027-03-31", [], False)])
def test_who_asks_and_on_which_day(tmp_path, now, groups, allowed):
    done = policy("test", layer(tmp_path, case({"allowed": allowed}, obj=pod("--deploy-mode", "cluster"), now=now, groups=groups, user="u"),
                                more=[EXEMPTION]))
    assert done.returncode == 0, done.stdout


def test_an_update_has_an_object_before(tmp_path):
    old, new = pod(), pod()
    new["metadata"]["labels"] = {"a": "b"}
    idle = case({"rules": ["!*"]}, obj=new, operation="UPDATE", oldObject=old)
    assert policy("test", layer(tmp_path, idle)).returncode == 0
    assert policy("test", layer(tmp_path, {**idle, "operation": "CREATE"})).returncode == 2
    del idle["oldObject"]
    done = policy("test", layer(tmp_path, idle))
    assert done.returncode == 2 and "operation UPDATE needs 'oldObject'" in done.stderr


BAD = [
    ([], 2, "no tests: name files with documents of kind Tests"),
    (["nowhere.yaml"], 2, "cannot read 'nowhere.yaml'"),
    (["-o", "yaml", SHIPPED], 2, "test does not print yaml"),
]


@pytest.mark.parametrize("args, code, said", BAD, ids=[b[2] for b in BAD])
def test_bad_usage(args, code, said):
    done = policy("test", *args)
    assert done.returncode == code and said in done.stderr and not done.stdout


# ---- exemptions, as review shows them ----


def test_review_hardens_the_rest_of_what_is_exempt(tmp_path):
    """Exempt from one check that nothing can mend: it stays, and all else is filled in."""
    layer_path, namespaces, manifest = tmp_path / "site.yaml", tmp_path / "ns.yaml", tmp_path / "pod.yaml"
    exemption = {"id": "data", "owner": "o", "reason": "r", "expires": "2999-12-31", "rules": ["pss.restrictedVolumes"], "names": ["connect"]}
    layer_path.write_text(yaml.dump({**EXEMPTION, "exemptions": [exemption]}, Dumper=Plain))
    namespaces.write_text(yaml.dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": "team", "labels": {"sparkgate.io/mode": "enforce"}, "annotations": {"sparkgate.io/backendMode": "k8s"}}}, Dumper=Plain))
    obj = pod(namespace="team")
    obj["spec"]["volumes"] = [{"name": "d", "hostPath": {"path": "/data"}}]
    manifest.write_text(yaml.dump(obj, Dumper=Plain))

    def review(*args):
        return subprocess.run([os.environ["SPARKGATE"], "review", "-f", str(manifest), "--namespaces", str(namespaces), *args],
                              capture_output=True, text=True, timeout=60)

    assert review().returncode == 1, "without the exemption"
    done = review("--policies", str(layer_path), "-o", "yaml")
    assert done.returncode == 0, done.stderr
    spec = yaml.safe_load(done.stdout)["spec"]
    assert spec["volumes"] == obj["spec"]["volumes"] and spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    (line,) = review("--policies", str(layer_path), "-o", "json").stdout.splitlines()
    assert "exempted by data until 2999-12-31: pss.restrictedVolumes" in json.loads(line)["warnings"]


def test_lint_and_show_tell_what_ends(tmp_path):
    day = datetime.datetime.now(datetime.timezone.utc).date()
    ends = {"gone": day - datetime.timedelta(days=1), "today": day, "soon": day + datetime.timedelta(days=13), "later": day + datetime.timedelta(days=15)}
    path = tmp_path / "site.yaml"
    path.write_text(yaml.dump({**EXEMPTION, "exemptions": [
        {"id": i, "owner": "ops", "reason": "r", "expires": str(d), "rules": ["connect.remote"], "groups": ["g"]} for i, d in ends.items()]}, Dumper=Plain))
    warnings = [line for line in policy("lint", path).stdout.splitlines() if line.startswith("warning: ")]
    assert warnings == [
        f"warning: {path}:3: exemption 'gone' expired on {ends['gone']}, ask ops",
        f"warning: {path}:11: exemption 'today' expires on {ends['today']}, today, ask ops",
        f"warning: {path}:19: exemption 'soon' expires on {ends['soon']}, in 13 days, ask ops",
    ]
    shown = policy("show", "--policies", path).stdout
    assert f"until {ends['gone']} (expired)\n" in shown and f"until {ends['soon']} (soon)\n" in shown and f"until {ends['later']}\n" in shown
    assert "connect.remote in every namespace, asked for by group g\n" in shown


# ---- what lint reads ----

CHECKS = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nchecks: [{id: connect.remote, action: warn}]\n"


def test_lint_says_what_it_read(tmp_path):
    (tmp_path / "a.yaml").write_text(CHECKS)
    (tmp_path / "b.yml").write_text(f"# nothing\n---\n{CHECKS.replace('remote', 'apiMode')}---\n{CHECKS.replace('remote', 'deployMode')}")
    assert policy("lint", tmp_path).stdout.startswith("ok: 2 files, 3 documents; in force ")
    assert policy("lint").stdout.startswith("ok: the shipped policy alone; in force ")
    done = policy("lint", "-", stdin=CHECKS)
    assert done.returncode == 0 and done.stdout.startswith("ok: 1 file, 1 document; in force "), done.stdout
    assert policy("lint", "-", stdin=CHECKS.replace("remote", "remot")).stdout.startswith("-:3: unknown check 'connect.remot', did you mean")
    done = policy("lint", "-", "-", stdin=CHECKS)
    assert done.returncode == 2 and "standard input can be read once only" in done.stderr


@pytest.mark.parametrize("name, text, said", [
    (None, None, "{}: holds no .yaml, .yml or .json file"), ("README.md", CHECKS, "{}: holds no .yaml, .yml or .json file"),
    ("a.yaml", "# later\n---\n", "{}: holds no policy document"), ("a.json", "", "{}: holds no policy document")])
def test_a_path_without_a_document_is_a_mistake(tmp_path, name, text, said):
    if name:
        (tmp_path / name).write_text(text)
    said = said.format(tmp_path)
    done = policy("lint", tmp_path)
    assert (done.returncode, done.stdout) == (1, said + "\n")
    done = policy("show", "--policies", tmp_path)
    assert done.returncode and said in done.stderr
    done = subprocess.run([os.environ["SPARKGATE"], "review", "-f", "-", "--policies", tmp_path], input="", capture_output=True, text=True, timeout=60)
    assert said not in done.stderr  # there, a folder may be empty


def test_lint_of_nothing_on_standard_input():
    assert policy("lint", "-").stdout == "-: holds no policy document\n"


def test_lint_of_a_config_map_points_at_its_keys(tmp_path):
    path = tmp_path / "cm.yaml"
    path.write_text(yaml.dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"site.yaml": CHECKS}}))
    done = policy("lint", path)
    assert (done.returncode, done.stdout) == (
        1, f"{path}:1: a ConfigMap is no policy file, the texts under its data are: yq '.data[\"site.yaml\"]' {path} | sparkgate policy lint -\n")


NOT_JUDGED = ["connect.executorAccount", "connect.executorImage"]


@pytest.mark.parametrize("check", NOT_JUDGED)
def test_an_action_without_effect_is_told(tmp_path, check):
    path = tmp_path / "site.yaml"
    path.write_text(CHECKS.replace("connect.remote", check).replace("warn", "deny"))
    done = policy("lint", path)
    assert done.returncode == 0 and done.stdout.splitlines()[0] == f"warning: {path}:3: {check} is not judged in this release: the action has no effect"
    path.write_text(CHECKS.replace("connect.remote", check).replace("warn", "\"off\""))
    assert "warning" not in policy("lint", path).stdout


def test_show_marks_what_is_not_judged():
    assert [c["id"] for c in json.loads(policy("show", "-o", "json").stdout)["checks"] if not c["judged"]] == NOT_JUDGED
    marked = [line.split()[0] for line in policy("show").stdout.splitlines() if line.endswith(" warn (not judged in this release)")]
    assert marked == NOT_JUDGED


FIXED = ["scope.backendMode", "scope.namespace", "scope.patch", "scope.standaloneMaster", "scope.unread"]


@pytest.mark.parametrize("check", FIXED)
def test_an_action_that_no_layer_changes_is_refused(tmp_path, check):
    path = tmp_path / "site.yaml"
    path.write_text(CHECKS.replace("connect.remote", check))
    done = policy("lint", path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        1, f"{path}:3: {check} is always deny: leave it out, or exempt from it whom you mean (kind Exemptions)")
    path.write_text(CHECKS.replace("connect.remote", check).replace("warn", "deny"))
    assert policy("lint", path).returncode == 0


def test_show_marks_what_no_layer_changes():
    assert [c["id"] for c in json.loads(policy("show", "-o", "json").stdout)["checks"] if c["fixed"]] == FIXED
    assert [line.split()[0] for line in policy("show").stdout.splitlines() if line.endswith(" deny (no layer changes it)")] == FIXED
