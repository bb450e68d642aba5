"""What the tests share: one server for most of them, one of their own for those that end or change it.

They run side by side (pytest-xdist), since most of them wait most of the time. A test that is marked `alone` measures
what neighbours would disturb: while it runs, no other does.
"""

import fcntl
from pathlib import Path

import pytest

from server import Server
from sums import pytest_unconfigure  # noqa: F401

HERE = Path(__file__).resolve().parent


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


# ---- side by side ----


def alone(item):
    return item.get_closest_marker("alone") is not None


def group(item):
    """Tests of one group are run by one worker, one after another."""
    return "alone" if alone(item) else getattr(item.module, "GROUP", None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What takes longest comes first, so that no worker has it left when the others are done; those that run alone come
    last, since hardly anybody has to end for them then."""
    for item in items:
        if group(item):
            item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: (alone(item), item.get_closest_marker("long") is None))


class Turns:
    """Many or one: a lock of the workers of a run. It ends with the process that holds it, however that ends."""

    def __init__(self):
        # Whoever waits to be alone keeps the door shut, or new neighbours would come for ever.
        self.door, self.room = open(HERE / "conftest.py"), open(HERE / "pytest.ini")
        self.kind = fcntl.LOCK_UN

    def take(self, kind):
        if kind != self.kind:
            fcntl.flock(self.room, fcntl.LOCK_UN)
            fcntl.flock(self.door, fcntl.LOCK_EX)
            fcntl.flock(self.room, kind)
            fcntl.flock(self.door, fcntl.LOCK_UN)
        self.kind = kind

    def give(self):
        fcntl.flock(self.room, fcntl.LOCK_UN)
        self.kind = fcntl.LOCK_UN


def pytest_configure(config):
    config.turns = Turns() if hasattr(config, "workerinput") else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    turns = item.config.turns
    if turns:
        turns.take(fcntl.LOCK_EX if alone(item) else fcntl.LOCK_SH)
    try:
        return (yield)
    finally:
        # One that runs alone hands over to the next of its kind, and nobody comes between.
        if turns and not (alone(item) and nextitem and alone(nextitem)):
            turns.give()
