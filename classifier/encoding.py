"""Text to vectors: the port, and a plain implementation for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from models.errors import DomainError
from models.masking import mask

Vector: TypeAlias = npt.NDArray[np.float32]
"""Shape (d,), unit length."""
Vectors: TypeAlias = npt.NDArray[np.float32]
"""Rows are texts: shape (n, d), each row of unit length."""

_HEAD: Final = 1000
_TAIL: Final = 300


class EncoderUnavailableError(DomainError):
    """No encoder is loaded, so nothing can be read yet."""

    code: ClassVar[str] = "encoder.unavailable"


class Encoder(Protocol):
    """Turns texts into unit vectors.

    `id` is stored with every vector; vectors of two encoders are never compared.
    """

    id: str
    width: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts in order.

        Args:
            texts: n texts of any length; what is past the encoder's window is not seen.

        Returns:
            Shape (n, d) float32, d = `width`, rows of unit length, so a dot product of two
            rows is their cosine similarity in [-1, 1].

        """
        ...


class HashEncoder(Encoder):
    """Words hashed into buckets: repeatable, offline, and honest about its name.

    It sees shared words and nothing else. For tests; `api.settings` cannot select it.
    """

    id = "hash-v1"
    width = 256

    @override
    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 0.05  # keeps an empty text's vector defined
            for word in text.lower().split():
                digest = hashlib.blake2b(word.encode(errors="replace"), digest_size=4).digest()
                row[int.from_bytes(digest, "big") % self.width] += 1.0
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def gist(text: str) -> str:
    """What the encoder is given of a text: its beginning and its end, with private words masked.

    A pasted log says what matters first and last; the cost of reading stays bounded.
    """
    if len(text) <= _HEAD + _TAIL:
        return mask(text)
    return f"{mask(text[:_HEAD])} … {mask(text[-_TAIL:])}"
