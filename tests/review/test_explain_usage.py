"""`sparkgate explain`: how it is called, and what it says of what it cannot explain."""

import pytest

from review import namespace, stream
from test_explain import CONNECT, NAMESPACES, explained, pod, run

BAD_USAGE = [
    ([], "Give -f FILE, or KIND/NAME"),
    (["-f", "-", "pod/a", "pod/b"], "one KIND/NAME at a time, got 'pod/b' too"),
    (["-f", "-", "pod"], "expected KIND/NAME, got 'pod'"),
    (["-f", "-", "pdo/a"], "sparkgate does not judge 'pdo'; did you mean 'Pod'?"),
    (["-f", "-", "svc/a"], "sparkgate does not judge 'svc', only pods, their controllers, ConfigMaps and Namespaces"),
    (["-f", "/nonexistent.yaml"], "cannot read '/nonexistent.yaml'"),
    (["-f", "-", "-o", "yaml"], "--output does not take 'yaml', only table or json"),
    (["-f", "-", "--id", "x"], "--id is for an audit log"),
    (["pod/a", "--id", "x"], "--id is for an audit log: give the log with -f FILE"),
    (["-f", "-", "--context", "x"], "--context needs --kubeconfig"),
    (["-f", "-", "--kubeconfig", "/nonexistent"], "--kubeconfig: cannot read '/nonexistent'"),
    (["-f", "-", "pod/other"], "the input holds no Pod 'other'"),
    (["-f", "-", "-n", "x", "pod/connect"], "the input holds no Pod 'connect' in namespace 'x'"),
    (["-f", "-"], "which one? Name it as KIND/NAME: Pod/connect, Pod/second"),
]


@pytest.mark.parametrize("args, said", BAD_USAGE, ids=[" ".join(a) or "nothing" for a, _ in BAD_USAGE])
def test_bad_usage(args, said):
    done = run(*args, stdin=stream([namespace("team-a"), pod(), pod("second")]))
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr


SPARK_APPLICATION = {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "metadata": {"name": "pi"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "connect"}}
OTHERS = [
    ([SPARK_APPLICATION], "SparkApplication 'pi' is for a Spark operator: explain a pod, once the operator has created it"),
    ([SPARK_APPLICATION, SPARK_APPLICATION], "SparkApplication 'pi' is for a Spark operator"),
    ([SERVICE, SERVICE], "nothing to explain: the input holds no pod, controller of pods, ConfigMap or Namespace"),
    ([], "nothing to explain: the input holds no object"),
]


@pytest.mark.parametrize("objects, said", OTHERS, ids=range(len(OTHERS)))
def test_what_is_not_judged(objects, said):
    done = run("-f", "-", stdin=stream(objects))
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr, done.stderr


def test_which_cluster(tmp_path):
    nobody = {"HOME": str(tmp_path), "KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": ""}
    cases = [
        ({}, [], "which cluster? Give --kubeconfig FILE, set KUBECONFIG, or have ~/.kube/config"),
        ({}, ["--context", "x"], "--context needs a kubeconfig"),
        ({"KUBECONFIG": "/nonexistent"}, [], "KUBECONFIG: cannot read '/nonexistent'"),
        ({"KUBECONFIG": "/a:/b"}, [], "KUBECONFIG names several files, which are not merged: give the one that is meant by --kubeconfig"),
        ({"KUBECONFIG": ":/nonexistent"}, [], "KUBECONFIG: cannot read '/nonexistent'"),
        ({"KUBECONFIG": "/nonexistent::"}, [], "KUBECONFIG: cannot read '/nonexistent'"),
        ({"KUBECONFIG": "::"}, [], "which cluster? Give --kubeconfig FILE"),
        ({"KUBECONFIG": "/nonexistent"}, ["--kubeconfig", "/other"], "--kubeconfig: cannot read '/other'"),
    ]
    for env, args, said in cases:
        done = run("pod/a", *args, env={**nobody, **env})
        assert done.returncode == 2 and said in done.stderr, done.stderr
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text("not: a kubeconfig\n")
    assert "~/.kube/config: " in run("pod/a", env=nobody).stderr


def test_the_one_that_is_spark_s_needs_no_name():
    found = explained("-f", "-", stdin=stream([namespace("team-a"), pod("web", ["nginx"]), pod()]))
    assert found["object"]["name"] == "connect"


def test_kinds_as_kubectl_has_them():
    for word in ("deploy/connect", "deployments/connect", "Deployment/connect", "deployment.apps/connect", "deployments.v1.apps/connect"):
        assert run("-f", CONNECT, "--namespaces", NAMESPACES, word).returncode == 0, word
    assert run("-f", CONNECT, "deployment.batch/connect").returncode == 2
