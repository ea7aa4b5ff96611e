"""Any sentence-transformers model as encoder; an option that needs the extra `train` (torch)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from typing_extensions import override

from classifier.encoding import Encoder, EncoderUnavailableError, Vectors

_MAX_TOKENS: Final = 256


class SentenceTransformersEncoder(Encoder):
    """A model by name or folder. Safe for threads as far as the model is."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderUnavailableError(
                "The encoder setting asks for sentence-transformers; install the extra `train`."
            ) from error
        self._model = SentenceTransformer(name)
        self._model.max_seq_length = min(self._model.max_seq_length or _MAX_TOKENS, _MAX_TOKENS)
        self.id = f"st:{name}"
        self.width = int(self._model.get_sentence_embedding_dimension())

    @override
    def encode(self, texts: Sequence[str]) -> Vectors:
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        rows = self._model.encode(clean, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)
