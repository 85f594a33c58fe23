"""What happens in the Russian tickets of the sample."""

from config.local.sample import letters_later as later
from config.local.sample import people as who
from config.local.sample.acts import Operator
from config.local.sample.desk import Desk, in_hours

Staff = dict[int, Operator]


def close_earlier(staff: Staff) -> None:
    """Answer and close the tickets of people who write again later."""
    staff[who.MARIA].answer(
        who.ANNA,
        "Закончился тонер",
        "Анна, здравствуйте! Картридж заменили, запасной лежит в шкафу у принтера.",
        take=True,
        close=True,
    )
    staff[who.TIMUR].answer(
        who.SVETLANA,
        "Почтовый ящик для нового сотрудника",
        "Готово: larisa.kim@gorod-knig.example, пароль передали Ларисе по телефону.",
        take=True,
        close=True,
    )


def work_in_russian(desk: Desk, staff: Staff) -> None:
    """Work on the Russian tickets."""
    _vpn(desk, staff)
    _report(staff)
    _invoice(desk, staff)
    _trackers(desk, staff)
    _small_ones(desk, staff)


def _vpn(desk: Desk, staff: Staff) -> None:
    """A long conversation, into which another ticket about the same is merged."""
    subject, timur = "VPN отваливается каждые 10 минут", staff[who.TIMUR]
    timur.take(who.PAVEL)
    timur.change(who.PAVEL, priority="high", tags=["vpn", "удалёнка"])
    timur.answer(who.PAVEL, subject, later.VPN_QUESTION, quote=True)
    desk.post([later.vpn_reply(desk.sent_answer(who.PAVEL))])
    timur.note(
        who.PAVEL,
        "Похоже на ту же ошибку с обновлением ключа, что у клиники в октябре. "
        f"@{who.MARIA}, если позвонят ещё, давайте сразу 5.2.3.",
    )
    timur.answer(who.PAVEL, subject, later.VPN_PLAN)
    timur.merge(who.VERA, into=who.PAVEL)
    desk.post([later.vpn_result(desk.sent_answer(who.PAVEL))])


def _report(staff: Staff) -> None:
    staff[who.MARIA].take(who.ANNA)
    staff[who.MARIA].change(who.ANNA, priority="high", tags=["отчёты", "срок-пятница"])
    staff[who.MARIA].note(
        who.ANNA, f"@{who.TIMUR}, 0x8004 — это не та таблица курсов? Взгляни, пожалуйста."
    )
    staff[who.MARIA].write_about(
        who.ANNA, "Главный бухгалтер. Звонить до 16:00, добавочный 12-34. Отчётность по пятницам."
    )
    staff[who.DANIIL].write_draft(
        who.ANNA,
        "Не формируется квартальный отчёт: ошибка 0x8004",
        "Анна, добрый день! Ошибку видим, она из-за курса валют за 31 октября. Сейчас",
    )


def _invoice(desk: Desk, staff: Staff) -> None:
    """Somebody in copy takes part."""
    maria = staff[who.MARIA]
    maria.take(who.IRINA)
    maria.change(who.IRINA, tags=["счета"])
    maria.answer(
        who.IRINA,
        "Счёт за ноябрь: не сходится сумма",
        "Ирина, здравствуйте! Вижу расхождение. Пришлите, пожалуйста, дату подписания "
        "допсоглашения, и бухгалтерия выставит новый счёт сегодня.",
    )
    desk.post([later.gleb_joins(desk.sent_answer(who.IRINA))])


def _trackers(desk: Desk, staff: Staff) -> None:
    """An answer that is held, since a letter crossed it."""
    subject, timur = "Трекеры на трёх машинах молчат", staff[who.TIMUR]
    timur.take(who.EVGENY)
    timur.answer(
        who.EVGENY, subject, "Евгений, проверяем у оператора связи, до вечера напишу, что с SIM."
    )
    before = desk.sent_answer(who.EVGENY)
    timur.answer(
        who.EVGENY,
        subject,
        "SIM всех трёх машин были заблокированы за нулевой баланс. Пополнили, к утру появятся.",
        send_at=in_hours(2),
        hold_if_crossed=True,
    )
    desk.post([later.evgeny_crosses(before)])


def _small_ones(desk: Desk, staff: Staff) -> None:
    maria = staff[who.MARIA]
    maria.answer(
        who.NINA,
        "как подключить проектор",
        "Нина Петровна, здравствуйте! Новый провод — HDMI: вставьте его в боковой разъём ноутбука "
        "и нажмите Windows+P, «Повторяющийся».",
        take=True,
        close=True,
    )
    desk.post([later.nina_asks_again(desk.sent_answer(who.NINA))])
    maria.answer(
        who.TATIANA,
        "Обучение новых сотрудников",
        "Татьяна, добрый день! 20 января в 11:00 подходит? Пришлю приглашение на шесть человек.",
        take=True,
        send_at=in_hours(14),
    )
    _handed_over(staff)
    maria.open_for(
        who.ALINA,
        title="Звонок: не приходят уведомления водителям",
        description="Звонила Алина Сафина: с утра водителям не приходят уведомления о рейсах. "
        "Просит перезвонить до 17:00.",
        tags=["звонок"],
    )


def _handed_over(staff: Staff) -> None:
    """Tickets that are sorted, snoozed and passed on."""
    maria, timur, daniil, olga = (
        staff[each] for each in (who.MARIA, who.TIMUR, who.DANIIL, who.OLGA)
    )
    olga.change(who.OLEG, priority="urgent", tags=["сервер"])
    maria.change(who.RUSLAN, priority="high", tags=["касса"])
    daniil.take(who.KIRILL)
    daniil.change(who.KIRILL, tags=["оборудование"], snoozed_until=in_hours(24 * 8))
    olga.take(who.ANTON)
    olga.change(who.ANTON, tags=["персональные-данные"])
    olga.note(who.ANTON, "Сначала подтвердить личность. Срок по закону: 10 рабочих дней.")
    timur.take(who.SVETLANA)
    timur.change(who.SVETLANA, tags=["выгрузка"])
    timur.assign(who.SVETLANA, to=who.MARIA)
    timur.write_draft(
        who.YULIA,
        "Расписание врачей сбилось после перехода на зимнее время",
        "Юлия, здравствуйте! Нашли причину:",
    )
    olga.assign(who.MAXIM, to=who.MARIA)
