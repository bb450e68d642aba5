"""What an audit finds in a cluster, and in which order."""

import random
import re

import pytest
from audit import TEMPLATES, changed, config_map, controller, executor, lines, namespace, other, run, server, stream, sums, titles


def a_cluster():
    """Some of everything, in namespaces whose order is not that of their names."""
    objects = [namespace("a"), namespace("a-b", backend="k8s"), namespace("a0", mode="warn"), namespace("b", mode="audit"), namespace("quiet", mode=None)]
    for name in ("a", "a-b", "a0", "b", "quiet"):
        objects += [controller(kind, f"connect-{kind.lower()}", name) for kind in TEMPLATES]
        objects += [config_map("conf", name), config_map("plain", name, "x=1\n")]
        objects += [server("alone", name), *(executor(f"exec-{i}", name, "alone") for i in range(3)), other("web", name), other("web", name, "Deployment")]
    return objects


def shown(api, *args):
    return lines("--kubeconfig", api.kubeconfig, *args)


def test_every_spark_object_is_found(api):
    api.has(a_cluster())
    found = titles(o for o in shown(api) if o["role"])
    wanted = [(ns, kind, f"connect-{kind.lower()}") for ns in ("a", "a-b", "a0", "b", "quiet") for kind in TEMPLATES]
    wanted += [(ns, "ConfigMap", "conf") for ns in ("a", "a-b", "a0", "b", "quiet")]
    wanted += [(ns, "Pod", name) for ns in ("a", "a-b", "a0", "b", "quiet") for name in ("alone", "exec-0", "exec-1", "exec-2")]
    assert sorted(found) == sorted(wanted)


def test_the_order_is_of_etcd_then_kind_then_name(api):
    api.has(a_cluster())
    found = shown(api)
    order = list(dict.fromkeys(o["namespace"] or o["name"] for o in found))
    assert order == ["a-b", "a", "a0", "b", "quiet"]  # "a-b/" stands before "a/", "a/" before "a0/"
    kinds = list(dict.fromkeys(o["kind"] for o in found if o["namespace"] == "a"))
    assert kinds == ["ConfigMap", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "PodTemplate", "Pod"]


@pytest.mark.parametrize("output", ["table", "json", "junit", "sarif", "html"])
def test_two_runs_are_byte_equal_whatever_the_pages(api, output):
    api.has(a_cluster())
    args = ("--kubeconfig", api.kubeconfig, "-o", output)
    def said():
        return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "", run(*args).stdout)  # HTML says when

    first = said()
    pages = random.Random(1)
    for _ in range(3):
        api.page_size = lambda _resource, limit: pages.randint(1, min(limit, 5))
        assert said() == first
    api.page_size = lambda _resource, limit: limit
    args += ("--by-namespace",)
    assert said() == first


def test_files_and_cluster_say_the_same(api, tmp_path):
    api.has(a_cluster())
    path = tmp_path / "all.json"
    path.write_text(stream(a_cluster()))

    def substance(found):
        """A manifest is not alive: it has a place, and nothing runs."""
        return [(o["namespace"], o["kind"], o["name"], o["verdict"], o["changes"], o["patch"]) for o in found if o["role"]]

    assert substance(shown(api)) == substance(lines("-f", path))


def test_totals_are_exact(api):
    api.has(a_cluster())
    table, found = run("--kubeconfig", api.kubeconfig).stdout, shown(api)
    counted = sums(table)
    assert counted["namespaces"] == 5
    assert counted["spark"] == sum(o["role"] is not None for o in found)
    assert counted["refused"] == sum(o["verdict"] == "deny" for o in found)
    assert counted["changed"] == sum(bool(o["changes"]) for o in found)
    for name in ("a-b", "a", "a0", "b", "quiet"):
        of = [o for o in found if o["namespace"] == name]
        row = next(line.split() for line in table.splitlines() if line.startswith(f"{name} "))
        numbers = [0 if n in ".-" else int(n) for n in row[3:]]
        assert ("-" in row[4:6]) == (row[1] == "-"), row
        assert numbers[:3] == [sum(o["role"] is not None for o in of), sum(o["verdict"] == "deny" for o in of), sum(bool(o["changes"]) for o in of)], row
    for rule in {v["rule"] for o in found for v in o["violations"]}:
        count = sum(any(v["rule"] == rule for v in o["violations"]) for o in found)
        assert re.search(rf"^{re.escape(rule)} +(deny|warn|audit) +{count}$", table, re.M), rule


def test_what_a_controller_made_is_told_by_it(api):
    """A ReplicaSet of a Deployment and a Job of a CronJob are not looked at beside it; those of strangers are."""
    api.has([namespace("a"), controller("Deployment", "d", "a"), controller("ReplicaSet", "d-1", "a", owner="Deployment/d"),
             controller("CronJob", "c", "a"), controller("Job", "c-1", "a", owner="CronJob/c"),
             controller("ReplicaSet", "stranger", "a", owner="Rollout/r"), server("d-1-x", "a", "ReplicaSet/d-1")])  # fmt: skip
    assert sorted(t[2] for t in titles(shown(api)) if t[0]) == ["c", "d", "d-1-x", "stranger"]


def test_pods_that_ended_or_are_about_to_are_nothing(api):
    going = changed(server("going", "a"), metadata__deletionTimestamp="2026-01-01T00:00:00Z")
    api.has([namespace("a"), server("done", "a", phase="Succeeded"), server("failed", "a", phase="Failed"), server("runs", "a"),
             server("waits", "a", phase="Pending"), going])  # fmt: skip
    assert [t[2] for t in titles(shown(api)) if t[0]] == ["runs", "waits"]


def test_not_opted_in(api):
    api.has([namespace("plain", mode=None, backend=None), server("s", "plain")])
    (found,) = [o for o in shown(api) if o["kind"] == "Pod"]
    assert (found["role"], found["mode"], found["changes"], found["verdict"]) == ("connect-server", None, [], "allow")
    assert run("--kubeconfig", api.kubeconfig, "--as", "enforce").returncode in (0, 1)


def test_as_enforce(api):
    api.has([namespace("w", mode="warn"), server("s", "w", hostPID=True)])
    asked = {words: shown(api, *words) for words in ((), ("--as", "enforce"))}
    assert [o["allowed"] for o in asked[()] if o["role"]] == [True]
    assert [(o["allowed"], o["mode"]) for o in asked[("--as", "enforce")] if o["role"]] == [(False, "enforce")]


def with_config(name, ns, *maps):
    volumes = [{"name": m, "configMap": {"name": m}} for m in maps]
    return server(name, ns, volumes=volumes)


def test_config_maps_without_a_role_are_fetched_once_a_namespace(api):
    """core-site is nobody's by itself; missing is asked for once, too."""
    servers = [with_config(f"s{i}", ns, "core-site", "missing", "conf") for ns in ("a", "b") for i in range(4)]
    maps = [config_map(name, ns, text) for ns in ("a", "b") for name, text in (("core-site", "x=1\n"), ("conf", "spark.connect.x=1\n"))]
    api.has([namespace("a"), namespace("b"), *servers, *maps])
    assert len([o for o in shown(api) if o["role"] == "connect-server"]) == 8
    assert api.calls["configmaps/core-site"] == 2
    assert api.calls["configmaps/missing"] == 2
    assert api.calls["configmaps/conf"] == 0


def test_a_config_map_decides_what_its_server_is(api):
    """The file that has no role by itself is read all the same: its key wins over a default that would be written."""
    with_port = config_map("own", "a", "spark.driver.port=7001\n")
    api.has([namespace("a"), with_config("s", "a", "own"), with_port])
    keys = {c["key"] for o in shown(api) for c in o["changes"]}
    assert "spark.master" in keys


def test_one_namespace(api):
    api.has(a_cluster())
    everything = [o for o in shown(api) if o["namespace"] == "a" or (o["kind"], o["name"]) == ("Namespace", "a")]
    api.calls.clear(), api.seen.clear()
    assert shown(api, "-n", "a") == everything
    assert all("/namespaces/a" in path for path in api.seen if "/namespaces/sparkgate/pods?" not in path)
    assert shown(api, "-n", "a", "-n", "a") == everything


def test_names_of_one_namespace(api):
    api.has(a_cluster())
    done = run("--kubeconfig", api.kubeconfig, "-n", "b", "-n", "a-b")
    assert sums(done.stdout)["namespaces"] == 2


@pytest.mark.parametrize("name, said", [("unknown", "not found"), ("../x", "is not a valid namespace name"), ("A", "is not a valid namespace name"),
                                        ("", "--namespace: is empty")])  # fmt: skip
def test_a_namespace_that_is_not_there(api, name, said):
    api.has(a_cluster())
    done = run("--kubeconfig", api.kubeconfig, "-n", name)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


def test_an_empty_cluster(api):
    done = run("--kubeconfig", api.kubeconfig)
    assert (done.returncode, sums(done.stdout)["namespaces"]) == (0, 0)


def test_objects_of_namespaces_that_appeared_meanwhile(api):
    api.has([namespace("a"), server("s", "a"), server("s", "late"), config_map("c", "late")])
    done = run("--kubeconfig", api.kubeconfig, "-v")
    assert sums(done.stdout)["spark"] == 1
    assert "2 objects of namespaces that appeared meanwhile were not looked at" in done.stderr


def test_verbose_counts_requests(api):
    api.has([namespace("a"), server("s", "a")])
    done = run("--kubeconfig", api.kubeconfig, "-v")
    of_the_audit = sum(api.calls.values()) - api.calls["replicas"]
    assert f"{of_the_audit} requests to the API server, 2 objects listed" in done.stderr
    assert len([line for line in done.stderr.splitlines() if "by which policy the replicas" not in line]) == 1
