"""The command `make chaos`: SEED and N choose the run; it exits with 1 if a check failed."""

import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tests.chaos import table
from tests.chaos.run import environment_number, run

_MAILS = 10_000


def main() -> int:
    """Run it and return the exit status; the folder of a run that failed is kept."""
    seed = environment_number("SEED", secrets.randbelow(1_000_000))
    count = environment_number("N", _MAILS)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    folder = Path(tempfile.mkdtemp(prefix="servicedesk-chaos-"))
    _say(f"SEED={seed} N={count}, in {folder}")
    report = run(folder / "run", seed=seed, count=count, say=_say)
    for line in table.lines(report):
        _say(line)
    if not report.is_clean:
        _say(f"SEED={seed} N={count} make chaos; what is left lies in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("Stopped.")


if __name__ == "__main__":
    sys.exit(main())
