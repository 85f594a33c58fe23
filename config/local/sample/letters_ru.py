"""The Russian letters of the sample, those that come first."""

from config.local.sample import files
from config.local.sample import people as who
from config.local.sample.mails import File, Letter

# Earlier tickets of people who write again later.
EARLIER = [
    Letter(
        name="anna-toner",
        sender=who.ANNA,
        subject="Закончился тонер",
        text="Здравствуйте!\nВ бухгалтерии закончился тонер, отчёты печатать не на чем. Модель "
        "принтера: HP M404.\n\nАнна Смирнова, бухгалтерия «Ромашки»\n",
        hours_ago=24 * 24,
    ),
    Letter(
        name="svetlana-mailbox",
        sender=who.SVETLANA,
        subject="Почтовый ящик для нового сотрудника",
        text="Добрый день! С понедельника у нас работает Лариса Ким. Заведите ей, пожалуйста, "
        "почту и доступ к складу.\n",
        hours_ago=13 * 24,
    ),
]

LETTERS = [
    Letter(
        name="anna-report",
        sender=who.ANNA,
        subject="Не формируется квартальный отчёт: ошибка 0x8004",
        text="Добрый день!\n\nС утра не могу сформировать квартальный отчёт: программа думает "
        "минуту и показывает окно с ошибкой. Снимок прикладываю. Отчёт сдавать в пятницу, "
        "помогите, пожалуйста.\n\n-- \nАнна Смирнова\nглавный бухгалтер, ООО «Ромашка»\n"
        "тел. 12-34\n",
        hours_ago=5.2,
        files=[File("ошибка.png", "image/png", files.error_window())],
    ),
    Letter(
        name="pavel-vpn",
        sender=who.PAVEL,
        subject="VPN отваливается каждые 10 минут",
        text="Привет!\n\nИз дома VPN держится минут десять и рвётся. На работе то же самое с "
        "телефона. Началось после обновления во вторник.\nЛог клиента во вложении.\n\nПавел\n",
        hours_ago=27,
        files=[
            File(
                "vpn-client.log",
                "text/plain",
                "\n".join(
                    f"2026-11-24 21:{minute:02d}:07 tls: peer did not answer, reconnecting"
                    for minute in range(4, 58, 10)
                ).encode(),
            )
        ],
    ),
    Letter(
        name="irina-invoice",
        sender=who.IRINA,
        subject="Счёт за ноябрь: не сходится сумма",
        text="Здравствуйте.\nВ счёте за ноябрь 14 рабочих мест, а у нас с октября 12. Счёт и "
        "допсоглашение прикладываю. Пересчитайте, пожалуйста, и пришлите исправленный.\n\n"
        "Ирина Белова,\nАО «Северный лес»\n",
        hours_ago=30,
        cc=[who.GLEB],
        files=[
            File(
                "Счёт 1184.pdf",
                "application/pdf",
                files.pdf("Invoice No. 1184", "Workplaces: 14", "Total: 42 000 RUB"),
            ),
            File(
                "Допсоглашение 3.pdf",
                "application/pdf",
                files.pdf("Amendment No. 3", "Workplaces from 1 October: 12"),
            ),
        ],
    ),
    Letter(
        name="svetlana-stock",
        sender=who.SVETLANA,
        subject="Остатки на сайте не совпадают со складом",
        text="Добрый день!\nНа сайте «Маленький принц» в наличии, а на складе его нет уже неделю. "
        "Сегодня из-за этого отменили три заказа. Похоже, выгрузка остатков не идёт.\n",
        hours_ago=20,
        cc=[who.LARISA],
    ),
    Letter(
        name="oleg-urgent",
        sender=who.OLEG,
        subject="СРОЧНО! Сервер лаборатории недоступен",
        text="Не открывается ни база, ни общие папки. Стоит вся лаборатория, 14 человек. "
        "Перезагружать сервер сами боимся: в прошлый раз потеряли протоколы.\n"
        "Фомин, 8 912 000-00-00\n",
        hours_ago=0.7,
    ),
    Letter(
        name="nina-projector",
        sender=who.NINA,
        subject="как подключить проектор",
        text="Здравствуйте, уважаемая поддержка. Подскажите пожалуйста как подключить проектор в "
        "кабинете 204 раньше было с синим проводом а теперь провод другой и картинки нет. "
        "Урок в четверг. С уважением Нина Петровна\n",
        hours_ago=44,
    ),
    Letter(
        name="ruslan-till",
        sender=who.RUSLAN,
        subject="Касса не печатает чеки",
        text="Касса пробивает, но чек не вылезает. Бумагу меняли. Очередь стоит до двери((\n\n"
        "Отправлено с iPhone\n",
        hours_ago=1.6,
    ),
    Letter(
        name="vera-vpn",
        sender=who.VERA,
        subject="Не работает удалённый доступ",
        text="Добрый день. Второй день не могу подключиться из дома: «время ожидания истекло». "
        "Коллеги говорят, что у них так же.\n\nВера Лисина\n",
        hours_ago=24,
    ),
    Letter(
        name="kirill-laptop",
        sender=who.KIRILL,
        subject="Заявка на ноутбук для выездных испытаний",
        text="Коллеги, нужен ноутбук на две недели, с 7 декабря: протоколы, Excel, связь с "
        "прибором по USB. Согласовано с О. В. Фоминым.\n\nК. Дёмин\n",
        hours_ago=70,
        cc=[who.OLEG],
    ),
    Letter(
        name="anton-delete",
        sender=who.ANTON,
        subject="удалите мои данные",
        text="прошу удалить мой аккаунт и все данные, которые у вас есть обо мне. в ответ пришлите "
        "подтверждение\n",
        hours_ago=15,
    ),
    Letter(
        name="yulia-schedule",
        sender=who.YULIA,
        subject="Расписание врачей сбилось после перехода на зимнее время",
        text="Здравствуйте!\n\nУ приёмов терапевта и окулиста время сдвинулось на час. Пациентам "
        "уходят напоминания с неверным временем, регистратура обзванивает вручную.\n\n"
        "1. Расписание — Терапевт — 9:00 показывает как 8:00.\n"
        "2. В печатной форме время верное.\n3. Остальные врачи в порядке.\n\nЮлия Громова, "
        "клиника «Сфера»\n",
        hours_ago=9,
    ),
    Letter(
        name="maxim-mfa",
        sender=who.MAXIM,
        subject="Новый телефон, не могу войти с кодом",
        text="Сменил телефон, приложение с кодами осталось на старом, старый продал. Как теперь "
        "войти?\n\nМаксим Орехов, системный администратор «Сферы»\n",
        hours_ago=3.3,
    ),
    Letter(
        name="tatiana-thanks",
        sender=who.TATIANA,
        subject="Обучение новых сотрудников",
        text="Добрый день! Вы проводили для нас вебинар весной. В январе приходят шесть человек, "
        "можно повторить? Удобно 19 или 20 января.\n\nТатьяна Мельник\n",
        hours_ago=20.5,
    ),
    Letter(
        name="evgeny-gps",
        sender=who.EVGENY,
        subject="Трекеры на трёх машинах молчат",
        text="Машины 17, 22 и 31 не передают координаты с субботы. Водители говорят, что лампочка "
        "горит. Остальные 40 в порядке.\n\nРожков, диспетчерская «Транслайн»\n",
        hours_ago=6.5,
    ),
]
