"""Who may call which URL: a table for each part of the API and of the desk."""

from importlib import import_module
from pkgutil import iter_modules

PARTS = [
    import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__)
    if module.name != "base"
]
TABLE = [row for part in PARTS for row in part.ROWS]
BODIES = {name: body for part in PARTS for name, body in part.BODIES.items()}
