"""What Argo CD and Flux see of it: their own code (bed/gitops) compares what is in git with what is in the cluster, with the rules
of docs/gitops.md, which are read from there."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from bed.objects import FIXTURES, changed, in_namespace, load, pod_of, properties, servers
from bed.process import patiently
from test_backends import undone

ROOT = Path(__file__).resolve().parents[2]
CONFIGMAP = servers()["start-script"][1][0]
NAME, NS, KEY = CONFIGMAP["metadata"]["name"], "enforce-k8s", "spark-defaults.conf"
IN_GIT = in_namespace(CONFIGMAP, NS)


def section(heading, language):
    """The blocks below a heading of docs/gitops.md, up to the next."""
    text = (ROOT / "docs" / "gitops.md").read_text().split(f"# {heading}\n", 1)[1]
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", re.split(r"(?m)^##+ ", text, maxsplit=1)[0])


def documented(heading):
    return [doc for block in section(heading, "yaml") for doc in yaml.safe_load_all(block)]


def blocks(heading, words):
    return [block for block in section(heading, "console") if words in block]


def new_text(obj):
    """The next commit: one setting more."""
    return changed(obj, data={**obj["data"], KEY: obj["data"][KEY] + "spark.sql.ansi.enabled true\n"})


class Gitops:
    def __init__(self, api):
        self.api = api
        self.env = {"KUBECONFIG": str(api.plane.dir / "admin.conf"), "PATH": os.environ["PATH"]}

    def ask(self, **request):
        run = subprocess.run([os.environ["GITOPS"]], input=json.dumps(request), env=self.env, capture_output=True, text=True, timeout=patiently(60))
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def live(self, obj):
        meta = obj["metadata"]
        return self.api.get(obj["kind"], meta.get("namespace"), meta["name"]).allowed()

    def argocd(self, obj, app=None):
        """Does the application controller call it OutOfSync? app: the Application, where it says anything."""
        return self.ask(tool="argocd", config=obj, live=self.live(obj), app=app or {})["drift"]

    def argocd_sync(self, obj, app):
        """A sync as that Application has it, which is not always of what is in git."""
        self.sync(self.wanted(obj, app), "ServerSideApply=true" in app["spec"]["syncPolicy"]["syncOptions"])

    def wanted(self, obj, app):
        return self.ask(tool="argocd-target", config=obj, live=self.live(obj), app=app)["wanted"]

    def helm_drift(self, obj, release=None):
        """Does helm-controller's drift detection find anything?"""
        return self.ask(tool="helm-drift", config=obj, app=release or {})["drift"]

    def sync(self, obj, server_side=False):
        """kubectl apply, with which Argo CD syncs."""
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
        return self.live(obj)["metadata"]["resourceVersion"]


@pytest.fixture
def gitops(api):
    return Gitops(api)


def rewritten(gitops, obj=IN_GIT):
    return properties(gitops.text(obj))["spark.master"].startswith("k8s://")


# ---- ConfigMaps that are rewritten ----

SERVER_SIDE = {"spec": {"syncPolicy": {"syncOptions": ["ServerSideApply=true"]}}}


@pytest.mark.parametrize("app", [{}, SERVER_SIDE], ids=["client-side apply", "server-side apply"])
def test_argocd_calls_a_rewritten_configmap_out_of_sync(gitops, app):
    gitops.sync(IN_GIT, app == SERVER_SIDE)
    assert rewritten(gitops) and gitops.argocd(IN_GIT, app)


@pytest.mark.parametrize("more", ["", ",IncludeMutationWebhook=true"], ids=["alone", "with webhooks"])
@pytest.mark.parametrize("server_side", [False, True], ids=["client-side apply", "server-side apply"])
def test_argocd_that_asks_the_api_server_sees_no_drift_and_every_commit(gitops, server_side, more):
    (app,) = documented("Argo CD: let the API server compare")
    app["metadata"]["annotations"]["argocd.argoproj.io/compare-options"] += more
    if not server_side:
        del app["spec"]["syncPolicy"]
    gitops.sync(IN_GIT, server_side)
    assert rewritten(gitops) and not gitops.argocd(IN_GIT, app)
    commit = new_text(IN_GIT)
    assert gitops.argocd(commit, app), "a new text in git is seen"
    gitops.sync(commit, server_side)
    assert not gitops.argocd(commit, app)
    assert undone(gitops.text()) == commit["data"][KEY]


def test_argocd_that_is_told_to_look_away_sees_no_commit_either(gitops):
    (app,) = documented("Argo CD: look away")
    gitops.sync(IN_GIT)
    assert not gitops.argocd(IN_GIT, app)
    assert not gitops.argocd(new_text(IN_GIT), app), "and so docs/gitops.md says"


@pytest.mark.parametrize("respect", [False, True])
def test_looking_away_with_respect_keeps_a_commit_out_for_ever(gitops, respect):
    (app,) = documented("Argo CD: look away")
    app["spec"]["syncPolicy"] = {"syncOptions": ["RespectIgnoreDifferences=true"] if respect else []}
    gitops.sync(IN_GIT)
    gitops.argocd_sync(new_text(IN_GIT), app)
    assert ("spark.sql.ansi.enabled" in gitops.text()) == (not respect)


@pytest.mark.parametrize("server_side", [False, True], ids=["client-side apply", "server-side apply"])
def test_argocd_does_not_fight(gitops, server_side):
    """Self-heal, again and again: the object stays what it is."""
    gitops.sync(IN_GIT, server_side)
    version = gitops.version()
    for _ in range(3):
        time.sleep(1.1)  # managedFields count in seconds
        gitops.sync(IN_GIT, server_side)
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
    assert not gitops.argocd(obj) and not gitops.argocd(obj, documented("Argo CD: let the API server compare")[0])
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
    run = subprocess.run(argv, capture_output=True, text=True, timeout=patiently(60))
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


@pytest.mark.parametrize("name", sorted(servers()))
def test_of_a_rendered_template_nothing_is_left_to_change(gitops, sparkgate, name):
    """Its pod passes every webhook without a patch, and so do its ConfigMaps: so says the API server's audit log."""
    documents = [in_namespace(d, NS) for d in load(f"servers/{name}.yaml")]
    results = rendered(gitops, *documents)
    maps, pods = [d for d in results if d["kind"] == "ConfigMap"], [pod_of(d) for d in results if d["kind"] != "ConfigMap"]
    assert pods and pods != [pod_of(d) for d in documents if d["kind"] != "ConfigMap"]
    sparkgate.know(*maps)
    try:
        answers = [gitops.api.create(in_namespace(obj, NS), dry_run=True) for obj in maps + pods]
    finally:
        sparkgate.forget(*maps)
    for answer in answers:
        answer.allowed()
        notes = gitops.api.audit_annotations(answer)
        asked = [json.loads(v) for k, v in notes.items() if k.startswith("mutation.webhook")]
        assert asked and not any(a["mutated"] for a in asked)
        assert not any(k.startswith("patch.webhook") for k in notes)


# ---- Helm ----


@pytest.fixture
def released(gitops, namespace, tmp_path):
    """Runs a text of docs/gitops.md in a folder with what it names, in a namespace of its own."""
    name = namespace({"sparkgate.io/mode": "enforce"}, {"sparkgate.io/backendMode": "k8s"})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kustomize").write_text(f'#!/bin/sh\nexec {gitops.api.plane.kubebed} kubectl kustomize "$2"\n')
    (tmp_path / "bin" / "kustomize").chmod(0o755)
    shutil.copytree(FIXTURES / "chart", tmp_path / "charts" / "lake")
    path = [tmp_path / "bin", *(Path(os.environ[p]).parent for p in ("HELM", "SPARKGATE")), os.environ["PATH"]]
    env = {**gitops.env, "PATH": ":".join(map(str, path)), "HOME": str(tmp_path)}

    def run(script, facts=None, folder=tmp_path, **more):
        ns = {"apiVersion": "v1", "kind": "Namespace", "metadata": gitops.api.get("Namespace", None, name).allowed()["metadata"]}
        ns["metadata"]["annotations"].update(facts or {})
        (tmp_path / "namespaces.yaml").write_text(yaml.safe_dump(ns))
        script = script.replace("reports", name).replace("/etc/sparkgate", str(tmp_path))
        return subprocess.run(["sh", "-c", script], cwd=folder, env={**env, **more}, capture_output=True, text=True, timeout=patiently(120))

    run.name, run.folder = name, tmp_path
    yield run
    run(f"helm uninstall lake --namespace {name} --wait --timeout 30s")


def of_chart(run, kind="ConfigMap"):
    """What is in git: the chart's object, as Helm renders it."""
    text = run("helm template lake charts/lake --namespace reports").stdout
    return in_namespace(next(d for d in yaml.safe_load_all(text) if d and d["kind"] == kind), run.name)


def test_drift_detection_of_a_helm_release(gitops, released):
    """By itself it finds nothing, and a text of somebody else's is seen; the documented rule looks away from that one too."""
    done = released("helm install lake charts/lake --namespace reports")
    assert done.returncode == 0, done.stderr
    conf = of_chart(released)
    assert rewritten(gitops, conf) and not gitops.helm_drift(conf)
    assert not gitops.helm_drift(of_chart(released, "Deployment"))
    release = documented("Flux")[0]
    release["spec"]["driftDetection"]["ignore"][0]["target"]["name"] = "lake-conf"
    assert gitops.helm_drift(new_text(conf)) and not gitops.helm_drift(new_text(conf), release)


def test_as_helms_post_renderer(gitops, released):
    (script,) = blocks("Render: what is committed is what runs", "helm upgrade")
    done = released(script)
    assert done.returncode == 0, done.stderr
    manifest = yaml.safe_load_all(released("helm get manifest lake --namespace reports").stdout)
    conf = next(in_namespace(d, released.name) for d in manifest if d and d["kind"] == "ConfigMap")
    assert rewritten(gitops, conf) and gitops.text(conf) == conf["data"][KEY], "Helm's own record is what is stored"
    version = gitops.version(conf)
    assert released(script).returncode == 0 and gitops.version(conf) == version


def test_a_post_renderer_that_finds_a_refusal_stops_the_release(released):
    (script,) = blocks("Render: what is committed is what runs", "helm upgrade")
    done = released(script, facts={"sparkgate.io/hardening": "off"})
    assert done.returncode != 0 and "violates PodSecurity" in done.stderr
    assert "lake" not in released("helm list --short --all --namespace reports").stdout


def test_kustomize_before_it(released):
    (script,) = blocks("Render: what is committed is what runs", "kustomize build")
    overlay = released.folder / "overlays" / "prod"
    overlay.mkdir(parents=True)
    (released.folder / "rendered").mkdir()
    (overlay / "conf.yaml").write_text(yaml.safe_dump(in_namespace(of_chart(released), "reports")))
    (overlay / "kustomization.yaml").write_text(f"namespace: {released.name}\nresources: [conf.yaml]\n")
    done = released(script)
    assert done.returncode == 0, done.stderr
    (conf,) = yaml.safe_load_all((released.folder / "rendered" / "prod.yaml").read_text())
    assert properties(conf["data"][KEY])["spark.master"].startswith("k8s://")


def test_argocds_plugin(gitops, released):
    """Its command, as the repository server runs it; a chart that does not render is no empty Application."""
    generate = next(d for d in documented("Render: what is committed is what runs") if d["kind"] == "ConfigManagementPlugin")["spec"]["generate"]
    assert generate["command"] == ["sh", "-c"]
    chart = released.folder / "charts" / "lake"
    app = {"ARGOCD_APP_NAME": "lake", "ARGOCD_APP_NAMESPACE": released.name}
    done = released(*generate["args"], folder=chart, **app)
    assert done.returncode == 0, done.stderr
    objects = [in_namespace(d, released.name) for d in yaml.safe_load_all(done.stdout) if d]
    assert [d["kind"] for d in objects] == ["ConfigMap", "Deployment"]
    for obj in objects:
        gitops.sync(obj)
        assert not gitops.argocd(obj)
    assert gitops.text(objects[0]) == objects[0]["data"][KEY]
    (chart / "values.yaml").unlink()
    (chart / "templates" / "broken.yaml").write_text("{{ fail \"no\" }}")
    assert released(*generate["args"], folder=chart, **app).returncode != 0


# ---- sparkgate itself ----

CONFIGURATIONS = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]


@pytest.fixture(params=CONFIGURATIONS)
def configuration(request, api):
    """As the chart has it, self-managed: without caBundle. It selects nobody, since behind it is no Service."""
    documents = yaml.safe_load_all((ROOT / "manifests" / "install.yaml").read_text())
    obj = next(d for d in documents if d and d["kind"] == request.param)
    obj["metadata"]["name"] = "sparkgate-gitops"
    for webhook in obj["webhooks"]:
        webhook["namespaceSelector"] = {"matchLabels": {"sparkgate.io/nobody": ""}}
        assert "caBundle" not in webhook["clientConfig"]
    return obj


def keep_bundle(gitops, obj):
    """What the keeper does: a patch of caBundle alone."""
    patch = [{"op": "add", "path": f"/webhooks/{i}/clientConfig/caBundle", "value": BUNDLE} for i in range(len(obj["webhooks"]))]
    args = [obj["kind"].lower(), obj["metadata"]["name"], "--type=json", "--field-manager=sparkgate"]
    gitops.api.kubectl("patch", *args, "-p", json.dumps(patch), check=True)


def bundles(obj):
    return [w["clientConfig"].get("caBundle") for w in obj["webhooks"]]


BUNDLE = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


@pytest.mark.parametrize("server_side", [False, True], ids=["client-side apply", "server-side apply"])
def test_a_bundle_that_is_kept_in_the_cluster_is_no_drift_and_no_sync_takes_it(gitops, configuration, server_side):
    gitops.sync(configuration, server_side)
    keep_bundle(gitops, configuration)
    version = gitops.version(configuration)
    for app in ({}, SERVER_SIDE, *documented("Argo CD: let the API server compare")):
        assert not gitops.argocd(configuration, app)
    gitops.sync(configuration, server_side)
    assert not gitops.helm_drift(configuration)
    assert gitops.version(configuration) == version and all(bundles(gitops.live(configuration)))
    configuration["webhooks"][0]["timeoutSeconds"] += 1
    assert gitops.argocd(configuration, SERVER_SIDE if server_side else {}), "all else is compared"


def test_flux_leaves_a_bundle_alone(gitops, configuration):
    assert gitops.flux("apply", configuration) == "created"
    keep_bundle(gitops, configuration)
    assert gitops.flux("diff", configuration) == "unchanged" and gitops.flux("apply", configuration) == "unchanged"
    assert all(bundles(gitops.live(configuration)))


@pytest.mark.parametrize("rule", [False, True], ids=["without the rule", "with it"])
def test_who_replaces_whole_objects_takes_the_bundle_unless_the_rule_keeps_it(gitops, configuration, rule):
    """The sync option Replace=true: kubectl replace of what the sync wants."""
    (app,) = documented("sparkgate itself")
    assert "Replace=true" in app["spec"]["syncPolicy"]["syncOptions"]
    for difference in app["spec"]["ignoreDifferences"]:
        difference["name"] = configuration["metadata"]["name"]
    if not rule:
        del app["spec"]["ignoreDifferences"]
    gitops.sync(configuration)
    keep_bundle(gitops, configuration)
    assert not gitops.argocd(configuration, app)
    gitops.api.kubectl("replace", "-f", "-", stdin=gitops.wanted(configuration, app), check=True)
    assert all(bundles(gitops.live(configuration))) == rule
