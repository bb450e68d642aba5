"""What people would have stumbled over."""

import pytest
from audit import config_map, controller, lines, namespace, other, run, server, stream, sums


@pytest.fixture
def audit(tmp_path):
    def of(*objects, args=()):
        (tmp_path / "all.json").write_text(stream(objects))
        return run("-f", tmp_path / "all.json", *args)

    of.path = tmp_path
    return of


def plain(name, namespace):
    """A ConfigMap that has nothing to do with Spark."""
    found = config_map(name, namespace, text="listen 80;\n")
    found["data"] = {"nginx.conf": "listen 80;\n"}
    return found


def test_a_config_map_of_others_is_not_shared(audit):
    workload = other("web", "a", kind="Deployment")
    workload["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "web-conf"}}]
    done = audit(namespace("a"), plain("web-conf", "a"), workload, args=["--fail-on", "warn"])
    assert done.returncode == 0 and "config.shared" not in done.stdout, done.stdout


def test_one_of_a_server_is(audit):
    workload = other("web", "a", kind="Deployment")
    workload["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "conf"}}]
    done = audit(namespace("a"), config_map("conf", "a"), workload, args=["--fail-on", "warn"])
    assert done.returncode == 1 and "config.shared" in done.stdout, done.stdout


def test_pods_that_have_ended_are_not_refused(audit):
    done = audit(namespace("a"), server("over", "a", hostPID=True, phase="Succeeded"), server("runs", "a", hostPID=True))
    assert "Pod a/runs" in done.stdout and "Pod a/over" not in done.stdout


def test_what_is_dumped_of_a_cluster_ran_there(audit):
    """`kubectl get -A -o yaml`: only an API server gives a uid. A manifest made of one has no status; a ConfigMap never has."""
    dumped = [server("s", "a"), config_map("conf", "a")]
    done = audit(namespace("a"), *dumped)
    assert "runs with spark.master=k8s://https://kubernetes.default.svc (--master), its namespace's backend is standalone" in " ".join(done.stdout.split())
    assert "kubectl patch cm conf -n a" in done.stdout
    assert sums(done.stdout)["drift"] == 2, done.stdout
    for made in dumped:
        made["metadata"].pop("uid")
    assert sums(audit(namespace("a"), *dumped).stdout)["drift"] == 0
    template = server("s", "a")
    del template["status"]
    assert sums(audit(namespace("a"), template).stdout)["drift"] == 0


def test_what_an_api_server_asks_about_does_not_run_yet(audit):
    asked = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"},
                         "namespace": "a", "name": "s", "operation": "CREATE", "userInfo": {"username": "u"}, "object": server("s", "a")}}  # fmt: skip
    done = audit(namespace("a"), asked)
    assert sums(done.stdout)["drift"] == 0 and sums(done.stdout)["changed"] == 1, done.stdout


def test_as_enforce_tells_who_has_not_opted_in(audit):
    done = audit(namespace("a", mode=None, backend=None), server("s", "a"), args=["--as", "enforce"])
    assert "scope.notOptedIn" in done.stdout and "opted in (mode" not in done.stdout


def test_what_nobody_judged_is_not_counted_as_fine(audit):
    free = [namespace("a", mode=None, backend=None), server("s", "a", hostPID=True), config_map("conf", "a"), namespace("c", mode=None), server("s", "c")]
    done = audit(*free, namespace("b"), server("s", "b"))
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("a  "))
    assert row == ["a", "-", "-", "2", "-", "-", ".", ".", "1"], done.stdout
    assert "3 objects in 2 namespaces that have not opted in are not judged: --as enforce\nsays what would become of them\n" in done.stdout
    done = audit(*free[:2])
    assert "1 object in 1 namespace that has not opted in is not judged: --as enforce says\nwhat would become of it\n" in done.stdout
    done = audit(*free, args=["--as", "enforce"])
    assert "not judged" not in done.stdout and "enforce refuses 1 and" in done.stdout
    page = audit(*free[:2], args=["-o", "html"]).stdout
    assert "1 object in namespaces that have not opted in is not judged: <code>--as enforce</code>" in page
    assert "not judged" not in audit(*free, args=["-o", "html", "--as", "enforce"]).stdout


def test_notes_are_counted_and_can_fail(audit):
    objects = namespace("a", mode=None, backend=None), server("s", "a")
    assert audit(*objects, args=["--fail-on", "audit"]).returncode == 1
    done = audit(*objects, args=["--fail-on", "warn"])
    assert done.returncode == 0 and "1 with notes" in done.stdout


def test_a_namespace_that_is_nowhere_is_an_error(audit):
    done = audit(namespace("a"), server("s", "a"), args=["-n", "a", "-n", "typo"])
    assert done.returncode == 2 and "-n typo: " in done.stderr


def test_what_nobody_could_read_is_new_the_next_time(audit, tmp_path):
    audit(namespace("a"), server("s", "a", hostPID=True))
    args = ["-f", tmp_path / "all.json", "--since-last", tmp_path / "since"]
    with open("/dev/full", "w") as full:
        assert run(*args, stdout=full).returncode == 2
    assert not (tmp_path / "since").exists()


@pytest.mark.parametrize("other_args", [["-n", "a"], ["--as", "enforce"]])
def test_a_since_file_is_of_one_scope(audit, tmp_path, other_args):
    args = ["--since-last", tmp_path / "since"]
    audit(namespace("a"), server("s", "a"), namespace("b"), server("s", "b"), args=args)
    before = (tmp_path / "since").read_text()
    done = audit(namespace("a"), server("s", "a"), namespace("b"), server("s", "b"), args=[*args, *other_args])
    assert done.returncode == 2 and "other -n or --as" in done.stderr and (tmp_path / "since").read_text() == before


def test_a_since_file_that_cannot_be_written_is_told_first(audit):
    done = audit(namespace("a"), server("s", "a"), args=["--since-last", "no/such/folder/file"])
    assert done.returncode == 2 and not done.stdout and "cannot write" in done.stderr


def test_a_controller_of_a_controller_is_told_once(audit, tmp_path):
    objects = [namespace("a"), controller("Deployment", "d", "a"), controller("ReplicaSet", "d-1", "a", owner="Deployment/d")]
    audit(*objects)
    assert [o["kind"] for o in lines("-f", tmp_path / "all.json") if o["role"]] == ["Deployment"]


def test_keys_that_do_nothing_are_told_once(audit):
    done = audit({**namespace("a", mode=None, backend="k8s")}, server("s", "a"))
    assert done.stdout.count("does nothing") == 1, done.stdout


def test_all_namespaces_may_be_said(audit):
    objects = [namespace("a"), namespace("b"), server("s", "a"), server("s", "b")]
    assert audit(*objects, args=["-A"]).stdout == audit(*objects).stdout
    done = audit(*objects, args=["-A", "-n", "a"])
    assert done.returncode == 2 and "-A is every namespace: leave out -n" in done.stderr
