"""An SMTP server for tests, which answers each step of a session as the test says."""

import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


class Hang:
    """Do not answer at this step until `let_go()`, then answer as usual."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        self._released.wait(30)

    def let_go(self) -> None:
        self._released.set()


@dataclass(frozen=True)
class Drop:
    """Close the connection at this step, perhaps after a last reply."""

    after: str = ""


@dataclass(frozen=True)
class Repeat:
    """Send the same bytes again and again, with a pause, until the client hangs up."""

    words: bytes
    pause_seconds: float = 0


Action = str | bytes | Hang | Drop | Repeat

USUAL = {
    "connect": "220 test ESMTP",
    "STARTTLS": "220 2.0.0 Go ahead",
    "AUTH": "235 2.7.0 Accepted",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "dot": "250 2.0.0 OK queued",
    "RSET": "250 2.0.0 OK",
    "NOOP": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 Bye",
}


@dataclass(frozen=True)
class Received:
    """An accepted mail: envelope, bytes without dot-stuffing, its connection's number, the time."""

    sender: str
    recipient: str
    content: bytes
    connection: int
    at: float = field(default_factory=time.time)


@dataclass
class SmtpServer:
    """Listens from `start()` to `stop()`; accepts every mail unless `answer()` says otherwise."""

    extensions: list[str] = field(default_factory=lambda: ["8BITMIME", "SMTPUTF8"])
    tls: ssl.SSLContext | None = None
    tls_from_the_start: bool = False
    mails_per_connection: int = 1_000_000
    connections: int = 0
    port: int = 0
    received: list[Received] = field(default_factory=list)
    # Every mail that was sent whole, with the bytes as they were on the wire, and every command.
    wire: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next: dict[str, deque[Action]] = defaultdict(deque)
        self._always: dict[str, Action] = {}
        self._hangs: list[Hang] = []
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def answer(self, step: str, *actions: Action, always: bool = False) -> None:
        """Answer a step so the next times, one action each time, or always from now on.

        Steps are `connect`, the names of commands, and `dot`, the end of a mail.
        """
        self._hangs += [action for action in actions if isinstance(action, Hang)]
        if always:
            (self._always[step],) = actions
        else:
            self._next[step].extend(actions)

    def as_usual(self) -> None:
        """Drop all that `answer()` set."""
        self._next.clear()
        self._always.clear()

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._run(self._accept)

    def stop(self) -> None:
        """Close all connections at once, and end every Hang."""
        # `close` alone does not wake the thread that is in `accept`.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for hang in self._hangs:
                hang.let_go()
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _run(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # a method
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
                number = self.connections
            self._run(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError, ConnectionError), _closing(connection):
            if self.tls is not None and self.tls_from_the_start:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Session(self, connection, number).run()
        with self._lock:
            self._open.discard(connection)

    def action(self, step: str) -> Action | None:
        """Return what `answer()` set for this step, if anything."""
        with self._lock:
            if self._next[step]:
                return self._next[step].popleft()
            return self._always.get(step)


class _Ended(ConnectionError):
    """The session is over."""


class _Session:
    """An SMTP session, from its greeting to its end."""

    def __init__(self, server: SmtpServer, connection: socket.socket, number: int) -> None:
        self.server, self.connection, self.number = server, connection, number
        self.lines = connection.makefile("rb")
        self.sender = self.recipient = ""
        self.mails_received = 0

    def run(self) -> None:
        self._say("connect")
        while line := self.lines.readline():
            command = line.decode(errors="surrogateescape").strip()
            self.server.commands.append(command)
            self._handle(command, command.split(" ", 1)[0].split(":")[0].upper())

    def _handle(self, command: str, verb: str) -> None:
        if verb in ("EHLO", "HELO"):
            offers = [f"250-{word}" for word in ("test", *self.server.extensions)]
            offers[-1] = offers[-1].replace("-", " ", 1)
            self._say(verb, "\r\n".join(offers))
        elif verb == "MAIL" and self.mails_received >= self.server.mails_per_connection:
            self._send("421 4.7.0 Too many mails on this connection")
        elif verb == "MAIL":
            self.sender, self.recipient = command.split("<", 1)[-1].split(">")[0], ""
            self._say(verb)
        elif verb == "RCPT":
            recipient = command.split("<", 1)[-1].rsplit(">", 1)[0]
            self.recipient = recipient if self._say(verb).startswith("25") else ""
        elif verb == "DATA":
            usual = USUAL[verb] if self.recipient else "503 5.5.1 RCPT first"
            if self._say(verb, usual).startswith("354"):
                self._receive()
        elif verb == "STARTTLS":
            if self._say(verb).startswith("220") and self.server.tls is not None:
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                self.lines = self.connection.makefile("rb")
        else:
            self._say(verb)
            if verb == "QUIT":
                raise _Ended

    def _receive(self) -> None:
        lines = []
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                raise _Ended
            lines.append(line)
        self.server.wire.append(b"".join(lines))
        self.mails_received += 1
        action = self.server.action("dot")
        if not isinstance(action, (str, bytes)) or action[:3] in ("250", b"250"):
            # Stored before the answer, as in a real server: the answer may be lost.
            content = b"".join(line[1:] if line.startswith(b".") else line for line in lines)
            mail = Received(self.sender, self.recipient, content, self.number)
            self.server.received.append(mail)
        self._perform(action, USUAL["dot"])

    def _say(self, step: str, usual: str = "") -> str:
        return self._perform(self.server.action(step), usual or USUAL.get(step, "502 5.5.1 What?"))

    def _perform(self, action: Action | None, usual: str) -> str:
        if isinstance(action, Drop):
            if action.after:
                self._send(action.after)
            raise _Ended
        while isinstance(action, Repeat):
            self.connection.sendall(action.words)
            time.sleep(action.pause_seconds)
        if isinstance(action, Hang):
            action.wait()
        elif isinstance(action, bytes):
            self.connection.sendall(action)
            return ""
        elif action is not None:
            usual = action
        self._send(usual)
        return usual

    def _send(self, reply: str) -> None:
        self.connection.sendall(f"{reply}\r\n".encode())
        if reply.startswith("421"):
            raise _Ended


@contextmanager
def _closing(connection: socket.socket) -> Iterator[None]:
    try:
        yield
    finally:
        # Ends the peer's side, too, when a TLS object still holds the descriptor.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


@contextmanager
def running(**options: object) -> Iterator[SmtpServer]:
    """Run a server on a port of its own until the end of the block."""
    server = SmtpServer(**options)  # type: ignore[arg-type]  # the fields above
    server.start()
    try:
        yield server
    finally:
        server.stop()
