"""Does splitting take time in proportion to the text, for ordinary and for hostile text?

    .venv/bin/python -m tests.benchmarks.quotes_time

For each shape of text: milliseconds of processor time for 100, 200 and 1,000 kB, and the time
for 200 kB as a multiple of that for 100 kB (linear: about 2).
"""

from __future__ import annotations

import sys
import time

from tickets.quotes.segments import split_segments

SIZES = (100_000, 200_000, 1_000_000)

SHAPES = {
    "prose": "The printer on the second floor is broken, and it was so on 3 May.\n",
    "blank lines": "\n",
    "lines of blanks": " \t \n",
    "quoted lines": "> text\n",
    "quote marks": ">\n",
    "answered lines": "> text\nyes\n",
    "attributions": "On 1 Jan 2020 at 10:00, X <a@b.example> wrote:\n",
    "Gmail, Russian": "вт, 3 мар. 2015 г. в 12:00, А <a@b.example>:\n",
    "half attributions": "On 1 Jan 2020 at 10:00, X <\n",
    "verbs": "wrote:\n",
    "days and verbs": "в 1 wrote\n",
    "numbers": "1:\n",
    "addresses": "a@b\n",
    "open brackets": "1 a@b <\n\n",
    "banners": "-----Original Message-----\n",
    "headers": "From: x\n",
    "header blocks": "From: x\nSubject: y\nTo: z\n",
    "wrapped headers": "To: a@b\nzz\nzz\nzz\nzz\n",
    "dashes": "--\n",
    "rules": "x\n-----\n",
    "device lines": "Sent from my iPhone\n",
    "nearly device lines": "sent from a b c d e\n",
    "fences": "```\n",
    "one long line": "On 1 Jan 2020 wrote ",
    "one long device line": "sent from my iphone ",
    "one long rule": "_",
    "lines of 400": "a b " * 100 + "\n",
}


def milliseconds(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        split_segments(text)
        best = min(best, time.process_time() - started)
    return best * 1_000


def main() -> None:
    sys.stdout.write(f"{'':24}{'100 kB':>9}{'200 kB':>9}{'1 MB':>9}  ratio\n")
    for name, unit in SHAPES.items():
        split_segments((unit * 1_000)[:10_000])
        taken = [milliseconds((unit * (size // len(unit) + 1))[:size]) for size in SIZES]
        columns = "".join(f"{one:9.1f}" for one in taken)
        sys.stdout.write(f"{name:24}{columns}{taken[1] / max(taken[0], 0.001):7.2f}\n")


if __name__ == "__main__":
    main()
