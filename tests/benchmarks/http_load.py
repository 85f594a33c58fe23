"""Send prepared HTTP requests over several connections at once, and take the time of each."""

import math
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from config.local.processes.ports import HOST


@dataclass(frozen=True)
class Load:
    """How long a number of requests took: together, and each (sorted)."""

    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """Return the latency in seconds that so many percent of the requests did not exceed."""
        return self.latencies[math.ceil(len(self.latencies) * percent / 100) - 1]


class _Client:
    """One connection, kept open as long as the server does, with one request at a time."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self._socket: socket.socket | None = None
        self._answer = b""
        self._sent_at = 0.0

    def send(self, request: bytes) -> None:
        self._sent_at = time.perf_counter()
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._answer = b""
        self._socket.sendall(request)

    def receive(self, wanted_status: int) -> float | None:
        """Read what has come; return the request's seconds when the answer is complete."""
        assert self._socket is not None
        piece = self._socket.recv(1 << 16)
        assert piece, f"the server closed a connection after {self._answer!r}"
        self._answer += piece
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return None
        fields = dict(
            line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line
        )
        if len(body) < int(fields[b"content-length"]):
            return None
        assert int(self._answer[9:12]) == wanted_status, self._answer
        if fields.get(b"connection") == b"close":
            self.close()
        return time.perf_counter() - self._sent_at

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


def send_all(port: int, requests: Sequence[bytes], *, clients: int, status: int) -> Load:
    """Send the requests to a server on this machine, each as soon as a client is free.

    Every answer must have this status and a Content-Length.
    """
    selector = selectors.DefaultSelector()
    waiting = iter(requests)
    latencies: list[float] = []
    everyone = [_Client(port, selector) for _ in range(clients)]
    began = time.perf_counter()
    for client, request in zip(everyone, waiting, strict=False):
        client.send(request)
    while len(latencies) < len(requests):
        for key, _events in selector.select(timeout=30):
            client = key.data
            if (seconds := client.receive(status)) is not None:
                latencies.append(seconds)
                if (following := next(waiting, None)) is not None:
                    client.send(following)
    took = time.perf_counter() - began
    for client in everyone:
        client.close()
    selector.close()
    return Load(took, sorted(latencies))
