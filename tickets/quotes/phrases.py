"""Tables of the phrases that mail programs put above the mail that they quote or forward.

There are three forms. An attribution names a date and a person ("On 3 March 2015 at 12:00, Ann
wrote:"), in words that differ by program and language. A banner is between dashes or ends in a
colon ("-----Original Message-----", "Begin forwarded message:"). A header block repeats From, Sent,
To and Subject.

The wording is that of the programs: Gmail, Outlook, Apple Mail, Yahoo, Mail.ru,
Yandex, The Bat!, Zoho; of Thunderbird, `composeMsgs.properties` of its translations
(mailnews.reply_header_* and mailnews.forward_header_originalmessage).
"""

# "On": words before the date. Here and below everything is in lower case.
LEADS: dict[str, tuple[str, ...]] = {
    "en": ("on", "at", "in message"),
    "de": ("am", "vom"),
    "fr": ("le",),
    "es": ("el", "el día"),
    "it": ("il", "il giorno", "in data"),
    "pt": ("em", "a", "no dia", "ao"),
    "nl": ("op",),
    "da, no, sv": ("den", "på"),
    "pl": ("dnia", "w dniu"),
    "cs, sk": ("dne", "dňa"),
    "ro": ("în", "pe", "la"),
    "fi": ("pe",),
    "hr, sl, sr": ("dana", "dne"),
    "tr": ("tarihinde",),
    "el": ("στις",),
    "ru, uk, bg": ("в", "у", "на"),
    "zh": ("在",),
    "ca": ("el dia",),
    "lt, lv, et": ("kl",),
    "vi": ("vào",),
    "id": ("pada",),
}

# "wrote": the last word of the attribution, or between the date and the person.
VERBS: dict[str, tuple[str, ...]] = {
    "en": ("wrote", "writes", "says", "said", "wrote the following"),
    "de": ("schrieb", "schrieben sie", "geschrieben", "schreibt", "schrieb folgendes"),
    "fr": ("a écrit", "a ecrit", "écrit", "nous a dit"),
    "es": ("escribió", "escribio", "ha escrito", "escribe"),
    "it": ("ha scritto", "scrive", "scritto"),
    "pt": ("escreveu", "escreveu o seguinte", "escreve"),
    "nl": ("schreef", "het volgende geschreven", "schreef het volgende"),
    "da, no, sv": ("skrev", "skrev følgende", "skrev följande", "følgende", "följande"),
    "pl": ("napisał(a)", "napisał", "napisała", "pisze", "nadesłał"),
    "cs, sk": ("napsal(a)", "napsal", "napsala", "napísal(a)", "napísal"),
    "hu": ("írta", "ezt írta", "a következőt írta"),
    "ro": ("a scris",),
    "fi": ("kirjoitti",),
    "et": ("kirjutas",),
    "lt": ("rašė",),
    "lv": ("rakstīja",),
    "hr, sl, sr": ("je napisao", "je napisao/la", "je napisala", "je napisal", "je napisal/a"),
    "tr": ("yazdı", "şunu yazdı", "şunları yazdı"),
    "el": ("έγραψε",),
    "he": ("כתב", "כתב/ה", "מאת"),
    "ar": ("كتب",),
    "ru": (
        *("написал", "написала", "написал(а)", "пишет", "писал", "писал(а)", "писала"),
        *("написал(-а)", "написал/а", "вы писали", "вы написали"),
    ),
    "uk": (
        *("пише", "написав", "написала", "написав(ла)", "написав(-ла)", "написав/ла", "писав"),
        *("написал(а)", "пише наступне", "ви писали", "ви написали"),
    ),
    "be": ("піша", "напісаў", "напісаў(ла)"),
    "bg": ("написа",),
    "zh": ("写道", "寫道", "写到", "撰寫"),
    "ja": ("のメッセージ", "のメール", "書きました", "wrote"),
    "ko": ("작성", "님이 작성", "작성했습니다", "작성하였습니다", "님이 씀"),
    "ca": ("va escriure",),
    "vi": ("đã viết",),
    "id": ("menulis",),
}

# Verbs that may come before the person: "Am 3.5.2020 um 12:00 schrieb Anna:".
INVERTED = frozenset(
    {"schrieb", "schreef", "skrev", "schreibt", "escribió", "escreveu", "пише", "пишет", "wrote"}
    | {"kirjoitti", "napisał", "napisał(a)", "написал", "написав", "heeft", "écrit", "írta"}
)

# People who tell a story use these words where a program has a name.
PRONOUNS = frozenset(
    {
        *("i", "he", "she", "they", "we", "who", "somebody", "someone", "client", "customer"),
        *("ich", "er", "sie", "wir", "man", "ihr", "jemand", "kunde"),
        *("il", "elle", "on", "nous", "ils", "elles", "yo", "él", "ella", "nosotros", "ellos"),
        *("io", "lui", "lei", "noi", "loro", "eu", "ele", "ela", "nós", "eles"),
        *("ik", "hij", "zij", "ze", "wij", "jeg", "jag", "han", "hun", "hon", "vi"),
        *("my", "oni", "ona", "já", "я", "он", "она", "мы", "они", "кто-то", "кто", "клиент"),
        *("він", "вона", "ми", "вони", "хтось", "хто", "клієнт"),
    }
)

# Banners between dashes.
BANNERS: dict[str, tuple[str, ...]] = {
    "en": (
        *("original message", "original appointment", "forwarded message", "reply message"),
        *("forwarded by", "forward message", "end of forwarded message"),
    ),
    "de": (
        *("ursprüngliche nachricht", "originalnachricht", "original-nachricht"),
        *("weitergeleitete nachricht", "ursprünglicher termin", "original nachricht"),
    ),
    "fr": (
        *("message original", "message d'origine", "message d’origine", "message transféré"),
        *("message transmis", "message initial", "rendez-vous d'origine", "courriel original"),
    ),
    "es": ("mensaje original", "mensaje reenviado", "cita original", "forwarded message"),
    "it": ("messaggio originale", "messaggio inoltrato", "appuntamento originale"),
    "pt": (
        *("mensagem original", "mensagem encaminhada", "mensagem reencaminhada"),
        *("compromisso original",),
    ),
    "nl": (
        *("oorspronkelijk bericht", "origineel bericht", "doorgestuurd bericht"),
        *("oorspronkelijke afspraak",),
    ),
    "da": ("oprindelig meddelelse", "original meddelelse", "videresendt meddelelse"),
    "no": ("opprinnelig melding", "videresendt melding", "original melding"),
    "sv": (
        *("ursprungligt meddelande", "originalmeddelande", "vidarebefordrat meddelande"),
        *("ursprungligt mail", "vidarebefordrat mejl"),
    ),
    "fi": (
        *("alkuperäinen viesti", "välitetty viesti", "edelleenlähetetty viesti"),
        *("välitetty viesti / fwd.msg",),
    ),
    "pl": (
        *("wiadomość oryginalna", "oryginalna wiadomość", "wiadomość przekazana"),
        *("przekazana wiadomość", "treść przekazanej wiadomości", "treść oryginalnej wiadomości"),
    ),
    "cs": ("původní zpráva", "přeposlaná zpráva", "původní e-mail"),
    "sk": ("pôvodná správa", "preposlaná správa"),
    "hu": ("eredeti üzenet", "továbbított üzenet", "eredeti levél"),
    "ro": ("mesaj original", "mesajul original", "mesaj redirecționat"),
    "tr": ("orijinal mesaj", "orijinal ileti", "iletilmiş mesaj", "iletilen ileti", "özgün ileti"),
    "hr, sl, sr": ("izvorna poruka", "proslijeđena poruka", "izvirno sporočilo"),
    "ru": (
        *("исходное сообщение", "исходное письмо", "пересылаемое сообщение"),
        *("пересланное сообщение", "перенаправленное сообщение", "оригинальное сообщение"),
        *("пересылаемое письмо", "пересланное письмо", "конец пересылаемого сообщения"),
        *("конец пересланного сообщения", "исходная встреча", "переадресованное сообщение"),
        *("первоначальное сообщение", "сообщение для пересылки"),
    ),
    "uk": (
        *("початкове повідомлення", "вихідне повідомлення", "оригінальне повідомлення"),
        *("переслане повідомлення", "перенаправлене повідомлення", "переадресоване повідомлення"),
        *("пересилається повідомлення", "пересланий лист", "оригінал повідомлення"),
    ),
    "be, bg": ("зыходны ліст", "накіраваны ліст", "оригинално писмо", "препратено съобщение"),
    "zh": ("原始邮件", "原始郵件", "转发邮件", "轉寄郵件", "转发的邮件", "原邮件", "转发邮件信息"),
    "ja": ("元のメッセージ", "転送メッセージ", "転送されたメッセージ", "original message"),
    "ko": ("원본 메시지", "원본 메일", "전달된 메시지", "original message"),
}

# Banners of Apple Mail, on a line of their own with a colon.
OPENINGS = frozenset(
    {
        *("begin forwarded message", "anfang der weitergeleiteten nachricht"),
        *("anfang der weitergeleiteten e-mail", "début du message réexpédié"),
        *("début du message transféré", "inicio del mensaje reenviado"),
        *("inizio messaggio inoltrato", "begin doorgestuurd bericht", "videresendt melding"),
        *("start på videresendt besked", "vidarebefordrat mejl", "välitetty viesti alkaa"),
        *("początek przekazywanej wiadomości", "początek przekazanej wiadomości"),
        *("início da mensagem reencaminhada", "início da mensagem encaminhada"),
        *("začátek přeposílané zprávy", "začiatok preposlanej správy"),
        *("továbbított levél kezdete", "începe mesajul redirecționat", "i̇leti başlangıcı"),
        *("započni proslijeđenu poruku", "начало переадресованного сообщения"),
        *("начало пересылаемого сообщения", "начало пересланного сообщения"),
        *("початок листа, що пересилається", "початок пересланого повідомлення"),
        *("початок переадресованого повідомлення", "下面是被转发的邮件", "以下是轉寄的郵件"),
        *("転送されたメッセージ", "전달된 메시지 시작"),
    }
)

# The names of the fields in a header block.
HEADERS: dict[str, tuple[str, ...]] = {
    "from": (
        *("from", "von", "de", "da", "van", "fra", "från", "od", "от", "від", "от кого"),
        *("від кого", "отправитель", "відправник", "expéditeur", "mittente", "remitente"),
        *("remetente", "nadawca", "lähettäjä", "feladó", "kimden", "gönderen", "de la"),
        *("expeditorul", "šalje", "saatja", "afzender", "absender", "avsender", "avsändare"),
        *(
            "发件人",
            "寄件者",
            "寄件人",
            "差出人",
            "送信者",
            "보낸 사람",
            "보낸사람",
            "από",
            "адресант",
        ),
    ),
    "date": (
        *("date", "datum", "le", "fecha", "data", "dato", "dátum", "дата", "päiväys", "tarih"),
        *("time", "日期", "日時", "日付", "날짜"),
    ),
    "sent": (
        *("sent", "gesendet", "gesendet am", "envoyé", "envoyé le", "enviado", "enviado el"),
        *("enviado em", "enviada em", "enviada", "inviato", "inviato il", "verzonden", "skickat"),
        *("sendt", "küldve", "elküldve", "отправлено", "дата отправки", "надіслано"),
        *("відправлено", "wysłano", "wysłane", "data wysłania", "odesláno", "odoslané"),
        *("lähetetty", "gönderildi", "gönderilme tarihi", "trimis", "发送时间", "发送日期"),
        *("傳送時間", "寄件日期", "送信日時", "보낸 날짜"),
    ),
    "to": (
        *("to", "an", "à", "a", "para", "pour", "aan", "til", "till", "do", "кому", "komu"),
        *("destinataire", "destinatario", "destinatário", "vastaanottaja", "címzett", "kime"),
        *("alıcı", "către", "destinatarul", "prima", "pre", "adresat", "получатель", "отримувач"),
        *("收件人", "收件者", "宛先", "받는 사람", "받는사람", "προς"),
    ),
    "subject": (
        *("subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "тема"),
        *("temat", "předmět", "predmet", "emne", "ämne", "aihe", "tárgy", "konu", "sujet"),
        *("subiect", "subiectul", "naslov", "主题", "主旨", "件名", "제목", "θέμα"),
    ),
    "more": (
        *("cc", "bcc", "cci", "cco", "копия", "копія", "kopie", "kopi", "kopia", "cópia"),
        *("dw", "udw", "抄送", "副本", "참조", "reply-to", "répondre à", "responder a"),
        *("responder para", "antwort an", "risposta", "rispondi a", "beantwoorden - aan"),
        *("antwoord aan", "ответить", "кому ответить", "importance", "priority", "важность"),
        *("приоритет", "важливість", "attachments", "вложения", "вкладення", "organization"),
        *("sender", "resent-from", "wichtigkeit", "anlagen", "pièces jointes", "bijlagen"),
    ),
}
