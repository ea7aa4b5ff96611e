"""Between the dialogue and the reader of texts: what was heard, and the draft that is filed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from assistant.dialogue import ConversationState, Said
from assistant.phrases import spoken_languages
from assistant.understanding import choose_intent
from classifier.behalf import find_behalf, is_about_one
from classifier.encoding import EncoderUnavailableError
from classifier.foreign import foreign_language
from classifier.language import detect_language
from classifier.log_words import split_log
from classifier.reading import Heard
from classifier.suspicion import is_suspicious_mail
from incidents.drafts import Draft
from incidents.helping import Tried
from incidents.organisation import Organisation
from incidents.readers import ReaderPort
from models.conversation import Conversation
from models.errors import UnknownServiceError, UnknownSiteError
from models.ids import AttachmentId


def understood(said: Said, heard: Heard) -> Said:
    facts, category = heard.reading.facts, heard.reading.category
    return replace(
        said,
        act=heard.act.label or "report",
        act_probability=heard.act.probability,
        unasked_act=heard.unasked.label or "",
        unasked_probability=heard.unasked.probability,
        facts={
            "services": list(facts.services),
            "negated_services": list(facts.negated_services),
            "sites": list(facts.sites),
            "negated_sites": list(facts.negated_sites),
            "codes": list(facts.signatures),
            "people": facts.people,
            "counted": facts.counted,
            "since": facts.since,
            "behalf": find_behalf(said.text),
            "about_one": is_about_one(said.text),
            "suspicious": is_suspicious_mail(said.text),
        },
        category={
            "label": None if category.abstained else category.label,
            "probability": category.probability,
            "probabilities": dict(category.probabilities),
        },
    )


def overheard(reader: ReaderPort, said: Said) -> dict[str, Any]:
    """What words to staff do and tell, for when the assistant goes on with them.

    Empty where nothing was said, or nothing can read it.
    """
    if said.payload is not None or not said.text.strip():
        return {}
    try:
        said = understood(said, reader.hear(said.text, asked=None))
    except EncoderUnavailableError:
        return {}
    facts = {**said.facts, "category": dict(said.category)}
    return {"intent": choose_intent(said, ConversationState()), "facts": facts}


def filed_draft(
    row: Conversation, filing: Mapping[str, Any], language: str | None, now: datetime
) -> Draft:
    """A filing as a draft; `language` is what the conversation is held in."""
    told = split_log(filing["text"])
    return Draft(
        text=told.words,
        log=told.log,
        channel=row.channel,
        identity=row.identity_id,
        conversation=row.id,
        draft_no=filing["draft_no"],
        language=_language_of(told.words) or language or row.locale[:2] or "en",
        service=filing["service"],
        site=filing["site"],
        impact=filing["impact"],
        people=filing["people"],
        since=filing["since"],
        join=filing["join"],
        declined=tuple(one for one in filing["declined"] if one),
        attachments=tuple(AttachmentId(UUID(one)) for one in filing["attachments"]),
        behalf=filing.get("behalf"),
        filled_in=filing["filled_in"],
        tried=Tried.from_json(filing["tried"]) if filing.get("tried") else None,
        asked=filing.get("asked") or {},
        received_at=now,
    )


def _language_of(text: str) -> str | None:
    return foreign_language(text, spoken_languages()) or detect_language(text)


def checked_context(organisation: Organisation, context: Mapping[str, Any]) -> dict[str, Any]:
    service, site = context.get("service"), context.get("site")
    if service is not None and organisation.catalogue.service(str(service)) is None:
        raise UnknownServiceError(
            f"There is no service {str(service)[:40]!r}. Leave it out of the page's context.",
            known=[entry.id for entry in organisation.catalogue.services],
        )
    if site is not None and organisation.catalogue.site(str(site)) is None:
        raise UnknownSiteError(
            f"There is no site {str(site)[:40]!r}. Leave it out of the page's context.",
            known=[entry.id for entry in organisation.catalogue.sites],
        )
    return {name: str(value) for name, value in (("service", service), ("site", site)) if value}
