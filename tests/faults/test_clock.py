"""The wall clock is set while it serves: certificates are renewed or kept, and no request notices."""

import ssl
import time

import pytest

from reviews import review
from server import until

DAY = 86400


def served(server):
    return ssl.get_server_certificate(("127.0.0.1", server.port))


@pytest.mark.parametrize("step", [DAY, -DAY, 3650 * DAY, -3650 * DAY])
def test_steps(page, start, step):
    server = start()
    before = served(server)
    with server.client() as kept:
        kept.post("/mutate", review())
        page.clock = step
        for _ in range(10):
            assert kept.post("/mutate?timeout=30s", review()).review["allowed"]
        time.sleep(2.5)  # two looks at the files
        assert kept.post("/mutate?timeout=30s", review()).review["allowed"]
    if step > 300 * DAY:
        # A leaf of a year has had its time: there is another one, or the log says why there is none.
        until(lambda: served(server) != before or any("error" in line for line in server.log), 10, "a new certificate, or the reason")
    else:
        assert served(server) == before
    assert server.metric("sparkgate_deadlines_exceeded_total") == 0
    page.clock = 0
    time.sleep(1.5)
    assert server.post("/mutate?timeout=30s", review()).status == 200 if step < 300 * DAY else served(server)
    server.stop()


def test_a_new_certificate_in_its_time(page, start):
    """Nine months later the leaf is renewed by itself, once the hour has come."""
    server = start()
    before = served(server)
    page.clock = 270 * DAY
    until(lambda: served(server) != before, 10, "the renewed certificate")
    server.stop()
