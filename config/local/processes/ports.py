"""Find free ports on the loopback interface."""

import random
import socket

from config.local.errors import LocalError

HOST = "127.0.0.1"
# Below the ranges from which systems take the near end of outgoing connections (Linux 32768 and up,
# macOS 49152 and up): a server that is restarted must find its port as it left it.
_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port with connections in TIME_WAIT only is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def is_listening(port: int, *, host: str = HOST, timeout_seconds: float = 0.5) -> bool:
    """Tell whether something takes connections on this port now."""
    try:
        with socket.create_connection((host, port), timeout=timeout_seconds):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Return that many different ports that nothing uses; raise LocalError when there are not.

    They are drawn at random so that copies started in the same moment do not meet.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(_RANGE, 500):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    if len(found) < count:
        raise LocalError(f"No free port was found from {_RANGE.start} to {_RANGE.stop}.")
    return found
