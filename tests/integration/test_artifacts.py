"""What was learnt here is put in force, decides, is refused when it was changed, and rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.cli import main
from api.wiring import Installation, build_installation
from classifier.label_store import load_heads, save_heads
from classifier.pair_scorer import PairScorer, load_scorer, save_scorer
from classifier.reading import ForeignHeadsError, Reader
from incidents.artifact_registry import (
    PROMOTED,
    ROLLED_BACK,
    ChangedArtifactError,
    NothingBeforeError,
    Sealed,
    UnknownArtifactError,
    _standing,
    check_artifact,
    free_name,
    list_artifacts,
    promotions,
    record_promotion,
    record_rollback,
    seal_artifact,
)
from incidents.drafts import Draft
from incidents.identities import record_identity
from models.database import Database
from models.ids import EntryId, new_id
from models.learning import Promotion
from models.vocabulary import Channel, Role
from tests.conftest import ARTIFACTS
from tests.fakes import NOON, FakeJobs, plain_scorer
from tests.integration.api_fixtures import link_for, make_settings

SCORES = {
    "grouping": {"old": 0.61, "new": 0.7, "difference": 0.09, "low": 0.02, "high": 0.15},
}


def make(root: Path, name: str, scorer: PairScorer | None = None) -> Sealed:
    """An artifact of that name, which never groups anything unless told otherwise."""
    apart = replace(plain_scorer(), name=name, bias=-40.0, join=0.999, suggest=0.998)
    save_scorer(scorer or apart, root / name)
    return seal_artifact(root / name, {"scores": SCORES, "made_at": "2026-11-25"})


def promote(database: Database, sealed: Sealed) -> None:
    with database.transaction() as session:
        record_promotion(session, sealed, actor="ana", now=NOON)


def roll_back(database: Database) -> str | None:
    with database.transaction() as session:
        return record_rollback(session, actor="ana", now=NOON).artifact


def test_an_artifact_is_as_it_was_sealed(tmp_path: Path) -> None:
    sealed = make(tmp_path, "own-1")
    assert check_artifact(tmp_path, "own-1", sha256=sealed.sha256) == sealed
    assert (sealed.has_pairs, sealed.has_heads) == (True, False)
    assert list_artifacts(tmp_path) == ["own-1"]
    assert free_name(tmp_path, "own-1") == "own-1-2"


def alter(folder: Path) -> None:
    path = folder / "pairs.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.999", "0.001"), encoding="utf-8")


def lose(folder: Path) -> None:
    (folder / "pairs.json").unlink()


def add(folder: Path) -> None:
    (folder / "more.json").write_text("{}", encoding="utf-8")


def break_seal(folder: Path) -> None:
    (folder / "artifact.json").write_text("[]", encoding="utf-8")


@pytest.mark.parametrize("harm", [alter, lose, add, break_seal])
def test_an_artifact_with_a_changed_file_is_refused_in_a_sentence(tmp_path: Path, harm) -> None:
    make(tmp_path, "own-1")
    harm(tmp_path / "own-1")
    with pytest.raises(ChangedArtifactError, match="not as it was sealed"):
        check_artifact(tmp_path, "own-1")


def test_a_seal_that_was_made_anew_is_not_the_one_that_was_promoted(tmp_path: Path) -> None:
    promoted = make(tmp_path, "own-1").sha256
    alter(tmp_path / "own-1")
    seal_artifact(tmp_path / "own-1", {})
    with pytest.raises(ChangedArtifactError):
        check_artifact(tmp_path, "own-1", sha256=promoted)


@pytest.mark.parametrize("name", ["", "..", "../own-1", "a/b", "OWN", "x" * 80, ".hidden"])
def test_a_name_that_leads_elsewhere_is_no_artifact(tmp_path: Path, name: str) -> None:
    make(tmp_path, "own-1")
    with pytest.raises(UnknownArtifactError):
        check_artifact(tmp_path / "own-1", name)


def test_promotions_stand_on_each_other_and_are_taken_back_one_by_one(
    database: Database, tmp_path: Path
) -> None:
    first, second = make(tmp_path, "own-1"), make(tmp_path, "own-2")
    promote(database, first)
    promote(database, second)
    promote(database, first)
    assert [roll_back(database) for _ in range(3)] == ["own-2", "own-1", None]
    with pytest.raises(NothingBeforeError):
        roll_back(database)
    promote(database, second)
    with database.reading() as session:
        newest = promotions(session)[0]
    assert (newest.artifact, newest.previous, newest.scores) == ("own-2", None, SCORES)


def test_what_is_in_force_is_not_promoted_again(database: Database, tmp_path: Path) -> None:
    sealed = make(tmp_path, "own-1")
    promote(database, sealed)
    with pytest.raises(NothingBeforeError, match="already"):
        promote(database, sealed)


@given(st.lists(st.booleans(), max_size=12))
def test_after_any_sequence_the_newest_row_says_what_stands(steps: list[bool]) -> None:
    rows: list[Promotion] = []
    for number, forward in enumerate(steps):
        standing = _standing(list(reversed(rows)))
        if forward:
            before = standing[-1].artifact if standing else None
            rows.append(_row(PROMOTED, f"own-{number}", before))
        elif standing:
            rows.append(_row(ROLLED_BACK, standing[-1].previous, None))
    standing = _standing(list(reversed(rows)))
    assert (rows[-1].artifact if rows else None) == (standing[-1].artifact if standing else None)


def _row(kind: str, artifact: str | None, previous: str | None) -> Promotion:
    return Promotion(
        id=EntryId(new_id()), seq=0, kind=kind, artifact=artifact, sha256=None, previous=previous,
        actor="ana", scores={}, at=NOON,
    )  # fmt: skip


def file(house: Installation, text: str, reporter: str) -> str:
    """File one report; returns the name of the artifact that its link remembers."""
    with house.database.transaction() as session:
        who = record_identity(session, Channel.API, f"claimed:{reporter}", now=house.clock())
        draft = Draft(text=text, channel=Channel.API, identity=who.id)
    read = house.intake.read_draft(draft, now=house.clock())
    with house.database.transaction() as session:
        recorded = house.intake.record_report(session, read, now=house.clock())
        return f"{evidence_of(session, recorded.report.id)['artifact']} {recorded.joined}"


def evidence_of(session, report) -> dict[str, object]:
    from sqlalchemy import select

    from models.incident import Membership

    return session.scalars(select(Membership.evidence).where(Membership.report_id == report)).one()


def test_a_running_server_takes_up_what_was_promoted_and_lets_it_go_again(
    installation: Installation,
) -> None:
    house = installation
    shipped = house.intake.window.numbers.scorer.name
    assert file(house, "no wifi in Berlin", "p001") == f"{shipped} False"
    assert file(house, "no wifi in Berlin", "p002") == f"{shipped} True"
    promote(house.database, make(house.in_force.root, "own-1"))
    house.tending.sweep()
    assert house.in_force.artifact == "own-1"
    assert file(house, "no wifi in Berlin", "p003") == "own-1 False"
    roll_back(house.database)
    house.tending.sweep()
    assert file(house, "no wifi in Berlin", "p004") == f"{shipped} True"


def test_what_was_read_under_old_numbers_is_decided_under_them(installation: Installation) -> None:
    house = installation
    file(house, "no wifi in Berlin", "p001")
    with house.database.transaction() as session:
        who = record_identity(session, Channel.API, "claimed:p002", now=house.clock())
        draft = Draft(text="no wifi in Berlin", channel=Channel.API, identity=who.id)
    read = house.intake.read_draft(draft, now=house.clock())
    promote(house.database, make(house.in_force.root, "own-1"))
    house.tending.sweep()
    file(house, "no printer in Lisbon", "p003")  # so that something has to be scored again
    with house.database.transaction() as session:
        assert house.intake.record_report(session, read, now=house.clock()).joined


def test_a_server_starts_with_what_was_promoted(installation: Installation, reader: Reader) -> None:
    promote(installation.database, make(installation.in_force.root, "own-1"))
    again = build_installation(installation.settings, reader=reader, jobs=FakeJobs())
    assert again.intake.window.numbers.scorer.name == "own-1"
    again.close()


def test_a_promoted_artifact_that_was_changed_is_not_used_and_the_page_says_why(
    installation: Installation, reader: Reader
) -> None:
    promote(installation.database, make(installation.in_force.root, "own-1"))
    alter(installation.in_force.root / "own-1")
    again = build_installation(installation.settings, reader=reader, jobs=FakeJobs())
    assert again.intake.window.numbers.scorer.name == load_scorer().name
    assert "pairs.json of the artifact own-1" in (again.in_force.trouble or "")
    again.close()


@pytest.fixture
def own_heads(installation: Installation) -> Path:
    """The shipped heads under another name."""
    heads = replace(load_heads(ARTIFACTS / "heads"), artifact="heads:own")
    folder = installation.in_force.root / "own-heads" / "heads"
    save_heads(heads, folder, {})
    return folder


def test_heads_are_taken_up_with_the_artifact_and_let_go_with_it(
    installation: Installation, own_heads: Path
) -> None:
    house = installation
    before = house.reader.read("no wifi").artifact
    promote(house.database, seal_artifact(own_heads.parent, {}))
    house.tending.sweep()
    assert house.reader.read("no wifi").artifact == "heads:own"
    roll_back(house.database)
    house.tending.sweep()
    assert house.reader.read("no wifi").artifact == before


def test_heads_for_another_encoder_are_refused(reader: Reader) -> None:
    with pytest.raises(ForeignHeadsError, match="Train them again"):
        reader.use_heads(replace(load_heads(ARTIFACTS / "heads"), encoder_id="another"))


@pytest.fixture
def admin(installation: Installation, client: TestClient) -> Iterator[TestClient]:
    client.post(f"/login/link/{link_for(installation, Role.ADMIN)}")
    return client


def csrf(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_an_admin_sees_what_there_is_puts_it_in_force_and_goes_back(
    installation: Installation, admin: TestClient
) -> None:
    make(installation.in_force.root, "own-1")
    page = admin.get("/console/artifacts").text
    assert "own-1" in page
    assert "0.610 → 0.700" in page
    told = {"csrf": csrf(page), "name": "own-1"}
    page = admin.post("/console/artifacts/promote", data=told).text
    assert "own-1 was put in force; before: as set up." in page
    assert installation.intake.window.numbers.scorer.name == "own-1"
    page = admin.post("/console/artifacts/rollback", data={"csrf": csrf(page)}).text
    assert "as set up was put in force again." in page
    refused = admin.post("/console/artifacts/rollback", data={"csrf": csrf(page)})
    assert refused.status_code == 409
    assert "nothing before it" in refused.text


def test_only_admins_choose_what_decides(installation: Installation, client: TestClient) -> None:
    client.post(f"/login/link/{link_for(installation, Role.ANALYST)}")
    assert client.get("/console/artifacts").status_code == 403
    assert 'href="/console/artifacts"' not in client.get("/console").text


def test_the_command_line_lists_promotes_and_rolls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(tmp_path)
    monkeypatch.setenv("MUSTER_DATA_DIR", str(settings.data_dir))
    make(settings.artifacts_home, "own-1")
    assert main(["artifacts", "promote", "own-1"]) == 0
    assert main(["artifacts", "list"]) == 0
    said = capsys.readouterr().out
    assert "* own-1\tgrouping\tgrouping F1 0.610 → 0.700" in said
    assert main(["artifacts", "promote", "own-7"]) == 1
    assert "There is no artifact 'own-7'" in capsys.readouterr().err
    alter(settings.artifacts_home / "own-1")
    assert main(["artifacts", "list"]) == 0
    assert "not as it was sealed" in capsys.readouterr().out
    assert main(["artifacts", "rollback"]) == 0
    assert main(["artifacts", "rollback"]) == 1
    assert "nothing before it" in capsys.readouterr().err
