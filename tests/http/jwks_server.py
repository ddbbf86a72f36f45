"""An issuer's server for its public keys, as a process of its own: serves ``keys.json`` of the directory it is given.

Over TLS where it is given a certificate. It prints its port, notes each request as a byte in ``requests``, and does not
answer while there is a file ``silent``.
"""

import http.server
import ssl
import sys
import threading
from pathlib import Path

DIRECTORY = Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with (DIRECTORY / "requests").open("ab") as noted:
            noted.write(b".")
        if (DIRECTORY / "silent").exists():
            threading.Event().wait()
        body = (DIRECTORY / "keys.json").read_bytes()
        self.send_response(200 if self.path == "/keys" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 2:  # a certificate and its key in one file
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2])
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()
