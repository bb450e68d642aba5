"""What Argo CD and Flux see of it: their own code (bed/gitops) compares what is in git with what is in the cluster, with the rules
of docs/gitops.md, which are read from there."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from bed.objects import changed, in_namespace, properties, servers
from test_backends import undone

ROOT = Path(__file__).resolve().parents[2]
CONFIGMAP = servers()["start-script"][1][0]
NAME, NS, KEY = CONFIGMAP["metadata"]["name"], "enforce-k8s", "spark-defaults.conf"
IN_GIT = in_namespace(CONFIGMAP, NS)


def documented(heading):
    """The YAML blocks below a heading of docs/gitops.md, up to the next."""
    text = (ROOT / "docs" / "gitops.md").read_text()
    section = re.split(r"(?m)^#+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1)[0]
    return [doc for block in re.findall(r"(?ms)^```yaml\n(.*?)^```", section) for doc in yaml.safe_load_all(block)]


def new_text(obj):
    """The next commit: one setting more."""
    return changed(obj, data={**obj["data"], KEY: obj["data"][KEY] + "spark.sql.ansi.enabled true\n"})


class Gitops:
    def __init__(self, api):
        self.api = api
        self.env = {"KUBECONFIG": str(api.plane.dir / "admin.conf"), "PATH": os.environ["PATH"]}

    def ask(self, **request):
        run = subprocess.run([os.environ["GITOPS"]], input=json.dumps(request), env=self.env, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def argocd(self, obj, ignore=(), options=()):
        """Does the application controller call it OutOfSync? options: those of argocd.argoproj.io/compare-options."""
        meta = obj["metadata"]
        live = self.api.get(obj["kind"], meta.get("namespace"), meta["name"]).allowed()
        return self.ask(tool="argocd", config=obj, live=live, ignore=list(ignore), serverSide="ServerSideDiff=true" in options,
                        includeMutationWebhook="IncludeMutationWebhook=true" in options)["drift"]

    def sync(self, obj, server_side=False):
        """As Argo CD does it: kubectl apply."""
        flags = ["--server-side", "--field-manager=argocd-controller", "--force-conflicts"] if server_side else []
        self.api.kubectl("apply", *flags, "-f", "-", stdin=obj, check=True)
        self.created(obj)

    def flux(self, action, obj, manager="kustomize-controller"):
        answer = self.ask(tool=f"flux-{action}", config=obj, manager=manager)
        self.created(obj)
        return answer["action"]

    def created(self, obj):
        self.api.created.append((obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]))

    def text(self, obj=IN_GIT):
        return self.api.get("ConfigMap", obj["metadata"]["namespace"], obj["metadata"]["name"]).allowed()["data"][KEY]

    def version(self, obj=IN_GIT):
        return self.api.get(obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]).allowed()["metadata"]["resourceVersion"]


@pytest.fixture
def gitops(api):
    return Gitops(api)


def rewritten(gitops, obj=IN_GIT):
    return properties(gitops.text(obj))["spark.master"].startswith("k8s://")


# ---- ConfigMaps that are rewritten ----


def test_argocd_calls_a_rewritten_configmap_out_of_sync(gitops):
    gitops.sync(IN_GIT)
    assert rewritten(gitops) and gitops.argocd(IN_GIT)


@pytest.mark.parametrize("more", [[], ["IncludeMutationWebhook=true"]], ids=["alone", "with webhooks"])
@pytest.mark.parametrize("server_side", [False, True], ids=["client-side apply", "server-side apply"])
def test_argocd_that_asks_the_api_server_sees_no_drift_and_every_commit(gitops, server_side, more):
    options = documented("Argo CD: let the API server compare")[0]["metadata"]["annotations"]["argocd.argoproj.io/compare-options"].split(",") + more
    gitops.sync(IN_GIT, server_side)
    assert rewritten(gitops) and not gitops.argocd(IN_GIT, options=options)
    commit = new_text(IN_GIT)
    assert gitops.argocd(commit, options=options), "a new text in git is seen"
    gitops.sync(commit, server_side)
    assert not gitops.argocd(commit, options=options)
    assert undone(gitops.text()) == commit["data"][KEY]


def test_argocd_that_is_told_to_look_away_sees_no_commit_either(gitops):
    ignore = documented("Argo CD: look away")[0]["spec"]["ignoreDifferences"]
    gitops.sync(IN_GIT)
    assert not gitops.argocd(IN_GIT, ignore)
    assert not gitops.argocd(new_text(IN_GIT), ignore), "and so docs/gitops.md says"


def test_argocd_does_not_fight(gitops):
    """Self-heal, again and again: the object stays what it is."""
    gitops.sync(IN_GIT)
    version = gitops.version()
    for _ in range(5):
        gitops.sync(IN_GIT)
    assert gitops.version() == version


@pytest.mark.parametrize("manager", ["kustomize-controller", "helm-controller"])
def test_flux_sees_no_drift_and_every_commit(gitops, manager):
    assert gitops.flux("apply", IN_GIT, manager) == "created"
    assert rewritten(gitops)
    version = gitops.version()
    for _ in range(3):
        assert gitops.flux("diff", IN_GIT, manager) == "unchanged"
        assert gitops.flux("apply", IN_GIT, manager) == "unchanged"
    assert gitops.version() == version
    commit = new_text(IN_GIT)
    assert gitops.flux("diff", commit, manager) == "configured"
    assert gitops.flux("apply", commit, manager) == "configured"
    assert undone(gitops.text()) == commit["data"][KEY] and rewritten(gitops)


# ---- ConfigMaps that are not ----


@pytest.fixture
def checked(namespace):
    """A namespace as docs/gitops.md shows it."""
    meta = documented("Check: change nothing, and tell")[0]["metadata"]
    return namespace(meta["labels"], meta["annotations"])


def test_what_is_checked_is_no_drift_for_anybody(gitops, checked):
    obj = in_namespace(CONFIGMAP, checked)
    run = gitops.api.kubectl("apply", "-f", "-", stdin=obj, check=True)
    gitops.created(obj)
    assert "spark.master" in run.stderr, "it is told"
    assert gitops.text(obj) == obj["data"][KEY]
    assert not gitops.argocd(obj) and not gitops.argocd(obj, options=["ServerSideDiff=true"])
    assert gitops.argocd(new_text(obj))
    assert gitops.flux("apply", obj) in ("configured", "unchanged")  # its own manager comes in addition
    assert gitops.flux("diff", obj) == "unchanged"


def rendered(gitops, *objects):
    """As docs/gitops.md has it: `review -o yaml` of what is in git, with the Namespaces of the repository."""
    folder = Path(os.environ["SCRATCH"]) / "rendered"
    folder.mkdir(exist_ok=True)
    (folder / "in.yaml").write_text(yaml.safe_dump_all(objects))
    (folder / "namespaces.yaml").write_text(yaml.safe_dump(gitops.api.get("Namespace", None, NS).allowed()))
    argv = [os.environ["SPARKGATE"], "review", "-f", folder / "in.yaml", "--namespaces", folder / "namespaces.yaml", "-o", "yaml"]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return list(yaml.safe_load_all(run.stdout))


def test_what_is_rendered_is_stored_as_it_is(gitops):
    (obj,) = rendered(gitops, IN_GIT)
    assert obj["data"] != IN_GIT["data"]
    gitops.sync(obj)
    assert gitops.api.get("ConfigMap", NS, NAME).allowed()["data"] == obj["data"]
    assert not gitops.argocd(obj) and gitops.argocd(new_text(obj))
    (again,) = rendered(gitops, obj)
    assert again == obj


def defaulted(env):
    """As the API server stores it, whoever wrote it."""
    env = [{k: v for k, v in e.items() if (k, v) != ("value", "")} for e in env or []]
    for ref in (e["valueFrom"]["fieldRef"] for e in env if "fieldRef" in e.get("valueFrom", {})):
        ref.setdefault("apiVersion", "v1")
    return env


@pytest.mark.parametrize("name", sorted(servers()))
def test_a_rendered_template_is_admitted_as_it_is(gitops, sparkgate, name):
    """Nothing is left for the webhooks: the pod is stored as a pod of the rendered template."""
    pod, config_maps = servers()[name]
    pod, config_maps = in_namespace(pod, NS), [in_namespace(m, NS) for m in config_maps]
    *maps, result = rendered(gitops, *config_maps, pod)
    sparkgate.know(*maps)
    try:
        stored = gitops.api.create(result, dry_run=True).allowed()
    finally:
        sparkgate.forget(*maps)
    for mine, its in zip(result["spec"]["containers"], stored["spec"]["containers"], strict=True):
        for part in ("command", "args", "securityContext"):
            assert its.get(part) == mine.get(part), part
        assert defaulted(its.get("env")) == defaulted(mine.get("env"))
    assert stored["spec"].get("securityContext", {}) == result["spec"].get("securityContext", {})
    assert stored["metadata"].get("annotations") == result["metadata"].get("annotations")


# ---- sparkgate itself ----


@pytest.mark.parametrize("kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
def test_a_bundle_that_is_kept_in_the_cluster(gitops, kind):
    """In git there is none; somebody applied it, and the keeper wrote it."""
    rules = documented("sparkgate itself")[0]["spec"]["ignoreDifferences"]
    live = gitops.api.get(kind, None, "sparkgate").allowed()
    config = json.loads(json.dumps(live))
    config["metadata"] = {"name": "sparkgate"}
    for webhook in config["webhooks"]:
        del webhook["clientConfig"]["caBundle"]
    live["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(config)
    assert not gitops.ask(tool="argocd", config=config, live=live, ignore=rules)["drift"]
    config["webhooks"][0]["timeoutSeconds"] += 1
    assert gitops.ask(tool="argocd", config=config, live=live, ignore=rules)["drift"], "all else is compared"
