"""Which cluster `sparkgate certs` asks: the one that kubectl would."""

import os
import subprocess

import pytest

SERVERS = {name: f"https://127.0.0.1:{port}" for name, port in (("home", 1), ("variable", 2), ("option", 3), ("other", 4))}


def kubeconfig(path, name):
    path.parent.mkdir(exist_ok=True)
    ca = path.parents[1] / "certs/ca.crt"
    clusters = ", ".join(f"{{name: {n}, cluster: {{server: '{SERVERS[n]}', certificate-authority: {ca}}}}}" for n in (name, "other"))
    contexts = ", ".join(f"{{name: {n}, context: {{cluster: {n}, user: u}}}}" for n in (name, "other"))
    path.write_text(f"apiVersion: v1\nkind: Config\nclusters: [{clusters}]\nusers: [{{name: u, user: {{}}}}]\ncontexts: [{contexts}]\ncurrent-context: {name}\n")
    return path


def certs(tmp_path, *args, variable=None):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "COLUMNS"))}
    env |= {"HOME": str(tmp_path), **({"KUBECONFIG": str(variable)} if variable else {})}
    return subprocess.run([os.environ["SPARKGATE"], "certs", *map(str, args)], capture_output=True, text=True, timeout=60, env=env)


ASKED = [["show", "--secret", "c"], ["rotate", "--secret", "c"], ["patch", "--secret", "c"], ["patch", "DIR"]]


@pytest.fixture
def asked(request, tmp_path):
    """The words, and a directory of certificates."""
    subprocess.run([os.environ["SPARKGATE"], "certs", "init", tmp_path / "certs"], check=True, capture_output=True)
    return [tmp_path / "certs" if word == "DIR" else word for word in request.param]


@pytest.mark.parametrize("asked", ASKED, indirect=True, ids=" ".join)
def test_the_cluster_that_kubectl_would_ask(tmp_path, asked):
    kubeconfig(tmp_path / ".kube/config", "home")
    named = kubeconfig(tmp_path / "named/config", "variable")
    given = kubeconfig(tmp_path / "given/config", "option")
    for more, variable, server in (([], None, "home"), ([], named, "variable"), (["--kubeconfig", given], named, "option"), (["--context", "other"], None, "other")):
        done = certs(tmp_path, *asked, *more, variable=variable)
        assert done.returncode == 1 and SERVERS[server] in done.stderr, done.stderr


@pytest.mark.parametrize("asked", ASKED, indirect=True, ids=" ".join)
def test_no_cluster_is_bad_usage(tmp_path, asked):
    done = certs(tmp_path, *asked)
    assert (done.returncode, done.stderr) == (2, "sparkgate certs: which cluster? Give --kubeconfig FILE, set KUBECONFIG, or have ~/.kube/config\n")
    done = certs(tmp_path, *asked, variable=tmp_path / "nowhere")
    assert done.returncode == 2 and done.stderr.startswith("sparkgate certs: KUBECONFIG: cannot read"), done.stderr


def test_a_context_of_no_cluster(tmp_path):
    done = certs(tmp_path, "show", tmp_path, "--context", "other")
    assert done.returncode == 2 and "--context needs --kubeconfig" in done.stderr
