"""Recognize signatures: lines that mail programs add, and those that people set apart by a rule.

A device line ("Sent from my iPhone") is a beginning from the table followed by the name of a device
or program; both are needed, because people write "Отправлено с курьером" too. The wording is that
of the programs: iOS, Gmail, Outlook, Samsung Email, Yahoo, Mail.ru, Yandex, K-9.
"""

import re
from collections.abc import Sequence

_LINE_CHARACTERS = 160
# RFC 3676, 4.3 has "-- "; many programs drop the space, and people type other rules.
_DASHES = re.compile(r"[ \t\u00a0]*(?:--|—|__|–)[ \t\u00a0\r]*")
_RULE = re.compile(r"[ \t\u00a0]*[-_,=+~#*—–─]{2,}[ \t\u00a0\r]*")
_BELOW_DASHES = 10
_BELOW_RULE = 12
_NAME_LINES = 4
_CONTACT_CHARACTERS = 1_000

_DEVICE = (
    r"(?:[\w-]*i[- ]?(?:phon|pad|pod)\w*|\w*phone\b|\w*mobil\w*|\w*мобильн\w*|мобільн\w*"
    r"|android|galaxy|samsung|huawei|honor\b|xiaomi|redmi|poco\b|realme|pixel|oneplus|oppo\b|nokia|motorola|sony"
    r"|xperia|htc\b|lg\b|blackberry|cell\b|tablet|handy\b|smartphone|outlook|(?!e-?mail\b)\w*mail\w*|yahoo|aol\b"
    r"|spark\b|nine\b|proton|windows|thunderbird|k-9|superhuman|fastmail|zoho|telegram|ipad|macbook"
    r"|почт\w+|пошт\w+|яндекс\w*|yandex|телефон\w*|смартфон\w*|планшет\w*|устройств\w*|пристро\w*"
    r"|приложени\w*|téléphone|teléfono|telefon\w*|celular|móvil|appareil|手机|手機|スマートフォン"
    r"|携帯|邮箱|メール|나의|갤럭시|アイフォン|電話)"
)

# What comes before the device, by language.
_BEGINNINGS: dict[str, str] = {
    "en": r"sent (?:from|via|with|by|using)",
    "de": r"(?:gesendet (?:von|mit|aus|über)|verschickt (?:von|mit))",
    "fr": r"(?:message )?envoyé (?:depuis|de|d'|avec|via|à partir d[eu']|par)",
    "es": r"enviado (?:desde|con|de|mediante)",
    "it": r"inviato (?:da|dal|dalla|dall'|con|tramite)",
    "pt": r"enviad[oa] (?:do|da|de|pelo|pela|a partir d[oae]|com|via|através d[oe])",
    "nl": r"(?:verzonden|verstuurd) (?:vanaf|met|via|vanuit|van)",
    "da, no": r"sendt (?:fra|med|via)",
    "sv": r"skicka(?:t|des|d) (?:från|med|via)",
    "fi": r"lähetetty",
    "pl": r"wysłan[eo] (?:z|ze|przez|za pomocą|przy użyciu)",
    "cs, sk": r"(?:odesláno|odoslané|posláno|poslané|odeslané) (?:z|ze|zo|pomocí)",
    "hu": r"(?:küldve|elküldve)",
    "ro": r"trimis (?:de pe|din|de la)",
    "ru": r"(?:отправлено|послано|отослано|написано|посланo) (?:с|со|из|через|от|при помощи|по)",
    "uk": r"(?:надіслано|відправлено|надісланo) (?:з|із|зі|через|за допомогою)",
    "be, bg": r"(?:адпраўлена з|изпратено от)",
    "el": r"(?:στάλθηκε|εστάλη) από",
    "tr": r"gönderen:",
    "vi, id": r"(?:(?:đã |được )?gửi từ|dikirim dari)",
    "zh": r"(?:发自|發自|发送自|來自|来自|从|從)",
}

# Lines in which the device is not the last word, or that need no device.
_FORMS: dict[str, str] = {
    "en": r"sent (?:from|via|with|by) (?:my|a) [^.!?]{2,60}",
    "en, hand-made": r"from my .{0,10}\b(?:i-?phone|i-?pad|phone|mobile|galaxy|android)\b.{0,15}",
    "en, a name": r"\w+ from (?:my )?mobile",
    "outlook, en": r"(?:get|download) outlook for .{2,}",
    "outlook, de": r"(?:laden sie|holen sie sich|beziehen sie|holen) outlook für .{2,}",
    "outlook, de, turned": r"outlook für .{2,30} (?:beziehen|herunterladen|holen)",
    "outlook, fr": r"(?:télécharger|obtenez|obtenir|téléchargez) outlook pour .{2,}",
    "outlook, es, pt": r"(?:obtener|obtenga|obter|obtenha|baixe|baixar) (?:o )?outlook para .{2,}",
    "outlook, it": r"(?:ottieni|scarica|scaricare) outlook per .{2,}",
    "outlook, nl": r"(?:download|ontvang|krijg) outlook voor .{2,}|outlook voor .{2,30} downloaden",
    "outlook, da, no, sv": r"(?:hent|få|last ned|hämta|skaffa) outlook (?:til|for|för) .{2,}",
    "outlook, fi": r"hanki outlook .{2,}",
    "outlook, pl, cs": r"(?:pobierz|uzyskaj|stáhnout|získat) outlook(?:a)? (?:dla|pro|na) .{2,}",
    "outlook, ru": r"(?:скачать|получить|загрузить|скачайте|установить) outlook для .{2,}",
    "outlook, uk": r"(?:отримати|отримайте|завантажити|завантажте) outlook для .{2,}",
    "outlook, zh, ja": r"(?:获取|取得|下载) ?outlook for .{2,}|outlook for .{2,30}(?:を入手|获取)",
    "de": r"(?:von|aus) mein(?:em|er) .{2,60} gesendet|diese nachricht wurde von .{2,60} gesendet",
    "de, k-9": r"diese nachricht wurde von meinem .{2,80}",
    "sv": r"från min .{2,40}",
    "fi, tr, hu": r"\S*(?:phone|pad)\S* (?:lähetetty|gönderildi|küldve).{0,10}",
    "tr": r".{2,40}['’]?(?:umdan|ımdan|imden|dan|den) gönderildi",
    "zh": r"[从從]我的 ?.{2,40}[发發传傳]送|(?:发自|發自)我的 ?.{2,40}",
    "ja": r".{2,40}から送信(?:されました|しました)?",
    "ko": r"(?:나의|내) ?.{2,40}에서 (?:보냄|전송)",
    "ru, k-9": r"простите за краткость.{0,80}|извините за краткость.{0,80}",
    "en, k-9": r"please excuse my brevity\.?|(?:please )?excuse (?:the )?(?:typos|brevity).{0,40}",
}

_DEVICE_LINE = re.compile(
    rf"[<(\[«\"*]*\s*(?:(?:{'|'.join(_BEGINNINGS.values())})(?:\s+|(?<=[自来來从從:]))"
    rf"(?:[\w'’.+-]+ ){{0,4}}?[^\w]?{_DEVICE}(?:[^.!?]|\.(?=\w)){{0,60}}"
    rf"|{'|'.join(_FORMS.values())})"
    r"[.!]?(?:\s+(?:please |pardon |sorry |excuse ).{0,60})?\s*[>)\]»\"*]*"
)
_LINK_TARGET = re.compile(
    r"\]\([^()\s]{1,300}\)|<https?:[^<>\s]{1,400}>|\(\s?https?:[^()\s]{1,400}\s?\)"
    r"|:?\s?https?://[^\s<>()]{1,400}"
)
_LINK_ONLY = re.compile(
    r"<?https?://\S{1,400}>?|(?:for|для|für|pour|para|per|voor) windows(?: \d+)?"
)

# Signs of a signature: a way to reach somebody, or the name of a company.
_CONTACT = re.compile(
    r"\S@\S+\.\w|https?://|\bwww\.|(?<![\w.])\+?\d[\d\s()./-]{7,}\d|\b(?:tel|phone|mobile|cell|fax|тел|моб"
    r"|телефон|факс|ооо|llc|gmbh|ltd|inc|s\.a\.|sp\. z)\b[.:]?",
)
_FOOTER = re.compile(
    r"confidential|disclaimer|privileged|intended (?:only )?for|intended recipient|unsubscribe"
    r"|mailing list|virus|конфиденциальн|конфіденційн|vertraulich"
    r"|confidentiel|riservat|confidencial|vertrouwelijk|poufn|отписаться|отписка|рассылк"
    r"|avast|reply to this email|notification"
)


def is_device_line(line: str) -> bool:
    """Return whether a phone or mail program added the line by itself."""
    if len(line) > _LINE_CHARACTERS * 3:
        return False
    if "http" in line or "](" in line:
        line = _LINK_TARGET.sub("", line)
    words = line.replace("[", "").strip(" \t\r\u00a0*_|]").lower()
    return 6 <= len(words) <= _LINE_CHARACTERS and bool(_DEVICE_LINE.fullmatch(words))


def continues_device_line(line: str) -> bool:
    """Return whether the line is the link, or the rest, of a wrapped device line."""
    words = line[: _LINE_CHARACTERS * 3].strip(" \t\r\u00a0*_()[]").lower()
    return bool(_LINK_ONLY.fullmatch(words))


def is_rule(line: str) -> bool:
    """Return whether the line has nothing but dashes, underscores or the like."""
    return len(line) <= _LINE_CHARACTERS and bool(_RULE.fullmatch(line) or _DASHES.fullmatch(line))


def is_signature(lines: Sequence[str], *, among_rules: bool) -> bool:
    """Return whether lines that begin with a rule are a signature or footer, not part of the text.

    Anything may follow "-- " (RFC 3676, 4.3), and a few lines "--". Below another rule there must
    be a way to reach somebody, a disclaimer, or a name in a few lines, because people also divide
    their letters by rules.

    among_rules: a rule above was not a signature; then a name alone is not enough.
    """
    below = [line.strip(" \t\r\u00a0*_").lower()[:_CONTACT_CHARACTERS] for line in lines[1:]]
    below = [line for line in below if line]
    if not below or lines[0].rstrip("\r") == "-- " or is_device_line(lines[1]):
        return True
    contacts = sum(bool(_CONTACT.search(line)) for line in below)
    has_footer = any(_FOOTER.search(line) for line in below)
    if _DASHES.fullmatch(lines[0]):
        return len(below) <= _BELOW_DASHES or bool(contacts) or has_footer
    if len(below) > _BELOW_RULE:
        return False
    names = sum(_looks_like_a_name(line) for line in lines[1:])
    is_short = len(below) <= _NAME_LINES and not among_rules
    return has_footer or (names + contacts >= len(below) and (is_short or bool(contacts)))


def _looks_like_a_name(line: str) -> bool:
    """Return whether the line is short, begins with a capital and is not a sentence."""
    line = line.strip(" \t\r\u00a0*_")
    if not line or len(line) > 60 or line[-1] in ".!?:;" or _CONTACT.search(line.lower()):
        return False
    return line[0].isupper() and len(line.split()) <= 6
