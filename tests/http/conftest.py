"""What the tests share: one server for most of them, one of their own for those that end or change it."""

import pytest

from server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("shared")) as shared:
        yield shared


@pytest.fixture
def start(tmp_path):
    """Start servers that end with the test."""
    servers = []

    def begin(*flags, **options):
        servers.append(Server(tmp_path / f"server{len(servers)}", *flags, **options))
        return servers[-1]

    yield begin
    for one in servers:
        one.kill()


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    passed, skipped = len(stats.get("passed", [])), len(stats.get("skipped", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.config.sums = f"{passed} passed, {failed} failed, {skipped} skipped"


def pytest_unconfigure(config):
    if hasattr(config, "sums"):
        print(config.sums)
