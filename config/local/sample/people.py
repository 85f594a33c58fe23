"""Who works at the desk of the sample, and who writes to it."""

# Operators by id: name, address, language, signature.
OPERATORS = {
    1: ("Ольга Воронина", "olga@desk.example", "ru", "Ольга Воронина\nРуководитель поддержки"),
    2: ("Мария Седова", "maria@desk.example", "ru", "Мария Седова\nСлужба поддержки"),
    3: ("Тимур Галеев", "timur@desk.example", "ru", "Тимур Галеев, инженер"),
    4: ("Emma Clarke", "emma@desk.example", "en", "Emma Clarke\nCustomer support"),
    5: ("Даниил Орлов", "daniil@desk.example", "ru", ""),
}
OLGA, MARIA, TIMUR, EMMA, DANIIL = OPERATORS

ANNA = ("Анна Смирнова", "anna.smirnova@romashka.example")
PAVEL = ("Павел Крылов", "p.krylov@romashka.example")
IRINA = ("Ирина Белова", "irina.belova@sever-les.example")
GLEB = ("Глеб Назаров", "nazarov@sever-les.example")
SVETLANA = ("Светлана Юдина", "yudina@gorod-knig.example")
OLEG = ("Олег Фомин", "oleg.fomin@stroytest.example")
NINA = ("Нина Петровна Зайцева", "zaytseva.np@school12.example")
RUSLAN = ("Руслан Ахметов", "ruslan@kofeinya.example")
VERA = ("Вера Лисина", "lisina@sever-les.example")
KIRILL = ("Кирилл Дёмин", "k.demin@stroytest.example")
LARISA = ("Лариса Ким", "larisa.kim@gorod-knig.example")
ANTON = ("Антон", "anton_1987@post.example")
YULIA = ("Юлия Громова", "y.gromova@klinika-sfera.example")
MAXIM = ("Максим Орехов", "orekhov@klinika-sfera.example")
TATIANA = ("Татьяна Мельник", "melnik@romashka.example")
EVGENY = ("Евгений Рожков", "rozhkov@transline.example")
ALINA = ("Алина Сафина", "safina@transline.example")

JAMES = ("James Whitaker", "j.whitaker@harborlegal.example")
SOPHIE = ("Sophie Martin", "sophie@atelier-martin.example")
PRIYA = ("Priya Raman", "priya.raman@northfield.example")
TOM = ("Tom Becker", "tom.becker@lumen.example")
LAURA = ("Laura Nilsson", "laura.nilsson@fjordhus.example")
DAVID = ("David O'Connor", "doconnor@harborlegal.example")
CHLOE = ("Chloe Adams", "chloe.adams@northfield.example")
MARCUS = ("Marcus Reed", "marcus@reedbikes.example")
GRACE = ("Grace Liu", "grace.liu@fjordhus.example")
HANNAH = ("Hannah Cole", "hannah@bluebird-books.example")
VICTOR = ("Victor Santos", "victor.santos@lumen.example")
NOAM = ("נועם לוי", "noam@galil-design.example")
LAYLA = ("ليلى حداد", "layla@bayt-tech.example")
SHOP = ("Cloudprint Store", "orders@cloudprint.example")

TEMPLATES = {
    "Нужны подробности": (
        "Здравствуйте, {{ requester_name }}!\n\nЧтобы разобраться с заявкой № {{ request_id }}, "
        "нам нужны подробности:\n- что вы делали перед ошибкой;\n- точный текст сообщения;\n"
        "- на одном компьютере или на нескольких.\n\nСнимок экрана очень поможет."
    ),
    "Сброс пароля": (
        "Здравствуйте, {{ requester_name }}!\n\nПароль сброшен. При следующем входе система "
        "предложит задать новый: не короче 12 знаков.\n\n{{ operator_name }}"
    ),
    "Looking into it": (
        "Hello {{ requester_name }},\n\nThank you for reporting “{{ title }}”. We are looking into"
        " it and will write as soon as we know more.\n\n{{ operator_name }}"
    ),
    "Refund": (
        "Hello {{ requester_name }},\n\nThe refund is on its way. Depending on your bank it takes"
        " three to five working days.\n\nYour request number is {{ request_id }}."
    ),
}
