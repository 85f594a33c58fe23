"""Tables of the phrases that mail programs put above the mail that they quote or forward.

There are three forms. An attribution names a date and a person ("On 3 March 2015 at 12:00, Ann
wrote:"), in words that differ by program and language. A banner is between dashes or ends in a
colon ("-----Original Message-----", "Begin forwarded message:"). A header block repeats From, Sent,
To and Subject; its labels are in `header_labels`.

The wording is that of the programs: Gmail, Outlook, Apple Mail, Yahoo, Mail.ru,
Yandex, The Bat!, Zoho; of Thunderbird, `composeMsgs.properties` of its translations
(mailnews.reply_header_* and mailnews.forward_header_originalmessage) and `mime.properties` (1041).
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
    "id, ms": ("pada",),
    "is": ("þann", "á"),
    "gl": ("o", "o día"),
    "sq": ("më",),
    "fil, sw, cy": ("noong", "mnamo", "ar"),
    "he": ("בתאריך", "ב-", "ב־", "ביום"),
    "ar": ("في", "بتاريخ", "يوم"),
    "fa": ("در", "در تاریخ"),
    "th": ("เมื่อ", "เมื่อวันที่", "ในวันที่", "ในวัน", "วันที่"),
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
    "lt": ("rašė", "parašė"),
    "lv": ("rakstīja",),
    "hr, sl, sr": (
        *("je napisao", "je napisao/la", "je napisala", "je napisal", "je napisal/a", "napisala"),
        *(
            "je napisal/-a",
            "napisal(-a)",
            "napisao je",
            "napisala je",
            "napisao/la je",
            "piše",
            "је написао",
        ),
        *("је написала", "је написао/ла", "написао је", "пише"),
    ),
    "mk": ("напиша", "напишал", "напишала"),
    "tr": ("yazdı", "şunu yazdı", "şunları yazdı"),
    "el": ("έγραψε",),
    "he": ("כתב", "כתבה", "כתב/ה", "כתב/כתבה", "מאת"),
    "ar": ("كتب", "كتبت", "كتب/كتبت", "كتب ما يلي"),
    "fa": ("نوشت", "نوشته", "نوشته است", "می‌نویسد", "این‌طور نوشت", "چنین نوشت"),
    "th": ("เขียนว่า", "เขียน", "ได้เขียนว่า", "เขียนไว้ว่า", "ได้เขียน"),
    "ka": ("დაწერა", "წერს", "წერდა", "მოიწერა", "მოგწერათ", "მიერ დაწერილი"),
    "hy": ("գրեց", "գրել է"),
    "kk, ky, uz": ("жазды", "деп жазды", "былай деп жазды", "жазган", "yozdi"),
    "hi, bn, mr": ("ने लिखा", "लिखा", "लिखा है", "লিখেছেন", "लिहिले"),
    "gu, ta, te": ("લખ્યું", "எழுதியது", "రాశారు", "వ్రాశారు"),
    "kn, ml": ("ಬರೆದಿದ್ದಾರೆ", "എഴുതി"),
    "mn": ("бичсэн", "бичив"),
    "fil, sw": ("sumulat", "aliandika"),
    "af, cy": ("geskryf", "ysgrifennodd"),
    "is": ("skrifaði",),
    "eu": ("idatzi du", "hau idatzi du"),
    "gl": ("escribiu",),
    "sq": ("shkroi", "ka shkruar"),
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
    "vi": ("đã viết", "viết"),
    "id, ms": ("menulis", "telah menulis"),
}

# Verbs that may come before the person: "Am 3.5.2020 um 12:00 schrieb Anna:".
INVERTED = frozenset(
    {"schrieb", "schreef", "skrev", "schreibt", "escribió", "escreveu", "пише", "пишет", "wrote"}
    | {"kirjoitti", "napisał", "napisał(a)", "написал", "написав", "heeft", "écrit", "írta"}
    | {
        "kirjutas",
        "skrifaði",
        "rakstīja",
        "rašė",
        "idatzi",
        "كتب",
        "كتبت",
        "כתב",
        "כתבה",
        "نوشت",
        "เขียนเมื่อ",
    }
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
        *("той", "тя", "ние", "те", "клиентът", "клијент", "ол", "олар", "мен"),
        *("klijent", "kupac", "stranka", "klient", "klients", "klientas"),
        *("viņš", "viņa", "jis", "ji", "jie", "hann", "hún", "þau", "ell", "bezeroak", "cliente"),
        *("tôi", "khách", "hàng", "saya", "dia", "kami", "pelanggan"),
        *("הוא", "היא", "אני", "אנחנו", "הם", "הלקוח", "לקוח", "انا", "هو", "هي", "نحن", "هم"),
        *("العميل", "الزبون", "الموظف", "من", "او", "ما", "آنها", "ایشان", "وی", "مشتری"),
        *("همکارم", "ผม", "ฉัน", "เขา", "เธอ", "เรา", "พวกเขา", "ลูกค้า", "พนักงาน"),
        *("მე", "ის", "მან", "ჩვენ", "მათ", "კლიენტმა", "მომხმარებელმა", "उसने", "मैंने", "ग्राहक"),
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
    "is, et": (
        "upprunalegur póstur",
        "upprunaleg skilaboð",
        "algne kiri",
        "algne teade",
        "algsõnum",
    ),
    "lt, lv": (
        "pradinis laiškas",
        "originalus laiškas",
        "sākotnējā vēstule",
        "sākotnējais ziņojums",
    ),
    "mk, sr": ("изворна порука", "оригинална порука", "originalna poruka", "izvorno sporočilo"),
    "ca, gl, eu": ("missatge original", "mensaxe orixinal", "jatorrizko mezua"),
    "el, sq": ("αρχικό μήνυμα", "μήνυμα προώθησης", "mesazhi origjinal"),
    "he": ("הודעה מקורית", "הודעה שהועברה"),
    "ar": ("الرسالة الأصلية", "رسالة أصلية", "رسالة محولة", "الرسالة المحولة"),
    "fa": ("پیام اصلی", "پیام ارسال شده", "پیام هدایت شده"),
    "th": ("ข้อความต้นฉบับ", "ข้อความเดิม", "ข้อความที่ส่งต่อ"),
    "vi, id, ms": ("thư gốc", "tin nhắn gốc", "pesan asli", "mesej asal", "pesan terusan"),
    "ka, hy": ("საწყისი წერილი", "თავდაპირველი წერილი", "ორიგინალი შეტყობინება", "բնօրինակ նամակը"),
    "kk": ("түпнұсқа хабарламасы", "бастапқы хабар", "түпнұсқа хабар"),
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
