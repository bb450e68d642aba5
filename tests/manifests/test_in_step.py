"""The chart's selectors as a replica meets them: what API servers call for covers the policy, and the policy is taken."""

import base64
import os
import subprocess
import sys

import pytest

from chart import ROOT, VARIANTS, Objects

sys.path.append(str(ROOT / "tests" / "http"))

from apiserver import ApiServer, Collection  # noqa: E402
from server import Server, until  # noqa: E402

KINDS = {"mutating": "MutatingWebhookConfiguration", "validating": "ValidatingWebhookConfiguration"}


@pytest.fixture
def serve(tmp_path):
    """A replica beside an API server that has the configurations of some values; then the policy ConfigMap of others."""
    api = ApiServer(tmp_path)
    started = []

    def begin(conditions, policies):
        own = tmp_path / "own"
        subprocess.run([os.environ["SPARKGATE"], "certs", "init", own], check=True, capture_output=True)
        ca = base64.b64encode((own / "ca.crt").read_bytes()).decode()
        for k, kind in KINDS.items():
            live = Objects(conditions).of(kind)
            for webhook in live["webhooks"]:
                webhook["clientConfig"]["caBundle"] = ca
            Collection(api, f"/apis/admissionregistration.k8s.io/v1/{k}webhookconfigurations", kind).put("sparkgate", live)
        maps = Collection(api, "/api/v1/namespaces/sparkgate/configmaps", "ConfigMap")
        flags = ("--kubeconfig", str(api.kubeconfig()), "--webhook-configurations", "sparkgate", "--policies-configmap", "sparkgate-policies")
        server = Server(tmp_path / "server", *flags, env={"POD_NAMESPACE": "sparkgate", "POD_NAME": "sparkgate-1"}, certs=own)
        started.append(server)
        for check in ("policies-configmap", "match-conditions"):
            until(lambda check=check: f"[+]{check} ok" in server.get("/readyz?verbose").text, 20, check)
        server.shipped = policy(server)
        maps.put("sparkgate-policies", Objects(policies).of("ConfigMap"))
        return server

    yield begin
    for server in started:
        server.kill()
    api.end_watches()
    api.http.shutdown()
    api.http.server_close()


def series(server, name):
    """{labels: value}"""
    lines = [x for x in server.plain_get("/metrics").text.splitlines() if x.startswith(name + "{")]
    return {x.split(" ")[0].removeprefix(name): float(x.split(" ")[1]) for x in lines}


def policy(server):
    """The hash of the policy in force."""
    return list(series(server, "sparkgate_policy_info"))


def said(server):
    return "\n".join(str(line) for line in server.log)


@pytest.mark.parametrize("name", ["policies", "selectors"])
def test_conditions_and_policy_of_the_same_values_agree(serve, name):
    server = serve(VARIANTS[name], VARIANTS[name])
    until(lambda: policy(server) != server.shipped, 5, "the policy in force")
    assert series(server, "sparkgate_match_conditions_in_step") == {f'{{configuration="{k}"}}': 1 for k in KINDS}, said(server)
    assert "gap" not in said(server) and not [v for k, v in series(server, "sparkgate_reloads_total").items() if "failed" in k and v]


def test_selectors_that_nobody_calls_for_are_refused_by_name(serve):
    server = serve({}, VARIANTS["selectors"])
    until(lambda: "matchConditions of pods.mutate.sparkgate.io: upgrade the chart's values first" in said(server), 5, "the refusal")
    assert policy(server) == server.shipped
