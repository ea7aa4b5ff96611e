"""What leaves the building: masks of secrets and personal numbers in people's words.

Simple recognisers with linear patterns; names are not looked for. The raw text stays in
`report_text`.
"""

from __future__ import annotations

import re
from typing import Final

_MASKS: Final = (
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "<email>"),
    (
        re.compile(
            r"(?i)\b(password|passwd|passwort|pwd|pin|token|secret|api[ _-]?key|otp)\b"
            r"(\s{0,3}(?:is|ist|:|=)\s{0,3})(\S{1,200})"
        ),
        r"\1\2<secret>",
    ),
    (re.compile(r"\beyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{5,1000}"), "<token>"),
    (re.compile(r"\b(?:sk|pk|ghp|xoxb|xoxp|whsec|AKIA)[-_]?[A-Za-z0-9_-]{16,200}"), "<token>"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "<iban>"),
    (re.compile(r"(?<![\w.])(?:\d[ -]?){13,19}(?![\w.])"), "<card>"),
    (re.compile(r"(?<![\w.])\+\d[\d ()/-]{7,18}\d(?!\w)"), "<phone>"),
)


def mask(text: str) -> str:
    """`text` with mail addresses, phone and card numbers, passwords and tokens masked."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text
