"""What the dialogue's files may not hold: refused with file and line, before anybody is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rasa_sdk import Action
from rasa_sdk.events import FollowupAction

from assistant.domain import BadDialogueError, load_domain
from assistant.runner import InProcessActions

GOOD = Path(__file__).parents[1] / "parity" / "variety"


def line_with(path: Path, words: str) -> int:
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dialogue"
    shutil.copytree(GOOD, made, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return made


REFUSED = [
    # file, what stands there, what is put in its place, where the refusal points, what it says
    ("rules.yml", 'version: "3.1"', 'version: "3.1"\nstories: []', "stories", "stories"),
    ("rules.yml", "{action: utter_faq}]\n- rule: hello\n",
     "{action: utter_faq}, {intent: greet}]\n- rule: hello\n", "{intent: greet}]", "one message"),
    ("rules.yml", "{intent: again}", "{or: [{intent: again}, {intent: faq}]}", "or:", "'or'"),
    ("rules.yml", "{intent: again}", "{checkpoint: x}", "checkpoint", "checkpoint"),
    ("rules.yml", "{intent: again}", '{user: "hi"}', "user:", "quotes words"),
    ("rules.yml", "{action: utter_hello}, {action: utter_faq}", '{bot: "hi"}', "bot:", "quotes"),
    ("rules.yml", "{intent: again}", "{intent: often}", "often", "often"),
    ("rules.yml", "{intent: undo}, {action: action_undo}]",
     "{intent: undo}, {action: action_sing}]", "action_sing", "action_sing"),
    ("rules.yml", '- rule: "no"', "- rule: no", "- rule: no", "quotes"),
    ("rules.yml", "- rule: stop\n", "- rule: order\n", "- rule: order\n", "another rule"),
    ("rules.yml", "- rule: stop\n", "- rule: stop\n  conversation_start: true\n",
     "conversation_start", "conversation_start"),
    ("rules.yml", "[{slot_was_set: [{happy: true}]}]", "[{slot_was_set: [happy]}]",
     "slot_was_set: [happy]", "its value"),
    ("rules.yml", "[{slot_was_set: [{happy: true}]}]", "[{slot_was_set: [{toppings: null}]}]",
     "toppings: null", "list"),
    ("rules.yml", "[{slot_was_set: [{happy: true}]}]", "[{slot_was_set: [{street: x}]}]",
     "street: x", "influence_conversation"),
    ("rules.yml", "[{slot_was_set: [{happy: true}]}]", "[{slot_was_set: [{sky: blue}]}]",
     "sky", "not declared"),
    ("rules.yml", "{action: order_form}, {active_loop: null}, {slot_was_set",
     "{action: order_form}, {slot_was_set", "{action: order_form}, {slot_was_set",
     "active_loop: null"),
    ("rules.yml", "{action: pay_form}, {active_loop: pay_form}]", "{action: pay_form}]",
     "{action: pay_form}]", "active_loop: pay_form"),
    ("rules.yml", "- rule: hello, when large\n  condition: [{slot_was_set: [{size: large}]}]",
     "- rule: hello, when large", "- rule: hello, when large", "says otherwise"),
    ("rules.yml", "{level: 1.0}", "{level: 0.5}", 'rule: "no"', "says otherwise"),
    ("rules.yml", ("- rule: again\n  steps: [{intent: again}, {action: utter_hello}, "
     "{action: utter_faq}]\n"), "", "rules:", "no rule answers the intent 'again'"),
    ("domain.yml", "{type: any, mappings", "{type: my.slots.Own, mappings", "my.slots", "classes"),
    ("domain.yml", "entity: topping}", "entity: cheese}", "cheese", "cheese"),
    ("domain.yml", "entity: topping}", "entity: topping, role: top}", "role: top", "role"),
    ("domain.yml", "mappings: [{type: from_entity, entity: size}]",
     "mappings: [{type: from_trigger_intent, value: x}]", "from_trigger", "from_trigger_intent"),
    ("domain.yml", "action: action_read}]}\nforms", "action: action_write}]}\nforms",
     "action_write", "action_write"),
    ("domain.yml", "again, mood", "again, restart, mood", "restart", "Rasa's own"),
    ("domain.yml", "[card]", "[card, first, cheese]", "cheese", "no slot"),
    ("domain.yml", "[card]", "[card, level]", "level]", "nothing asks"),
    ("domain.yml", "ignored_intents: [thanks]", "ignored_intents: [sneeze]",
     "required_slots: [size", "not declared"),
    ("domain.yml", "session_expiration_time: 0", "session_expiration_time: 60", "60", "expire"),
    ("domain.yml", "forms:\n", "e2e_actions: [hi]\nforms:\n", "e2e_actions", "e2e_actions"),
    ("domain.yml", "forms:\n", "forms:\n  order_form: {required_slots: []}\n",
     "  order_form:\n", "twice"),
    ("domain.yml", "initial_value: 0.5", "initial_value: 1:30", "1:30", "quotes"),
    ("responses.yml", 'text: "Sorry."', 'text: "Sorry {."', "Sorry {.", "brace"),
    ("responses.yml", """'/inform{{"size": "small"}}'""", """'/inform{{"size"}}'""",
     '{{"size"}}', "button"),
    ("responses.yml", """'/inform{{"size": "small"}}'""", """'inform'""", "'inform'", "button"),
    ("responses.yml", """'/inform{{"size": "small"}}'""", """'/inform{{"cheese": "x"}}'""",
     "cheese", "not declared"),
    ("responses.yml", 'text: "Sorry."', 'text: "Sorry."\n  - text: "So sorry."', "So sorry", "chance"),
    ("responses.yml", '- text: "Sorry."', '- text: "Sorry."\n    channel: sms', "utter_sorry",
     "any channel"),
    ("responses.yml", 'text: "Sorry."', 'text: "Sorry."\n    image: "x.png"', "image", "image"),
    ("responses.yml", "name: size", "name: sizes", "sizes", "not declared"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "where", "says"), REFUSED)
def test_what_cannot_be_interpreted_is_refused_where_it_stands(
    folder: Path, file: str, old: str, new: str, where: str, says: str
) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    first = where.strip("\n").splitlines()[0]
    with pytest.raises(BadDialogueError) as refused:
        load_domain(folder)
    said = str(refused.value)
    assert says in said
    name, line, _ = said.split(":", 2)
    assert name == file
    assert first in path.read_text().splitlines()[int(line) - 1], said


def test_every_case_starts_from_files_that_are_read(folder: Path) -> None:
    assert len(load_domain(folder).rules) == 24


def test_an_action_that_names_what_follows_it_is_refused_where_it_stands() -> None:
    class Jump(Action):
        def name(self) -> str:
            return "action_jump"

        async def run(self, dispatcher, tracker, domain):
            return [FollowupAction("action_listen")]

    with pytest.raises(BadDialogueError, match=r"test_dialogue_refusals\.py:\d+: .*FollowupAction"):
        InProcessActions([Jump()])
