"""What is left of keys in the memory of the process: of the old ones nothing, of the one in use no text.

Memory is read as a debugger does (/proc/PID/mem), with --seccomp off, since the process lets nobody in otherwise.
"""

import base64
import re
import signal
import subprocess
from contextlib import contextmanager

import pytest
from apiserver import ApiServer, namespace
from keeper import api, data, held, serve, sparkgate  # noqa: F401 its fixtures too
from server import PROGRAM, SANITIZED, until

pytestmark = pytest.mark.skipif(SANITIZED, reason="sanitizers keep freed memory")


@contextmanager
def standing_still(server):
    """What is mapped changes while a process runs: a stack of a thread that ends, what malloc gives back."""
    server.signal(signal.SIGSTOP)
    try:
        until(lambda: server.states() == {"T"}, 20, "all threads stopped")
        yield
    finally:
        server.signal(signal.SIGCONT)


def memory(server):
    """All that is mapped, readable and private."""
    pieces = []
    with standing_still(server), open(f"/proc/{server.process.pid}/maps") as maps, open(f"/proc/{server.process.pid}/mem", "rb") as mem:
        for line in maps:
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if rights[0] != "r" or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            mem.seek(int(begin, 16))
            pieces.append(mem.read(int(end, 16) - int(begin, 16)))
            assert len(pieces[-1]) == int(end, 16) - int(begin, 16), f"not all was read of {line}"
    return b"\0".join(pieces)


def texts(pem):
    """What gives a key away as text: a line of its PEM, and that as a Secret has it (base64 of it, at each alignment)."""
    body = "".join(pem.splitlines()[1:-1])
    wanted = {"PEM": body[40:60].encode()}
    coded = base64.b64encode(pem.encode())
    wanted["base64 of PEM"] = coded[len(coded) // 2 : len(coded) // 2 + 24]
    return wanted


def scalar(pem):
    """The number that is the key: 32 bytes (RFC 5915)."""
    text = subprocess.run(["openssl", "pkey", "-noout", "-text"], input=pem, capture_output=True, text=True, check=True).stdout
    digits = re.search(r"priv:\n(.*?)\npub:", text, re.S)[1]
    number = bytes.fromhex(re.sub(r"[\s:]", "", digits))[-32:]
    return {"the number": number[4:28], "the number, backwards": number[::-1][4:28]}


def none_left(server, wanted):
    """What was used a moment ago may be held a moment longer."""
    until(lambda: left(server, wanted) == [], 10, f"the end of {', '.join(wanted)}")


def left(server, wanted):
    found = memory(server)
    assert server.process.pid and len(found) > 1_000_000
    there = [what for what, text in wanted.items() if text in found]
    for what in there:
        at = found.index(wanted[what])
        print(what, found.count(wanted[what]), "times:", found[max(0, at - 100) : at + 100])
    return there


def test_the_search_finds_what_is_there(start):
    server = start("--seccomp", "off", "--client-cn", "canary-of-the-command-line", "--client-ca", str(ca(start)))
    assert left(server, {"argument": b"canary-of-the-command-line"}) == ["argument"]


def ca(start):
    return start().certs / "ca.crt"


def test_files(start):
    server = start("--seccomp", "off")
    old = (server.certs / "tls.key").read_text()
    ca_key = (server.certs / "ca.key").read_text()
    assert server.get("/livez").status == 200
    none_left(server, texts(old))
    none_left(server, texts(ca_key) | scalar(ca_key))
    subprocess.run([PROGRAM, "certs", "rotate", server.certs], check=True, capture_output=True)
    until(lambda: server.metric("sparkgate_reloads_total", what="certificate", result="ok") >= 1, what="the new pair")
    assert server.get("/livez").status == 200
    new = (server.certs / "tls.key").read_text()
    assert new != old
    none_left(server, texts(new))
    none_left(server, texts(old) | scalar(old))


def test_the_secret(api, serve):
    """Read from the API server, made and written, rotated by another hand, renewed by its own."""
    replica = serve("pod-0", "--certs-secret", "certs", "--rotation-pause", "200ms", "--seccomp", "off")
    before = held(api)
    none_left(replica, texts(data(before, "tls.key")))
    none_left(replica, texts(data(before, "ca.key")))
    leaf = replica.leaf
    assert sparkgate(api, "rotate", "--secret", "certs").returncode == 0
    until(lambda: replica.leaf != leaf, 10, "the new certificate")
    after = held(api)
    none_left(replica, texts(data(after, "tls.key")))
    none_left(replica, texts(data(before, "tls.key")) | scalar(data(before, "tls.key")))


def test_a_token_that_was_replaced(start, tmp_path):
    """It lives as long as the request that it began."""
    api = ApiServer(tmp_path)
    api.change("ADDED", namespace("team", backendMode="k8s"))
    old, new = "tok-of-a-moment-ago-" + "x7q9" * 8, "tok-of-now-" + "k3w5" * 8
    api.token = old
    (tmp_path / "token").write_text(old + "\n")
    server = start("--kubeconfig", str(api.kubeconfig(user={"tokenFile": "token"})), "--seccomp", "off")
    until(lambda: server.get("/readyz").status == 200 and api.count("watch") == 1, 20, "a watch with it")
    assert old.encode() in memory(server)
    api.token = new
    (tmp_path / "token").write_text(new + "\n")
    api.end_watches()
    until(lambda: api.count("watch") == 2, 20, "a watch with the new one")
    until(lambda: old.encode() not in memory(server), 10, "the end of the old one")
    assert new.encode() in memory(server)
    api.close()
