"""`sparkgate policy diff`: what is different, and what that means for objects; exit codes as diff(1)'s."""

import json
import os
import subprocess

import pytest
import yaml

HEAD = "apiVersion: policy.sparkgate.io/v1\nkind: "
RULE = "- {id: backend.pullPolicy, why: tags move, versions: all, default: {key: spark.kubernetes.container.image.pullPolicy, value: %s}}\n"
CHECK = HEAD + "Checks\nchecks:\n- {id: connect.deployMode, action: warn}\n"
NAMESPACES = """apiVersion: v1
kind: Namespace
metadata: {name: team, labels: {sparkgate.io/mode: enforce}, annotations: {sparkgate.io/backendMode: k8s}}
"""


def diff(*args):
    return subprocess.run([os.environ["SPARKGATE"], "policy", "diff", *map(str, args)], capture_output=True, text=True, timeout=60)


def rules(value):
    return HEAD + "Backend\nbackend: k8s\nrules:\n" + RULE % value


def layer(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return path


def changes(*args):
    done = diff("-o", "json", *args)
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    return [(t["what"], t["id"], t["change"], {f["field"]: (f["from"], f["to"]) for f in t["fields"]}) for t in json.loads(done.stdout)["policy"]]


def test_the_same_is_nothing(tmp_path):
    path = layer(tmp_path, "a.yaml", CHECK)
    for sides in (("shipped", "shipped"), (path, path), (path, layer(tmp_path, "b.yaml", "# said otherwise\n" + CHECK))):
        done = diff(*sides)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_added_removed_changed(tmp_path):
    always, never = layer(tmp_path, "a.yaml", rules("Always")), layer(tmp_path, "n.yaml", rules("Never"))
    (what, ident, change, fields), = changes("shipped", always)
    assert (what, ident, change) == ("rule", "k8s backend.pullPolicy", "added") and fields["value"] == (None, "Always")
    (_, _, change, fields), = changes(always, "shipped")
    assert change == "removed" and fields["value"] == ("Always", None)
    assert changes(always, never) == [("rule", "k8s backend.pullPolicy", "changed", {"value": ("Always", "Never")})]


LAYERS = [
    ("Checks\nchecks:\n- {id: connect.deployMode, action: warn}\n", ("check", "connect.deployMode", "changed", {"action": ("deny", "warn")})),
    ("Checks\nbounds: {controllers: deny}\n", ("bound", "controllers", "changed", {"value": ("warn", "deny")})),
    ("Checks\nbounds: {allowedMasters: ['spark://m:7077']}\n", ("bound", "allowedMasters", "changed", {"value": ("(none)", "spark://m:7077")})),
    ("Checks\nconfigMaps: {neverRewrite: [x]}\n", ("bound", "neverRewrite", "changed", {"value": ("spark-exec-*-conf-map", "x")})),
    ("Checks\nwrongKeys: [{key: spark.mine, versions: 4.0+, why: w}]\n", ("wrong key", "spark.mine 4.0+", "added", {"why": (None, "w")})),
    ("Selectors\nentrypoints: [{name: connect-server, role: connect-server, after: [-v]}]\n",
     ("entrypoint", "connect-server", "changed", {"after": (None, "-v")})),
    ("Exemptions\nexemptions: [{id: e, owner: o, reason: r, expires: '2999-01-01', rules: [connect.remote], names: [a, b]}]\n",
     ("exemption", "e", "added", {"rules": (None, "connect.remote"), "names": (None, "a b"), "expires": (None, "2999-01-01"),
                                  "owner": (None, "o"), "reason": (None, "r")})),
    ("Backend\nbackend: k8s\nrules: [{id: backend.podName, why: w, remove: true}]\n", ("rule", "k8s backend.podName", "removed", None)),
]


@pytest.mark.parametrize("text, expected", LAYERS, ids=[f"{e[0]} {e[1]}" for _, e in LAYERS])
def test_every_kind_of_thing(tmp_path, text, expected):
    (got,) = changes("shipped", layer(tmp_path, "a.yaml", HEAD + text))
    assert got[:3] == expected[:3]
    assert expected[3] is None or got[3] == expected[3]


def test_selectors(tmp_path):
    narrow = layer(tmp_path, "a.yaml", HEAD + "Selectors\nroles: [{role: connect-server, labels: [{app: spark-connect, team: a}], words: [SparkConnectServer]}]\n")
    (got,) = changes("shipped", narrow)
    assert got[:3] == ("selector", "connect-server", "changed") and got[3]["labels"][1] == "app=spark-connect,team=a"


def test_people_read_it_on_a_terminal(tmp_path):
    done = diff("shipped", layer(tmp_path, "a.yaml", rules("Always") + "---\n" + CHECK))
    assert done.returncode == 1 and "\033" not in done.stdout
    assert "  + rule k8s backend.pullPolicy\n" in done.stdout and "  ~ check connect.deployMode\n      action: deny -> warn\n" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines()[1:])
    assert "\033[" in diff("--color", "always", "shipped", tmp_path / "a.yaml").stdout


def pod(name, *args):
    container = {"name": "spark", "image": "apache/spark:4.1.0", "command": ["/opt/spark/sbin/start-connect-server.sh", *args],
                 "env": [{"name": "SPARK_NO_DAEMONIZE", "value": "1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "team"}, "spec": {"containers": [container]}}


@pytest.fixture
def objects(tmp_path):
    manifests = layer(tmp_path, "objects.yaml", yaml.safe_dump_all([pod("plain"), pod("cluster", "--deploy-mode", "cluster")]))
    return "-f", manifests, "--namespaces", layer(tmp_path, "ns.yaml", NAMESPACES)


def test_what_it_means(tmp_path, objects):
    done = diff("shipped", layer(tmp_path, "a.yaml", CHECK), *objects)
    assert done.returncode == 1
    assert "1 of 2 objects are admitted differently:\n" in done.stdout
    assert f"  ~ Pod team/cluster ({objects[1]}:1" in done.stdout and "      refused -> allowed\n" in done.stdout
    (effect,) = json.loads(diff("-o", "json", "shipped", tmp_path / "a.yaml", *objects).stdout)["objects"]
    assert effect["name"] == "cluster" and effect["allowed"] == {"from": False, "to": True}
    assert effect["gone"][0].startswith("deny connect.deployMode: ") and effect["come"][0].startswith("warn connect.deployMode: ")


def test_what_a_rule_writes(tmp_path, objects):
    done = diff("-o", "json", "shipped", layer(tmp_path, "a.yaml", rules("Always")), *objects)
    effects = json.loads(done.stdout)["objects"]
    assert [e["name"] for e in effects] == ["plain", "cluster"]
    assert effects[0]["come"] == ["change backend.pullPolicy: spark.kubernetes.container.image.pullPolicy: (absent) -> Always"]


def test_no_difference_in_objects(tmp_path, objects):
    done = diff("shipped", "shipped", *objects)
    assert (done.returncode, done.stdout) == (0, "0 of 2 objects are admitted differently\n")


def test_a_pod_is_judged_by_its_config_map_as_each_policy_leaves_it(tmp_path):
    """The policy that forbids the line takes it out of the ConfigMap, too, so the pod is not refused for it."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "team", "labels": {"app": "spark-connect"}},
              "data": {"spark-defaults.conf": "spark.site.old 1\n"}}
    reader = pod("reader")
    reader["spec"]["volumes"] = [{"name": "conf", "configMap": {"name": "conf"}}]
    reader["spec"]["containers"][0]["volumeMounts"] = [{"name": "conf", "mountPath": "/opt/spark/conf"}]
    rule = HEAD + "Backend\nbackend: k8s\nrules:\n- {id: backend.siteOld, why: gone, versions: all, disable: {key: spark.site.old}}\n"
    objects = layer(tmp_path, "objects.yaml", yaml.safe_dump_all([reader, config]))
    done = diff("-o", "json", "shipped", layer(tmp_path, "a.yaml", rule), "-f", objects, "--namespaces", layer(tmp_path, "ns.yaml", NAMESPACES))
    (effect,) = json.loads(done.stdout)["objects"]
    assert effect["name"] == "conf" and effect["come"] == ["change backend.siteOld: spark.site.old: 1 -> (removed)"]


def test_layers_below_both(tmp_path):
    below = layer(tmp_path, "below.yaml", CHECK)
    assert changes("--policies", below, "shipped", layer(tmp_path, "a.yaml", rules("Always")))[0][0] == "rule"


BAD = [
    (["shipped"], "diff needs two"),
    (["shipped", "shipped", "shipped"], "diff needs two"),
    (["shipped", "nowhere.yaml"], "cannot read 'nowhere.yaml'"),
    (["-o", "yaml", "shipped", "shipped"], "diff does not print yaml"),
    (["shipped", "shipped", "-f", "nowhere.yaml"], "nowhere.yaml"),
    (["shipped", "shipped", "--verbose"], "--verbose belongs to test"),
]


@pytest.mark.parametrize("args, said", BAD, ids=[" ".join(b[0]) for b in BAD])
def test_trouble_is_two(args, said):
    done = diff(*args)
    assert done.returncode == 2 and said in done.stderr and not done.stdout


def test_a_policy_that_is_none(tmp_path):
    done = diff("shipped", layer(tmp_path, "a.yaml", HEAD + "Cheks\n"))
    assert done.returncode == 2 and "a.yaml:2: unknown kind 'Cheks', did you mean 'Checks'?" in done.stderr


def test_a_namespace_that_nobody_gave(tmp_path, objects):
    done = diff("shipped", "shipped", "-f", objects[1])
    assert done.returncode == 2 and "nothing is known of its namespace 'team': give --namespaces FILE" in done.stderr
