"""Heads on disk: `heads.npz`, `terms.json` and `manifest.json`, without pickles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.heads import Head, Heads, HeadsMissingError, Shelf
from classifier.label_calibration import Calibration, Promise
from classifier.label_severity import SeverityFit
from classifier.label_vote import Examples
from classifier.tfidf import Block, TermVectoriser, in_order

SCHEMA: Final = 3


def save_heads(heads: Heads, folder: Path, report: Mapping[str, Any]) -> None:
    """Write a folder that `load_heads` reads. `report`: what is known of the training."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, npt.NDArray[Any]] = {}
    terms: dict[str, Any] = {}
    for shelf in heads.shelves.values():
        words, chars = shelf.vectoriser.words, shelf.vectoriser.chars
        arrays[f"{shelf.name}.word_idf"], arrays[f"{shelf.name}.char_idf"] = words.idf, chars.idf
        arrays[f"{shelf.name}.vectors"] = shelf.examples.vectors.astype(np.float16)
        terms[shelf.name] = {
            "words": in_order(words.vocabulary),
            "chars": in_order(chars.vocabulary),
            "ids": list(shelf.examples.ids),
            "texts": list(shelf.examples.texts),
        }
    for head in heads.by_name.values():
        arrays[f"{head.name}.weights"] = head.weights.astype(np.float32)
        arrays[f"{head.name}.bias"] = head.bias.astype(np.float32)
        arrays[f"{head.name}.usual"] = head.usual
        arrays[f"{head.name}.examples"] = head.example_labels
    np.savez(folder / "heads.npz", allow_pickle=False, **arrays)
    (folder / "terms.json").write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
    manifest = {
        "schema": SCHEMA,
        "artifact": heads.artifact,
        "encoder": heads.encoder_id,
        "shelves": {
            shelf.name: {
                "word_weight": shelf.vectoriser.words.weight,
                "char_weight": shelf.vectoriser.chars.weight,
            }
            for shelf in heads.shelves.values()
        },
        "heads": {
            head.name: {
                "shelf": head.shelf,
                "labels": list(head.labels),
                "calibration": asdict(head.calibration),
                "promise": asdict(head.promise),
            }
            for head in heads.by_name.values()
        },
        "severity": heads.severity.to_json() if heads.severity else None,
        "report": dict(report),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def load_heads(folder: Path) -> Heads:
    """Read what `save_heads` wrote.

    Raises:
        HeadsMissingError: It is not there, not readable, or of an earlier version.

    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        terms = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
        with np.load(folder / "heads.npz", allow_pickle=False) as arrays:
            data = {name: arrays[name] for name in arrays.files}
        if manifest.get("schema") != SCHEMA:
            raise HeadsMissingError(
                f"The heads in {folder} were trained by another version. Train them again "
                "(the shipped ones: `muster train heads`)."
            )
        return Heads(
            encoder_id=manifest["encoder"],
            artifact=manifest["artifact"],
            shelves={
                name: _shelf(name, entry, terms[name], data)
                for name, entry in manifest["shelves"].items()
            },
            by_name={name: _head(name, entry, data) for name, entry in manifest["heads"].items()},
            severity=SeverityFit.from_json(manifest["severity"]) if manifest["severity"] else None,
        )
    except (OSError, ValueError, KeyError) as error:
        raise HeadsMissingError(
            f"There are no trained heads in {folder}. Run `muster train heads`."
        ) from error


def read_report(folder: Path) -> dict[str, Any]:
    """What the training said of itself; empty where there is nothing."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(manifest.get("report", {}))


def _shelf(
    name: str, entry: Mapping[str, Any], terms: Mapping[str, Any], data: Mapping[str, Any]
) -> Shelf:
    vectoriser = TermVectoriser(
        Block(_columns(terms["words"]), data[f"{name}.word_idf"], entry["word_weight"]),
        Block(_columns(terms["chars"]), data[f"{name}.char_idf"], entry["char_weight"]),
    )
    vectors = data[f"{name}.vectors"].astype(np.float32)  # ten times quicker to compare with
    examples = Examples(terms["ids"], terms["texts"], vectors)
    return Shelf(name, vectoriser, vectoriser.names(), examples)


def _head(name: str, entry: Mapping[str, Any], data: Mapping[str, Any]) -> Head:
    return Head(
        name,
        entry["shelf"],
        tuple(entry["labels"]),
        data[f"{name}.weights"],
        data[f"{name}.bias"],
        data[f"{name}.usual"],
        data[f"{name}.examples"],
        Calibration(**entry["calibration"]),
        Promise(**entry["promise"]),
    )


def _columns(terms: list[str]) -> dict[str, int]:
    return {term: column for column, term in enumerate(terms)}
