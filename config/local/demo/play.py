"""`make demo`: three requesters and two operators use a ServiceDesk that runs only for them."""

import shutil
from functools import partial

from config.local.demo import day
from config.local.demo import output as show
from config.local.demo.mails import ANNA, BORIS, compose
from config.local.demo.steps import TICKETS, Steps
from config.local.errors import LocalError
from config.local.run import exclusive_lock, say, supervised
from config.local.services.postgres import Postgres
from config.local.stack import BASE_DIR, build

# The demonstration ignores the environment and `.env`.
_SETTINGS = {
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS": "false",
    "PROXY_COUNT": "0",
    "LANGUAGE_CODE": "ru",
    "LOG_FORMAT": "text",
    "SUPPORT_ADDRESS": "support@servicedesk.example",
    "OWN_ADDRESSES": "",
    "FORM_SENDERS": "",
    "NOTIFY_OPERATORS": "false",
    "NOTICE_MAX_AGE": "48h",
}


def demo() -> None:
    """Run the demonstration; raise LocalError when a step has another result than expected."""
    folder = BASE_DIR / ".local" / "demo"
    with exclusive_lock(BASE_DIR / ".local" / "demo.lock", "the demonstration"):
        Postgres(folder / "postgres", port=0, password="").discard()
        shutil.rmtree(folder, ignore_errors=True)
        stack = build(folder, port=None, configured=_SETTINGS)
        finished = False
        try:
            with supervised(stack) as supervisor:
                say("Starting a ServiceDesk of its own ...")
                supervisor.start()
                _Demonstration(stack, supervisor).perform()
                finished = True
        finally:
            if stack.postgres:
                stack.postgres.discard()
        if not finished:
            raise LocalError("The demonstration was interrupted.")
        say(f"\nThe demonstration is over, everything was as expected. Its mail and logs: {folder}")


class _Demonstration(Steps):
    """The steps of the demonstration; each checks its result."""

    def perform(self) -> None:
        first = self.two_requesters_write()
        self.anna_adds_something(first)
        self.operator_works(first)
        second = self.anna_writes_again(first)
        day.leave_a_note(self, second)
        day.merge(self, day.find_a_second_one(self, second), into=second)
        day.tell_the_holder(self, second)
        day.hand_over(self, second)
        self.show_everything(first, second)

    def two_requesters_write(self) -> int:
        """Return the id of Anna's ticket."""
        show.title("Anna and Boris write to support (Boris in windows-1251)")
        mails = [
            compose(
                "demo-1",
                sender=ANNA,
                subject="Не печатает принтер",
                text="Здравствуйте!\nС утра не печатает принтер на третьем этаже.\n",
            ),
            compose(
                "demo-2",
                sender=BORIS,
                subject="Нужен доступ к архиву",
                text="Добрый день. Откройте мне, пожалуйста, доступ к архиву.\n",
                charset="windows-1251",
            ),
        ]
        self.post(mails, ["accepted", "accepted"])
        tickets = self.wait(
            "two new tickets", lambda: self.tickets("?status=new&ordering=request_id", 2)
        )
        for ticket in tickets:
            say(f"   ticket #{ticket['request_id']} {ticket['title']!r} of {ticket['user_email']}")
        by_address = {ticket["user_email"]: ticket for ticket in tickets}
        boris = by_address[BORIS[1]]
        self.check("Boris's text is readable", "доступ к архиву" in boris["description"])
        for mail, (_name, address) in zip(mails, (ANNA, BORIS), strict=True):
            self.mail_to(address, 1, "auto-replied", mail.message_id)
        return int(by_address[ANNA[1]]["request_id"])

    def anna_adds_something(self, ticket: int) -> None:
        show.title("Anna answers the notice (in koi8-r); the mailbox posts her mail twice")
        notice = self.mails_to(ANNA[1])[0]
        more = compose(
            "demo-3",
            sender=ANNA,
            subject=f"Re: {notice['Subject']}",
            text="Забыла сказать: горит красная лампочка.\n",
            charset="koi8-r",
            answers=str(notice["Message-ID"]).strip(),
        )
        self.post([more], ["accepted"])
        self.post([more], ["duplicate"])
        messages = self.wait("her second message in the same ticket", self.messages(ticket, 2))
        text = messages[1]["text"]
        self.check("her koi8-r text is readable", "красная лампочка" in text)
        say(f"   ticket #{ticket}, message 2: {text.strip()}")

    def operator_works(self, ticket: int) -> None:
        show.title("The operator takes the ticket, answers, and closes it")
        mine = f"/ops/{self.operator}/requests/{ticket}"
        self.call("POST", f"{mine}/progress/", 200, {"status": "in_progress"})
        self.mail_to(ANNA[1], 2, "auto-generated")
        reply = {
            "title": "Re: Не печатает принтер",
            "description": "Добрый день! В лотке кончилась бумага, положили новую пачку.",
            "recipient_mail": ANNA[1],
            "operator_id": self.operator,
        }
        self.call("POST", f"/mgs/requests/{ticket}/mgs/create", 201, {"sort": 3}, reply)
        self.mail_to(ANNA[1], 3, None)
        self.call("POST", f"{mine}/close/", 200, {"status": "closed"})
        self.mail_to(ANNA[1], 4, "auto-generated")
        self.call("POST", f"{mine}/close/", 409)

    def anna_writes_again(self, first: int) -> int:
        """Return the id of the ticket that her mail after the closing opens."""
        show.title(
            "Anna answers once more, after the closing: a second ticket, linked to the first"
        )
        closing = self.mails_to(ANNA[1])[-1]
        again = compose(
            "demo-4",
            sender=ANNA,
            subject=f"Re: {closing['Subject']}",
            text="Спасибо, но он опять не печатает.\n",
            answers=str(closing["Message-ID"]).strip(),
        )
        self.post([again], ["accepted"])
        tickets = self.wait("a third ticket", lambda: self.tickets("?ordering=-request_id", 3))
        second = tickets[0]
        self.check("it is a new ticket of Anna's", second["user_email"] == ANNA[1])
        self.check("it is linked to the closed one", second.get("previous") == first)
        self.check("it is new", second["status"] == "new")
        self.mail_to(ANNA[1], 5, "auto-replied", again.message_id)
        return int(second["request_id"])

    def show_everything(self, first: int, second: int) -> None:
        show.title("Anna's two tickets")
        for number in (first, second):
            # The row is updated a moment after the SMTP server's answer.
            self.wait("its mail recorded as sent", partial(self.all_sent, number))
        tickets = [self.call("GET", f"{TICKETS}{number}/", 200) for number in (first, second)]
        for ticket in tickets:
            number = ticket["request_id"]
            show.show_ticket(ticket, self.messages(number, 1)(), self.outbox(number))
        events = [entry["event"] for entry in tickets[0]["history"]]
        expected = ["opened", "requester_wrote", "taken", "operator_replied", "closed"]
        self.check(f"the history of the first is {expected}", events == expected)
        show.title("The mail that was sent by SMTP, as stored in the Maildir")
        mails = self.mails_to("")
        for mail in mails:
            show.show_mail(mail)
        self.check("ten mails went out", len(mails) == 10)
