"""After all of it (the file's name sees to the order): the API server has nothing to say against us."""

import re

COMPLAINTS = [
    r"invalid webhook response",
    r"Failed to set admission audit annotation",
    r"admission webhook .* attempted to modify",
    r"failed calling webhook",
    r"Failed calling webhook, failing (open|closed)",
    r"unexpected response",
    r"non-utf8 encoding",
]


def test_the_api_servers_log(cluster):
    """A wrong uid, a patch that does not apply, an annotation that it had to drop, a call that failed: all stand there."""
    log = (cluster.plane.logs / "kube-apiserver.log").read_bytes()
    for begin, end in reversed(sorted(cluster.plane.excused)):
        log = log[:begin] + log[end:]
    found = [line[:400] for line in log.decode(errors="replace").splitlines() if re.search("|".join(COMPLAINTS), line) and "sparkgate" in line]
    assert found == []


def test_nothing_was_passed_over(cluster):
    """Until here sparkgate was always there, so Ignore never had to be used; and no matchCondition failed but the one
    that was made to."""
    assert not [k for k in cluster.webhook_calls() if k.endswith("passed over")]
    errors = re.findall(
        r"^apiserver_admission_match_condition_evaluation_errors_total\{(.*)\} (\d+)$", cluster.request("GET", "metrics").body["text"], re.M
    )
    assert sum(int(n) for _, n in errors) <= 3, errors


def test_sparkgates_own_log_has_no_error(sparkgate):
    lines = [line for line in sparkgate.process.log.read_text().splitlines() if '"level":"error"' in line]
    assert not [line for line in lines if "broken.yaml" not in line], lines[:5]
