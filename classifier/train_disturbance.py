"""Learning what a disturbance sounds like, from tickets with their urgency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from classifier.encoding import Encoder, gist
from classifier.window import Disturbance

_STRENGTH: Final = 1.0
"""C of the regression: .3 and 3 do the same or a little less on helpdesk and storm (dev)."""
CAN_WAIT: Final = "3"


def train_disturbance(
    texts: Sequence[str], urgency: Sequence[str], encoder: Encoder
) -> Disturbance:
    """A direction that tells urgent accounts (urgency 1 or 2) from requests that can wait."""
    from sklearn.linear_model import LogisticRegression

    vectors = encoder.encode([gist(text) for text in texts])
    pressing = np.array([told != CAN_WAIT for told in urgency])
    model = LogisticRegression(C=_STRENGTH, max_iter=1_000).fit(vectors, pressing)
    return Disturbance(encoder.id, model.coef_[0].astype(np.float32), float(model.intercept_[0]))
