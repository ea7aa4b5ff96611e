"""The domain's files: what they may hold, and that every text fits its channel."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from assistant.dialogue import Button
from assistant.domain import FOLDER, BadDialogueError, load_domain
from assistant.domain_parts import ask_names
from assistant.nlg import SMS_LENGTH, choose_variant, fill, render_sms
from assistant.wording import confirm_buttons, impact_buttons, same_buttons

WORST = {
    "reference": "RPT-7K2F4Q-M",
    "last_report": "RPT-7K2F4Q-M",
    "others": "124 other people report the same; IT sees it as one problem.",
    "title": "Video meetings (Zoom): Rotterdam, London, Berlin and 3 more",
    "people": 1204,
    "since": "23 Nov, 09:00 UTC",
    "changed": "service Remote access (VPN) -> Video meetings (Zoom)",
    "workaround": "",
    "status": "RPT-7K2F4Q-M (Wi-Fi: Berlin): 124 people report it.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dialogue"
    made.mkdir()
    for name in ("domain.yml", "rules.yml", "responses.yml"):
        (made / name).write_text((FOLDER / name).read_text())
    return made


def test_every_response_has_words_for_every_channel() -> None:
    for name, variants in load_domain().responses.items():
        for channel in ("web", "sms"):
            assert choose_variant(variants, channel)["text"].strip(), name


def test_every_text_message_is_one_segment_and_keeps_its_choices_whole() -> None:
    domain = load_domain()
    menus = {
        "utter_filed_ask_impact": impact_buttons(),
        "utter_ask_same": same_buttons(),
        "utter_ask_confirm": confirm_buttons(),
    }
    for name, variants in domain.responses.items():
        variant = choose_variant(variants, "sms")
        titles = menus.get(name) or variant.get("buttons") or []
        buttons = [Button(str(b["title"]), str(b["payload"])) for b in titles]
        sent = render_sms(fill(variant["text"], WORST), buttons)
        assert len(sent) <= SMS_LENGTH, (name, sent)
        assert sent.isascii(), (name, sent)
        for number, button in enumerate(buttons, 1):
            assert f"{number} {button.title}" in sent, (name, sent)
        assert not sent.endswith("..."), (name, sent)


def test_no_text_asks_for_a_word_that_a_carrier_takes_for_itself() -> None:
    carriers = {"stop", "cancel", "end", "quit", "unsubscribe", "start", "help", "info", "unstop"}
    for name, variants in load_domain().responses.items():
        for button in choose_variant(variants, "sms").get("buttons") or []:
            assert button["title"].lower() not in carriers, name


def test_a_rule_that_names_an_unknown_action_is_refused_with_its_name(folder: Path) -> None:
    path = folder / "rules.yml"
    path.write_text(path.read_text().replace("action: action_status", "action: action_sing", 1))
    with pytest.raises(BadDialogueError, match="action_sing"):
        load_domain(folder)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("rules.yml", "\nstories:\n- story: one\n  steps: []\n"),
        ("domain.yml", "\nentities: [a]\n"),
        ("domain.yml", "\nsession_config: {session_expiration_time: 5}\n"),
    ],
)
def test_what_the_engine_does_not_interpret_is_refused(folder: Path, file: str, line: str) -> None:
    path = folder / file
    path.write_text(path.read_text() + line)
    with pytest.raises(BadDialogueError, match=file):
        load_domain(folder)


def test_a_slot_that_nothing_fills_is_refused(folder: Path) -> None:
    path = folder / "domain.yml"
    path.write_text(
        path.read_text().replace(
            "mappings: [{type: custom, action: action_extract}]",
            "mappings: [{type: from_entity, entity: x}]",
            1,
        )
    )
    with pytest.raises(BadDialogueError, match="from_entity"):
        load_domain(folder)


def test_a_copied_folder_is_the_same_dialogue(tmp_path: Path) -> None:
    copytree(FOLDER, tmp_path / "assistant")
    assert load_domain(tmp_path / "assistant").rules == load_domain().rules


def test_every_question_that_the_form_may_ask_has_words() -> None:
    """Its validation says what is missing, so nothing in the files names these slots."""
    domain = load_domain()
    for slot in ("description", "same", "service", "impact", "site", "confirm"):
        assert any(domain.knows(name) for name in ask_names("intake_form", slot)), slot
