"""The bytes of a connection: how answers are put into TLS records, and requests taken out of them."""

import json
import socket
import ssl
import time

import pytest
from reviews import pod, review

HEAD = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
APPLICATION_DATA = 23  # RFC 8446, 5.1
CORKED = 0.19  # seconds: less than each answer takes that is held back


class Wire:
    """A TLS client whose records are in the hands of the test."""

    def __init__(self, server, room=None):
        self.socket = socket.socket()
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = server.context().wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                self.incoming.write(self.socket.recv(65536))
        self.socket.sendall(self.outgoing.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def encrypt(self, data):
        self.tls.write(data)
        return self.outgoing.read()

    def record(self):
        """One record as it comes: its type and its plain text."""
        head = self._exactly(5)
        body = self._exactly(int.from_bytes(head[3:], "big"))
        self.incoming.write(head + body)
        try:
            return head[0], self.tls.read(65536)
        except ssl.SSLWantReadError:
            return head[0], b""

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("the connection is closed")
            data += piece
        return data

    def answer(self):
        """The records of one answer."""
        records = []
        while not records or not whole(b"".join(records)):
            kind, text = self.record()
            assert kind == APPLICATION_DATA
            if text:
                records.append(text)
        return records

    def asked(self, text):
        """The answer to that request, and how long it took."""
        data, begun = self.encrypt(text), time.monotonic()
        self.socket.sendall(data)
        return b"".join(self.answer()), time.monotonic() - begun


def whole(answer):
    head, blank, body = answer.partition(b"\r\n\r\n")
    length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(blank) and len(body) == length[0]


def usual(times):
    """Half of them took no longer: on a busy machine a few do."""
    return sorted(times)[len(times) // 2]


def request(body, path="/mutate"):
    text = json.dumps(body).encode()
    return HEAD.format(path, len(text)).encode() + text


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
def test_an_answer_is_one_record(server, path):
    """Headers and body, so a client is woken once."""
    with Wire(server) as wire:
        for _ in range(3):
            wire.socket.sendall(wire.encrypt(request(review(), path)))
            records = wire.answer()
            assert len(records) == 1 and records[0].startswith(b"HTTP/1.1 200")


def test_short_answers_leave_at_once(server):
    """libmicrohttpd corks the socket for what fits into one packet; Linux lets go of such after 200 ms (tcp(7))."""
    with Wire(server) as wire:
        times = []
        for _ in range(50):
            answer, seconds = wire.asked(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answer.endswith(b"\r\n\r\nok")
            times.append(seconds)
    assert usual(times) < CORKED, times


def test_answers_of_all_sizes_leave_at_once(server):
    """What one answer did to the socket must not hold back the next."""
    with Wire(server) as wire:
        short, long = [], []
        for _ in range(30):
            short.append(wire.asked(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")[1])
            answer, seconds = wire.asked(request(review(pod_of(4))))
            assert 1400 < len(answer) < 8192
            long.append(seconds)
    assert usual(short) < CORKED and usual(long) < CORKED, (short, long)


def pod_of(containers):
    made = pod()
    made["spec"]["containers"] += [{"name": f"c{i}", "image": "x"} for i in range(containers)]
    return made


def test_handshakes_that_do_not_go_on_cost_nothing(start):
    """Half a ClientHello and silence, fifty times over, while a usual client is served."""
    server = start("--threads", "1")
    hello = bytes.fromhex("16030102000100 01fc0303".replace(" ", ""))
    waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for one in waiting:
        one.sendall(hello)
    server.post("/mutate", review()).review
    before, begun = server.cpu_seconds, time.monotonic()
    time.sleep(4)
    spent = (server.cpu_seconds - before) / (time.monotonic() - begun)
    for _ in range(20):
        server.post("/mutate", review()).review
    for one in waiting:
        one.close()
    assert spent < 0.125, "of a processor"


def test_a_long_answer_comes_whole(server):
    """Longer than what is held back: a patch of many containers."""
    body = review(pod_of(300))
    with Wire(server) as wire:
        wire.socket.sendall(wire.encrypt(request(body)))
        text = b"".join(wire.answer())
        assert len(text) > 8192 and json.loads(text.partition(b"\r\n\r\n")[2])["response"]["uid"] == body["request"]["uid"]


def test_records_in_pieces(server):
    """A record byte by byte, and its header alone."""
    with Wire(server) as wire:
        data = wire.encrypt(request(review()))
        for piece in (data[:3], data[3:5], data[5:6], data[6:]):
            wire.socket.sendall(piece)
        assert b"".join(wire.answer()).startswith(b"HTTP/1.1 200")
        for byte in wire.encrypt(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
            wire.socket.sendall(bytes([byte]))
        assert b"".join(wire.answer()).endswith(b"ok")


def test_many_records_at_once(server):
    """Requests of one segment, in a record each or all in one, are answered one by one and in their order."""
    bodies = [review() for _ in range(8)]
    for i, body in enumerate(bodies):
        body["request"]["uid"] = f"00000000-0000-0000-0000-{i:012}"
    with Wire(server) as wire:
        for data in (b"".join(wire.encrypt(request(body)) for body in bodies), wire.encrypt(b"".join(map(request, bodies)))):
            wire.socket.sendall(data)
            for body in bodies:
                assert body["request"]["uid"].encode() in b"".join(wire.answer())


def test_who_never_reads_is_cut_off(start):
    """Requests without end and no answer taken: the connection ends, nobody waits for it."""
    server = start("--threads", "1")
    data = request(review())
    with Wire(server, room=4096) as wire:
        with pytest.raises(ConnectionError):
            for _ in range(20000):
                wire.socket.sendall(wire.encrypt(data))
        for _ in range(5):
            server.post("/mutate", review()).review
