"""What the process has given up when it serves, as the kernel tells it. What each call is answered: unit/test_confine.c."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from apiserver import ApiServer, namespace
from reviews import review
from server import PROGRAM, SANITIZED, until

pytestmark = pytest.mark.skipif(SANITIZED, reason="sanitizers make calls of their own")


def status(server, key):
    """That line of /proc/PID/status, of each thread."""
    texts = server.each_thread("status")
    assert len(texts) > 2
    return {line.split()[1] for text in texts for line in text.splitlines() if line.startswith(key + ":")}


def test_in_force_on_all_threads(server):
    assert status(server, "Seccomp") == {"2"} and status(server, "NoNewPrivs") == {"1"}
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    assert os.stat(f"/proc/{server.process.pid}/environ").st_uid == 0, "not dumpable: no file of it is its user's"
    assert "  process      system calls are filtered" in server.messages


def test_off(start):
    server = start("--seccomp", "off")
    assert status(server, "Seccomp") == {"0"}
    assert "--seccomp off" in server.messages
    assert server.post("/mutate", review()).review["allowed"]


def test_another_user_who_is_not_root(start, tmp_path):
    """Files below /proc/self are root's then: what metrics tell of the process is still there."""
    if os.geteuid() != 0:
        server = start()
    else:
        # pytest's directories are root's alone; what is copied here anybody may run.
        place = Path("/tmp") / f"sparkgate-{os.getpid()}"
        place.mkdir(mode=0o755)
        try:
            shutil.copy(PROGRAM, place / "sparkgate")
            certs = place / "certs"
            certs.mkdir(mode=0o700)
            os.chown(certs, 65534, 65534)
            (place / "facts").write_bytes((Path(__file__).parent / "fixtures" / "facts.yaml").read_bytes())
            wrapper = tmp_path / "wrapper"
            wrapper.write_text(
                f'#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups {place}/sparkgate "$@"\n'
            )
            wrapper.chmod(0o755)
            server = start(certs=certs, facts=place / "facts", program=str(wrapper))
            assert status(server, "Uid") == {"65534"}
            judge(server)
            server.stop()
        finally:
            shutil.rmtree(place)
        return
    judge(server)


def judge(server):
    assert status(server, "Seccomp") == {"2"}
    names = {line.split()[0] for line in server.plain_get("/metrics").text.splitlines() if line.startswith("process_")}
    assert {"process_open_fds", "process_max_fds", "process_resident_memory_bytes", "process_cpu_seconds_total"} <= names
    assert server.get("/readyz").status == 200


def test_a_plugin_runs_and_is_not_free_either(start, tmp_path):
    """The second run of the plugin is one under the filter."""
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    program, seen = tmp_path / "plugin", tmp_path / "seen"
    program.write_text(f"#!/bin/sh\ngrep -E '^(Seccomp|NoNewPrivs):' /proc/self/status >>{seen}\nexit 7\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}}
    server = start("--kubeconfig", str(api.kubeconfig(user=user)))
    until(lambda: seen.exists() and "Seccomp:\t2" in seen.read_text(), 20, "a plugin under the filter")
    assert "NoNewPrivs:\t1" in seen.read_text() and "to the credential plugin too" in server.messages
    api.close()
