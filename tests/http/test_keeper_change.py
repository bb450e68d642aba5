"""Certificates that the replicas of a cluster keep themselves: a change of leaf or CA under load, one step after another."""

import ssl
import threading
import time

import pytest
from keeper import (  # noqa: F401 its fixtures too
    accepted, api, bundle, cas, data, fingerprint, held, in_step, lease, refuse, serve, signed_by, sparkgate, three,
)
from pki import Authority, secret
from reviews import review
from server import until


class Admissions:
    """API servers: each request over a connection of its own, to the next replica, trusting caBundle as it was lag
    seconds ago, since they take up a change a moment later. What is promised is that a step waits for pause: one of us
    that took longer to come with its caBundle is none of the failures."""

    def __init__(self, replicas, threads=3, lag=0, pause=0.2):
        self.replicas, self.count, self.failures, self.late = list(replicas), 0, [], 0
        self.lag, self.pause = lag, pause
        self.known = [(0, bundle(replicas[0].api))]
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]
        self.threads.append(threading.Thread(target=self._watch, daemon=True))

    def _watch(self):
        while not self.stopped.wait(0.02):
            self.known.append((time.monotonic(), bundle(self.replicas[0].api)))

    def _trusted(self):
        if not self.lag:
            self.known.append((time.monotonic(), bundle(self.replicas[0].api)))
        return next(pem for when, pem in reversed(self.known) if when <= time.monotonic() - self.lag)

    def _came_late(self, error, trust):
        """It was not trusted, and for longer than a step waits that caBundle has not been in force."""
        last = max(when for when, pem in self.known if pem == trust)
        return isinstance(error, ssl.SSLCertVerificationError) and time.monotonic() - last >= self.pause

    def _run(self, n):
        while not self.stopped.is_set():
            n += 1
            body = review(namespace="team")
            try:
                trust = self._trusted()
                assert self.replicas[n % len(self.replicas)].fresh_post("/validate", body, trust)["uid"] == body["request"]["uid"]
            except Exception as error:  # noqa: BLE001 any failure counts
                if self._came_late(error, trust):
                    self.late += 1
                else:
                    self.failures.append(error)
            self.count += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        until(lambda: self.count > 10, 10, "first answers")
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)


def steps(api):
    """What the Secret held, one after another: (number of CAs, SHA-256 of the leaf)."""
    with api.lock:
        states = [(cas(o), fingerprint(data(o, "tls.crt"))) for _, key, o, _ in api.objects.history if key[0] == "secrets" and "data" in o]
    return [s for n, s in enumerate(states) if n == 0 or s != states[n - 1]]


@pytest.mark.alone
def test_a_new_leaf_is_served_by_all_at_once(api, serve):
    replicas = three(serve)
    before = replicas[0].leaf
    with Admissions(replicas) as load:
        run = sparkgate(api, "rotate", "--secret", "certs")
        assert run.returncode == 0, run.stderr
        leaf = fingerprint(data(held(api), "tls.crt"))
        assert leaf != before
        until(lambda: all(r.leaf == leaf for r in replicas), 10, "served by all")
    assert load.failures == [], (load.count, load.failures[:3])


def test_a_new_ca_loses_no_request(api, serve):
    """Three replicas, requests without a pause, clients that trust caBundle and nothing else, and learn of it late."""
    replicas = three(serve, "--certs-secret", "certs", "--rotation-pause", "2s")
    old = held(api)
    with Admissions(replicas, lag=0.7, pause=2) as load:
        run = sparkgate(api, "rotate", "--ca", "--secret", "certs")
        assert run.returncode == 0, run.stderr
        until(lambda: cas(held(api)) == 1 and held(api)["data"]["ca.crt"] != old["data"]["ca.crt"] and in_step(api), 60, "the new CA alone")
        done = load.count
        until(lambda: load.count > done + 20, 10, "requests afterwards")
    print(f"{load.count} requests, {len(load.failures)} failed, {load.late} came late")
    assert load.failures == [], (load.count, load.failures[:3])
    a, b = fingerprint(data(old, "tls.crt")), fingerprint(data(held(api), "tls.crt"))
    assert steps(api) == [(1, a), (2, a), (2, b), (1, b)]
    assert data(old, "ca.crt") not in bundle(api)
    until(lambda: all(r.metric("sparkgate_ca_change_step") == 0 for r in replicas), 5, "known to all of them")
    assert "none" in sparkgate(api, "show", "--secret", "certs").stdout


def test_a_ca_in_its_last_third_changes_by_itself(api, serve):
    ca = Authority(api.dir / "old", (-700, 300))
    api.objects.put("secrets", secret(ca, ca.leaf()), "sparkgate")
    replica = serve()
    until(lambda: cas(held(api)) == 1 and not signed_by(held(api), ca) and in_step(api), 30, "a new CA")
    assert [n for n, _ in steps(api)] == [1, 2, 2, 1]
    accepted(replica)


def test_the_leaf_waits_for_every_bundle(api, serve):
    """While one configuration cannot be written, the leaf stays with the CA that is trusted everywhere."""
    replica = serve()
    api.tricks["patch mutatingwebhookconfigurations"] = refuse(403)
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: replica.metric("sparkgate_ca_change_step") == 1, 10, "known to it")
    time.sleep(2)
    assert len(steps(api)) == 2 and replica.metric("sparkgate_ca_change_step") == 1
    accepted(replica)
    again = sparkgate(api, "rotate", "--ca", "--secret", "certs")
    assert again.returncode != 0 and "under way" in again.stderr
    config = api.dir / "kubeconfig"
    assert f"certs show --secret certs --namespace sparkgate --webhook-configurations sparkgate --kubeconfig {config}`" in again.stderr, again.stderr
    api.tricks.clear()
    until(lambda: len(steps(api)) == 4 and in_step(api), 40, "goes on")


def some_lease(name, certificate, age=0):
    renewed = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() - age))
    labels = {"app.kubernetes.io/name": "sparkgate", "app.kubernetes.io/component": "replica"}
    meta = {"name": f"sparkgate-{name}", "namespace": "sparkgate", "labels": labels, "annotations": {"sparkgate.io/certificate": certificate}}
    spec = {"holderIdentity": name, "leaseDurationSeconds": 60, "renewTime": renewed}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}


@pytest.mark.long
def test_the_old_ca_waits_for_every_live_replica(api, serve):
    replica = serve()
    old = replica.leaf
    api.objects.put("leases", some_lease("slow", old), "sparkgate")
    api.objects.put("leases", some_lease("dead", old, age=120), "sparkgate")
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: len(steps(api)) == 3, 20, "the leaf has moved")
    time.sleep(4)
    assert len(steps(api)) == 3 and cas(held(api)) == 2, "a replica serves the old leaf yet"
    shown = sparkgate(api, "show", "--secret", "certs")
    assert shown.returncode == 1 and "ANOTHER" in shown.stdout and "gone" in shown.stdout
    api.objects.put("leases", some_lease("slow", replica.leaf), "sparkgate")
    until(lambda: len(steps(api)) == 4 and in_step(api), 20, "the old CA goes")


@pytest.mark.parametrize("step", [2, 3])
def test_killed_at_a_step(api, serve, step):
    """kill -9 of the only replica: whoever comes next goes on, once the dead one's Lease has run out."""
    one = serve("first", "--certs-secret", "certs", "--rotation-pause", "2s")
    # No further than that, however long we take to kill it.
    api.tricks["update secrets"] = lambda handler, query: NotImplemented if len(steps(api)) < step else refuse(503)(handler, query)
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: len(steps(api)) == step, 20, "the step")
    one.kill()
    time.sleep(0.3)
    assert len(steps(api)) == step, "killed in time"
    api.tricks.clear()
    two = serve("second")
    old = lease(api, one)
    old["spec"]["renewTime"] = some_lease("x", "", age=400)["spec"]["renewTime"]
    api.objects.put("leases", old, "sparkgate")
    until(lambda: cas(held(api)) == 1 and len(steps(api)) == 4 and in_step(api), 30, "gone on with")
    accepted(two)


def test_killed_at_random_under_load(api, serve):
    """Replicas die and come back all the time; those that live answer, and the change arrives."""
    replicas = three(serve)
    steady = replicas[0]
    with Admissions([steady]) as load:
        assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
        for n in range(6):
            victim = replicas[1 + n % 2]
            victim.kill()
            replicas[1 + n % 2] = serve(victim.name, wait=False)
            time.sleep(0.2)
        until(lambda: cas(held(api)) == 1 and len(steps(api)) == 4 and in_step(api), 60, "the new CA alone")
    assert load.failures == [], (load.count, load.failures[:3])


def test_deleted_in_the_middle_of_a_change(api, serve):
    """It is written back as it was served, or as it stood: trusted either way, and the change can be asked for again."""
    replica = serve("pod-0", "--certs-secret", "certs", "--rotation-pause", "3s")
    with Admissions([replica], pause=3) as load:
        assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
        until(lambda: cas(held(api)) == 2 and in_step(api), 10, "announced")
        api.objects.delete("secrets", "certs", "sparkgate")
        until(lambda: held(api) and in_step(api), 10, "back and trusted")
        until(lambda: cas(held(api)) == 1 or sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode in (0, 2), 5, "again")
        until(lambda: cas(held(api)) == 1 and in_step(api), 40, "arrived")
    assert load.failures == [], (load.count, load.failures[:3])


# ---- what happens while replicas are asked ----


@pytest.fixture
def asking(api, serve):
    """One that waits for another to serve the new leaf, and asks for its Lease again and again. A function says what happens in
    the middle of the next question."""
    late = {
        "apiVersion": "coordination.k8s.io/v1",
        "metadata": {"name": "sparkgate-late", "namespace": "sparkgate", "annotations": {"sparkgate.io/certificate": "00"},
                     "labels": {"app.kubernetes.io/name": "sparkgate", "app.kubernetes.io/component": "replica"}},
        "spec": {"holderIdentity": "late", "leaseDurationSeconds": 3600, "renewTime": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())},
    }  # fmt: skip
    first = serve("pod-a")
    api.objects.put("leases", late, "sparkgate")
    assert sparkgate(api, "rotate", "--ca", "--secret", "certs").returncode == 0
    until(lambda: first.said("move-leaf"), 15, "the new leaf")
    serve("pod-b")
    first.kill()  # pod-b has changed nothing yet, so no pause keeps it from doing so

    def meanwhile(happens):
        done = threading.Event()

        def trick(_handler, _query):
            if not done.is_set():
                done.set()
                happens()
                time.sleep(0.7)
            return NotImplemented

        api.tricks["list leases"] = trick
        assert done.wait(15), "it was asked"

    return meanwhile


def test_a_secret_that_goes_while_replicas_are_asked(api, asking):
    """It is written again with what is served, as at any other moment: nobody loses their CA."""
    before = held(api)
    asking(lambda: api.objects.delete("secrets", "certs", "sparkgate"))
    until(lambda: held(api), 15, "written again")
    time.sleep(1)
    for name in ("ca.crt", "tls.crt"):
        assert fingerprint(data(held(api), name)) == fingerprint(data(before, name)), name


def test_somebody_elses_secret_while_replicas_are_asked(api, asking):
    """Left alone, as at any other moment."""

    def replace():
        api.objects.delete("secrets", "certs", "sparkgate")
        api.objects.put("secrets", {"metadata": {"name": "certs", "namespace": "sparkgate"}, "data": {"important": "eA=="}}, "sparkgate")

    asking(replace)
    time.sleep(2)
    assert held(api)["data"] == {"important": "eA=="}
