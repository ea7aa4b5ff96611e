"""What may be offered or asked after a message: the draft as it will stand is read before the turn.

The dialogue itself is pure, so the known outage, the article and what questions are worth come
in with the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from assistant import background
from assistant.choices import inbound
from assistant.dialogue import ConversationState, Said
from assistant.extraction import UNKNOWN, meant
from assistant.text_dialogue import WAITING
from assistant.wording import rank_services
from classifier.catalogue import Catalogue
from classifier.scope import read_scope
from incidents.article_shelf import ArticleShelf
from incidents.asking import read_questions
from incidents.drafts import Draft, ReadDraft
from incidents.intake import Intake
from models.conversation import Conversation
from models.vocabulary import Channel

_REPORTS: Final = frozenset({"report", "insist"})
"""What typed words must be to begin a report where none is being taken."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """Looks ahead of a turn. Slow; no transaction may be open."""

    intake: Intake
    articles: ArticleShelf

    def look_ahead(
        self, row: Conversation, said: Said, state: ConversationState, intent: str, now: datetime
    ) -> Said:
        """The message with the outage it may be about, an article, and the questions worth asking.

        By text no outage is offered: the report is filed at once. What a filing left to ask by
        text is not weighed again. An article is for the first words of a report.
        """
        draft = foresee_draft(row, said, state, intent, self.intake.organisation.catalogue)
        asks = row.channel is not Channel.SMS or not state.slots.get("follow_up")
        begins = _begins(said, state) and self.articles.has_any()
        if draft is None or not (asks or begins):
            return said
        read = self.intake.read_draft(draft, now=now)
        said = replace(said, likely=self._likely(said, read))
        if begins:
            language = said.language or state.slots.get("language") or row.locale[:2]
            said = replace(said, article=self._article(said, read, str(language)))
        return self._with_questions(row, said, state, read, now) if asks else said

    def _likely(self, said: Said, read: ReadDraft) -> tuple[str, ...]:
        """Services it may be about: who is asked which chooses among these."""
        if read.reading is None:
            return ()
        named = (*said.facts.get("services", ()), *read.reading.facts.services)
        catalogue = self.intake.organisation.catalogue
        return tuple(rank_services(catalogue, named, read.reading.category.probabilities))

    def _with_questions(
        self,
        row: Conversation,
        said: Said,
        state: ConversationState,
        read: ReadDraft,
        now: datetime,
    ) -> Said:
        offered = None
        if row.channel is not Channel.SMS and state.slots.get("same") is None:
            offered = self.intake.find_known(read.draft, read)
        if offered is not None and state.requested != "same":
            shown = background.offer(offered, time_zone=row.time_zone, now=now)
            said = replace(said, known=shown)
        found = read_questions(self.intake, read, offered)
        return replace(said, questions=None if found is None else tuple(q.to_json() for q in found))

    def _article(self, said: Said, read: ReadDraft, language: str) -> Mapping[str, Any] | None:
        """Nothing where it looks like an outage, or where only few may know of it."""
        if read.reading is None or read.query is None or read.query.restricted:
            return None
        scope = read_scope(said.text, said.facts.get("counted"))
        draft = replace(read.draft, impact=int(scope) if scope else None)
        found = self.articles.find(draft, read.reading)
        if found is None or self.intake.is_told_by_others(read):
            return None
        return found.told(language)


def foresee_draft(
    row: Conversation, said: Said, state: ConversationState, intent: str, catalogue: Catalogue
) -> Draft | None:
    """The draft as it will stand once the message has filled its slots; None where there is none.

    A close guess is enough: what the message fills in the end is not asked, whatever it is worth.
    """
    slots = state.slots
    chosen = inbound(said.text, said.payload, state.issued, digits=row.channel is Channel.SMS)
    typed = chosen is None and said.payload is None
    takes_up = chosen is not None or intent == "insist"
    begun = slots.get("description") or (slots.get("pending") if takes_up else None)
    text = begun or (said.text if typed else "")
    if not str(text).strip() or (typed and _chats(state, intent)):
        return None
    told: dict[str, Any] = dict(chosen.entities) if chosen else {}

    def known(name: str) -> str | None:
        named = meant(said.facts, name, catalogue, slots.get(name))
        value = told.get(name) or slots.get(name) or named or said.context.get(name)
        return None if value == UNKNOWN else value

    impact = told.get("impact") or slots.get("impact")
    return Draft(
        text=str(text),
        channel=row.channel,
        identity=row.identity_id,
        service=known("service"),
        site=known("site"),
        impact=int(impact) if impact in {"1", "2", "3"} else None,
        declined=tuple(one for one in slots.get("declined") or () if one),
    )


def _chats(state: ConversationState, intent: str) -> bool:
    """Whether words take no report up and add to none that is being taken: "what about mine?"."""
    waits = state.loop is not None or state.slots.get(WAITING) is not None
    return not waits and intent not in _REPORTS


def _begins(said: Said, state: ConversationState) -> bool:
    """Whether a report may begin with these words."""
    told = said.payload is None and bool(said.text.strip())
    return told and state.slots.get("description") is None
