"""A Service, as far as an API server sees one: one address, each connection goes to the next endpoint that takes it."""

import itertools
import socket
import threading


class Service:
    def __init__(self, port):
        self.endpoints, self.turn = [], itertools.count()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _connect(self):
        endpoints = list(self.endpoints)
        first = next(self.turn)
        for n in range(len(endpoints)):
            try:
                return socket.create_connection(("127.0.0.1", endpoints[(first + n) % len(endpoints)]), timeout=2)
            except OSError:
                continue  # not there (yet, or any more): kube-proxy would know
        return None

    def _serve(self, client):
        server = self._connect()
        if server is None:
            client.close()
            return
        server.settimeout(None)
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)

    def close(self):
        self.listener.close()


def pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    for one in (source, sink):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
