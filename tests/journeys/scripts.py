"""Plays one person's side of a chat, as written beforehand, against the assistant.

A script says how somebody begins, what they answer if asked, and what they say instead at some
point. What the assistant asks decides what is said next, as in life.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import select

from assistant.transcript import OutMessage
from models.conversation import Conversation
from models.report import Report, ReportAddition
from tests.conftest import ORGANISATION, House
from tests.journeys.talk import Talk, desk_of

FOLDER: Final = Path(__file__).parent / "conversations"
_MOST_TURNS: Final = 14
_NEW_DRAFT: Final = (
    "start over", "von vorn an", "sent nothing", "nothing was sent", "nichts gesendet",
)  # fmt: skip
_UNSCRIPTED: Final = "I don't know"
_ASKED: Final = ("description", "service", "site", "impact", "same")


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation of one person.

    Attributes:
        site: What the page or the directory knows of where they are.
        answers: By what is asked.
        twists: (state, words), said once, instead of the answer, when that state is reached.
        expect: What a fair colleague would write down from these words.

    """

    name: str
    persona: str
    channel: str
    language: str
    site: str | None
    opening: str
    answers: Mapping[str, str]
    twists: tuple[tuple[str, str], ...]
    expect: Mapping[str, Any]


@dataclass
class Played:
    """What came of it.

    Attributes:
        lines: (who, words) in order.
        asked: Slots asked for, in order.
        drafts: Per asked slot the number of the draft; a draft begun again counts anew.
        unscripted: Slots asked for that the person had told, or had no words for.
        reports: What was filed.

    """

    script: Script
    lines: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    drafts: list[int] = field(default_factory=list)
    unscripted: list[str] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def render(self) -> str:
        """The transcript, for reading."""
        head = f"## {self.script.name}"
        told = [f"{who:>4}  {words}".replace("\n", "\n      ") for who, words in self.lines]
        filed = [
            "      => " + ", ".join(f"{name} {value}" for name, value in one.items() if value)
            for one in self.reports
        ] or ["      => nothing filed"]
        return "\n".join([head, *told, *filed])


def read_scripts(folder: Path = FOLDER) -> Iterator[Script]:
    for path in sorted(folder.glob("*.yaml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8")):
            for one in block["conversations"]:
                yield Script(
                    name=f"{path.stem}: {one['title']}",
                    persona=block["persona"],
                    channel=block["channel"],
                    language=block["language"],
                    site=block.get("site"),
                    opening=one["opening"],
                    answers=one.get("answers") or {},
                    twists=tuple((t["at"], t["say"]) for t in one.get("twists") or ()),
                    expect=one["expect"],
                )


def play(house: House, script: Script) -> Played:
    """Play a script to its end in a house of its own."""
    context = {"site": script.site} if script.site else {}
    phone = _phone(script.site) if script.channel == "sms" else None
    talk = Talk(desk_of(house), phone=phone, context=context)
    played = Played(script)
    left, unused = list(script.twists), dict(script.answers)
    words: str | None = script.opening
    filed: list[str] = []
    for _ in range(_MOST_TURNS):
        if words is None:
            break
        played.lines.append(("they", words))
        pressed = words == "[Send]"
        talk.press(talk.titles[0]) if pressed else talk.say(words)
        played.lines.extend(("we", _shown(one)) for one in talk.answer.messages)
        if talk.report is not None and talk.report not in filed:
            filed.append(talk.report)
        state = _state(house, talk, filed=bool(filed))
        if state in _ASKED:
            played.asked.append(state)
            played.drafts.append(len(filed) + _begun_again(played))
        words = _next(state, left, unused, played)
    played.reports = [_record(house, reference) for reference in filed]
    return played


def _phone(site: str | None) -> str:
    """Of somebody whom the directory has at this site; of nobody where none is known."""
    with (ORGANISATION / "people.csv").open(encoding="utf-8", newline="") as stream:
        known = (row["phone"] for row in csv.DictReader(stream) if site and row["site"] == site)
        return next((phone for phone in known if phone), "+447700999000")


def _begun_again(played: Played) -> int:
    """How often a draft was given up or told anew."""
    ours = [words for who, words in played.lines if who == "we"]
    return sum(sign in words for words in ours for sign in _NEW_DRAFT)


def _next(
    state: str, left: list[tuple[str, str]], unused: dict[str, str], played: Played
) -> str | None:
    for twist in left:
        if twist[0] == state:
            left.remove(twist)
            return twist[1]
    if state in unused:
        return unused.pop(state)
    if state == "confirm":
        return "[Send]"
    if state in _ASKED and state != "description":
        played.unscripted.append(state)
        return "no" if state == "same" else _UNSCRIPTED
    return None


def _state(house: House, talk: Talk, *, filed: bool) -> str:
    with house.database.reading() as session:
        query = select(Conversation).order_by(Conversation.created_at.desc()).limit(1)
        row = session.scalars(query).one()
        state = row.state
    if state.get("loop"):
        return str(state["requested"])
    follow_up = state["slots"].get("follow_up")
    if follow_up:
        return str(follow_up)
    return "filed" if filed else "description"


def _shown(one: OutMessage) -> str:
    words = one.text
    if one.card is not None:
        words += " " + "; ".join(f"{row['label']}: {row['value']}" for row in one.card["rows"])
    return words + "".join(f" [{button.title}]" for button in one.buttons)


def _record(house: House, reference: str) -> dict[str, Any]:
    with house.database.reading() as session:
        report = session.scalars(select(Report).where(Report.reference == reference)).one()
        rows = select(ReportAddition).where(ReportAddition.report_id == report.id)
        told: dict[str, Any] = {}
        later: dict[str, Any] = {}
        for one in session.scalars(rows.order_by(ReportAddition.number)):
            if one.kind == "answer" and one.data.get("told") is not None:
                told[one.data["asked"]] = one.data["told"]
            if one.kind == "answer" and one.data.get("people"):
                told["people"] = one.data["people"]
            if one.kind in {"worse", "more"}:
                later |= {f"{name}_later": value for name, value in one.data.items() if value}
        guessed = report.filled_in.get("impact") == "classifier" and "impact" not in told
        return {
            "service": report.service_id or told.get("service"),
            "site": report.site_id or told.get("site"),
            "impact": None if guessed else int(told.get("impact", report.impact)),
            "people": told.get("people", report.people),
            **later,
        }


@dataclass(frozen=True, slots=True)
class Marks:
    """How many of the expected values stand in the record, and which do not."""

    right: int
    wrong: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.right + len(self.wrong)


def mark(played: Played) -> Marks:
    """Compare the first record with what a fair colleague would have written down.

    Where it grew later ("now all eleven of us"), the first number and the last are both right.
    """
    expect, reports = played.script.expect, played.reports
    wrong, right = [], 0
    names = ["reports"]
    found: dict[str, Any] = {"reports": len(reports)}
    if reports and expect["reports"]:
        names += ["service", "site", "impact", *(["people"] if "people" in expect else [])]
        found |= reports[0]
    for name in names:
        if name in played.script.answers and name not in played.asked and not found[name]:
            continue  # never asked for, so never said
        if name == "impact" and expect.get(name) is None and expect.get("people"):
            continue  # a number was said, and two people would grade it differently
        either = {found[name], found.get(f"{name}_later", found[name])}
        if expect.get(name) not in either:
            wrong.append(f"{name}: {found[name]}, expected {expect.get(name)}")
        right += expect.get(name) in either
    return Marks(right, tuple(wrong))
