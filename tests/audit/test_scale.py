"""A cluster of any size is audited in the memory of one page: 100,000 pods in 2,000 namespaces, and in one."""

import hashlib
import json
import re

import pytest
from listing import KINDS, Chain, Many, Table
from audit import TEMPLATES, changed, config_map, controller, executor, measured, namespace, other, server

PODS = 100_000
SERVERS = 20_000  # each is a page of text
BOUND = 64  # MiB
LARGEST = 160  # MiB, where every kind is full of objects of 1.4 MB
OUTPUTS = ["table", "json", "junit", "sarif", "openreports", "html"]

# What a running pod has beside its spec: half of it is of no interest, and comes all the same.
FIELDS = {"f:metadata": {"f:labels": {f"f:label-{i}": {} for i in range(20)}}, "f:spec": {f"f:field-{i}": {"f:x": {}} for i in range(20)}}
WEIGHT = {"managedFields": [{"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": FIELDS}]}
CONDITIONS = [{"type": f"condition-{i}", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"} for i in range(5)]


def text_of(pod):
    pod = changed(pod, status__conditions=CONDITIONS)
    pod["metadata"].update(WEIGHT)
    return json.dumps({k: v for k, v in pod.items() if k not in ("kind", "apiVersion")}).encode()


def names(count):
    return [f"team-{i:04}" for i in range(count)]


def executors(namespaces, count):
    """They run on Kubernetes, and their namespaces ask for Standalone: a warning each."""
    return Many(namespaces, count, text_of(executor("exec-NUMBER", "NAMESPACE")))


def servers(namespaces, count):
    """One server beside another: each is refused, in words of its own."""
    return Many(namespaces, count, text_of(server("connect-NUMBER", "NAMESPACE", hostPID=True)))


def others(namespaces, count):
    return Many(namespaces, count, text_of(other("web-NUMBER", "NAMESPACE", volumes=[{"name": "c", "configMap": {"name": "web"}}])))


def world(namespace_count, of):
    found, count = names(namespace_count), SERVERS if of is servers else PODS
    return {
        "namespaces": Table([namespace(n) for n in found]),
        "configmaps": Many(found, 2, text_of(config_map("conf-NUMBER", "NAMESPACE"))),
        "pods": of(found, count // namespace_count),
    }


def audit(api, tmp_path, *args):
    """The report's file, what was said, the exit code, MiB."""
    report = tmp_path / "report"
    with report.open("w") as out:
        done, mebibytes = measured(tmp_path / "rss", "--kubeconfig", api.kubeconfig, *args, output=out)
    print(f"{mebibytes:.1f} MiB, {report.stat().st_size >> 20} MiB of report: {' '.join(map(str, args))}")
    assert done.returncode in (0, 1), done.stderr
    return report, mebibytes


WORLDS = {
    "2000 namespaces of executors": (2000, executors), "2000 namespaces of others": (2000, others),
    "one namespace of executors": (1, executors), "one namespace of servers": (1, servers),
}  # fmt: skip


def count_of(report, output):
    """How many pods a report is about."""
    with report.open() as text:
        pattern = {"json": '"kind":"Pod"', "junit": '<testcase', "sarif": '"ruleId"', "html": '<tbody'}[output]
        return sum(line.count(pattern) for line in text)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", WORLDS)
def test_memory(api, tmp_path, name, output):
    namespaces, of = WORLDS[name]
    api.tables = world(namespaces, of)
    count = {others: 0, servers: SERVERS, executors: PODS}[of]
    report, mebibytes = audit(api, tmp_path, "-o", output, "--since-last", tmp_path / "since")
    assert mebibytes <= BOUND
    if output == "table":
        assert f"\n{namespaces} namespace" in (text := report.read_text()) and f", {count + 2 * namespaces} of Spark Connect" in text
    elif of is not others and output != "openreports":  # which has a Report an owner
        assert count_of(report, output) >= count


def test_memory_of_the_last_audit(api, tmp_path):
    """As many fingerprints as a file may have, and as many new ones: both are kept."""
    last = tmp_path / "since"
    scope = hashlib.sha256(b"as=namespace namespaces=all").hexdigest()[:16]
    last.write_text(f"sparkgate.io/audit-since/v1 2026-01-01T00:00:00Z {scope}\n" + "".join(f"{i:016x}\n" for i in range(900_000)))
    api.tables = {"namespaces": Table([namespace("a")]), "pods": servers(["a"], 60_000)}
    report, mebibytes = audit(api, tmp_path, "--since-last", last)
    assert mebibytes <= BOUND and " new findings, 0 known, 900000 gone" in report.read_text()


def test_mixed_lists(api, tmp_path):
    """Namespaces of one kind of pod behind those of another: lists that are far from each other are merged all the same."""
    api.tables = {**world(2000, executors), "pods": Chain(executors(names(1000), 50), others(names(2000)[1000:], 50))}
    report, mebibytes = audit(api, tmp_path)
    assert mebibytes <= BOUND and re.search(r"^2000 namespaces, ", report.read_text(), re.M)


def test_memory_of_namespaces(api, tmp_path):
    """10,000 with a copy of themselves, as kubectl apply leaves, and 30 KB of somebody else's."""
    noted = {"kubectl.kubernetes.io/last-applied-configuration": "x" * 2000, "example.com/notes": "y" * 30_000}
    one = namespace("n-NUMBER")
    one["metadata"]["annotations"].update(noted)
    api.tables = {"namespaces": Many([""], 10_000, text_of(one))}
    report, mebibytes = audit(api, tmp_path)
    assert mebibytes <= BOUND and re.search(r"^10000 namespaces, ", report.read_text(), re.M)


# ---- objects as large as etcd takes them ----

LARGE = 1_400_000  # bytes
TEXT = "x" * LARGE
WORDS = [f"--conf=spark.k{i}={'y' * 6}" for i in range(LARGE // 25)]


def large(kind, name, ns):
    if kind == "ConfigMap":
        return config_map(name, ns, f"spark.connect.x=1\n#{TEXT}\n")
    pod = server(name, ns)
    pod["spec"]["containers"][0]["command"] += ["--conf", f"spark.x={TEXT}"]
    return pod if kind == "Pod" else controller(kind, name, ns, pod["spec"])


def wordy(kind, name, ns):
    """The same size in 50,000 values."""
    if kind == "ConfigMap":
        return changed(config_map(name, ns, "spark.connect.x=1\n"), data={"spark-defaults.conf": "spark.connect.x=1\n", **{f"k{i:06}": "z" for i in range(LARGE // 16)}})
    pod = server(name, ns)
    pod["spec"]["containers"][0]["command"] += WORDS
    return pod if kind == "Pod" else controller(kind, name, ns, pod["spec"])


@pytest.mark.parametrize("make", [large, wordy])
def test_memory_of_the_largest_objects(api, tmp_path, make):
    """A page of each kind is held at once, in several namespaces' favour: what a tenant may write must not end the audit."""
    kinds = ["ConfigMap", *TEMPLATES, "Pod"]
    api.has([namespace("a"), namespace("b")])
    for kind in kinds:
        api.tables[KINDS[kind]] = Many(["a", "b"], 20, text_of(make(kind, "n-NUMBER", "NAMESPACE")))
    report, mebibytes = audit(api, tmp_path, "-o", "json")
    assert mebibytes <= LARGEST
