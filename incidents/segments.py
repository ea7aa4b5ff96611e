"""What a text costs: its signs in the GSM alphabet, and how many segments it is cut into.

One sign outside the alphabet turns the whole text to UCS-2 and a segment to 70 signs, so
typographic signs are replaced by plain ones first.
"""

from __future__ import annotations

import unicodedata
from typing import Final

SEGMENT: Final = 160
"""Signs of the alphabet that one text message holds."""
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")  # two septets each
_FEW: Final = 0.2
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u2032`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\ufeff", ""),
        "\u2026": "...",
        "\u2022": "-",
        "\u00b7": "-",
        "\u2192": "->",
    }
)


def render_plain(text: str) -> str:
    """`text` with typographic signs as the GSM alphabet has them; other signs stay."""
    return text.translate(_PLAIN)


def render_gsm(text: str) -> str:
    """`text` in the GSM alphabet: other accents and signs go, the words stay.

    A text in letters that the alphabet lacks stays as it is: without them it would say nothing.
    """
    plain = render_plain(text)
    kept, lost, letters = [], 0, 0
    for sign in plain:
        letters += sign.isalpha()
        if sign in _BASIC or sign in _EXTENDED:
            kept.append(sign)
            continue
        simple = unicodedata.normalize("NFKD", sign)
        found = "".join(one for one in simple if one in _BASIC or one in _EXTENDED)
        lost += sign.isalpha() and not found
        kept.append(found)
    return plain if lost > letters * _FEW else "".join(kept)


def first_segment(text: str) -> str:
    """As much of `text`, as it stands, as one segment holds."""
    wide = not is_gsm(text)
    room, end = (70, 0) if wide else (SEGMENT, 0)
    for sign in text:
        room -= _units(sign, wide=wide)
        if room < 0:
            break
        end += 1
    return text[:end]


def count_units(text: str) -> int | None:
    """How many septets `text` takes in the GSM alphabet; None where it has other signs."""
    return sum(_units(sign, wide=False) for sign in text) if is_gsm(text) else None


def count_segments(text: str) -> int:
    """How many segments a network makes of `text`, as it stands."""
    wide = not is_gsm(text)
    units = [_units(sign, wide=wide) for sign in text]
    return _parts(units, whole=70, part=67) if wide else _parts(units, whole=160, part=153)


def is_full(text: str) -> bool:
    """Whether `text` ends just where a network cuts: a phone may have sent the rest apart."""
    wide = not is_gsm(text)
    units = sum(_units(sign, wide=wide) for sign in text)
    whole, part = (70, 67) if wide else (160, 153)
    return units == whole or (units > 0 and units % part == 0)


def is_gsm(text: str) -> bool:
    """Whether every sign is in the GSM alphabet."""
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def _units(sign: str, *, wide: bool) -> int:
    if wide:
        return len(sign.encode("utf-16-le", "surrogatepass")) // 2
    return 2 if sign in _EXTENDED else 1


def _parts(sizes: list[int], *, whole: int, part: int) -> int:
    """No sign is torn between two segments."""
    if sum(sizes) <= whole:
        return 1
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts
