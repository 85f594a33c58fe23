"""`make chaos`: SEED and N say what is done; the exit status says whether every promise held."""

import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tests.chaos import table
from tests.chaos.run import environment_number, run

_LETTERS = 10_000


def main() -> int:
    """Run it; a clean run leaves nothing behind, another one its folder."""
    seed = environment_number("SEED", secrets.randbelow(1_000_000))
    count = environment_number("N", _LETTERS)
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
