"""`sparkgate explain`: how it is called, and what it says of what it cannot explain."""

import pytest
import yaml

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
        ({"KUBECONFIG": "/a:/b"}, [], "KUBECONFIG: cannot read '/a:/b'"),
        ({"KUBECONFIG": ":/nonexistent"}, [], "KUBECONFIG: cannot read ':/nonexistent'"),
        ({"KUBECONFIG": "/nonexistent::"}, [], "KUBECONFIG: cannot read '/nonexistent::'"),
        ({"KUBECONFIG": "::"}, [], "which cluster? Give --kubeconfig FILE"),
        ({"KUBECONFIG": "/nonexistent"}, ["--kubeconfig", "/other"], "--kubeconfig: cannot read '/other'"),
    ]
    for env, args, said in cases:
        done = run("pod/a", *args, env={**nobody, **env})
        assert done.returncode == 2 and said in done.stderr, done.stderr
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text("not: a kubeconfig\n")
    assert "~/.kube/config: " in run("pod/a", env=nobody).stderr


@pytest.mark.parametrize("own, namespace", [("team-a", "team-a"), ("", "default"), ("../x", "default")])
def test_the_namespace_of_a_pod_that_asks(tmp_path, own, namespace):
    """As kubectl has it in a pod, where no kubeconfig says otherwise."""
    pod = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1", "POD_NAME": "p", "POD_NAMESPACE": own}
    done = run("pod/a", env={"HOME": str(tmp_path), "KUBECONFIG": "", **pod})
    assert done.returncode == 2 and f"/namespaces/{namespace}/pods/a" in done.stderr, done.stderr


def kubeconfig(**lists):
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **lists})


def one(kind, name, **what):
    return {"name": name, kind: what}


EMPTY = {"empty": "", "comments": "# users: []\n", "null": "null\n", "dashes": "---\n"}


def test_several_kubeconfigs_are_one_as_for_kubectl(tmp_path):
    """The first that has a name or says current-context counts; paths are relative to the file that they stand in; one may have no content."""
    first, second = tmp_path / "a/config", tmp_path / "b/config"
    for file in (first, second):
        file.parent.mkdir()
    first.write_text(kubeconfig(users=[one("user", "u")], clusters=[one("cluster", "x", server="https://127.0.0.1:1", **{"certificate-authority": "ca"})]))
    second.write_text(kubeconfig(
        clusters=[one("cluster", "c", server="https://127.0.0.1:2", **{"certificate-authority": "ca"}), one("cluster", "x", server="https://127.0.0.1:3")],
        users=[one("user", "u", username="not asked"), one("user", "bad", username="a")],
        contexts=[one("context", "c", cluster="c", user="u"), one("context", "x", cluster="x", user="u"), one("context", "bad", cluster="c", user="bad")],
        **{"current-context": "c"}))
    for name, text in EMPTY.items():
        (tmp_path / name).write_text(text)
    missing = tmp_path / "missing"
    both = f"{missing}:{first}:{second}"
    for listed, args, said in (
        (both, [], f"{second.parent}/ca"),
        (both, ["--context", "x"], f"{first.parent}/ca"),
        (both, ["--context", "bad"], f"KUBECONFIG: {both}: context 'bad': user 'bad': 'username' is not supported"),
        (both, ["--context", "no"], f"KUBECONFIG: {both}: there is no context 'no'"),
        (f"{first}:{missing}", [], "there is no current-context: give --context"),
        (f"{second}:{first}", [], "user 'u': 'username' is not supported"),
        (f"{first}:{tmp_path}", [], f"KUBECONFIG: cannot read '{tmp_path}'"),
        *((f"{tmp_path / name}:{both}", [], f"{second.parent}/ca") for name in EMPTY),
        (f"{tmp_path / 'null'}", [], "there is no current-context: give --context"),
    ):
        done = run("pod/a", *args, env={"HOME": str(tmp_path), "KUBECONFIG": listed, "KUBERNETES_SERVICE_HOST": ""})
        assert done.returncode == 2 and said in done.stderr, (listed, args, done.stderr)


def test_the_one_that_is_spark_s_needs_no_name():
    found = explained("-f", "-", stdin=stream([namespace("team-a"), pod("web", ["nginx"]), pod()]))
    assert found["object"]["name"] == "connect"


def test_kinds_as_kubectl_has_them():
    for word in ("deploy/connect", "deployments/connect", "Deployment/connect", "deployment.apps/connect", "deployments.v1.apps/connect"):
        assert run("-f", CONNECT, "--namespaces", NAMESPACES, word).returncode == 0, word
    assert run("-f", CONNECT, "deployment.batch/connect").returncode == 2
