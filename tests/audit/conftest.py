import pytest
from apiserver import ApiServer
from audit import PROGRAM


@pytest.fixture(scope="session")
def server_of_all(tmp_path_factory):
    api = ApiServer(tmp_path_factory.mktemp("api"), PROGRAM)
    yield api
    api.close()


@pytest.fixture
def api(server_of_all):
    server_of_all.clear()
    return server_of_all


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    passed, skipped = len(stats.get("passed", [])), len(stats.get("skipped", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.config.sums = f"{passed} passed, {failed} failed, {skipped} skipped"


def pytest_unconfigure(config):
    if hasattr(config, "sums"):
        print(config.sums)
