"""What the tests share."""

import pytest
from gate import Cluster, Replica, refused_reload, samples, work
from sums import pytest_unconfigure  # noqa: F401


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
