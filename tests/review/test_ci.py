"""docs/gitops.md outside of a cluster: the render step, the pre-commit hook, and the CI examples, run as the scripts that they are."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from review import FIXTURES

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
GOOD, NAMESPACES = (EXAMPLES / "connect.yaml").read_text(), (EXAMPLES / "namespaces.yaml").read_text()
BAD = GOOD.replace("      containers:", "      hostNetwork: true\n      containers:", 1)
assert BAD != GOOD


def sh(script, folder, **env):
    path = f"{Path(os.environ['SPARKGATE']).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    home = {"HOME": str(folder), "PATH": path, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"}  # fmt: skip
    return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=folder, env={**home, **env}, capture_output=True, text=True, timeout=120)


@pytest.fixture
def repo(tmp_path):
    """A repository of somebody with manifests in apps/ and Namespaces beside them."""
    (tmp_path / "apps" / "lake").mkdir(parents=True)
    (tmp_path / "apps" / "lake" / "connect.yaml").write_text(GOOD)
    (tmp_path / "namespaces.yaml").write_text(NAMESPACES)
    return tmp_path


# ---- the render step ----


def rendered(text, folder, namespaces=NAMESPACES):
    (folder / "in.yaml").write_text(text)
    (folder / "ns.yaml").write_text(namespaces)
    done = sh("sparkgate review -f in.yaml --namespaces ns.yaml -o yaml", folder)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def manifests():
    files = [*FIXTURES, EXAMPLES / "connect.yaml", EXAMPLES / "rollout.yaml", *sorted((ROOT / "tests/cluster/fixtures/servers").glob("*.yaml"))]
    if os.environ.get("SPARKGATE_SAMPLES"):
        files += sorted(Path(os.environ["SPARKGATE_SAMPLES"]).glob("manifests/*.yaml"))
    return files


@pytest.mark.parametrize("backend", ["k8s", "standalone"])
@pytest.mark.parametrize("path", manifests(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_rendered_twice_is_rendered_once(path, backend, tmp_path):
    text = path.read_text()
    names = {(d.get("metadata") or {}).get("namespace") for d in yaml.safe_load_all(text) if isinstance(d, dict)} | {"default"}
    master = {"sparkgate.io/standaloneMaster": "spark://m:7077"} if backend == "standalone" else {}
    facts = yaml.safe_dump_all({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": name, "labels": {"sparkgate.io/mode": "enforce"}, "annotations": {"sparkgate.io/backendMode": backend, **master}}}
        for name in sorted(n for n in names if n))
    (tmp_path / "ns.yaml").write_text(facts)
    (tmp_path / "in.yaml").write_text(text)
    first = sh("sparkgate review -f in.yaml --namespace default --namespaces ns.yaml -o yaml >once.yaml", tmp_path)
    if first.returncode == 2:
        pytest.fail(first.stderr)
    again = sh("sparkgate review -f once.yaml --namespace default --namespaces ns.yaml -o yaml >twice.yaml", tmp_path)
    assert again.returncode == first.returncode, again.stderr
    assert (tmp_path / "twice.yaml").read_bytes() == (tmp_path / "once.yaml").read_bytes()
    before, after = ([d for d in yaml.safe_load_all((tmp_path / f).read_text()) if d] for f in ("in.yaml", "once.yaml"))
    assert [(d["kind"], d["metadata"].get("name")) for d in before if "metadata" in d] == [
        (d["kind"], d["metadata"].get("name")) for d in after if "metadata" in d], "nothing is lost, nothing comes in addition"


def test_what_stays_comes_through_byte_for_byte(tmp_path):
    other = "# a Service, with a comment\napiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: reports}\nspec:   {ports: [{port: 1}]}\n---\n# nothing\n---\n"
    text = rendered(other + GOOD, tmp_path)
    assert text.startswith(other)


# ---- pre-commit ----


@pytest.fixture
def hooks(tmp_path_factory):
    """This repository as pre-commit clones it: what lies at its top, at the release that docs/gitops.md names."""
    folder = tmp_path_factory.mktemp("hooks")
    (folder / ".pre-commit-hooks.yaml").write_bytes((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    done = sh("pre-commit validate-manifest .pre-commit-hooks.yaml && git init -q . && git add -A && git commit -qm release && git tag v0.1.0", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def pre_commit(repo, hooks):
    """The configuration that docs/gitops.md shows, of that clone."""
    block = re.search(r"### pre-commit\n\n(?:<!-- [^\n]* -->\n)?```yaml\n(.*?)```", (ROOT / "docs" / "gitops.md").read_text(), re.S)[1]
    (repo / ".pre-commit-config.yaml").write_text(re.sub(r"repo: \S+", f"repo: {hooks}", block))
    return sh("git init -q . && git add -A && pre-commit install && git commit -qm first", repo)


def test_pre_commit_lets_pass_what_is_good_and_stops_what_is_refused(repo, hooks):
    done = pre_commit(repo, hooks)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"sparkgate review\.+Passed", done.stdout + done.stderr)
    (repo / "apps" / "lake" / "connect.yaml").write_text(BAD)
    done = sh("git commit -qam second", repo)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and re.search(r"sparkgate review\.+Failed", said), said
    assert "hostNetwork" in said or "host namespaces" in said
    (repo / "apps" / "README.md").write_text("no manifest\n")
    done = sh("git checkout -q -- . && git add apps/README.md && git commit -qm third", repo)
    assert done.returncode == 0 and "(no files to check)Skipped" in done.stdout + done.stderr, done.stdout + done.stderr


# ---- CI ----


def github():
    workflow = yaml.safe_load((EXAMPLES / "ci" / "github-actions.yaml").read_text())
    return {s["name"]: s["run"] for s in workflow["jobs"]["review"]["steps"] if "run" in s}


def gitlab():
    return yaml.safe_load((EXAMPLES / "ci" / "gitlab-ci.yaml").read_text())["sparkgate"]["script"]


def run_github(repo):
    """Each step in a shell of its own, as the runner does it; the first that fails ends the job."""
    for name, script in github().items():
        done = sh(script, repo)
        if done.returncode:
            return name, done
    return None, done


def test_github_actions(repo):
    failed, _ = run_github(repo)
    assert failed is None
    assert json.loads((repo / "sparkgate.sarif").read_text())["version"] == "2.1.0"
    (repo / "apps" / "lake" / "connect.yaml").write_text(BAD)
    failed, done = run_github(repo)
    assert failed == "Refuse what the cluster would refuse" and "hostNetwork" in done.stdout + done.stderr
    assert json.loads((repo / "sparkgate.sarif").read_text())["runs"][0]["results"]
    (repo / "apps" / "lake" / "connect.yaml").write_text("kind: [")
    failed, _ = run_github(repo)
    assert failed == "Findings for code scanning", "what cannot be judged is no finding"


def test_github_actions_sees_what_was_rendered_and_is_not_what_runs(repo):
    (repo / "rendered").mkdir()
    (repo / "rendered" / "connect.yaml").write_text(GOOD)
    failed, done = run_github(repo)
    assert failed == "What is rendered is what runs" and "+        - spark://" in done.stdout
    (repo / "rendered" / "connect.yaml").write_text(rendered(GOOD, repo))
    failed, done = run_github(repo)
    assert failed is None, done.stdout


def test_gitlab(repo):
    script = "\n".join(gitlab())
    done = sh(script, repo)
    assert done.returncode == 0, done.stdout + done.stderr
    (repo / "apps" / "lake" / "connect.yaml").write_text(BAD)
    done = sh(script, repo)
    assert done.returncode == 1
    assert ElementTree.parse(repo / "sparkgate.xml").getroot().find(".//failure") is not None


@pytest.mark.parametrize("schema, name", [("vendor.github-workflows", "github-actions.yaml"), ("vendor.gitlab-ci", "gitlab-ci.yaml")])
def test_ci_examples_fit_their_schemas(schema, name):
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(EXAMPLES / "ci" / name)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_json_documents_stay_documents_for_every_reader(tmp_path):
    """Each of them rewritten, with `---` between: a foreign reader sees as many."""
    conf = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"spark-defaults.conf": "spark.connect.x 1\nspark.master local\n"}}
    text = "\n---\n".join(json.dumps({**conf, "metadata": {"name": name, "namespace": "reports"}}) for name in "abc") + "\n"
    found = [d["metadata"]["name"] for d in yaml.safe_load_all(rendered(text, tmp_path))]
    assert found == ["a", "b", "c"]
