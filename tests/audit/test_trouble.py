"""API servers that are busy, forgetful, stingy or broken: an audit is whole, or says what it lacks and exits with 2."""

import json
import os
import subprocess

import pytest
from listing import RESOURCES, TOKEN, Table, status
from audit import config_map, namespace, run, server, sums

PODS = 450


@pytest.fixture
def many(api):
    """Three pages of servers."""
    api.has([namespace("a"), namespace("b"), *(server(f"s{i:03}", "ab"[i % 2]) for i in range(PODS)), config_map("c", "a")])
    api.page_size = lambda resource, limit: min(limit, 150) if resource == "pods" else limit
    return api


def audit(api, *args, **options):
    return run("--kubeconfig", api.kubeconfig, *args, **options)


def is_whole(done, pods=PODS):
    assert done.returncode in (0, 1), done.stderr
    assert sums(done.stdout)["spark"] == pods + 1
    return True


def on_call(number, answer):
    """A trick for one call of a kind; others are answered as usual."""
    return lambda handler, query, n: answer(handler, query) if n == number else NotImplemented


# ---- what is tried again ----


@pytest.mark.parametrize("code", [429, 500, 503, 401])
@pytest.mark.parametrize("number", [1, 2])
def test_errors_that_pass(many, code, number):
    many.tricks["pods"] = on_call(number, lambda handler, _: handler.reply(code, status(code, "not now"), Retry_After="0"))
    assert is_whole(audit(many))


@pytest.mark.parametrize("code", [429, 500])
def test_errors_that_stay(many, code):
    many.tricks["pods"] = lambda handler, _q, _n: handler.reply(code, status(code, "not now"))
    done = audit(many)
    assert done.returncode == 2
    assert "GET /api/v1/pods" in done.stderr and "not now" in done.stderr
    assert many.calls["pods"] == 3


def cut(handler, _query):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.wfile.write(b'{"kind": "PodList", "apiVersion": "v1", "items": [' + b" " * 5000)
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.close()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_connection_that_is_cut(many, number):
    many.tricks["pods"] = on_call(number, cut)
    assert is_whole(audit(many))


def test_a_connection_that_is_always_cut(many):
    many.tricks["pods"] = lambda handler, query, _n: cut(handler, query)
    done = audit(many)
    assert done.returncode == 2 and "GET /api/v1/pods" in done.stderr
    assert many.calls["pods"] <= 30


# ---- tokens ----


def expired(token):
    return lambda handler, _query: handler.reply(410, status(410, "The provided continue parameter is too old", reason="Expired", metadata={"continue": token}))


def test_an_expired_token_is_exchanged_for_the_one_that_is_offered(many):
    many.tricks["pods"] = on_call(2, expired("150.inconsistent"))
    assert is_whole(audit(many))
    assert [p.partition("continue=")[2] for p in many.seen if "/v1/pods" in p] == ["", "150", "150.inconsistent", "300"]


def test_what_was_mended_on_the_way_is_no_error(many):
    many.page_size = lambda _resource, _limit: 1
    many.tricks["namespaces"] = on_call(2, expired("1"))
    many.has([namespace("a"), namespace("b"), server("s", "a")])
    done = audit(many)
    assert is_whole(done, 0) and done.stderr == ""
    assert many.calls["namespaces"] == 3


def test_an_expired_token_without_an_offer(many):
    many.tricks["pods"] = on_call(2, expired(""))
    done = audit(many)
    assert done.returncode == 2 and "too old" in done.stderr


def test_tokens_that_expire_for_ever(many):
    many.tricks["pods"] = lambda handler, query, n: expired("150")(handler, query) if n > 1 else NotImplemented
    done = audit(many)
    assert done.returncode == 2 and "still no page" in done.stderr
    assert many.calls["pods"] < 20


@pytest.mark.parametrize("length, whole", [(1000, True), (5000, False)])
def test_long_tokens(many, length, whole):
    token = "x" * length + "+/=?&#\n"
    many.tricks["pods"] = lambda handler, query, _n: handler.page("pods", None, query, lambda number: f"{number}.{token}")
    done = audit(many)
    if whole:
        assert is_whole(done)
    else:
        assert done.returncode == 2 and "continue token has more than" in done.stderr


def test_a_token_that_goes_in_circles(many):
    """The same page again and again is no order of namespaces, or a list without end."""
    many.tricks["pods"] = lambda handler, _query, _n: handler.page("pods", None, {"limit": "150"}, lambda _number: "150")
    done = audit(many)
    assert done.returncode == 2, done.stdout
    assert many.calls["pods"] < 5


# ---- pages ----


def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(api):
    """40 ConfigMaps of 1 MiB: the first page is refused, those behind it are of what fits."""
    text = "spark.connect.x=1\n#" + "x" * (1 << 20) + "\n"
    api.has([namespace("a"), *(config_map(f"c{i:02}", "a", text) for i in range(40))])
    done = audit(api)
    assert done.returncode in (0, 1), done.stderr
    assert sums(done.stdout)["spark"] == 40 and done.stderr == ""
    limits = [int(p.partition("limit=")[2].partition("&")[0]) for p in api.seen if "/configmaps" in p]
    assert limits[0] > limits[1] > limits[2] >= 1 and len(limits) < 45


def test_pages_become_large_again(api):
    """One large object in front of many small ones is no reason to ask a thousand times."""
    api.has([namespace("a"), config_map("c", "a", "spark.connect.x=1\n#" + "x" * (9 << 20)), *(config_map(f"d{i:04}", "a") for i in range(2000))])
    done = audit(api)
    assert done.returncode in (0, 1), done.stderr
    assert sums(done.stdout)["spark"] == 2001 and api.calls["configmaps"] < 40


def test_one_object_that_is_too_large(api):
    api.has([namespace("a"), config_map("c", "a", "x" * (17 << 20))])
    done = audit(api)
    assert done.returncode == 2 and "GET /api/v1/configmaps" in done.stderr


# ---- rights ----


def forbidden(resource):
    return lambda handler, _query, _n: handler.reply(403, status(403, f'{resource} is forbidden: User "me" cannot list resource "{resource}"'))


LACKING = ["services", "resourcequotas", "limitranges", "podtemplates"]


@pytest.mark.parametrize("resource", LACKING)
def test_what_stands_beside_may_be_forbidden(many, resource):
    many.tricks[resource] = forbidden(resource)
    done = audit(many)
    assert is_whole(done)
    assert f"/{resource}: " in done.stderr and "cannot list" in done.stderr and "findings that need them are left out" in done.stderr
    assert done.stderr.count("cannot list") == 1, "what was forgiven is said once"
    assert many.calls[resource] == 1


@pytest.mark.parametrize("how", ["", "--by-namespace"])
@pytest.mark.parametrize("resource", [r for r in RESOURCES if r not in (*LACKING, "namespaces")])
def test_workloads_must_be_readable(many, resource, how):
    many.tricks[resource] = forbidden(resource)
    done = audit(many, *filter(None, [how]))
    assert done.returncode == 2
    assert resource in done.stderr and "cannot list" in done.stderr and f"the verb `list` on {resource} of API group " in done.stderr, done.stderr


def test_namespaces_must_be_readable(many):
    many.tricks["namespaces"] = forbidden("namespaces")
    done = audit(many)
    assert done.returncode == 2 and done.stdout == ""
    assert "namespaces" in done.stderr and "-n NAME" in done.stderr


def test_a_wrong_token(many):
    config = json.loads(many.kubeconfig.read_text())
    config["users"][0]["user"]["token"] = "stale"
    path = many.dir / "stale"
    path.write_text(json.dumps(config))
    done = run("--kubeconfig", path)
    assert done.returncode == 2 and "Unauthorized" in done.stderr


def with_plugin(api, token, more=""):
    """A kubeconfig whose token comes from a plugin, which counts its runs."""
    credential = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token}}
    program, path = api.dir / "plugin", api.dir / "plugin-kubeconfig"
    program.write_text(f"#!/bin/sh\necho run >>{program}.runs\n{more}\necho '{json.dumps(credential)}'\n")
    program.chmod(0o755)
    runs = api.dir / "plugin.runs"
    runs.unlink(missing_ok=True)
    config = json.loads(api.kubeconfig.read_text())
    config["users"][0]["user"] = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "interactiveMode": "Never"}}
    path.write_text(json.dumps(config))
    return path, runs


@pytest.mark.parametrize("args", [[], ["-n", "a"]])
def test_a_wrong_token_of_a_plugin(many, args):
    """It is the API server that refused it, and the plugin is not run at once again."""
    config, runs = with_plugin(many, "stale")
    done = run("--kubeconfig", config, *args)
    assert done.returncode == 2 and "the API server answered 401: Unauthorized" in done.stderr and "expired" not in done.stderr
    assert runs.read_text() == "run\n"


def test_a_token_of_a_plugin_that_is_refused_once(many):
    config, _ = with_plugin(many, TOKEN)
    many.tricks["pods"] = on_call(1, lambda handler, _: handler.reply(401, status(401, "Unauthorized")))
    assert is_whole(run("--kubeconfig", config))


def test_a_refused_token_and_a_plugin_that_brings_no_other(many):
    """Both are told: why another one was looked for, and why there is none. The API server's pause is behind the plugin's."""
    config, runs = with_plugin(many, TOKEN, '[ "$(wc -l <"$0.runs")" = 1 ] || exit 7')
    many.tricks["namespaces"] = lambda handler, _q, _n: handler.reply(401, status(401, "Unauthorized"), Retry_After="6")
    done = run("--kubeconfig", config)
    assert done.returncode == 2 and "answered 401: Unauthorized; credential plugin '" in done.stderr and "ended with 7" in done.stderr
    assert runs.read_text() == "run\n" * 2


def test_one_object_that_cannot_be_judged(api):
    """It is named, and the rest goes on; the sum says that it is no whole one."""
    needy = server("needy", "a", volumes=[{"name": "c", "configMap": {"name": "own"}}])
    api.has([namespace("a"), namespace("b"), needy, server("s", "a"), server("t", "b")])
    api.tricks["configmaps/own"] = lambda handler, _q, _n: handler.reply(403, status(403, "configmaps is forbidden"))
    done = audit(api)
    assert done.returncode == 2 and "a/needy" in done.stderr and "configmaps is forbidden" in done.stderr
    assert sums(done.stdout)["spark"] == 2 and "1 object could not be judged" in done.stdout
    page = audit(api, "-o", "html").stdout
    assert "1 object could not be judged" in page and page.count("<tbody") == 4 and page.endswith("</html>\n")


# ---- order ----


def test_lists_out_of_order(many):
    """An API server over another store than etcd: the message says what works."""
    pods = [server(f"s{i}", ns) for i, ns in enumerate(["b", "a", "b", "a"])]
    many.tables["pods"] = Table(pods, ordered=False)
    done = audit(many)
    assert done.returncode == 2 and "--by-namespace" in done.stderr, done.stderr
    assert is_whole(audit(many, "--by-namespace"), 4)


# ---- nonsense ----

NONSENSE = {
    "no JSON": b"<html>sign in</html>", "half": b'{"kind": "PodList", "items": [', "empty": b"", "a number": b"5", "null": b"null", "a string": b'"x"',
    "another kind": b'{"kind": "Status", "apiVersion": "v1"}', "items no list": b'{"kind": "PodList", "items": {"a": 1}}',
    "deep": b"[" * 100000, "bad utf-8": b'{"kind": "PodList", "x": "\xff"}', "twice": b'{"kind": "PodList", "kind": "PodList"}',
    "item without a namespace": b'{"kind": "PodList", "items": [{"metadata": {"name": "x"}}]}',
    "item no object": b'{"kind": "PodList", "items": [5]}',
}  # fmt: skip


@pytest.mark.parametrize("how", ["", "--by-namespace"])
@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense(many, body, how):
    many.tricks["pods"] = lambda handler, _query, _n: handler.reply(200, body)
    done = audit(many, *filter(None, [how]))
    assert done.returncode == 2, done.stdout
    assert "pods" in done.stderr and len(done.stderr) < 2000
    assert "--by-namespace" not in done.stderr
    assert many.calls["pods"] <= 8


SHAPES = [None, 5, "x", [], {}, {"containers": 5}, {"containers": [5, None, {"env": 5, "name": 7}]}, {"containers": [{"command": {"a": 1}, "args": [1, None]}]},
          {"volumes": [5, {"configMap": 5}, {"projected": {"sources": 5}}], "containers": [{"command": ["start-connect-server.sh"], "envFrom": [5]}]}]  # fmt: skip


def test_items_of_wrong_shapes(api):
    """What the API server would not store harms nobody; what stands beside it is found."""
    def pod(name, spec, **meta):
        return {"kind": "Pod", "metadata": {"name": name, "namespace": "a", **meta}, "spec": spec, "status": 5}

    odd = [pod(f"o{i}", spec) for i, spec in enumerate(SHAPES)]
    odd += [pod("p0", {}, labels=5, annotations="x", ownerReferences={"a": 5}), pod("p1", {}, ownerReferences=[5, {"controller": True, "kind": 5}])]
    maps = [{"kind": "ConfigMap", "metadata": {"name": f"m{i}", "namespace": "a"}, "data": data} for i, data in enumerate([5, [], {"a": 5}, {"spark-defaults.conf": None}])]
    deployments = [{"kind": "Deployment", "metadata": {"name": f"d{i}", "namespace": "a"}, "spec": spec} for i, spec in enumerate([5, {"template": 5}, {"template": {"spec": 5}}])]
    api.has([namespace("a"), *odd, *maps, *deployments, server("z", "a")])
    done = audit(api)
    assert done.returncode in (0, 1), done.stderr
    assert sums(done.stdout)["spark"] >= 1 and "Pod a/z" in done.stdout


def test_namespaces_of_wrong_shapes(api):
    api.has([namespace("a"), server("s", "a")])
    api.tables["namespaces"] = Table([namespace("a"), {"metadata": {"name": "x/../y"}}, {"metadata": {"name": 5}}, {"metadata": {}}, 7,
                                      {"metadata": {"name": "b", "labels": 5, "annotations": [1]}}], ordered=False)  # fmt: skip
    done = audit(api)
    assert done.returncode in (0, 1), done.stderr
    assert sums(done.stdout)["namespaces"] == 2


def test_hostile_names_reach_no_terminal(api):
    evil = server("s", "a")
    evil["metadata"]["name"] = "x\u001b[2Jy\u009b\nrefused  Pod z"
    evil["spec"]["containers"][0]["name"] = "c\u001b]0;t\u0007"
    api.has([namespace("a"), evil])
    for output in ("table", "junit", "sarif", "json", "html"):
        done = audit(api, "-o", output)
        assert done.returncode in (0, 1), done.stderr
        last = 127 if output == "json" else 160  # JSON may hold what is no control character of its own
        assert not {c for c in done.stdout + done.stderr if ord(c) < 32 and c not in ("\n", "\t" if output == "html" else "\n") or 127 <= ord(c) < last}, output
        assert output == "html" or "\nrefused  Pod z" not in done.stdout  # there a line feed is a blank


def test_standard_output_that_is_full(many):
    with open("/dev/full", "w") as full:
        done = subprocess.run([os.environ["SPARKGATE"], "audit", "--kubeconfig", many.kubeconfig, "-o", "json"], stdout=full, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert done.returncode == 2 and done.stderr.endswith("sparkgate audit: cannot write to standard output: No space left on device\n")
