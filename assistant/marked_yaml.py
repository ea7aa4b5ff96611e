"""YAML that remembers where each part stands, so that a refusal can name the line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

_TYPED: Final = {
    "tag:yaml.org,2002:bool": re.compile(r"true|false"),
    "tag:yaml.org,2002:int": re.compile(r"[-+]?(?:0|[1-9][0-9]*)"),
    "tag:yaml.org,2002:float": re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+"),
    "tag:yaml.org,2002:timestamp": re.compile("(?!)"),
}
"""What YAML 1.1 (ours) and YAML 1.2 (Rasa's) read alike; `no`, `012`, `1:30` they do not."""


class MarkedDict(dict[str, Any]):
    """A mapping with the line (from 1) of each of its keys, and its own."""

    line: int = 1

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class MarkedList(list[Any]):
    """A sequence with the line (from 1) of each of its items, and its own."""

    line: int = 1

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


def parse_marked(text: str) -> Any:
    """The document, its mappings and sequences marked; None where it is empty.

    Raises:
        yaml.YAMLError: It is no YAML, or holds tags that run code.

    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _build(loader, node)
    finally:
        loader.dispose()


def read_marked(path: Path) -> Any:
    return parse_marked(path.read_text(encoding="utf-8"))


def line_of(holder: object, key: str | int | None = None) -> int:
    """The line of `holder`, or of one of its keys or items; 1 where it is not marked."""
    if key is not None and isinstance(holder, MarkedDict) and key in holder.lines:
        return holder.lines[str(key)]
    if isinstance(key, int) and isinstance(holder, MarkedList) and key < len(holder.lines):
        return holder.lines[key]
    return getattr(holder, "line", 1)


def unmarked(value: Any) -> Any:
    """The same with plain mappings and sequences, as JSON and others want it."""
    if isinstance(value, Mapping):
        return {key: unmarked(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [unmarked(one) for one in value]
    return value


def _build(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        made = MarkedDict()
        made.line = node.start_mark.line + 1
        for key_node, value_node in node.value:
            key = str(_build(loader, key_node))
            if key in made:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice", key_node.start_mark
                )
            made.lines[key] = key_node.start_mark.line + 1
            made[key] = _build(loader, value_node)
        return made
    if isinstance(node, yaml.SequenceNode):
        items = MarkedList()
        items.line = node.start_mark.line + 1
        for item in node.value:
            items.lines.append(item.start_mark.line + 1)
            items.append(_build(loader, item))
        return items
    if node.tag in _TYPED and not _TYPED[node.tag].fullmatch(node.value):
        raise yaml.constructor.ConstructorError(
            None,
            None,
            f"put {node.value} in quotes: YAML readers do not agree on what it is",
            node.start_mark,
        )
    return loader.construct_object(node, deep=True)
