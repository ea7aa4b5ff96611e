"""What may be offered to a person before anything is filed: a known outage, or an article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assistant import background
from assistant.dialogue import ConversationState, Said
from classifier.scope import read_scope
from incidents.article_shelf import ArticleShelf
from incidents.drafts import Draft, ReadDraft
from incidents.intake import Intake
from models.conversation import Conversation
from models.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Offers:
    """Looks for both. Slow; no transaction may be open."""

    intake: Intake
    articles: ArticleShelf

    def with_offers(
        self, row: Conversation, said: Said, state: ConversationState, now: datetime
    ) -> Said:
        """The first words of a report, with what may be offered for them; later ones as they are.

        By text no outage is offered: the report is filed at once.
        """
        if state.slots.get("description") is not None:
            return said
        by_text = row.channel is Channel.SMS
        if by_text and not self.articles.has_any():
            return said
        draft = _draft(row, said)
        read = self.intake.read_draft(draft, now=now)
        incident = None if by_text else self.intake.find_known(draft, read)
        if incident is not None:
            shown = background.offer(incident, time_zone=row.time_zone, now=now)
            said = replace(said, known=shown)
        language = said.language or state.slots.get("language") or row.locale[:2]
        return replace(said, article=self._article(draft, read, str(language)))

    def _article(self, draft: Draft, read: ReadDraft, language: str) -> Mapping[str, Any] | None:
        """Nothing where it looks like an outage, or where only few may know of it."""
        if read.reading is None or read.query is None or read.query.restricted:
            return None
        found = self.articles.find(draft, read.reading)
        if found is None or self.intake.is_told_by_others(read):
            return None
        return found.told(language)


def _draft(row: Conversation, said: Said) -> Draft:
    services, sites = said.facts["services"], said.facts["sites"]
    scope = read_scope(said.text, said.facts.get("counted"))
    return Draft(
        text=said.text,
        channel=row.channel,
        identity=row.identity_id,
        service=services[0] if len(services) == 1 else said.context.get("service"),
        site=sites[0] if len(sites) == 1 else said.context.get("site"),
        impact=int(scope) if scope else None,
    )
