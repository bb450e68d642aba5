import pytest
from listing import ApiServer
from audit import PROGRAM
from sums import pytest_unconfigure  # noqa: F401


@pytest.fixture(scope="session")
def server_of_all(tmp_path_factory):
    api = ApiServer(tmp_path_factory.mktemp("api"), PROGRAM)
    yield api
    api.close()


@pytest.fixture
def api(server_of_all):
    server_of_all.clear()
    return server_of_all
