"""Certificates that the replicas of a cluster keep themselves: the first start, and a Secret that is harmed."""

import base64
import json
import subprocess
import time

import pytest
from keeper import (  # noqa: F401 its fixtures too
    CONFIGURATIONS, NAME, accepted, api, data, fingerprint, held, in_step, install, lease, refuse, repaired, serve,
    signed_by, three, write_together,
)
from pki import Authority, secret
from server import until


# ---- the first start ----


def test_three_at_once_make_one_ca(api, serve):
    """All three have seen that there is none, and write; the API server lets one win."""
    write_together(api, "create secrets", 3)
    replicas = three(serve)
    assert api.objects.count("create", "secrets", 201) == 1 and api.objects.count("create", "secrets", 409) == 2
    made = held(api)
    assert made["type"] == "kubernetes.io/tls" and sorted(made["data"]) == ["ca.crt", "ca.key", "tls.crt", "tls.key"]
    leaf = fingerprint(data(made, "tls.crt"))
    assert [r.leaf for r in replicas] == [leaf] * 3
    assert in_step(api)
    until(lambda: len(api.objects.list("leases")) == 3, 5, "a Lease each")
    for r in replicas:
        accepted(r)
        said = lease(api, r)
        until(lambda r=r: lease(api, r)["metadata"]["annotations"]["sparkgate.io/certificate"] == leaf, 5, "what it serves")
        assert said["metadata"]["ownerReferences"] == [{"apiVersion": "v1", "kind": "Pod", "name": r.name, "uid": f"uid-of-{r.name}"}]
        assert said["metadata"]["labels"] == {"app.kubernetes.io/name": "sparkgate", "app.kubernetes.io/component": "replica"}
        assert said["spec"]["holderIdentity"] == r.name and said["spec"]["leaseDurationSeconds"] == 300
        assert r.metric("sparkgate_certificate_info", sha256=leaf) == 1
        assert r.metric("sparkgate_ca_bundle_in_step") == 2
        assert r.metric("sparkgate_ca_change_step") == 0
    assert sum(r.metric("sparkgate_certificate_repairs_total", reason="made") for r in replicas) == 1


def test_the_names_that_api_servers_call(api, serve):
    serve("pod-0", "--certs-secret", "certs", "--service", "gate")
    text = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=data(held(api), "tls.crt"), capture_output=True, text=True, check=True).stdout
    for name in ("gate.sparkgate", "gate.sparkgate.svc", "gate.sparkgate.svc.cluster.local"):
        assert f"DNS:{name}" in text.replace("\n", "").split(", ") or f"DNS:{name}\n" in text or f"DNS:{name}," in text


def test_a_name_that_was_not_there_is_added(api, serve):
    ca = Authority(api.dir / "old")
    api.objects.put("secrets", secret(ca, ca.leaf()), "sparkgate")
    serve("pod-0", "--certs-secret", "certs", "--service", "another")
    until(lambda: api.objects.count("update", "secrets", 200), 5, "a leaf with that name")
    assert signed_by(held(api), ca)
    text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=data(held(api), "tls.crt"), capture_output=True, text=True, check=True).stdout
    assert "DNS:another.sparkgate.svc" in text and f"DNS:{NAME}" in text


def test_configurations_that_come_later(api, serve):
    for resource in CONFIGURATIONS.values():
        api.objects.delete(resource, "sparkgate")
    replica = serve(wait=False)
    until(lambda: "[-]trust failed" in replica.plain_get("/readyz?verbose").text and held(api), 10, "waits for them")
    time.sleep(0.5)
    assert not replica.ready and api.objects.count("patch", CONFIGURATIONS["mutating"]) == 0
    install(api)
    until(lambda: replica.ready, 5, "ready once it is trusted")
    assert in_step(api)
    for resource in CONFIGURATIONS.values():
        api.objects.delete(resource, "sparkgate")
    until(lambda: replica.metric("sparkgate_ca_bundle_in_step") == 0, 5, "told by the metric")
    assert replica.ready, "later trouble is not an outage of all replicas"


def test_a_clean_end_takes_the_lease_away(api, serve):
    one, two = serve(), serve()
    until(lambda: len(api.objects.list("leases")) == 2, 5, "two Leases")
    one.stop()
    assert lease(api, one) is None and lease(api, two)


# ---- the Secret is harmed ----


def test_a_deleted_secret_holds_again_what_is_served(api, serve):
    replicas = three(serve)
    before = held(api)
    api.objects.delete("secrets", "certs", "sparkgate")
    until(lambda: held(api), 5, "it is back")
    assert held(api)["data"]["tls.crt"] == before["data"]["tls.crt"] and held(api)["data"]["ca.key"] == before["data"]["ca.key"]
    until(lambda: repaired(replicas, "deleted") == 1, 5, "counted, and once")
    for r in replicas:
        accepted(r)


def damage(**changes):
    def harm(obj, _other):
        for key, value in changes.items():
            key = key.replace("_", ".")
            if value is None:
                obj["data"].pop(key)
            else:
                obj["data"][key] = value

    return harm


def emptied(obj, _other):
    del obj["data"]


def mixed(*keys):
    def harm(obj, other):
        for key in keys:
            obj["data"][key] = other["data"][key]

    return harm


DAMAGE = {
    "no base64": damage(tls_crt="%%%"),
    "garbage": damage(tls_crt=base64.b64encode(b"garbage" * 100).decode()),
    "zeros": damage(ca_key=base64.b64encode(bytes(1000)).decode()),
    "empty texts": damage(tls_crt="", tls_key="", ca_crt="", ca_key=""),
    "huge": damage(tls_crt="QUJD" * 100000),
    "not a text": damage(tls_key=7),
    "half a pair": damage(tls_key=None),
    "no CA": damage(ca_crt=None, ca_key=None),
    "no CA key": damage(ca_key=None),
    "no leaf": damage(tls_crt=None, tls_key=None),
    "no data": emptied,
    "a foreign leaf": mixed("tls.crt", "tls.key"),
    "a foreign key": mixed("tls.key"),
    "a foreign CA": mixed("ca.crt", "ca.key"),
    "a foreign CA key": mixed("ca.key"),
}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    ca = Authority(tmp_path_factory.mktemp("stranger") / "ca")
    return secret(ca, ca.leaf())


def test_a_damaged_secret_holds_again_what_is_served(api, serve, stranger):
    """However it is damaged; meanwhile all goes on."""
    replica = serve()
    good, leaf = held(api), replica.leaf
    for n, (name, harm) in enumerate(DAMAGE.items(), 1):
        bad = json.loads(json.dumps(good))
        harm(bad, stranger)
        api.objects.put("secrets", bad, "sparkgate")
        until(lambda: held(api)["data"] == good["data"] if "data" in held(api) else False, 5, f"repaired: {name}")
        assert replica.leaf == leaf, name
        until(lambda n=n: repaired([replica], "damaged") == n, 5, f"counted: {name}")
    accepted(replica)
    keys = [line for line in data(good, "tls.key").splitlines() + data(good, "ca.key").splitlines() if "-----" not in line]
    assert not any(k in replica.out.read_text() + replica.messages for k in keys)


@pytest.mark.parametrize("name", ["garbage", "half a pair", "no data", "a foreign CA"])
def test_damaged_before_the_first_start(api, serve, stranger, name):
    """Nobody serves anything: after a moment in which somebody might, all is made anew."""
    ca = Authority(api.dir / "old")
    bad = secret(ca, ca.leaf())
    DAMAGE[name](bad, stranger)
    api.objects.put("secrets", bad, "sparkgate")
    replica = serve()
    assert repaired([replica], "damaged") == 1 and in_step(api)
    accepted(replica)


def test_a_whole_other_set_is_served(api, serve, stranger):
    """Somebody put back a backup: it is good, so it is the truth."""
    replica = serve()
    api.objects.put("secrets", stranger, "sparkgate")
    until(lambda: replica.leaf == fingerprint(data(stranger, "tls.crt")), 5, "served")
    until(lambda: in_step(api), 5, "and trusted")
    accepted(replica)
    assert held(api)["data"] == stranger["data"] and repaired([replica], "damaged") == 0


@pytest.mark.long
def test_a_secret_of_somebody_else_is_not_touched(api, serve):
    ca = Authority(api.dir / "theirs")
    theirs = secret(ca, ca.leaf(), labels={"app.kubernetes.io/managed-by": "Helm"})
    api.objects.put("secrets", theirs, "sparkgate")
    replica = serve(wait=False)
    until(lambda: replica.said("not made by sparkgate"), 10, "it says so")
    time.sleep(4)
    assert not replica.ready and held(api)["data"] == theirs["data"]
    assert api.objects.count("update", "secrets") == 0
    assert len(replica.said("not made by sparkgate")) == 1, "said once"


VALIDITY = {
    # of the CA, of the leaf, what stays
    "expired leaf": ((-100, 3550), (-90, -1), "ca"),
    "leaf in its last third": ((-100, 3550), (-70, 29), "ca"),
    "expired CA": ((-900, -2), (-90, -2), None),
    "CA expired, leaf not": ((-900, -2), (-90, 90), None),
}


@pytest.mark.parametrize("name", VALIDITY)
def test_what_has_had_its_time_is_renewed(api, serve, name):
    of_ca, of_leaf, stays = VALIDITY[name]
    ca = Authority(api.dir / "old", of_ca)
    old = secret(ca, ca.leaf(of_leaf))
    api.objects.put("secrets", old, "sparkgate")
    replica = serve()
    until(lambda: held(api)["data"]["tls.crt"] != old["data"]["tls.crt"] and in_step(api), 10, "renewed")
    until(lambda: replica.leaf == fingerprint(data(held(api), "tls.crt")), 5, "served")
    accepted(replica)
    assert signed_by(held(api), ca) == (stays == "ca")
    time.sleep(1.5)
    assert api.objects.count("update", "secrets", 200) == 1, "and that is all"


def test_of_three_that_renew_at_once_one_does(api, serve):
    """All three have read the same version, and write; two of them are told of the conflict and take what the first wrote."""
    ca = Authority(api.dir / "old", (-100, 3550))
    api.objects.put("secrets", secret(ca, ca.leaf((-70, 29))), "sparkgate")
    write_together(api, "update secrets", 3)
    replicas = three(serve)
    until(lambda: api.objects.count("update", "secrets") == 3, 20, "three writes")
    leaf = fingerprint(data(held(api), "tls.crt"))
    until(lambda: {r.leaf for r in replicas} == {leaf}, 5, "the same for all")
    assert api.objects.count("update", "secrets", 200) == 1 and api.objects.count("update", "secrets", 409) == 2


def test_an_old_copy_is_put_back(api, serve):
    """It has expired: what is served is better, and stays, and stays trusted, until that copy is renewed."""
    replica = serve()
    before, leaf = held(api), replica.leaf
    ca = Authority(api.dir / "old", (-100, 3550))
    old = secret(ca, ca.leaf((-90, -1)))
    api.tricks["update secrets"] = refuse(403)
    api.objects.put("secrets", old, "sparkgate")
    until(lambda: api.count("update secrets"), 5, "an attempt to renew it")
    for _ in range(10):
        assert replica.leaf == leaf
        accepted(replica)
        time.sleep(0.1)
    api.tricks.clear()
    until(lambda: held(api)["data"]["tls.crt"] not in (old["data"]["tls.crt"], before["data"]["tls.crt"]), 20, "renewed")
    until(lambda: replica.leaf == fingerprint(data(held(api), "tls.crt")) and in_step(api), 5, "served and trusted")
    accepted(replica)
