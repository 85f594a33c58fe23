"""Recognize the charset of bytes by what they look like."""

from __future__ import annotations

import re
from collections import Counter

from charset_normalizer import from_bytes

from mailing.parsing.charset_labels import CYRILLIC_CODECS

# Enough for detection, whose time grows with its input.
_SAMPLE_BYTES = 8_192

_HIGH_BYTES = bytes(range(0x80, 0x100))
_HIGH_BYTE_RUN = re.compile(rb"[\x80-\xff]+")
_REPEATED_HIGH_BYTE = re.compile(rb"([\x80-\xff])\1+")
# Charsets of mail without a label. charset-normalizer also knows EBCDIC, which differs from ASCII.
_DETECTED_CODECS = [
    *("cp1251", "koi8_u", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp874", "iso8859_2", "iso8859_7"),
]
# What English, French, German, Spanish, Italian, Portuguese and Nordic texts have beyond ASCII.
_WESTERN_LETTERS = (
    "àâäáãåæçéèêëíîïìóôöòõøœúûüùñßÀÂÄÁÅÆÇÉÈÊÍÓÔÖØÚÜÑ«»¿¡€£§°’‘“”„–—…•©®´·\xa0"
).encode("cp1252")
_UNDEFINED_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
# The commonest letters of Russian and Ukrainian text; capitals are rare in text.
_COMMON_LETTERS = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюфцщэёіїє")
_INITIAL_LETTERS = _COMMON_LETTERS - frozenset("ыь")
_VOWELS = frozenset("оеаиуяыюэёіїє")
_UKRAINIAN_LETTERS = frozenset("іїє")
_CAPITAL_INSIDE = re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")
# The commonest syllables of Korean text, and the commonest characters of Chinese text.
_COMMON_SYLLABLES = frozenset(
    "이다는을의에가고하지도한사기어로은를나자아리대그라인서시들해안수주니요오있습합부세"
    "문제일정전구원성보상공저했내으면게습경용유동당생연실영방할위없않때였국신중만비식데호체"
)
_COMMON_IDEOGRAPHS = frozenset(
    "的一是不了在有人我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
    "过发后作里用道行所然家事成方多经去法学如都同现当没动面起看定天分还进好小部其些主样理心本前"
    "开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很"
    "最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次"
    "度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总"
    "何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决"
    "治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张"
    "该交规万取拉格望觉术领共确传师观清今切院让识候带导争运请您款货订单复"
)


def detect_codec(data: bytes, fallback: str) -> str:
    """Return the codec that bytes beyond ASCII, which are no UTF-8, look like.

    charset-normalizer decides, except on short texts, where it is weak. The fallback is for bytes
    that look like nothing.
    """
    sample = data[:_SAMPLE_BYTES]
    if len(data) > _SAMPLE_BYTES:
        # A double-byte character that is cut in two would rule out the right codec.
        last_run = len(sample) - len(sample.rstrip(_HIGH_BYTES))
        sample = sample[: len(sample) - last_run % 2]
    cyrillic = _guess_cyrillic_codec(sample)
    if cyrillic:
        return cyrillic
    if _has_western_letters_only(sample) and not _has_non_latin_words(sample):
        return "cp1252"
    if len(sample) - len(sample.translate(None, _HIGH_BYTES)) < 3:
        return fallback  # too little for detection
    best = from_bytes(sample, cp_isolation=_DETECTED_CODECS, enable_fallback=False).best()
    codec = best.encoding if best else fallback
    if codec == "cp932" and _is_half_width(sample.decode("cp932", "replace")):
        return "cp874"
    return _correct_korean_codec(sample) if codec == "cp949" else codec


def is_western(data: bytes) -> bool:
    """Return whether bytes can be text of a language in Latin letters, as their label says."""
    sample = data[:_SAMPLE_BYTES]
    if not _has_non_latin_words(sample):
        return True
    high = len(sample) - len(sample.translate(None, _HIGH_BYTES))
    # The letters of "äöüß" are Cyrillic ones too; a text of them is long enough to tell.
    is_clear = high >= 8 and _guess_cyrillic_codec(sample)
    defined = sample.translate(None, _UNDEFINED_IN_CP1252)
    return _has_western_letters_only(defined) and not is_clear


def is_cyrillic(data: bytes) -> bool:
    """Return whether bytes read as words in one of the Cyrillic charsets."""
    return bool(_guess_cyrillic_codec(data[:_SAMPLE_BYTES]))


def guess_utf16_codec(data: bytes) -> str:
    """Return utf-16-le or utf-16-be for bytes that look like it, else "".

    In an alphabetic script every second byte is zero or the number of the script's block.
    """
    sample = data[:_SAMPLE_BYTES]
    if sample.count(0) < 2:
        return ""
    for codec, high, low in (
        ("utf-16-le", sample[1::2], sample[0::2]),
        ("utf-16-be", sample[0::2], sample[1::2]),
    ):
        common = Counter(high).most_common(2)
        is_high = all(byte < 0x20 for byte, _ in common) and high.count(0) >= 2
        if is_high and sum(count for _, count in common) >= 0.9 * len(high) and 0 not in low:
            return codec
    return ""


def _has_western_letters_only(sample: bytes) -> bool:
    return sample.translate(None, _WESTERN_LETTERS).isascii()


def _has_non_latin_words(sample: bytes) -> bool:
    """Return whether bytes have whole words of high bytes, as no language in Latin letters has."""
    # Rows of no-break spaces or of dashes are no words.
    runs = _HIGH_BYTE_RUN.findall(_REPEATED_HIGH_BYTE.sub(rb"\1", sample))
    return sum(len(run) for run in runs if len(run) >= 3) * 2 > sum(map(len, runs))


def correct_cyrillic_codec(data: bytes, codec: str) -> str:
    """Return a label's Cyrillic codec, or another if the bytes clearly are in that."""
    sample = data[:_SAMPLE_BYTES]
    best = _guess_cyrillic_codec(sample)
    if best and best != codec:
        labelled, other = (_score_as_cyrillic(sample, name) for name in (codec, best))
        if other > 0.8 and labelled < 0.5:
            return best
    return codec


def _guess_cyrillic_codec(sample: bytes) -> str:
    if not _has_non_latin_words(sample):
        return ""
    score, codec = max((_score_as_cyrillic(sample, name), name) for name in CYRILLIC_CODECS)
    return codec if score > 0.8 else ""


def _score_as_cyrillic(sample: bytes, codec: str) -> float:
    """Return how well the high bytes read as Cyrillic words, up to 1.

    That is the share of common lower-case letters and initial capitals; 0 when there are too few or
    too many vowels, or letters of Russian alone beside those of Ukrainian; less for words that end
    in a hard sign or have a capital inside, as modern words do not.
    """
    words = b" ".join(_HIGH_BYTE_RUN.findall(sample)).decode(codec, "replace").split()
    letters = "".join(words)
    vowels = sum(letter in _VOWELS for letter in letters.lower())
    if len(letters) < 4 or not 0.25 <= vowels / len(letters) <= 0.7:
        return 0.0
    if "ё" in letters and not _UKRAINIAN_LETTERS.isdisjoint(letters):
        return 0.0  # Greek that is read as ISO-8859-5
    good = 0
    for word in words:
        good += sum(letter in _COMMON_LETTERS for letter in word[1:])
        good += word[0].lower() in _INITIAL_LETTERS
        good -= len(word) if word[-1] == "ъ" or _CAPITAL_INSIDE.search(word) else 0
    return good / len(letters)


def _is_half_width(text: str) -> bool:
    """Return whether text is mostly half-width kana, in whose places Thai has its letters."""
    return sum("\uff61" <= letter <= "\uff9f" for letter in text) * 2 > len(text)


def _correct_korean_codec(sample: bytes) -> str:
    """Return cp949, or the codec of the Chinese or Japanese that only looks like Korean."""
    text = sample.decode("cp949", "replace")
    # Modern Korean is written without ideographs, and its letters in syllables; single letters
    # have the places of kana in EUC-JP.
    if sum("\u4e00" <= letter <= "\u9fff" for letter in text) * 5 > len(text):
        return "gb18030"
    single_letters = sum("\u3131" <= letter <= "\u318e" for letter in text)
    if single_letters * 3 > len(text):
        return "euc_jp"
    # The first level of GB 2312 has the places of syllables, but of other ones than are common.
    korean = sum(letter in _COMMON_SYLLABLES for letter in text)
    chinese = sum(letter in _COMMON_IDEOGRAPHS for letter in sample.decode("gb18030", "replace"))
    return "gb18030" if chinese > korean else "cp949"
