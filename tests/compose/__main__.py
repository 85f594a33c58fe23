"""Build and start the stack, check it through nginx, and remove it."""

import signal
import sys
import time
import traceback
from types import FrameType

from tests.compose import checks
from tests.compose.stack import Stack, StackError, require_engine

# Twenty times as long as it takes when the base images are present.
LIMIT_SECONDS = 1800


def main() -> int:
    """Return 0 if all checks pass; otherwise print the reason and return 1."""
    started = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _stop)
    signal.alarm(LIMIT_SECONDS)
    try:
        require_engine()
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    stack = Stack()
    try:
        for check in checks.ALL:
            began = time.monotonic()
            check(stack)
            description = (check.__doc__ or check.__name__).partition("\n\n")[0].strip().rstrip(".")
            print(f"ok  {description} ({time.monotonic() - began:.1f} s)", flush=True)
    except (StackError, AssertionError) as error:
        if isinstance(error, AssertionError):
            traceback.print_exc()
        print(f"FAILED  {error}", file=sys.stderr, flush=True)
        print(stack.logs(), file=sys.stderr, flush=True)
        return 1
    finally:
        stack.remove()
    print(f"All {len(checks.ALL)} checks passed, in {time.monotonic() - started:.0f} s.")
    return 0


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StackError(f"ended by {signal.Signals(number).name}")


if __name__ == "__main__":
    sys.exit(main())
