"""The default encoder: unit vectors that mean something, whatever it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.encoding import EncoderUnavailableError, HashEncoder, gist
from classifier.onnx_encoder import OnnxEncoder
from tests.conftest import ARTIFACTS


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder(ARTIFACTS / "encoder")


def test_every_text_gets_a_vector_of_length_one(encoder: OnnxEncoder) -> None:
    rows = encoder.encode(["", " ", "no wifi", "🙂" * 50, "\ud800 half a character", "x" * 100_000])
    assert rows.shape == (6, encoder.width)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_the_same_problem_in_other_words_is_nearer_than_another_problem(
    encoder: OnnxEncoder,
) -> None:
    wifi, wireless, badge = encoder.encode(
        ["the wifi is down", "wireless network not working", "my badge photo is wrong"]
    )
    assert wifi @ wireless > wifi @ badge + 0.3


def test_a_text_has_one_vector_alone_or_among_others(encoder: OnnxEncoder) -> None:
    texts = ["outlook hangs", "a much longer text about the printer " * 12, "ok"]
    together = encoder.encode(texts)
    alone = np.stack([encoder.encode([text])[0] for text in texts])
    assert np.array_equal(together, alone)


def test_its_name_says_which_weights_it_has(encoder: OnnxEncoder) -> None:
    assert "all-MiniLM-L6-v2" in encoder.id
    assert encoder.width == 384


def test_without_a_built_encoder_the_way_to_build_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="muster encoder build"):
        OnnxEncoder(tmp_path)


def test_of_a_long_text_the_beginning_and_the_end_are_kept() -> None:
    text = "START " + "x" * 50_000 + " END"
    short = gist(text)
    assert short.startswith("START")
    assert short.endswith("END")
    assert len(short) < 1_400
    assert gist("short") == "short"


def test_the_plain_encoder_of_the_tests_sees_shared_words_only() -> None:
    one, two, other = HashEncoder().encode(["vpn is down", "vpn is slow", "red chair"])
    assert one @ two > one @ other
