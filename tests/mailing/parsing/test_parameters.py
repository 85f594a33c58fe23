"""File names and other parameters of header fields, in every form that mail programs write."""

from __future__ import annotations

import time

import pytest

from mailing.parsing import parameters
from tests.mailing.parsing.samples import files_of, multipart


def name_of(*fields: str) -> str:
    """Return the file name of an attachment with these header fields."""
    part = "\n".join([*fields, "Content-Transfer-Encoding: base64", "", "JVBERi0xLjQK"])
    return files_of(multipart("mixed", "\nSee the file.", part))[0][0]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=a.txt; size=3", "a.txt"),
        ("attachment; filename*=utf-8''%D0%B0.txt", "а.txt"),
        ("attachment; filename*0=long; filename*1=name.txt", "longname.txt"),
        ("attachment; filename*0*=koi8-r''%C1; filename*1=b.txt", "аb.txt"),
        ('attachment; filename="=?utf-8?B?0LAudHh0?="', "а.txt"),
        ('attachment; filename="semi;colon.txt"', "semi;colon.txt"),
        ('attachment; filename="quo\\"te.txt"', 'quo"te.txt'),
        ("attachment; filename=budget 2026 (final), v2.xlsx", "budget 2026 (final), v2.xlsx"),
        ("attachment", ""),
    ],
)
def test_usual_file_names_are_read(value: str, name: str) -> None:
    assert parameters.parse(value)[1].get("filename", "") == name


@pytest.mark.parametrize(
    "form",
    [
        "filename*==?utf-8?B?0JDQutGCIDUucGRm?=",
        'filename*="=?utf-8?Q?=D0=90=D0=BA=D1=82_5=2Epdf?="',
        "filename*=utf-8''=?utf-8?B?0JDQutGCIDUucGRm?=",
        'filename*0="=?utf-8?B?0JDQutGC"; filename*1="IDUucGRm?="',
        'filename*0="=?utf-8?B?0JDQutGC?="; filename*1="=?utf-8?B?IDUucGRm?="',
        'filename*0="=?utf-8?B?0JDQutGC"; filename*1="=?utf-8?B?IDUucGRm?="',
        'filename*0="=?utf-8?Q?=D0=90=D0"; filename*1="=BA=D1=82_5.p"; filename*2="df?="',
        'filename*0*="=?utf-8?B?0JDQutGC"; filename*1*="IDUucGRm?="',
        "filename*0*==?utf-8?B?0JDQutGC; filename*1*=IDUucGRm?=",
        "filename*0*=utf-8''%D0%90%D0; filename*1*=%BA%D1%82%205.pdf",
        "filename*0*=utf-8''%D0%90%D0%; filename*1*=BA%D1%82%205.pdf",
        "filename*0*=utf-8''%D0%90%D0; filename*1=%BA%D1%82; filename*2=\" 5.pdf\"",
        "filename*0*=utf-8''%D0%90%D0%BA; filename*1*=utf-8''%D1%82%205.pdf",
        "filename*1*=utf-8''%D0%90%D0%BA; filename*2*=%D1%82%205.pdf",
        "filename*01*=%D1%82%205.pdf; filename*00*=utf-8''%D0%90%D0%BA",
        "filename*0=utf-8''%D0%90%D0%BA; filename*1=%D1%82%205.pdf",
        "filename=utf-8''%D0%90%D0%BA%D1%82%205.pdf",
        "filename=\"UTF-8'ru'%D0%90%D0%BA%D1%82%205.pdf\"",
        "filename=windows-1251''%C0%EA%F2%205.pdf",
        "filename=%D0%90%D0%BA%D1%82%205.pdf",
        "filename*=%D0%90%D0%BA%D1%82%205.pdf",
        "filename*=''%D0%90%D0%BA%D1%82%205.pdf",
        "filename*=utf-8'%D0%90%D0%BA%D1%82%205.pdf",
        "filename*=\"utf-8''%D0%90%D0%BA%D1%82%205.pdf\"",
        "filename*=utf-8''\"%D0%90%D0%BA%D1%82%205.pdf\"",
        "filename*=utf-8''Акт 5.pdf",
        "filename*=iso-8859-1''%D0%90%D0%BA%D1%82%205.pdf",
        "filename*='Акт 5.pdf'",
        "filename=\"'Акт 5.pdf'\"",
        "filename==?utf-8?Q?=D0=90=D0=BA=D1=82?= 5.pdf",
        "filename==?utf-8?Q?=D0=90=D0=BA=D1=82?=\n =?utf-8?Q?_5.pdf?=",
        'filename="=?utf-8?B?0JDQutGCIDUucGRm"',
        '=?utf-8?Q?filename=3D"=D0=90=D0=BA=D1=82_5.pdf"?=',
        "=?utf-8?Q?filename*=3Dutf-8''%D0%90%D0%BA%D1%82%205.pdf?=",
        "filename=\"????? 5.pdf\"; filename*=utf-8''%D0%90%D0%BA%D1%82%205.pdf",
        "filename*=utf-8''%3F%3F%3F.pdf; filename=\"Акт 5.pdf\"",
        'filename="Акт 5.pdf',
        'filename="Акт 5.pdf; size=5',
        'filename=Акт 5.pdf"',
        'filename="C:\\Users\\new\\Акт 5.pdf"',
        'filename="Акт 5.pdf" size=1234',
        'filename="Акт 5.pdf", size=1234',
        "filename=Акт 5.pdf size=1234",
        'filename = "Акт 5.pdf"',
        'FileName="Акт 5.pdf"; filename="second.pdf"',
        'filename=""; name="Акт 5.pdf"',
        "filename=; filename=Акт 5.pdf",
        'filename: "Акт 5.pdf"',
        "filename:Акт 5.pdf",
        "file-name=Акт 5.pdf",
        'filename*=UTF-8"Акт%205.pdf"',
        "filename=<Акт 5.pdf>",
        "filename=`Акт 5.pdf`",
        "filename=“Акт 5.pdf”",
        'filename="=?utf-8?B?PT91dGYtOD9CPzBKRFF1dEdDSURVdWNHUm0/PQ==?="',
    ],
)
def test_a_broken_file_name_is_read_as_it_was_meant(form: str) -> None:
    name = name_of("Content-Type: application/pdf", f"Content-Disposition: attachment; {form}")

    assert name.rpartition("\\")[2] == "Акт 5.pdf"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ('filename*0="=?utf-8?Q?a;b"; filename*1="c.pdf?="', "a;bc.pdf"),
        ("filename==?utf-8?Q?a;_b.pdf?=; size=4", "a; b.pdf"),
        ("filename=\"O'Brien's offer.pdf\"", "O'Brien's offer.pdf"),
        ("filename*=O'Brien's%20offer.pdf", "O'Brien's offer.pdf"),
        ('filename="100% of 50%25.pdf"', "100% of 50%25.pdf"),
        ('filename="Report%20May.pdf"', "Report%20May.pdf"),
        ("filename*0=50%41; filename*1=.pdf", "50%41.pdf"),
        ('filename="my "old" offer.pdf"', 'my "old" offer.pdf'),
        ("filename*2=c.pdf; filename*0=a", "ac.pdf"),
        ('filename="Why?.pdf"', "Why?.pdf"),
        ('filename="«Report».pdf"', "«Report».pdf"),
        ('filename="a: b.pdf"', "a: b.pdf"),
        ("filename*=iso-2022-jp''%1B$B%25W%25j%1B(B.pdf", "プリ.pdf"),
    ],
)
def test_what_only_looks_like_another_form_stays(form: str, name: str) -> None:
    assert name_of("Content-Type: a/b", f"Content-Disposition: attachment; {form}") == name


@pytest.mark.parametrize(
    "fields",
    [
        (
            'Content-Type: a/b; name="Акт 5.pdf"',
            'Content-Disposition: attachment; filename="????? 5.pdf"',
        ),
        (
            'Content-Type: a/b; name="Акт 5.pdf"',
            'Content-Disposition: attachment; filename="___ _.pdf"',
        ),
        (
            "Content-Type: a/b; name*=utf-8''%D0%90%D0%BA%D1%82%205.pdf",
            "Content-Disposition: attachment; filename*=utf-8''%EF%BF%BD%EF%BF%BD%205.pdf",
        ),
        (
            'Content-Type: a/b; name="??? 5.pdf"',
            'Content-Disposition: attachment; filename="Акт 5.pdf"',
        ),
        ('Content-Type: a/b; name="Акт 5.pdf"', 'Content-Disposition: attachment; filename=""'),
        (
            'Content-Type: a/b; name="Акт 5.pdf"',
            'Content-Disposition: attachment; filename="Акт 5"',
        ),
        ("Content-Type: a/b; name:Акт 5.pdf",),
        ("Content-Type: a/b", 'Content-Disposition: attachment; name="Акт 5.pdf"'),
        ('Content-Type: a/b; filename="Акт 5.pdf"',),
        ('Content-Type: a/b; name="Акт 5.pdf"', 'Content-Disposition: form-data; name="upload"'),
        ("Content-Type: a/b", 'Content-Disposition: filename="Акт 5.pdf"'),
        ("Content-Type: a/b", 'Content-Disposition: "attachment"; filename="Акт 5.pdf"'),
        ("Content-Type: a/b", 'Content-Disposition: attachment, filename="Акт 5.pdf"'),
        ("Content-Type: a/b", 'Content-Disposition: attachment filename="Акт 5.pdf"'),
        (
            "Content-Type: a/b",
            'Content-Disposition: =?utf-8?Q?attachment;_filename=3D"=D0=90=D0=BA=D1=82_5.pdf"?=',
        ),
        ("Content-Type: a/b", "Content-Description: Акт 5.pdf", "Content-Disposition: attachment"),
        (
            "Content-Type: a/b",
            "Content-Disposition: attachment",
            'Content-Disposition: attachment; filename="Акт 5.pdf"',
        ),
    ],
)
def test_the_best_name_in_the_header_of_a_file_counts(fields: tuple[str, ...]) -> None:
    assert name_of(*fields) == "Акт 5.pdf"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('text/plain; charset="utf-8" format=flowed', {"charset": "utf-8", "format": "flowed"}),
        ('text/plain; charset="utf-8; format=flowed', {"charset": "utf-8", "format": "flowed"}),
        ("text/plain, charset=utf-8, format=flowed", {"charset": "utf-8", "format": "flowed"}),
        ("text/plain charset=utf-8 format=flowed", {"charset": "utf-8", "format": "flowed"}),
        ("text/plain; charset=us-ascii (Plain text)", {"charset": "us-ascii"}),
        ('text/plain; charset="utf-8" (Plain text); x=y', {"charset": "utf-8", "x": "y"}),
        ("multipart/mixed;; boundary==_a=b;", {"boundary": "=_a=b"}),
        ("charset=utf-8", {"charset": "utf-8"}),
        ('"charset"="utf-8"', {"charset": "utf-8"}),
        ('multipart/mixed; boundary="=?%D0 (a)"', {"boundary": "=?%D0 (a)"}),
        ("", {}),
        (';=;"', {}),
    ],
)
def test_parameters_without_proper_separators_are_read(
    value: str, expected: dict[str, str]
) -> None:
    assert parameters.parse(value)[1] == expected


@pytest.mark.parametrize(
    "piece",
    ['"', "=?a?b?", '\\"', "; a=", '" ', "a ", "'", "name=", 'a"b=', "(", "=?=", ", name", "*0*=%"],
)
def test_a_hostile_value_is_parsed_in_linear_time(piece: str) -> None:
    began = time.process_time()

    for start in ("", 'a/b; name="', "a/b; name=", "name*0="):
        parameters.parse(start + piece * 20_000)

    assert time.process_time() - began < 1


def test_a_star_within_a_parameters_name_costs_no_mail() -> None:
    assert parameters.parse("text/html; c*harset=utf-8; x=1") == (
        "text/html",
        {"c": "", "x": "1"},
    )
