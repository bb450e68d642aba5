"""The HTTPS of the API servers that tests make (pytest.ini: pythonpath = ../lib)."""

import socketserver
import ssl
import threading
from http.server import ThreadingHTTPServer


class Https(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):  # without the look-up of our own name
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address

    def handle_error(self, *_):
        pass  # clients that leave


def serve(handler, api, certs, port=0):
    """A server on loopback whose handlers find api in self.server.api; certs has tls.crt and tls.key. It runs in threads."""
    http = Https(("127.0.0.1", port), handler)
    http.api = api
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "tls.crt", certs / "tls.key")
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    return http
