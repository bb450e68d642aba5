"""What the tests share."""

import time

import pytest
from gate import Cluster, Replica, refused_reload, samples, work
from live import Screen, Work, bed
from server import until
from sums import pytest_unconfigure  # noqa: F401

SECONDS = 40  # on the screen
FIRING = 'ALERTS{alertstate="firing"}'
LOUD = {"SparkgateCallsFail", "SparkgatePassedOver", "SparkgatePolicyRefused"}


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Samples of a replica of a cluster that met everything."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    replica = Replica(cluster, "sparkgate-a")
    try:
        work(replica)
        refused_reload(cluster, replica)
        yield samples(replica)
    finally:
        replica.kill()
        cluster.close()


def raised(prometheus):
    return {a["metric"]["alertname"] for a in prometheus.query(FIRING)}


@pytest.fixture(scope="session")
def watched(tmp_path_factory):
    """What a Prometheus answered when replicas had worked for most of a minute, and again when calls had failed and a policy
    was refused: {"healthy": Screen.all(), "troubled": ..., "quiet": alerts, "loud": alerts}."""
    with bed(tmp_path_factory.mktemp("bed")) as (cluster, replicas, calls, prometheus), Work(replicas, calls) as work:
        time.sleep(SECONDS)
        seen = {"healthy": Screen(prometheus, SECONDS).all(), "quiet": raised(prometheus)}
        for _ in range(5):
            calls.failed()
            time.sleep(1)
        refused_reload(cluster, replicas[0])
        until(lambda: raised(prometheus) >= LOUD, 20, "the alerts")
        seen |= {"troubled": Screen(prometheus, SECONDS).all(), "loud": raised(prometheus)}
        assert not work.errors
    return seen
