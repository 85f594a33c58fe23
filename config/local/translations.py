"""Check the message catalogues, or bring them up to date: `... translations check|update`.

Django's own makemessages and compilemessages need GNU gettext, which a fresh machine lacks; here
Django's template reader, babel and polib do the same work.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import polib  # type: ignore[import-untyped]  # no stubs are locked
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from django.utils.translation.template import templatize

from config.local.stack import BASE_DIR

_FOLDERS = ["config", "operators", "tickets", "mailing", "tasks"]
_LANGUAGES = ["ru"]  # English is what stands in the code
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# A msgctxt, a msgid and a plural, each possibly empty.
_Key = tuple[str, str, str]


def catalogue(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return BASE_DIR / "config" / "locale" / language / "LC_MESSAGES" / "django.po"


def marked() -> dict[_Key, list[tuple[str, str]]]:
    """Return each marked message with the files that hold it."""
    found: dict[_Key, list[tuple[str, str]]] = {}
    for path, source in _sources():
        for _line, function, parts, _comments in extract_python(
            io.BytesIO(source.encode()), _KEYWORDS, [], {"encoding": "utf-8"}
        ):
            words = [parts] if isinstance(parts, str) else [one or "" for one in parts]
            name = str(function)
            context = words.pop(0) if name.startswith(("pgettext", "npgettext")) else ""
            plural = words[1] if name.startswith(("ngettext", "npgettext")) else ""
            if words and words[0]:
                place = (path.relative_to(BASE_DIR).as_posix(), "")
                places = found.setdefault((context, words[0], plural), [])
                if place not in places:
                    places.append(place)
    return found


def problems(language: str) -> Iterator[str]:
    """Say what is missing in a catalogue, superfluous, doubtful or not compiled."""
    path = catalogue(language)
    if not path.is_file():
        yield f"{path.relative_to(BASE_DIR)} is missing"
        return
    entries = {_key(entry): entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    wanted = marked()
    for key in sorted(wanted.keys() - entries.keys()):
        yield f"not in the catalogue: {key[1]!r} ({wanted[key][0][0]})"
    for key in sorted(entries.keys() - wanted.keys()):
        yield f"nowhere in the code any more: {key[1]!r}"
    for entry in entries.values():
        if entry.fuzzy or not entry.translated():
            yield f"not translated: {entry.msgid!r}"
    compiled = path.with_suffix(".mo")
    if not compiled.is_file() or compiled.read_bytes() != polib.pofile(str(path)).to_binary():
        yield f"{compiled.relative_to(BASE_DIR)} is not what its .po says"


def update(language: str) -> None:
    """Bring a catalogue up to date with the code, keep its translations, and compile it."""
    path = catalogue(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    old = {_key(entry): entry for entry in polib.pofile(str(path))} if path.is_file() else {}
    new = polib.POFile(wrapwidth=100)
    new.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
        "(n%100<10 || n%100>=20) ? 1 : 2);",
    }
    for key, places in sorted(marked().items(), key=lambda item: (item[1], item[0])):
        context, text, plural = key
        entry = polib.POEntry(msgid=text, msgctxt=context or None, msgid_plural=plural)
        if plural:
            entry.msgstr_plural = old[key].msgstr_plural if key in old else {0: "", 1: "", 2: ""}
        else:
            entry.msgstr = old[key].msgstr if key in old else ""
        entry.flags = old[key].flags if key in old else []
        entry.occurrences = places
        new.append(entry)
    new.save(str(path))
    new.save_as_mofile(str(path.with_suffix(".mo")))


def main() -> int:
    """Check or update every language and return the exit status."""
    if sys.argv[1:] == ["update"]:
        for language in _LANGUAGES:
            update(language)
        return 0
    found = [f"{language}: {one}" for language in _LANGUAGES for one in problems(language)]
    for one in found:
        print(one)
    return 1 if found else 0


def _sources() -> Iterator[tuple[Path, str]]:
    """Yield Python source, and templates rewritten so that they read like it."""
    for name in _FOLDERS:
        for path in sorted((BASE_DIR / name).rglob("*")):
            if path.suffix == ".py" and "migrations" not in path.parts:
                yield path, path.read_text()
            elif path.suffix in (".html", ".txt") and "templates" in path.parts:
                yield path, templatize(path.read_text(), origin=str(path))


def _key(entry: polib.POEntry) -> _Key:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


if __name__ == "__main__":
    sys.exit(main())
