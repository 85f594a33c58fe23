"""Recognise delivery failures that follow no standard, by their wording.

Each form is listed with the mail systems that use it; patterns are searched in lower case. They
come from the systems' documentation and from reports they sent.
"""

from __future__ import annotations

import re

_SUBJECTS = (
    (
        "undeliverable",  # Exchange, Domino, IMail, MailMarshal, Notes, Outlook, Verizon
        r"undeliver(?:able|ed)\b|non[- ]?deliver(?:able|y)\b|not deliverable|nondeliverable"
        r"|delivered message|message undeliver",
    ),
    (
        "delivery failure",  # Exim, Yahoo, AOL, Gmail, X.400, Courier, PowerMTA, Messaging Server
        r"(?:e?-?mail |message |smtp )?delivery (?:status|failure|failed|fail|error|problem|report"
        r"|notification|has failed|delayed|delay|incomplete|unsuccessful|impossible|subsystem)"
        r"|notice: mail delivery status|failed delivery|delivery to .{1,80} (?:failed|delayed)"
        r"|unsuccessful delivery|problem delivering|unable to deliver|failed to deliver"
        r"|mail (?:status report|delivery)|transient mail",
    ),
    (
        "returned mail",  # sendmail, Postfix, Bigfoot, Biglobe
        r"returned (?:e-?)?mail\b|^\[bounce\]|(?:mail|message) returned|returned to sender"
        r"|return(?:ed)? receipt"
        r"|postmaster (?:notify|warning)|warning: could not send|bounced? (?:mail|message)",
    ),
    ("failure notice", r"failure notice|failed mail|mail failure|auto-failure"),  # qmail, Yahoo
    (
        "mail error",  # EZweb, X6, Dragonfly, Barracuda, McAfee, Exim's forwarding
        r"mail (?:system )?error\b|error (?:sending|delivering|in) (?:your )?(?:e-?mail|message)"
        r"|there was an error sending your mail|error\(s\) in forwarding|message frozen"
        r"|message you sent blocked|blocked (?:e-?mail|message)|rejected mail|mail rejected"
        r"|considered unsolicited bulk|could not (?:send|deliver) (?:your )?(?:e-?mail|message)"
        r"|(?:your )?(?:e-?mail|message|mail)(?: you sent)? (?:could not be|was not|has not been"
        r"|cannot be|can't be|wasn't|not) (?:sent|delivered)|delay(?:ed)? (?:mail|message)\b"
        r"|(?:mail|message)(?: [\w-]+)? (?:has been )?delayed|message delivery has|"
        r"sorry, your message could not be|mta-blocked|cannot send message"
        r"|recipient (?:not found|unknown)|(?:no such|unknown) user|user unknown|mailbox full",
    ),
    (
        "не доставлено",  # Mail.ru, Yandex, Rambler, Exchange in Russian and Ukrainian
        r"(?:ваше )?(?:сообщение|письмо|почта).{0,40}не (?:было |может быть |могло быть )?доставлен"
        r"|недоставленн?(?:ое|ая|о|а)\b|не ?доставлено|не ?удалось доставить|невозможно доставить"
        r"|ошибка доставки|сбой доставки|доставка не (?:выполнена|удалась)|недоставка"
        r"|уведомление о (?:недоставке|доставке|состоянии доставки)|отч[её]т о доставке"
        r"|не доставляється|не вдалося доставити|недоставлене|повідомлення про недоставку"
        r"|считать недоставленным|возврат письма|не удается доставить",
    ),
    (
        "unzustellbar",  # Exchange, GMX, 1&1, T-Online in German
        r"unzustellbar|(?:zustellung|auslieferung) (?:fehlgeschlagen|gescheitert|nicht möglich|"
        r"verzögert)|(?:nachricht|e-?mail|mail).{0,30} (?:nicht zugestellt|unzustellbar"
        r"|konnte nicht)|nicht zustellbar|zustellungs?(?:fehler|benachrichtigung)",
    ),
    (
        "non remis",  # Exchange, Orange, Free in French
        r"non[- ](?:remis|distribu|délivré|livr)|(?:échec|echec) (?:de |d')?(?:la )?(?:remise|"
        r"livraison|distribution|envoi)|remise impossible|message non|retour à l'(?:expéditeur|env)"
        r"|(?:impossible de |n'a pas pu être )(?:remis|remettre|distribu|livr|délivr)",
    ),
    (
        "no entregado",  # Exchange and providers in Spanish, Italian, Portuguese
        r"no (?:se (?:puede|pudo|ha podido) )?entreg(?:ar|ado|able)|error (?:de|en la) entrega"
        r"|(?:fallo|falla|fallida).{0,20}entrega|entrega fallida|mensaje no|"
        r"non recapitabil|(?:mancato|errore|impossibile).{0,20}(?:recapit|consegn)|mancata consegna"
        r"|recapito.{0,20}(?:fallit|non riuscit)|messaggio non|posta non recapitabile"
        r"|não (?:foi )?(?:entregue|entregável|possível entregar)|falha (?:na|de) entrega"
        r"|não é possível entregar|devolvida|notificação de status de entrega",
    ),
    (
        "onbestelbaar",  # Exchange in Dutch, Polish, Czech, Swedish, Danish, Norwegian, Finnish …
        r"onbestelbaar|niet bezorgd|kan niet worden (?:bezorgd|afgeleverd)|bezorging mislukt"
        r"|niedostarcz|nie (?:można|udało się) dostarczyć|nie dostarczono|zwrot poczty"
        r"|nedoručiteln|nedoručen|doručení .{0,20}(?:selhalo|se nezdařilo)|nedorucen"
        r"|olevererbar|ej levererb|kunde inte levereras|kan ikke leveres|ikke leveret|uleverbar"
        r"|kunne ikke leveres|toimittaminen epäonnistui|ei voi(?:tu|da) toimittaa|toimittamaton"
        r"|kézbesíthetetlen|kézbesítés|teslim edil(?:emedi|emeyen)|iletilemedi|nelivrat"
        r"|imposibil de livrat|недоставен",
    ),
    (
        "gick inte att leverera",  # Exchange in other languages
        r"gick inte att leverera|nelivrabil|δεν ήταν δυνατή η παράδοση|η παράδοση .{0,20}απέτυχε"
        r"|לא ניתן למסירה|לא ניתן למסור|تعذر (?:ال)?تسليم|غير قابل للتسليم|не може да бъде доставен"
        r"|nije moguće isporučiti|neisporučivo|nedoručiteľn|nedoručená|ni mogoče dostaviti"
        r"|nepristatyt|kohaletoimetamatu|kohale toimetada ei|nepiegādājam|nevar piegādāt"
        r"|không thể gửi|tidak (?:dapat|bisa) (?:dikirim|terkirim)|ไม่สามารถ(?:จัด)?ส่ง"
        r"|status der zustellung|übermittlungsstatus|estado de entrega|état de remise"
        r"|stato del recapito|配信状態通知|no es pot lliurar",
    ),
    (
        "配信不能",  # Japanese carriers, InterScan, KDDI, m-FILTER; Chinese providers; Korean
        r"配信(?:不能|できません|エラー|失敗|に失敗)|メール(?:エラー|を?送信エラー|の送信失敗)|送信(?:エラー|できません)"
        r"|メッセージを配信|配達(?:不能|できません)|戻りメール|未着|未配信|送達不能|エラーメール"
        r"|退信|无法投递|投递失败|未送达|退回|無法(?:投遞|傳遞)|未傳遞|传递失败"
        r"|배달되지|반송|전송 실패",
    ),
)

_TEXTS = (
    (
        "delivery-status fields",
        r"^(?:final|original)-recipient\s*:|^action\s*:\s*(?:failed|delayed)|^diagnostic-code\s*:"
        r"|^\s*diagnostic code:|^remote-mta\s*:",
    ),
    (
        "smtp reply",
        r"\b5\d\d[ -](?:#?5\.\d{1,2}\.\d{1,3})\b|<<< [45]\d\d|\b4\d\d[ -]4\.\d\.\d{1,3}\b",
    ),
    (
        "mail system's words",
        r"this is the (?:mail system at host|qmail-send program|mail delivery (?:agent|system))"
        r"|this is the .{0,60} (?:mail|smtp|delivery|deliver) (?:system|program|server|agent)"
        r"|created automatically by (?:the )?mail|automatically generated delivery status"
        r"|this is an automatically[- ]generated (?:delivery|message|notification|email)"
        r"|automatically rejected|generated by (?:the )?mail ?server|mail ?server (?:at|on) \S+"
        r"|(?:transcript of session|original message was received at|permanent fatal errors)"
        r"|message that you sent could not be|reporting[- ]mta|action: failed|mta-blocked"
        r"|delivery (?:agent|subsystem|system) (?:at|on)\b",
    ),
    (
        "could not be delivered",
        r"(?:could|can|did|was|were|has|have) ?(?:not|n't|n’t)(?: have)?(?: been)?(?: be)?(?: yet)?"
        r"(?: been)?(?: being)? (?:deliver|sent\b|reach|routed|accepted)"
        r"|cannot (?:be (?:deliver|sent)|deliver)|unable to (?:deliver|send|relay|transfer)"
        r"|(?:wasn't|not) able to deliver|undeliver(?:able|ed)"
        r"|delivery (?:to|of|for|attempts?) .{0,120}(?:failed|delayed|has been|was not|aborted)"
        r"|delivery (?:has )?failed|failed to deliver"
        r"|following (?:\w+ ){0,3}(?:recipient|address|user|error)|rejected (?:by|for) (?:the )?"
        r"(?:remote|following|recipient|server)|returned (?:to (?:you|sender)|as|because)"
        r"|failed (?:recipient|address|permanently)|not delivered to|non-?delivery"
        r"|message delivery has failed|error message below|blocked by our",
    ),
    (
        "unknown recipient",
        r"(?:user|recipient|mailbox|account|address|name)(?:\(s\))?(?: is| was| has been| account)?"
        r"[ .:-]*(?:not (?:found|known|exist|listed|available|valid)|unknown|does(?: not|n't) exist"
        r"|disabled|unavailable|invalid|full|over quota|temporarily|suspended|inactive|rejected)"
        r"|(?:unknown|invalid|no such|bad|nonexistent) (?:user|recipient|mailbox|address|local)"
        r"|no (?:valid recipients|mailbox here|such (?:user|address|recipient))"
        r"|(?:over|exceed(?:s|ed)?) (?:its |the |storage |disk |mail)?(?:quota|limit)|quota exceed"
        r"|host(?:name)? (?:not found|unknown)|unrouteable|illegal host",
    ),
    (
        "не доставлено",
        r"не (?:может|могло|мог|было|удалось|смог(?:ли)?)(?: быть)? (?:\w+ )?доставл?(?:ено|ить|"
        r"ен)|не доставлен|недоставлен|невозможно доставить|не удалось доставить|адресат не найден"
        r"|(?:ящик|пользовател|получател|адрес)\w*.{0,40}(?:не (?:существует|найден)|переполнен"
        r"|заблокирован|недоступен)|создано (?:автоматически )?(?:почтов|сервер)"
        r"|не (?:вдалося|може бути|було) доставл?ен|не вдалося доставити",
    ),
    (
        "nicht zugestellt",
        r"nicht (?:zugestellt|zustellbar|ausgeliefert|übermittelt|erreicht)|unzustellbar"
        r"|zustellung .{0,60}(?:fehlgeschlagen|nicht möglich|verzögert)"
        r"|n['’ ]?a (?:pas )?pu? ?(?:pas )?(?:être )?(?:remis|distribu|délivr|livr|achemin)"
        r"|non (?:remis|distribué|délivré)|échec (?:de|d')|impossible de (?:remettre|distribuer)"
        r"|no (?:se |ha )?(?:pudo|podido|puede|fue|ha sido)(?: ser)? entreg|no entregado"
        r"|non (?:è stato possibile|può essere|è stat[oa]) (?:recapit|consegn|inoltr)|impossibile "
        r"(?:recapit|consegn)|não (?:foi|pôde|pode)(?: ser)? (?:entregue|possível entregar)"
        r"|niet (?:worden )?(?:bezorgd|afgeleverd)|nie (?:może|mogła|można|udało|został)\w*.{0,20}"
        r"dost|nelze doručit|kunde inte levereras|kunne ikke leveres|kan ikke leveres"
        r"|übermittlung .{0,60}fehlgeschlagen|no se (?:pudo|ha podido) realizar la entrega",
    ),
    (
        "gick inte att leverera",
        r"gick inte att leverera|levering(?:en)? mislyk|livrarea .{0,40}nu a reușit"
        r"|η παράδοση απέτυχε|המסירה נכשלה|فشل التسليم|تعذر تسليم|доставката .{0,60}неуспешна"
        r"|isporuka .{0,60}nije uspjela|doručen.{0,60}(?:zlyhalo|nezdařilo)|nepavyko pristatyti"
        r"|kohaletoimetamine .{0,60}nurjus|neizdevās piegādāt|toimittaminen .{0,80}epäonnistui"
        r"|kézbesítés .{0,20}nem sikerült|dostarczenie .{0,60}nie powiodło|teslim edilemedi"
        r"|falha na entrega",
    ),
    (
        "配信できません",
        r"(?:配信|送信|配達|送達|お届け)(?:する(?:こと)?が|に|が)?(?:でき(?:ません|なかった)|失敗|不能|エラー)"
        r"|届(?:け|き)(?:る(?:こと)?が)?(?:できません|ませんでした)|宛先(?:が|の|に)?.{0,20}(?:存在|見つかり|不明)"
        r"|(?:无法|未能|不能|無法|未被)(?:投递|送达|发送|投遞|傳遞|传递|到达)|退回|收件人.{0,20}(?:不存在|未找到)"
        r"|投递失败|전달(?:되지|할 수)|배달(?:되지|할 수)",
    ),
)

# Forms of the text that only mail servers write.
TECHNICAL = ("delivery-status fields", "smtp reply", "mail system's words")

_DELAY = re.compile(
    r"delayed|still (?:being )?retr|will (?:be retried|continue to|keep trying|retry|try again)"
    r"|not yet been delivered|temporar(?:y|ily) (?:problem|failure|unable|deferr)|warning: message"
    r"|no action is required|you do not need to resend|задерж|повторн\w+ попыт|verzögert|retardé"
    r"|retrasad|ritardat|atrasad|opóźnion|遅延",
)
_FINAL = re.compile(r"permanent|giving up|gave up|i've given up|failed permanently|fatal error")
# Where the returned copy of the mail begins in an unstructured report.
_ORIGINAL = re.compile(
    r"^[ \t]*(?:-+ ?(?:this is a copy of|below this line is a copy of|original (?:message|mail)"
    r"|(?:beginning of )?(?:the )?(?:returned|original) (?:message|mail)|unsent message"
    r"|header|начало письма|исходное|копия)|(?:>?received|return-path|x-[\w-]+|delivered-to): )"
    r"|^[ \t]*(?:original (?:message|mail)(?: (?:text|follows|as follows|header)s?)?"
    r"|message header|your (?:original )?message follows|message details)[:. ]*$",
    re.I | re.M,
)
_ANSWERED_OR_FORWARDED = re.compile(
    r"\s*(?:re|fwd?|tr|wg|aw|rv|rif|r|i|res|enc|doorst|vs|vl|vb|odp|pd|sv|vá|antw|ynt|ilt|σχετ|πρθ"
    r"|ответ|нa|на|пер|переслано|пересл|转发|回复|轉寄|回覆|答复)(?:\[\d+\]|\(\d+\))?\s*[:：]"
)


def _compile(forms: tuple[tuple[str, str], ...], flags: int) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern, flags)) for name, pattern in forms]


_SUBJECT_FORMS = _compile(_SUBJECTS, 0)
_TEXT_FORMS = _compile(_TEXTS, re.M)


def find_subject_form(subject: str) -> str:
    """Return the name of the failure's form in a subject, or "".

    The subject of an answered or forwarded mail has no form.
    """
    subject = subject.lower()
    if _ANSWERED_OR_FORWARDED.match(subject):
        return ""
    return next((name for name, pattern in _SUBJECT_FORMS if pattern.search(subject)), "")


def find_text_form(text: str) -> str:
    """Return the name of the failure's form in a text, or ""."""
    text = text.lower()
    return next((name for name, pattern in _TEXT_FORMS if pattern.search(text)), "")


def is_delay(subject: str, text: str) -> bool:
    """Return whether a report says that the server still tries to deliver the mail."""
    words = f"{subject}\n{text}".lower()
    return bool(_DELAY.search(words)) and not _FINAL.search(words)


def cut_off_original(text: str) -> str:
    """Return the report's text without the copy of the mail that it returns."""
    original = _ORIGINAL.search(text)
    return text[: original.start()] if original and original.start() > 40 else text
