"""Build the bytes of mails that requesters send to the desk."""


def build_mail(
    sender: str = "ivan@example.com",
    *,
    subject: str = "Printer",
    text: str = "It does not print.",
    message_id: str = "",
    **headers: str,
) -> bytes:
    """Return a mail's bytes; `in_reply_to="<a@b>"` becomes the header In-Reply-To."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"From": sender, "To": "desk@servicedesk.example", "Subject": subject, **named}
    if message_id:
        fields["Message-ID"] = message_id
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{text}\r\n".encode()
