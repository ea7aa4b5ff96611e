"""What a disturbance sounds like, learnt from tickets with their urgency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Encoder, Vector, gist

_STRENGTH: Final = 1.0
"""C of the regression: .3 and 3 do the same or a little less on helpdesk and storm (dev)."""
CAN_WAIT: Final = "3"


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Whether words tell of something broken that hampers work now, or ask for something.

    A direction in the encoder's space, learnt from tickets with their urgency. It tells an
    outage's reports from the requests of the same hour better than any likeness does.

    Attributes:
        encoder_id: Whose vectors it is for; for others it says nothing (.5).
        weights: Shape (d,).

    """

    encoder_id: str
    weights: npt.NDArray[np.float32]
    bias: float

    def of(self, vector: Vector) -> float:
        """Probability, 0 to 1."""
        return float(1.0 / (1.0 + np.exp(-(float(self.weights @ vector) + self.bias))))


def train_disturbance(
    texts: Sequence[str], urgency: Sequence[str], encoder: Encoder
) -> Disturbance:
    """A direction that tells urgent accounts (urgency 1 or 2) from requests that can wait."""
    from sklearn.linear_model import LogisticRegression

    vectors = encoder.encode([gist(text) for text in texts])
    pressing = np.array([told != CAN_WAIT for told in urgency])
    model = LogisticRegression(C=_STRENGTH, max_iter=1_000).fit(vectors, pressing)
    return Disturbance(encoder.id, model.coef_[0].astype(np.float32), float(model.intercept_[0]))
