"""Build the bytes of mails that come to the desk: of requesters and of mail servers."""


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


def build_delivery_report(
    about: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    recipient: str = "ivan@example.com",
) -> bytes:
    """Return a delivery status notification (RFC 3464) about a Message-ID of ours, or none."""
    message_id = f"Message-ID: {about}\r\n" if about else ""
    return (
        "From: Mail Delivery System <mailer-daemon@mx.example.com>\r\n"
        "To: desk@servicedesk.example\r\nReturn-Path: <>\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <dsn-{status}@mx>\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nYour message could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} no such mailbox\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: desk@servicedesk.example\r\n{message_id}\r\nHello\r\n--b--\r\n"
    ).encode()


def build_complaint(about: str) -> bytes:
    """Return an abuse report (RFC 5965) about a Message-ID of ours."""
    return (
        "From: <feedback@isp.example>\r\nTo: desk@servicedesk.example\r\nSubject: abuse\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type="feedback-report";'
        ' boundary="b"\r\n\r\n--b\r\n\r\nThis is a complaint.\r\n'
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        "Feedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: desk@servicedesk.example\r\nMessage-ID: {about}\r\n\r\nHello\r\n--b--\r\n"
    ).encode()
