"""`python -m config.local run [FOLDER]`, `demo` and `manage COMMAND …`."""

import sys
from pathlib import Path

from config.local.demo.play import demo
from config.local.errors import LocalError
from config.local.manage import manage
from config.local.run import run, say


def main() -> int:
    """Run the command and return the exit status; an error is one sentence on standard error."""
    try:
        match sys.argv[1:]:
            case ["run"]:
                run()
            case ["run", folder]:
                run(Path(folder))
            case ["demo"]:
                demo()
            case ["manage", *command] if command:
                return manage(command)
            case _:
                say("Usage: python -m config.local run [FOLDER] | demo | manage COMMAND …")
                return 2
    except LocalError as error:
        print(f"ServiceDesk: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
