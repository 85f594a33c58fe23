"""A mail server that accepts all mail: `python -m tests.benchmarks.smtp_sink PORT SECONDS_A_MAIL`.

In a process of its own, because it would share the interpreter with what is measured.
"""

import socket
import socketserver
import sys
import time

_REPLIES = {
    b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 PIPELINING\r\n",
    b"MAIL": b"250 2.1.0 OK\r\n",
    b"RCPT": b"250 2.1.5 OK\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


class _Session(socketserver.StreamRequestHandler):
    seconds_a_mail = 0.0
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.request.sendall(b"220 sink ESMTP\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            self.request.sendall(_REPLIES.get(command, b"250 2.0.0 OK\r\n"))
            if command == b"QUIT":
                return
            if command == b"DATA":
                while self.rfile.readline() != b".\r\n":
                    pass
                time.sleep(self.seconds_a_mail)
                self.request.sendall(b"250 2.0.0 OK queued\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    address_family = socket.AF_INET


if __name__ == "__main__":
    _Session.seconds_a_mail = float(sys.argv[2])
    with _Server(("127.0.0.1", int(sys.argv[1])), _Session) as server:
        server.serve_forever()
