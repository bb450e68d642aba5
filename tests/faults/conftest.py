"""A page of faults for each test, and servers under it."""

import pytest

from control import PROGRAM, Page
from server import Server
from sums import pytest_unconfigure  # noqa: F401


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path / "page")


@pytest.fixture
def start(tmp_path, page):
    """Start servers whose calls the page lets fail; they end with the test."""
    servers = []

    def begin(*flags, **options):
        options.setdefault("env", page.env)
        servers.append(Server(tmp_path / f"server{len(servers)}", *flags, program=PROGRAM, **options))
        return servers[-1]

    yield begin
    page.disarm()
    for one in servers:
        one.kill()
