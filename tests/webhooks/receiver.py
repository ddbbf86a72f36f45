"""A receiver of webhooks as people write it: the standard library's server, in a process of its own.

It appends what it is sent to a file, a JSON line each, and answers as another file says: a line for each request, such
as ``200``, ``503 Retry-After: 7`` or ``302 Location: http://...``; beyond the last line as the last line says.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        taken = json.dumps({"path": self.path, "headers": headers, "body": body, "at": time.time()})
        place = Path(sys.argv[1])
        count = len((place / "taken").read_text().splitlines())
        with (place / "taken").open("a") as file:
            file.write(taken + "\n")
        answers = (place / "answers").read_text().splitlines()
        status, _, header = answers[min(count, len(answers) - 1)].partition(" ")
        self.send_response(int(status))
        if header:
            self.send_header(*header.split(": ", 1))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the file says it."""


if __name__ == "__main__":
    Path(sys.argv[1], "taken").touch()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Path(sys.argv[1], "port").write_text(str(server.server_address[1]))
    server.serve_forever()
