"""`manage.py translations`: update the Russian catalogue; it needs `requirements/dev.txt`."""

from argparse import ArgumentParser
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

APPS = ("config", "operators", "tickets", "mailing", "tasks")


class Command(BaseCommand):
    help = (
        "Write new messages of the code into the catalogue and compile it. With --check write "
        "nothing, and fail when a message has no translation or the compiled file is an old one."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        po = Path(settings.LOCALE_PATHS[0], "ru", "LC_MESSAGES", "django.po")
        with po.open("rb") as file:
            catalogue = read_po(file, locale="ru")
        # With the old date, so that a run without changes leaves the file as it is.
        template = Catalog(creation_date=catalogue.creation_date)
        _add_messages(template, settings.BASE_DIR)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        missing = [message.id for message in catalogue if message.id and not _is_whole(message)]
        if not options["check"]:
            with po.open("wb") as file:
                write_po(file, catalogue, width=100, sort_output=True)
            po.with_suffix(".mo").write_bytes(compiled.getvalue())
        elif po.with_suffix(".mo").read_bytes() != compiled.getvalue():
            raise CommandError("The compiled catalogue is old: run manage.py translations.")
        if missing:
            raise CommandError(f"{len(missing)} messages lack a translation in {po}: {missing}")


def _add_messages(template: Catalog, root: Path) -> None:
    """Add the messages that the code passes to gettext."""
    keywords = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
    for app in APPS:
        for _file, _line, message, _comments, _context in extract_from_dir(
            root / app, method_map=[("**.py", "python")], keywords=keywords
        ):
            template.add(message)
        for page in sorted((root / app).rglob("templates/**/*.html")):
            # Without indentation, which in a page means nothing, and in Python an error.
            code = "\n".join(map(str.strip, templatize(page.read_text()).splitlines()))
            found = extract("python", BytesIO(code.encode()), keywords)
            for _line, message, _comments, _context in found:
                template.add(message)


def _is_whole(message: Message) -> bool:
    """Return whether a message has a translation, in each plural form."""
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)
