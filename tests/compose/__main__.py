"""Build the stack, bring it up beside whatever else runs, try it through nginx, take it down."""

import signal
import sys
import time
import traceback
from types import FrameType

from tests.compose import checks
from tests.compose.stack import Stack, StackError, require_engine

# Twenty times what it takes with the base images there.
LIMIT_SECONDS = 1800


def main() -> int:
    """Return 0 when every check held, 1 with the reason when one did not."""
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
            told = (check.__doc__ or check.__name__).partition("\n\n")[0].strip().rstrip(".")
            print(f"ok  {told} ({time.monotonic() - began:.1f} s)", flush=True)
    except (StackError, AssertionError) as error:
        if isinstance(error, AssertionError):
            traceback.print_exc()
        print(f"FAILED  {error}", file=sys.stderr, flush=True)
        print(stack.logs(), file=sys.stderr, flush=True)
        return 1
    finally:
        stack.remove()
    print(f"All {len(checks.ALL)} checks held, in {time.monotonic() - started:.0f} s.")
    return 0


def _stop(number: int, _frame: FrameType | None) -> None:
    raise StackError(f"ended by {signal.Signals(number).name}")


if __name__ == "__main__":
    sys.exit(main())
