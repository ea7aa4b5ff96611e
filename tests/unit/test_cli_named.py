"""What a stream on the command line is called."""

from __future__ import annotations

from pathlib import Path

from api.cli_named import name_stream


def test_a_stream_is_called_as_told_or_by_its_file_and_never_like_another() -> None:
    taken: dict[str, Path] = {}
    for told in ("storm=a/stream.jsonl", "b/stream.jsonl", "c/stream.jsonl", "stream=d.jsonl"):
        name, path = name_stream(told, taken)
        taken[name] = path
    assert taken == {
        "storm": Path("a/stream.jsonl"),
        "stream": Path("b/stream.jsonl"),
        "stream 2": Path("c/stream.jsonl"),
        "stream 3": Path("d.jsonl"),
    }
