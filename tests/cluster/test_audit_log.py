"""The API server's audit log tells the whole story of an object."""

import json
import re

from bed.objects import changed, servers

POD, _ = servers()["argv"]
BAD = changed(POD, spec__hostNetwork=True)
OURS = re.compile(r"^(pods|servers)\.(mutate|validate)\.sparkgate\.io/([-_.A-Za-z0-9]+)$")


def ours(notes, entry):
    return {m.group(3): v for k, v in notes.items() if (m := OURS.match(k)) and k.startswith(entry)}


def test_a_rewritten_pod(api):
    answer = api.create(POD, "enforce-standalone", dry_run=True)
    answer.allowed()
    notes = api.audit_annotations(answer)
    mutate = ours(notes, "pods.mutate")
    assert (mutate["backend"], mutate["role"], mutate["mode"]) == ("standalone", "connect-server", "enforce")
    assert "backend." in mutate["changes"]
    assert re.fullmatch(r"[0-9a-f]{12}", mutate["policy"])
    round_0 = json.loads(notes["mutation.webhook.admission.k8s.io/round_0_index_0"])
    assert round_0 == {"configuration": "sparkgate", "webhook": "pods.mutate.sparkgate.io", "mutated": True}
    patch = json.loads(notes["patch.webhook.admission.k8s.io/round_0_index_0"])
    assert patch["patchType"] == "JSONPatch" and patch["patch"]
    assert not any("failed-open" in k for k in notes)


def test_a_refused_pod(api):
    answer = api.create(BAD, "enforce-k8s", dry_run=True)
    answer.refused("servers.validate.sparkgate.io")
    event = api.audit_event(answer)
    assert event["responseStatus"]["code"] == 403
    assert "pss.hostNamespaces" in ours(event["annotations"], "servers.validate")["violations"]


def test_one_policy_everywhere(api, sparkgate):
    answer = api.create(POD, "enforce-k8s", dry_run=True)
    hashes = {v for k, v in api.audit_annotations(answer).items() if k.endswith("/policy")}
    assert len(hashes) == 1
    (line,) = sparkgate.review(changed(POD, metadata__namespace="enforce-k8s"))
    assert hashes == {line["policy"]}


def test_the_request_is_in_sparkgates_log(api, sparkgate):
    """One JSON line a decision, with what is needed to find the request in the API server's log."""
    stored = changed(POD, metadata__name="traceable")
    api.create(stored, "enforce-k8s", dry_run=True).allowed()
    lines = [json.loads(line) for line in sparkgate.process.log.read_text().splitlines() if "traceable" in line]
    assert {line.get("entry") or line.get("webhook") for line in lines} == {"pods.mutate.sparkgate.io", "servers.validate.sparkgate.io"}, (
        lines
    )
