"""Certificates that the replicas of a cluster keep themselves: caBundle, an API server that may do anything, the commands."""

import base64
import re
import subprocess
import time

import pytest
from apiserver import status
from keeper import (  # noqa: F401 its fixtures too
    CONFIGURATIONS, NAME, accepted, api, bundle, configuration, data, fingerprint, held, in_step, install, lease, refuse,
    repaired, serve, sparkgate,
)
from server import PROGRAM, until


# ---- caBundle ----


@pytest.mark.alone
def test_a_reset_bundle_is_put_right(api, serve):
    """As GitOps would reset it. That field is written and nothing else."""
    replica, slowest = serve(), 0
    for n in range(10):
        kind = ["mutating", "validating"][n % 2]
        fresh = configuration(kind, 2 if kind == "mutating" else 5)
        if n > 5:
            for webhook in fresh["webhooks"]:
                webhook["clientConfig"]["caBundle"] = "Q0FfQlVORExF"
        begun = time.monotonic()
        api.objects.put(CONFIGURATIONS[kind], fresh)
        until(lambda: in_step(api), 10, "put right")
        slowest = max(slowest, time.monotonic() - begun)
        stored = api.objects.get(CONFIGURATIONS[kind], "sparkgate")
        for webhook in stored["webhooks"] + fresh["webhooks"]:
            webhook["clientConfig"].pop("caBundle", None)
        assert stored["webhooks"] == fresh["webhooks"] and stored["metadata"]["labels"] == {"a": "b"}
    print(f"slowest repair: {slowest:.3f} s")
    until(lambda: repaired([replica], "ca-bundle") == 10, 5, "counted")
    accepted(replica)


def test_a_bundle_is_not_written_into_another_webhook(api, serve):
    """The configuration is reordered between reading and writing: the patch is refused, and made anew."""
    replica = serve()
    resource = CONFIGURATIONS["validating"]

    def reorder(_handler, _query):
        if not api.objects.count("patch", resource, 422):
            obj = configuration("validating", 5)
            obj["webhooks"] = [{"name": "of.somebody.else", "clientConfig": {"url": "https://127.0.0.1:1/", "caBundle": held(api)["data"]["ca.crt"]}}, *obj["webhooks"]]
            api.objects.put(resource, obj)
        return NotImplemented

    api.tricks[f"patch {resource}"] = reorder
    api.objects.put(resource, configuration("validating", 5))
    until(lambda: api.objects.count("patch", resource, 422) >= 1 and in_step(api), 10, "refused once, then right")
    accepted(replica)


def test_a_webhook_without_client_config_is_left_alone(api, serve):
    serve()
    obj = configuration("mutating", 2)
    del obj["webhooks"][1]["clientConfig"]
    api.objects.put(CONFIGURATIONS["mutating"], obj)
    until(lambda: "caBundle" in api.objects.get(CONFIGURATIONS["mutating"], "sparkgate")["webhooks"][0]["clientConfig"], 5, "the other")
    assert "clientConfig" not in api.objects.get(CONFIGURATIONS["mutating"], "sparkgate")["webhooks"][1]


def test_what_goes_right_does_not_hide_what_is_wrong(api, serve):
    """caBundle may not be written and neither may the Lease; then the Lease may."""
    api.tricks["patch mutatingwebhookconfigurations"] = refuse(403)
    api.tricks["create leases"] = refuse(403)
    replica = serve(wait=False)
    until(lambda: len(replica.said("CertificatesTrouble")) == 2, 10, "both are told")
    del api.tricks["create leases"]
    until(lambda: replica.said("CertificatesWell"), 10, "one is well again")
    assert "does not have our CA yet; see the log" in replica.plain_get("/readyz?verbose").text
    del api.tricks["patch mutatingwebhookconfigurations"]
    until(lambda: replica.ready, 60, "the other too")


def test_files_are_compared_and_never_written(api, serve, tmp_path):
    subprocess.run([PROGRAM, "certs", "init", str(tmp_path / "files"), "--name", NAME], check=True, capture_output=True)
    files = ["--tls-cert", str(tmp_path / "files/tls.crt"), "--tls-key", str(tmp_path / "files/tls.key")]
    replica = serve("pod-0", *files, "--webhook-configurations", "sparkgate", wait=False)
    until(lambda: "[-]trust failed" in replica.plain_get("/readyz?verbose").text, 5, "not trusted")
    assert replica.metric("sparkgate_ca_bundle_in_step") == 0 and not replica.ready
    ca = (tmp_path / "files/ca.crt").read_bytes()
    for kind, count in (("mutating", 2), ("validating", 5)):
        obj = configuration(kind, count)
        for webhook in obj["webhooks"]:
            webhook["clientConfig"]["caBundle"] = base64.b64encode(ca).decode()
        api.objects.put(CONFIGURATIONS[kind], obj)
    until(lambda: replica.ready, 5, "trusted")
    assert replica.metric("sparkgate_ca_bundle_in_step") == 2
    accepted(replica)
    install(api)
    until(lambda: replica.metric("sparkgate_ca_bundle_in_step") == 0, 5, "out of step")
    assert replica.ready and api.objects.written == []


# ---- the API server ----


def test_away(api, serve):
    """What is served goes on being served; what was done meanwhile is seen afterwards."""
    replica = serve()
    leaf, pem = replica.leaf, bundle(api)
    api.stop()
    for _ in range(5):
        assert replica.leaf == leaf
        time.sleep(0.2)
    assert replica.ready
    api.objects.delete("secrets", "certs", "sparkgate")
    api.objects.put(CONFIGURATIONS["mutating"], configuration("mutating", 2))
    api.start()
    until(lambda: held(api) and in_step(api), 20, "all put right")
    assert bundle(api) == pem and replica.leaf == leaf


def few(begun):
    """Attempts since then that are no tight loop."""
    return max(12, 2 + (time.monotonic() - begun) / 0.25)


@pytest.mark.long
@pytest.mark.parametrize("what", ["list secrets", "create secrets", "list mutatingwebhookconfigurations", "patch mutatingwebhookconfigurations"])
def test_forbidden(api, serve, what):
    """Not ready, the API server's own words in the log, not in a loop; once it may, it is."""
    api.tricks[what] = refuse(403, "you cannot do that here")
    begun, replica = time.monotonic(), serve(wait=False)
    until(lambda: replica.said("you cannot do that here"), 10, "its words")
    time.sleep(2)
    assert not replica.ready and "you cannot" not in replica.plain_get("/readyz?verbose").text
    assert 1 <= api.count(what) <= few(begun), "not in a tight loop"
    assert len(replica.said("you cannot do that here")) <= 2, "said once"
    api.tricks.clear()
    until(lambda: replica.ready, 20, "ready once it may")
    accepted(replica)


def test_a_lease_that_may_not_be_written_is_no_outage(api, serve):
    api.tricks["create leases"] = refuse(403, "no leases for you")
    replica = serve()
    until(lambda: replica.said("no leases for you"), 10, "its words")
    accepted(replica)
    api.tricks.clear()
    until(lambda: lease(api, replica), 20, "published once it may")


TROUBLE = {
    "conflicts": refuse(409, "the object has been modified"),
    "etcd": refuse(500, "etcd is away"),
    "busy": refuse(429, "later", Retry_After="1"),
    "a web page": lambda handler, _: handler.reply(200, b"<html>", "text/html"),
    "nonsense": lambda handler, _: handler.reply(200, {"kind": "Pod"}),
    "no answer": lambda handler, _: setattr(handler, "close_connection", True),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_writes_that_fail(api, serve, name):
    for verb in ("create", "update", "patch"):
        api.tricks[verb] = TROUBLE[name]
    begun, replica = time.monotonic(), serve(wait=False)
    until(lambda: api.count("create secrets") >= 2, 10, "tried again")
    time.sleep(1.5)
    assert api.count("create secrets") <= few(begun), "not in a tight loop"
    api.tricks.clear()
    until(lambda: replica.ready, 20, "ready in the end")
    accepted(replica)


def test_a_write_whose_answer_is_lost(api, serve):
    """It has arrived all the same: the watch brings it, and there is one CA."""

    def lose(handler, _query):
        api.tricks.pop("create secrets")
        handler.reply = lambda *_args, **_kw: setattr(handler, "close_connection", True)
        return NotImplemented

    api.tricks["create secrets"] = lose
    replica = serve()
    assert api.objects.count("create", "secrets", 201) == 1
    assert replica.leaf == fingerprint(data(held(api), "tls.crt"))


def test_a_watch_that_is_cut(api, serve):
    replica = serve()
    time.sleep(1.1)  # one that ends at once counts as trouble
    api.end_watches()
    api.objects.put(CONFIGURATIONS["validating"], configuration("validating", 5))
    until(lambda: in_step(api), 10, "seen by the next watch")
    api.tricks["watch secrets"] = lambda handler, _: handler.reply(410, status(410, "too old resource version"))
    api.end_watches()
    api.objects.delete("secrets", "certs", "sparkgate")
    until(lambda: held(api), 20, "seen by a list")
    accepted(replica)


# ---- the commands ----


def test_show_and_patch(api, serve, tmp_path):
    nothing = sparkgate(api, "show", "--secret", "certs")
    assert nothing.returncode != 0 and "certs" in nothing.stderr
    replica = serve()
    until(lambda: lease(api, replica), 5, "its Lease")
    shown = sparkgate(api, "show", "--secret", "certs")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "this one" in shown.stdout and shown.stdout.count("yes") == 2 and replica.name in shown.stdout
    foreign = lease(api, replica)
    foreign = {**foreign, "metadata": {**foreign["metadata"], "name": "sparkgate-evil"}, "spec": {**foreign["spec"], "holderIdentity": "evil\x1b]0;owned\x07"}}
    api.objects.put("leases", foreign, "sparkgate")
    assert not re.search("[\x00-\x09\x0b-\x1f]", sparkgate(api, "show", "--secret", "certs").stdout), "a terminal obeys those"
    api.objects.delete("leases", "sparkgate-evil", "sparkgate")
    again = sparkgate(api, "patch", "--secret", "certs", "--webhook-configurations", "sparkgate")
    assert again.returncode == 0 and "nothing changed" in again.stdout
    replica.stop()
    install(api)
    assert sparkgate(api, "show", "--secret", "certs").returncode == 1
    assert sparkgate(api, "patch", "--secret", "certs", "--webhook-configurations", "sparkgate").returncode == 0
    assert in_step(api)
    subprocess.run([PROGRAM, "certs", "init", str(tmp_path / "files")], check=True, capture_output=True)
    argv = [PROGRAM, "certs", "patch", str(tmp_path / "files"), "--webhook-configurations", "sparkgate", "--kubeconfig", str(api.dir / "kubeconfig")]
    assert subprocess.run(argv, capture_output=True, timeout=30).returncode == 0
    assert bundle(api) == (tmp_path / "files/ca.crt").read_text()
