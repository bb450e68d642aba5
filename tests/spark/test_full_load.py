"""The table of two versions and two backends, each under full load, on real Spark, admitted through sparkgate, in a
namespace where Kubernetes itself enforces Pod Security restricted. Nothing but the namespace's annotation differs."""

import pytest
import settings as sizes
from bed.objects import properties
from bed.process import wait_until
from conftest import complaints, judge, new_complaints
from deployment import ready
from peak import Peak


@pytest.mark.parametrize("backend", sizes.BACKENDS)
@pytest.mark.parametrize("version", sizes.VERSIONS)
@pytest.mark.parametrize("turn", range(1, sizes.ROUNDS + 1))
def test_full_load(turn, version, backend, deployment, gate, verdict):
    before = complaints(gate)
    it = deployment(f"spark{version.replace('.', '')}-{backend}-{turn}", version)
    with verdict(f"{version} {backend}" + (f", round {turn}" if sizes.ROUNDS > 1 else ""), it):
        with Peak() as peak:
            deploy(it, backend)
            full_load(it, backend)
        it.notes.append(f"{peak.gib:.1f} GiB at most")
        where_it_runs(it, backend)
        assert judge(it.pods()) == {}, "pods that are not restricted"
        assert new_complaints(before, complaints(gate)) == {}, "what sparkgate had to say"


def deploy(it, backend):
    it.opt_in(backend)
    with it.timed("ready"):
        if backend == "standalone":
            it.install_standalone()
        it.install_connect()
        if backend == "standalone":
            it.wait_pods("worker", sizes.EXECUTORS)
        it.server()


def full_load(it, backend):
    """One client does all there is, and loses an executor or worker on the way; then four at once."""
    size = [f"--rows={sizes.ROWS}", f"--partitions={sizes.PARTITIONS}"]
    with it.timed("load"):
        first = it.start_client("first", *size, f"--iterations={sizes.ITERATIONS}", "--python", f"--s3=s3a://{it.namespace}/numbers")
        first.wait_step("iteration")
        lose_one(it, backend)
        assert first.process.poll() is None, "the client was to be at work when it lost its executor"
        first.finish()
    with it.timed(f"{sizes.CLIENTS} clients"):
        for client in [it.start_client(f"of-{sizes.CLIENTS}-{n}", *size, "--iterations=1") for n in range(sizes.CLIENTS)]:
            client.finish()
    master = {"k8s": sizes.K8S_MASTER, "standalone": "spark://spark-standalone-master:7077"}[backend]
    for client in it.clients:
        told = client.step("connected")
        assert told["settings"]["spark.master"] == master and told["version"] == sizes.VERSIONS[it.version], told
    hosts = set(first.step("where")["hosts"])
    known = it.names_ever("executor" if backend == "k8s" else "worker")
    assert hosts and all(any(name.endswith(host) for name in known) for host in hosts), (hosts, known)


def lose_one(it, backend):
    """The pod of a working executor goes without a word, as with its node."""
    kind = "executor" if backend == "k8s" else "worker"
    # Whichever is there: the client is done soon, and may be before all of them are.
    name = wait_until(lambda: [p for p in it.pods(kind) if ready(p)], f"a ready {kind}", 120, 0.3)[0]["metadata"]["name"]
    it.gate.kubectl("-n", it.namespace, "delete", "pod", name, "--force", "--grace-period=0")


def where_it_runs(it, backend):
    """Executors in the right place, none in the wrong one; what a person reads agrees with what runs."""
    executors = it.pods("executor")
    for pod in executors + it.pods("worker"):
        secrets = [e["valueFrom"]["secretKeyRef"]["name"] for e in pod["spec"]["containers"][0]["env"] if "secretKeyRef" in e.get("valueFrom", {})]
        assert secrets == [sizes.SECRET] * 2, "credentials come from the Secret"
    if backend == "k8s":
        it.wait_pods("executor", sizes.EXECUTORS)
        assert not it.pods("worker")
    else:
        assert executors == []
        wait_until(lambda: sum(it.at_the_master()[0].values()) == sizes.EXECUTORS, "an executor of each worker at the master", 60, 1)
        assert it.at_the_master()[1] == ["Spark Connect server"]
    master = it.server_settings()["spark.master"]
    assert properties(it.properties())["spark.master"] == master
