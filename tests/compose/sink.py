"""An SMTP server that appends each mail as a line of JSON to ./mails; it needs only Python."""

import asyncio
import json
from pathlib import Path

MAILS = Path("mails")
PORT = 2525
ANSWERS = {
    "EHLO": "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "HELO": "250 sink",
    "MAIL": "250 2.1.0 go on",
    "RCPT": "250 2.1.5 go on",
    "RSET": "250 2.0.0 forgotten",
    "NOOP": "250 2.0.0 here",
    "DATA": "354 go on",
    "QUIT": "221 2.0.0 bye",
}


async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve a client with the part of RFC 5321 that it needs."""

    def reply(line: str) -> None:
        writer.write(f"{line}\r\n".encode())

    sender, recipients, command = "", list[str](), ""
    reply("220 sink ESMTP")
    while command != "QUIT" and (line := (await reader.readline()).decode().strip()):
        command, rest = line[:4].upper(), line[4:]
        reply(ANSWERS.get(command, "502 5.5.1 what?"))
        if command == "MAIL":
            sender, recipients = rest.partition(":")[2], []
        elif command == "RCPT":
            recipients.append(rest.partition(":")[2].strip().strip("<>"))
        elif command == "DATA":
            lines = []
            while (content := await reader.readline()) not in (b".\r\n", b""):
                lines.append(content.removeprefix(b"."))
            raw = b"".join(lines).decode("utf-8", "surrogateescape")
            mail = {"from": sender, "to": recipients, "raw": raw}
            with MAILS.open("a") as file:
                file.write(json.dumps(mail) + "\n")
            reply("250 2.0.0 stored")
    writer.close()


async def main() -> None:
    """Accept mail until the process is ended."""
    MAILS.touch()
    server = await asyncio.start_server(session, "0.0.0.0", PORT, limit=2**24)  # noqa: S104
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
