"""data.py FILE [SECONDS] : what a Prometheus answers to the dashboard's queries after replicas worked for so long, as JSON.

Not all goes well meanwhile, so that the picture shows something: calls that fail, a policy that is refused, servers that nobody rewrote.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in (".", "../http", "../lib")]

from gate import refused_reload, server_pod  # noqa: E402
from live import Screen, Work, bed  # noqa: E402
from reviews import review  # noqa: E402


def trouble(cluster, replicas, calls, seconds):
    """What happens, and when."""
    time.sleep(seconds * 0.4)
    with replicas[0].client() as client:
        for _ in range(40):
            calls.call(client, "/validate", review(server_pod("local[*]"), namespace="etl"))
            time.sleep(seconds * 0.1 / 40)
    time.sleep(seconds * 0.1)
    for _ in range(6):
        calls.failed()
        time.sleep(seconds * 0.05 / 6)
    refused_reload(cluster, replicas[0])
    time.sleep(seconds * 0.35)


def main():
    target, seconds = Path(sys.argv[1]), int((sys.argv[2:] or ["180"])[0])
    with tempfile.TemporaryDirectory() as directory, bed(Path(directory)) as (cluster, replicas, calls, prometheus):
        with Work(replicas, calls) as work:
            trouble(cluster, replicas, calls, seconds)
            seen = Screen(prometheus, seconds).all()
        assert not work.errors, work.errors
    target.write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
