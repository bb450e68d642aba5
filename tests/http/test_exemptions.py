"""Exemptions in a running server: whoever is exempted, the answer, the log and the metrics say so; and they end."""

import base64
import datetime
import json

import pytest

from reviews import pod, review
from server import until

HEAD = "apiVersion: policy.sparkgate.io/v1\nkind: "
DAY = datetime.timedelta(days=1)
POD = pod(args=["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "k8s://https://kubernetes.default.svc", "spark-internal"])


def in_days(days):
    return str(datetime.datetime.now(datetime.timezone.utc).date() + days * DAY)


def exemption(ident, expires, rules="[pss.hostNamespaces]", **more):
    fields = {"id": ident, "owner": "ops@example.com", "reason": "r", "expires": expires, **more}
    return f"- {json.dumps(fields)[:-1]}, rules: {rules}}}\n"


def layer(tmp_path, *exemptions, bounds=""):
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + "Exemptions\nexemptions:\n" + "".join(exemptions) + f"---\n{HEAD}Checks\nbounds: {{{bounds}}}\n")
    return str(path)


def in_the_hosts_network(groups=("system:authenticated",), user="alice"):
    body = review(json.loads(json.dumps(POD)))
    body["request"]["object"]["spec"]["hostNetwork"] = True
    body["request"]["userInfo"] = {"username": user, "groups": list(groups)}
    return body


def admitted(server, body):
    """Through both endpoints, as the API server does it: the last answer, and the object."""
    answer = server.post("/mutate", body).review
    if "patch" in answer:
        for op in json.loads(base64.b64decode(answer["patch"])):
            apply(body["request"]["object"], op)
    return server.post("/validate", body).review


def apply(obj, op):
    *path, last = [p.replace("~1", "/").replace("~0", "~") for p in op["path"].split("/")[1:]]
    for part in path:
        obj = obj[int(part)] if isinstance(obj, list) else obj[part]
    if isinstance(obj, list):
        if op["op"] == "add":
            obj.insert(len(obj) if last == "-" else int(last), op["value"])
        else:
            obj[int(last)] = op["value"]
    elif op["op"] == "remove":
        del obj[last]
    else:
        obj[last] = op["value"]


def test_its_use_is_told_everywhere(start, tmp_path):
    until_day = in_days(200)
    server = start("--policies", layer(tmp_path, exemption("profiler", until_day), exemption('odd "one"\\', "never", "[pss.hostPorts]")))
    body = in_the_hosts_network()
    answer = admitted(server, body)
    assert answer["allowed"], answer
    assert f"exempted by profiler until {until_day}: pss.hostNamespaces" in answer["warnings"]
    assert answer["auditAnnotations"]["exemptions"] == f"profiler (ops@example.com, until {until_day}): pss.hostNamespaces"
    context = body["request"]["object"]["spec"]["containers"][0]["securityContext"]
    assert context["allowPrivilegeEscalation"] is False, "all else is hardened"

    def line():
        return next((one for one in server.log if one.get("exemptions")), None)

    assert until(line, what="the decision's line")["exemptions"] == "profiler"
    assert server.metric("sparkgate_exemption_uses_total", exemption="profiler") == 1
    assert server.metric("sparkgate_exemption_uses_total", exemption='odd "one"\\') == 0
    metrics = server.plain_get("/metrics").text
    assert 'sparkgate_exemption_uses_total{exemption="odd \\"one\\"\\\\"} 0\n' in metrics
    ends = datetime.datetime.fromisoformat(until_day).replace(tzinfo=datetime.timezone.utc) + DAY
    assert server.metric("sparkgate_exemption_expires_timestamp_seconds", exemption="profiler") == ends.timestamp()
    assert 'sparkgate_exemption_expires_timestamp_seconds{exemption="odd' not in metrics


@pytest.mark.parametrize(("groups", "allowed"), [(["breakglass"], True), (["system:authenticated"], False)])
def test_break_glass_is_for_whom_it_names(start, tmp_path, groups, allowed):
    server = start("--policies", layer(tmp_path, exemption("inc-7", "never", names=["connect-0"], groups=["breakglass"])))
    assert admitted(server, in_the_hosts_network(groups))["allowed"] is allowed
    other = in_the_hosts_network(groups)
    other["request"]["name"] = other["request"]["object"]["metadata"]["name"] = "connect-1"
    assert admitted(server, other)["allowed"] is False


def test_what_has_expired_is_no_exemption(start, tmp_path):
    server = start("--policies", layer(tmp_path, exemption("old", in_days(-1)), exemption("soon", in_days(3)), exemption("later", in_days(30))))
    assert admitted(server, in_the_hosts_network())["allowed"], "one of them holds"

    def told():
        return {line["exemption"]: line["msg"] for line in server.log if "exemption" in line}

    until(lambda: len(told()) == 2, what="warnings at the start")
    assert told() == {"old": "exemption has expired", "soon": "exemption expires soon"}
    assert [line["owner"] for line in server.log if "exemption" in line] == ["ops@example.com"] * 2, "each once"
    layer(tmp_path, exemption("old", in_days(-1)))
    until(lambda: len([1 for line in server.log if line.get("exemption") == "old"]) == 2, what="a warning of the new policy")
    assert admitted(server, in_the_hosts_network())["allowed"] is False


def deployment():
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "connect"}, "spec": {"template": json.loads(json.dumps(POD))}}
    obj["spec"]["template"]["spec"]["hostNetwork"] = True
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    return review(obj, kind=kind, resource={"group": "apps", "version": "v1", "resource": "deployments"})


@pytest.mark.parametrize(("bounds", "allowed"), [("", True), ("controllers: warn", True), ("controllers: deny", False)])
def test_controllers_warn_or_deny(start, tmp_path, bounds, allowed):
    server = start("--policies", layer(tmp_path, exemption("x", "never", "[pss.hostPorts]"), bounds=bounds))
    answer = server.post("/validate", deployment()).review
    assert answer["allowed"] is allowed, answer
    if allowed:
        assert any(w.startswith('would violate PodSecurity "restricted:latest": ') for w in answer["warnings"])
    else:
        assert answer["status"]["code"] == 403
        assert answer["status"]["message"].startswith('sparkgate: Deployment "connect" in namespace "k8s-team" (backendMode k8s, enforce): ')


def test_a_controller_is_exempt_by_the_names_of_its_pods(start, tmp_path):
    server = start("--policies", layer(tmp_path, exemption("x", "never", names=["connect-*"]), bounds="controllers: deny"))
    answer = server.post("/validate", deployment()).review
    assert answer["allowed"] and "exempted by x for ever: pss.hostNamespaces" in answer["warnings"]
