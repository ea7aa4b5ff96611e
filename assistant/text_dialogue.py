"""What is particular about text messages, around any dialogue: more of the last report, or new.

A person texts again hours later, without a word of what about. The same trouble is added to
the report, another one is a report of its own, and where neither is sure one digit decides.
Nobody who does not answer is lost: what waits is a report of its own in the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from typing_extensions import override

from assistant.choices import inbound, render_payload
from assistant.dialogue import Button, ConversationState, Said, Turn, Utterance
from assistant.engine import DialoguePort
from assistant.understanding import choose_intent, is_doubted
from incidents.text_same import LastReport, SameOrNew, SamePolicy, choose_same
from incidents.text_words import render_words
from models.vocabulary import Channel

WAITING: Final = "text_waiting"
"""The slot with a text of which we asked what it is about."""
SAME: Final = render_payload("text_same")
NEW: Final = render_payload("text_new")
_WORD: Final = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, slots=True)
class TextDialogue(DialoguePort):
    """Decides the same or new, and leaves all else to the dialogue inside."""

    inner: DialoguePort
    policy: SamePolicy = field(default_factory=SamePolicy)

    @override
    def open(self, channel: Channel, language: str | None = None) -> tuple[ConversationState, Turn]:
        return self.inner.open(channel, language)

    @override
    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        waiting = before.slots.get(WAITING)
        if said.channel is Channel.SMS and waiting is not None:
            return self._told(before, said, waiting)
        if not _follows(before, said):
            return self.inner.turn(before, said)
        if not said.text.strip():
            words = f"{len(said.attachments)} more files came by text."
            return self._more(before, replace(said, text=words))
        known = last_of(said)
        if known is None or choose_intent(said, before) != "report":
            return self.inner.turn(before, said)
        surely = said.category.get("label")
        found = choose_same(said.text, said.facts, known, self.policy, category=surely)
        if found is SameOrNew.UNSURE:
            return _asked(before, said, known)
        return (self._more if found is SameOrNew.SAME else self._new)(before, said)

    def _told(
        self, before: ConversationState, said: Said, waiting: Mapping[str, Any]
    ) -> tuple[ConversationState, Turn]:
        """The answer to what we asked; any other words are more of what waits, asked no more."""
        state = before.copy()
        state.slots[WAITING] = None
        chosen = inbound(said.text, said.payload, before.issued, digits=True)
        facts, category = waiting.get("facts") or {}, waiting.get("category") or {}
        kept = replace(
            said,
            text=str(waiting["text"]),
            payload=None,
            facts=facts,
            category=category,
            attachments=(*waiting.get("attachments", ()), *said.attachments),
        )
        if chosen is not None and chosen.intent == "text_same":
            return self._more(state, kept)
        if chosen is not None:
            return self._new(state, kept)
        both = replace(kept, text=f"{kept.text}\n{said.text}".strip())
        known = last_of(said)
        if known is not None:
            found = choose_same(both.text, said.facts or facts, known, self.policy)
            if found is SameOrNew.SAME:
                return self._more(state, both)
        return self._new(state, both)

    def _more(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        """More of the last report, as it stands."""
        state = before.copy()
        state.slots["follow_up"] = None
        return self.inner.turn(state, _meant(said, "inform"))

    def _new(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        """A report of its own; the last one is none of its business."""
        state = before.copy()
        last = state.slots.get("last_report")
        state.slots |= dict.fromkeys(("last_report", "follow_up", "tried"))
        after, turn = self.inner.turn(state, _meant(said, "report"))
        if turn.filing is None:
            after.slots["last_report"] = last
        return after, turn


def last_of(said: Said) -> LastReport | None:
    """The report before, as the desk put it into the context."""
    told = said.context.get("last")
    if not told:
        return None
    return LastReport(
        reference=told["reference"],
        ago=timedelta(seconds=told["seconds"]),
        service=told["service"],
        site=told["site"],
        codes=tuple(told["codes"]),
        category=told["category"],
        likeness=told["likeness"],
        solved=told["solved"],
    )


def waits_for_a_word(state: ConversationState) -> str | None:
    """What somebody who falls silent would have said; None where nothing waits.

    A text of which we asked what it is about; words of which we asked whether they are a
    report; files without a word. A question that we took for one is no report (ADR 0005).
    """
    if state.slots.get(WAITING) is not None:
        return NEW
    payloads = [sent for _, sent in state.issued]
    told = _WORD.search(str(state.slots.get("pending") or ""))
    if told and "/insist" in payloads and is_doubted(state):
        return "/insist"
    return None


def _asked(
    before: ConversationState, said: Said, known: LastReport
) -> tuple[ConversationState, Turn]:
    language = str(before.slots.get("language") or said.context.get("language") or "en")
    buttons = (
        Button(render_words("same_yes", language), SAME),
        Button(render_words("same_no", language), NEW),
    )
    state = before.copy()
    state.slots[WAITING] = {
        "text": said.text,
        "facts": dict(said.facts),
        "category": dict(said.category),
        "attachments": list(said.attachments),
    }
    state.issued = [[one.title, one.payload] for one in buttons]
    text = render_words("same", language, reference=known.reference)
    return state, Turn((Utterance("text_same_or_new", text, buttons),))


def _follows(before: ConversationState, said: Said) -> bool:
    """Whether it is a text of somebody who has a report, and not an answer to what we asked."""
    return bool(
        said.channel is Channel.SMS
        and before.loop is None
        and before.slots.get("last_report")
        and (said.text.strip() or said.attachments)
        and inbound(said.text, said.payload, before.issued, digits=True) is None
    )


def _meant(said: Said, act: str) -> Said:
    """The same words, with the doubt about what they do taken away."""
    return replace(
        said,
        payload=None,
        act=act,
        act_probability=1.0,
        unasked_act=act,
        unasked_probability=1.0,
    )
