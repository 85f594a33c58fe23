"""File names from strangers, made safe, and the headers that carry them."""

from email.message import Message as Mail
from email.utils import collapse_rfc2231_value
from urllib.parse import unquote

import pytest

from tickets.files.filenames import download_disposition, mail_disposition, safe_filename


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Счёт № 5.pdf", "Счёт № 5.pdf"),
        ("日本語.txt", "日本語.txt"),
        ("گزارش‌ها.pdf", "گزارش‌ها.pdf"),
        ("👩‍🔧.png", "👩‍🔧.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\cmd.exe", "cmd.exe"),
        ("/etc/passwd", "passwd"),
        ("C:\\boot.ini", "boot.ini"),
        ("C:boot.ini", "C_boot.ini"),
        ("file.txt/", "file.txt"),
        ("..", "file.png"),
        (".", "file.png"),
        ("...", "file.png"),
        ("", "file.png"),
        ("   ", "file.png"),
        ("\0\0", "file.png"),
        (".htaccess", "_.htaccess"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("LPT¹", "_LPT¹"),
        ("aux .txt", "_aux .txt"),
        ("console.txt", "console.txt"),
        ("name. . .", "name"),
        ("a\r\nSet-Cookie: x=y", "a Set-Cookie_ x=y"),
        ("a\0b.txt", "ab.txt"),
        ("a\tb.txt", "a b.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069.txt", "a.txt"),
        ("a\u200b.txt", "a.txt"),
        ("\ufeffa.txt", "a.txt"),
        ("a\ud800b.txt", "ab.txt"),
        ("a\u2028b.txt", "a b.txt"),
        ('what?"<|>*:.txt', "what_______.txt"),
        ("e\u0301.txt", "é.txt"),
        ("; rm -rf ~; .txt", "; rm -rf ~; .txt"),
        ("%2e%2e%2fetc", "%2e%2e%2fetc"),
        ("x" * 10_000 + ".pdf", "x" * 146 + ".pdf"),
        ("я" * 10_000 + ".docx", "я" * 117 + ".docx"),
        ("." * 10_000, "file.png"),
        ("a." + "b" * 1_000, "a." + "b" * 148),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_filename(name, "image/png") == safe
    assert safe_filename(safe, "image/png") == safe


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        (
            "Счёт № 5.pdf",
            'attachment; filename="No 5.pdf"; '
            "filename*=UTF-8''%D0%A1%D1%87%D1%91%D1%82%20%E2%84%96%205.pdf",
        ),
        ("naïve.txt", "attachment; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("a;b.txt", "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%3Bb.txt"),
    ],
)
def test_the_header_of_a_download_has_an_ascii_name_too(name: str, header: str) -> None:
    assert download_disposition(name) == header
    assert download_disposition(name).isascii()
    assert download_disposition(name).isprintable()


@pytest.mark.parametrize("name", ["Счёт № 5.pdf", "日本語.txt", "a;b=c'd.txt", "naïve %41.txt"])
def test_a_header_carries_the_whole_name(name: str) -> None:
    encoded = download_disposition(name).partition("filename*=UTF-8''")[2]
    mail = Mail()
    mail["Content-Disposition"] = mail_disposition(name)

    assert unquote(encoded) == name
    parameter = mail.get_param("filename", header="content-disposition")
    assert parameter is not None
    assert collapse_rfc2231_value(parameter) == name
