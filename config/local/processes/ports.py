"""Find free ports on the loopback interface."""

import random
import socket

from config.local.errors import LocalError

HOST = "127.0.0.1"
# Below the ephemeral ports (Linux 32768 and up, macOS 49152 and up), so that no outgoing connection
# takes the port of a server while it is restarted.
_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Return whether a server can listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections in TIME_WAIT do not occupy a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def is_listening(port: int, *, host: str = HOST, timeout_seconds: float = 0.5) -> bool:
    """Return whether a server accepts connections on this port now."""
    try:
        with socket.create_connection((host, port), timeout=timeout_seconds):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Return this many different free ports; raise LocalError when there are too few.

    They are drawn at random, so that copies started at the same moment get different ports.
    """
    ports: list[int] = []
    for port in random.SystemRandom().sample(_RANGE, 500):
        if len(ports) == count:
            break
        if is_free(port):
            ports.append(port)
    if len(ports) < count:
        raise LocalError(f"No free port was found from {_RANGE.start} to {_RANGE.stop}.")
    return ports
