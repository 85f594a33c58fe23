"""`python -m config.local run` and `demo`."""

import sys

from config.local.demo import demo
from config.local.errors import LocalError
from config.local.run import run, say

_COMMANDS = {"run": run, "demo": demo}


def main() -> int:
    """Run the command and return the exit status; what goes wrong is told in one sentence."""
    command = _COMMANDS.get(" ".join(sys.argv[1:]))
    if command is None:
        say("Usage: python -m config.local run|demo")
        return 2
    try:
        command()
    except LocalError as error:
        print(f"ServiceDesk: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
