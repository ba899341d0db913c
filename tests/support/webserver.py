# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server on this machine that serves small files, completely or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class WebServer:
    """What to serve: path -> (bytes sent, announced length or None). ``asked`` lists the paths in order."""

    address: str
    pages: dict[str, tuple[bytes, int | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def serve(self, path: str, content: bytes) -> str:
        """Serve ``content`` completely and return its address."""
        self.pages[path] = (content, len(content))
        return self.address + path

    def break_off(self, path: str, content: bytes, announced: int | None) -> str:
        """Serve only ``content`` of a file of ``announced`` bytes, then close the connection."""
        self.pages[path] = (content, announced)
        return self.address + path


@contextmanager
def web_server() -> Iterator[WebServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            if self.path not in served.pages:
                self.send_error(404)
                return
            content, announced = served.pages[self.path]
            self.send_response(200)
            if announced is not None:
                self.send_header("Content-Length", str(announced))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = WebServer(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
