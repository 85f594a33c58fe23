"""The texts of the notices, to the letter, in both languages."""

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail
from mailing.outbound import composing
from operators.models import Operator
from tests.factories import TicketFactory
from tests.mailing.outbound.notices import TITLE, Kind, opened, outgoing, subject, text
from tickets import services

pytestmark = pytest.mark.django_db


CREATED_RU = """\
Здравствуйте!

Мы получили ваше письмо, оно зарегистрировано как обращение № {id}: «Не печатает <принтер>».
Как только специалист возьмёт его в работу, мы вам напишем.

Если хотите что-то добавить, просто ответьте на это письмо: ответ попадёт в то же обращение.

--\x20
Служба поддержки
"""


IN_PROGRESS_RU = """\
Здравствуйте!

Специалист О'Нил занимается вашим обращением № {id}: «Не печатает <принтер>».
Чтобы дополнить его, ответьте на это письмо.

--\x20
Служба поддержки
"""


CLOSED_RU = """\
Здравствуйте!

Ваше обращение № {id}: «Не печатает <принтер>» закрыто.
Если вопрос остался или появился новый, напишите нам: письмо откроет новое обращение.

--\x20
Служба поддержки
"""


CREATED_EN = """\
Hello,

We have received your mail; it is registered as request #{id}, “Не печатает <принтер>”.
You will hear from us as soon as somebody takes it into work.

To add something, just reply to this mail: your answer joins the same request.

--\x20
The support team
"""


IN_PROGRESS_EN = """\
Hello,

О'Нил is working on your request #{id}, “Не печатает <принтер>”.
To add to it, reply to this mail.

--\x20
The support team
"""


CLOSED_EN = """\
Hello,

Your request #{id}, “Не печатает <принтер>”, is closed.
If the question is still open, or there is a new one, write to us: your mail opens a new request.

--\x20
The support team
"""


@pytest.fixture
def oneil(operator: Operator) -> Operator:
    operator.name = "О'Нил"
    operator.save()
    return operator


@pytest.mark.parametrize(
    ("language", "kind", "headline", "body"),
    [
        ("ru", Kind.CREATED, "[№ {id}] Обращение принято: ", CREATED_RU),
        ("ru", Kind.IN_PROGRESS, "[№ {id}] Обращение взято в работу: ", IN_PROGRESS_RU),
        ("ru", Kind.CLOSED, "[№ {id}] Обращение закрыто: ", CLOSED_RU),
        ("en", Kind.CREATED, "[#{id}] Request received: ", CREATED_EN),
        ("en", Kind.IN_PROGRESS, "[#{id}] Request taken into work: ", IN_PROGRESS_EN),
        ("en", Kind.CLOSED, "[#{id}] Request closed: ", CLOSED_EN),
    ],
)
def test_each_notice_to_the_letter_in_the_desks_language(
    settings: Settings,
    oneil: Operator,
    language: str,
    kind: OutboundEmail.Kind,
    headline: str,
    body: str,
) -> None:
    settings.LANGUAGE_CODE = language

    # Whoever acts reads the other language; the notice is none of theirs.
    with translation.override("en" if language == "ru" else "ru"):
        ticket = opened()
        services.take_ticket(ticket_id=ticket.pk, by=oneil)
        services.close_ticket(ticket_id=ticket.pk, by=oneil)

    mail = outgoing(kind)
    assert subject(mail) == headline.format(id=ticket.pk) + TITLE
    assert text(mail) == body.format(id=ticket.pk)


@pytest.mark.parametrize(
    ("language", "headline", "sentence"),
    [
        ("ru", "Обращение принято: без темы", "оно зарегистрировано как обращение № {id}.\n"),
        ("en", "Request received: no subject", "it is registered as request #{id}.\n"),
    ],
)
def test_a_request_without_a_subject(
    settings: Settings, language: str, headline: str, sentence: str
) -> None:
    settings.LANGUAGE_CODE = language

    ticket = opened(title="")

    assert subject(outgoing(Kind.CREATED)).endswith(headline)
    assert sentence.format(id=ticket.pk) in text(outgoing(Kind.CREATED))


def test_an_operators_notice_names_request_and_requester(settings: Settings) -> None:
    ticket = TicketFactory.create(title="a & b", requester__email="ivan@example.com")

    russian = composing.render_notice(Kind.OPERATOR_NOTICE, ticket)
    settings.LANGUAGE_CODE = "en"
    english = composing.render_notice(Kind.OPERATOR_NOTICE, ticket)

    assert russian.subject == f"[№ {ticket.pk}] Новое обращение: a & b"
    assert russian.text == (f"Новое обращение № {ticket.pk} от ivan@example.com.\nТема: a & b\n")
    assert english.subject == f"[#{ticket.pk}] New request: a & b"
    assert english.text == f"New request #{ticket.pk} from ivan@example.com.\nSubject: a & b\n"
    assert english.headers["Auto-Submitted"] == "auto-generated"
