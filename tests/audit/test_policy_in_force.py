"""Commands that ask a cluster judge by the policy that sparkgate's replicas there have in force, or say that they do not."""

import json

import listing
import pytest
from audit import changed, config_map, namespace, run, server
from listing import status
from status_cluster import gate

LAYER = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nchecks:\n- {id: connect.foreground, action: deny, why: test}\n"
BARE = changed(server("connect", "a"))
BARE["spec"]["containers"][0]["env"] = []


def metrics(policy, version=None):
    build = f'sparkgate_build_info{{version="{version}"}} 1\n' if version else ""
    return lambda handler, _query, _number: handler.reply(200, f'{build}sparkgate_policy_info{{hash="{policy}"}} 1\n'.encode())


def forbidden(handler, _query, _number):
    handler.reply(403, status(403, "forbidden"))


def ask(api, command, *args, layer=None):
    files = ("--policies", layer) if layer else ()
    return run("--kubeconfig", api.kubeconfig, *args, *files, command=command)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "site.yaml").write_text(LAYER)
    (tmp_path / "connect.json").write_text(json.dumps(BARE))
    return tmp_path


@pytest.fixture
def hashes(api, file):
    """Of the shipped policy, and of the shipped one with LAYER above it."""
    policies = [(), ("--policies", file / "site.yaml")]
    return [json.loads(run("-f", file / "connect.json", "-o", "json", *args, command="explain").stdout)["policy"] for args in policies]


@pytest.fixture
def cluster(api, monkeypatch):
    """A server that enforce refuses by LAYER alone, and a replica: a function that says by which policy it judges."""
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        monkeypatch.setitem(listing.RESOURCES, f"{kind.lower()}s", (kind, "admissionregistration.k8s.io/v1"))

    def has(policy, layer=LAYER, args=("serve", "--policies-configmap=site"), answers=None):
        replica = gate()
        replica["spec"]["containers"][0]["args"] = list(args)
        site = {**config_map("site", "sparkgate"), "data": {"site.yaml": layer}}
        api.has([namespace("a", backend="k8s"), BARE, replica, *([site] if layer else [])])
        api.tricks["pods/sparkgate-1:9090"] = answers or metrics(policy)
        return api

    return has


COMMANDS = [("audit", ("-n", "a")), ("explain", ("-n", "a", "pod/connect")), ("switch", ("a", "--to", "standalone", "--master", "spark://m:7077")),
            ("status", ("a",)), ("review", ("-f", "connect.json"))]  # fmt: skip


@pytest.mark.parametrize("command, args", COMMANDS, ids=[c for c, _ in COMMANDS])
@pytest.mark.parametrize("case", ["shipped", "layer", "layer and files", "files", "not to be read", "may not be asked", "none"])
def test_which_policy_counts(cluster, file, hashes, command, args, case):
    shipped, layered = hashes
    api = {
        "shipped": lambda: cluster(shipped),
        "layer": lambda: cluster(layered),
        "layer and files": lambda: cluster("aaaaaaaaaaaa"),
        "files": lambda: cluster("aaaaaaaaaaaa", args=("serve", "--policies=/site")),
        "not to be read": lambda: cluster(layered, layer=None),
        "may not be asked": lambda: cluster(None, answers=forbidden),
        "none": lambda: cluster(layered, args=("--policies-configmap=../../../x\x1b[31m",)),
    }[case]()
    args = [file / a if a == "connect.json" else a for a in args]
    said = {
        "layer and files": "it is not what ConfigMap sparkgate/site holds: give their files with --policies, or see their logs",
        "files": "give their files with --policies",
        "not to be read": 'ConfigMap sparkgate/site, which has theirs, could not be used: GET /api/v1/namespaces/sparkgate/configmaps/site: ',
        "none": "which has theirs, could not be used: 'sparkgate/../../../x",
    }.get(case)
    done = ask(api, command, *args)
    told = [line for line in done.stderr.splitlines() if "judge by policy" in line]
    if said:
        assert len(told) == 1 and told[0].startswith(f"sparkgate {command}: the replicas in sparkgate judge by policy "), done.stderr
        assert f"this by the shipped one, {shipped}: " in told[0] and said in told[0] and "\x1b" not in told[0]
    else:
        assert not told
    if command in ("audit", "explain", "review"):
        assert ("connect.foreground" in done.stdout and done.returncode == 1) == (case == "layer"), done.stdout


def test_replicas_that_differ(cluster, hashes):
    shipped, layered = hashes
    api = cluster(layered)
    other = gate("sparkgate-2")
    api.has([namespace("a", backend="k8s"), BARE, gate(), other])
    api.tricks["pods/sparkgate-2:9090"] = metrics(shipped)
    assert f"judge by policy {layered}, this by the shipped one, {shipped}" in ask(api, "audit", "-n", "a").stderr


def test_what_is_given_counts(cluster, file, hashes):
    api = cluster(hashes[0])
    for args in (("--policies", file / "site.yaml"), ("--policies-configmap", "sparkgate/site")):
        done = ask(api, "explain", "-n", "a", "pod/connect", *args)
        assert done.returncode == 1 and "connect.foreground" in done.stdout and not done.stderr
    assert "pods/sparkgate-1:9090" not in api.calls


def test_why_it_is_not_known_is_for_those_who_ask(cluster):
    api = cluster(None, answers=forbidden)
    needs = "by which policy the replicas in sparkgate judge is not known: no permission (needs get pods/proxy in namespace sparkgate)"
    assert needs in ask(api, "audit", "-n", "a", "-v").stderr
    assert "is not known" not in ask(api, "audit", "-n", "a").stderr
    assert "in elsewhere judge is not known: there is none" in ask(api, "audit", "-n", "a", "-v", "--sparkgate-namespace", "elsewhere").stderr


@pytest.mark.parametrize("layer", [LAYER, None])
def test_another_release(cluster, layer):
    """Whatever its ConfigMap holds, that is why."""
    api = cluster(None, layer, answers=metrics("aaaaaaaaaaaa", "9.9.9\x1b[31m"))
    (told,) = ask(api, "audit", "-n", "a").stderr.splitlines()
    assert ": they are sparkgate 9.9.9 [31m, this is " in told and told.endswith(": use that one"), told


def test_another_release_with_the_same_policy(cluster, hashes):
    assert not ask(cluster(None, answers=metrics(hashes[0], "9.9.9")), "audit", "-n", "a").stderr


def asked(api):
    """What was asked for the policy's sake, in what order."""
    return [path.partition("?")[0].rpartition("/")[2] for path in api.seen if "/proxy/" in path or "labelSelector=app.kubernetes.io" in path]


OTHERS = [c for c in COMMANDS if c[0] != "status"]


@pytest.mark.parametrize("command, args", OTHERS, ids=[c for c, _ in OTHERS])
def test_it_costs_two_questions(cluster, file, hashes, command, args):
    """Where there are several replicas too: no configurations, no readiness, and no replica behind one that says its policy."""
    api = cluster(hashes[0])
    api.has([namespace("a", backend="k8s"), BARE, gate(), gate("sparkgate-2")])
    ask(api, command, *[file / a if a == "connect.json" else a for a in args])
    assert asked(api) == ["pods", "metrics"] and not any("webhookconfigurations" in path for path in api.seen)


def test_one_that_says_nothing_is_not_the_last(cluster, hashes):
    api = cluster(None, answers=forbidden)
    api.has([namespace("a", backend="k8s"), BARE, gate(), gate("sparkgate-2")])
    api.tricks["pods/sparkgate-2:9090"] = metrics("aaaaaaaaaaaa")
    assert "judge by policy aaaaaaaaaaaa" in ask(api, "audit", "-n", "a").stderr and asked(api) == ["pods", "metrics", "metrics"]


def hang_up(handler, _query, _number):
    handler.close_connection = True


@pytest.mark.parametrize("what, paths", [("replicas", ["pods"]), ("pods/sparkgate-1:9090", ["pods", "metrics"])])
def test_without_an_answer_nothing_more_is_asked(cluster, hashes, what, paths):
    """Nor anything twice: the command's own question says what is wrong."""
    api = cluster(hashes[0])
    api.has([namespace("a", backend="k8s"), BARE, gate(), gate("sparkgate-2")])
    api.tricks[what] = hang_up
    assert "is not known" in ask(api, "audit", "-n", "a", "-v").stderr
    assert sorted(set(asked(api))) == sorted(paths)
    api.seen.clear()
    api.tricks["replicas"] = lambda handler, *_: handler.reply(503, status(503, "later"))
    ask(api, "audit", "-n", "a")
    assert asked(api) == ["pods"]


def test_status_asks_for_it_once(cluster, hashes):
    api = cluster(hashes[0])
    ask(api, "status", "a")
    assert asked(api)[:3] == ["pods", "metrics", "readyz"] and asked(api).count("metrics") == 1, api.seen
    assert sum("webhookconfigurations" in path for path in api.seen) == 2


def test_its_namespace_is_a_name(cluster, file, hashes):
    for command, args in OTHERS:
        done = ask(cluster(hashes[0]), command, *[file / a if a == "connect.json" else a for a in args], "--sparkgate-namespace", "../x")
        assert done.returncode == 2 and "'../x' is not a valid namespace name" in done.stderr


@pytest.mark.parametrize("command", ["explain", "review"])
def test_a_config_map_is_of_a_cluster(file, command):
    done = run("-f", file / "connect.json", "--policies-configmap", "sparkgate/site", command=command)
    assert done.returncode == 2 and "--policies-configmap needs --kubeconfig" in done.stderr


# ---- the namespace of the kubeconfig's context ----


def test_the_namespace_of_the_context(cluster, hashes, file):
    api = cluster(hashes[0])
    config = json.loads(api.kubeconfig.read_text())
    config["contexts"][0]["context"]["namespace"] = "a"
    mine = api.kubeconfig.parent / "of-a"
    mine.write_text(json.dumps(config))
    assert run("--kubeconfig", mine, "pod/connect", command="explain").returncode == 0
    assert "'connect' in namespace 'default'" in run("--kubeconfig", api.kubeconfig, "pod/connect", command="explain").stderr
    nameless = {**BARE, "metadata": {"name": "connect"}}
    (file / "connect.json").write_text(json.dumps(nameless))
    assert run("--kubeconfig", mine, "-f", file / "connect.json", "-n", "a", command="review").stdout == \
        run("--kubeconfig", mine, "-f", file / "connect.json", command="review").stdout  # fmt: skip
