"""No regular expression of ours takes more than half a second on hostile text."""

import subprocess
import sys

import pytest

# In a process of its own: a pattern that backtracks cannot be interrupted from within.
PROGRAM = r"""
import importlib, os, pathlib, pkgutil, re, sys, time
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
importlib.import_module("config.urls")  # drf-yasg knows where to begin

def patterns(value, depth=0):
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from patterns(each, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        yield from patterns([*value, *value.values()], depth + 1)
    elif depth < 4 and type(value).__module__.split(".")[0] in APPS:
        yield from patterns(list(getattr(value, "__dict__", {}).values()), depth + 1)

APPS = ("operators", "tickets", "mailing", "config")
found = {}
for app in APPS:
    package = importlib.import_module(app)
    for module in pkgutil.walk_packages(package.__path__, app + "."):
        if ".migrations" in module.name or module.name.startswith("config.local"):
            continue
        if module.name.endswith(("wsgi", "celery", "__main__")):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            for pattern in patterns(value):
                found[pattern] = f"{module.name}.{name}"

# Quadratic, and given at most a line of a signature.
BOUNDED = {"tickets.quotes.signatures._DEVICE_LINE"}
UNITS = [
    " ", "\t", "\n", "\r\n", "a", "1", "-", "=", ">", "<", "<a ", "@", "a@", "a.", ".", "\"", "'",
    "(", ")", "[", "]", "&#", "<!--", "a ", " a", "\n>", "\n> ", "On ", "Re: ", "RE[2]: ", "от ",
    "=?", "=?utf-8?q?", "?=", "<>", ":", ": ", ";", ",", "url(", "/*", "\\", "%", "a@b.c ", "12:",
    "0 ", "__",
]
# By name, how the sources use it: most are matched at a place, not searched for.
sources = "".join(path.read_text() for app in APPS for path in pathlib.Path(app).rglob("*.py"))
slow = []
for pattern, name in found.items():
    if name in BOUNDED:
        continue
    uses = set(re.findall(rf"\b{name.rpartition('.')[2]}\.(match|fullmatch|search|sub)\(", sources))
    for unit in UNITS:
        text = unit * (3_000 // len(unit)) + "!"
        subject = text if isinstance(pattern.pattern, str) else text.encode()
        began = time.process_time()
        for use in uses or {"search"}:
            pattern.sub(subject[:0], subject) if use == "sub" else getattr(pattern, use)(subject)
        if time.process_time() - began > 0.5:
            slow.append(f"{name} {pattern.pattern[:60]!r} on {unit!r}")
print(len(found), "patterns")
print("\n".join(slow))
sys.exit(bool(slow))
"""


@pytest.mark.slow
def test_patterns_take_hostile_text_in_reasonable_time() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert int(done.stdout.split()[0]) > 50
