"""What is true of the whole tree: its size, its words, and that every test is run."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidents.outcomes import ENTRIES
from models.errors import DomainError

ROOT = Path(__file__).parents[2]
FLOORS = ("models", "classifier", "incidents", "assistant", "api")
TIMELINE = {
    "incident.opened",
    "incident.absorbed",
    "incident.proposed",
    "incident.no_longer_proposed",
    "incident.severity_changed",
    "incident.declared",
    "incident.rejected",
    "incident.merged",
    "incident.split",
    "incident.report_moved",
    "incident.locked",
    "incident.unlocked",
    "incident.resolved",
    "incident.reopened",
    "incident.titled",
    "incident.severity_set",
    "incident.priority_set",
    "incident.category_set",
    "incident.kept_apart",
    "incident.kept_together",
    "incident.published",
    "incident.workaround_set",
    "incident.recurrence_found",
    "incident.same_cause_said",
    "incident.other_cause_said",
    "report.joined",
    "report.left",
    "report.extended",
    "attachment.suggested",
    "review.undone",
}
"""Stored for ever: add, never rename."""


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


@pytest.mark.parametrize("folder", [*FLOORS, "tests"])
def test_no_file_outgrows_one_reading(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(folder)
        if "versions" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize("folder", FLOORS)
def test_every_module_says_its_point_first_and_package_files_are_empty(folder: str) -> None:
    for path in sources(folder):
        if path.name == "__init__.py":
            assert path.read_text(encoding="utf-8") == "", path
        else:
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def all_errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for one in kind.__subclasses__():
        yield one
        yield from all_errors(one)


def test_every_error_has_a_code_of_its_own() -> None:
    for floor in FLOORS:
        package = importlib.import_module(floor)
        for found in pkgutil.walk_packages(package.__path__, f"{floor}."):
            if "migrations" not in found.name:
                importlib.import_module(found.name)
    ours = {one for one in all_errors() if one.__module__.split(".")[0] in FLOORS}
    counts = Counter(one.code for one in ours)
    assert len(ours) > 10
    assert {code for code, count in counts.items() if count > 1} == set()
    assert DomainError.code not in counts


def test_the_kinds_of_timeline_entries_are_a_closed_list() -> None:
    used = set(ENTRIES.values())
    for path in sources("incidents", "assistant", "api"):
        for call in calls(path, "record_entry"):
            kind = call.args[2]
            if isinstance(kind, ast.Constant):
                used.add(str(kind.value))
    used |= {"review.undone", "incident.opened", "incident.absorbed"}
    assert used == TIMELINE


def test_only_the_ledger_and_the_migrations_touch_the_counter() -> None:
    for path in sources(*FLOORS):
        if path.name in {"ledger.py", "staff.py"} or "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert "update(Counter)" not in text, path


def test_only_one_module_knows_the_job_engine() -> None:
    for path in sources(*FLOORS):
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in imported(node)
        }
        assert path.name == "jobs.py" or not {n for n in names if n.split(".")[0] == "dbos"}, path


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def test_every_function_that_is_called_a_test_is_one_that_runs() -> None:
    """A test in a file or a class that pytest does not collect would never fail."""
    lost = []
    for path in sources("tests"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
        ]
        at_top = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
        ]
        collected = at_top if path.name.startswith("test_") else []
        lost += [f"{path.name}: {name}" for name in named if name not in collected]
        assert len(at_top) == len(set(at_top)), f"{path.name}: one test hides another"
    assert lost == []


def test_no_test_is_skipped_or_waits_by_sleeping() -> None:
    for path in sources("tests"):
        if not path.name.startswith("test_") or path.name == "test_tree.py":
            continue
        text = path.read_text(encoding="utf-8")
        for word in ("pytest.skip(", "mark.skip(", "importorskip", "time.sleep("):
            assert word not in text, f"{path.name}: {word}"
