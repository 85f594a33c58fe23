"""HTTP servers that record requests: hostile pages are served, and must request nothing else."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Answer = tuple[Mapping[str, str], str]


@dataclass
class Server:
    """An HTTP server on this machine that remembers the paths it was asked for."""

    answer: Callable[[str], Answer]
    asked: list[str] = field(default_factory=list)
    host: str = ""

    def asked_by(self, number: int) -> bool:
        return any(path.startswith(f"/{number}/") or path == f"/{number}" for path in self.asked)


@contextmanager
def serving(answer: Callable[[str], Answer]) -> Iterator[Server]:
    server = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            server.asked.append(path)
            headers, page = server.answer(path)
            body = page.encode()
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.host = f"127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
