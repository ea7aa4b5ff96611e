"""A web conversation begins: a stranger's own, or the one that a known person left yesterday."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant import background, resuming, transcript
from assistant.dialogue import ConversationState, Turn
from assistant.messages import Opened, token_hash
from assistant.transcript import Words
from incidents.identities import record_identity
from incidents.organisation import Organisation
from models.conversation import Conversation, ConversationToken
from models.ids import ConversationId, IdentityId, new_id
from models.people import Identity
from models.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page asks for; `person` is the directory id that a token proved, or None."""

    locale: str
    time_zone: str | None
    context: Mapping[str, Any]
    person: str | None


def record_opened(
    session: Session,
    organisation: Organisation,
    wanted: Wanted,
    state: ConversationState,
    turn: Turn,
    *,
    now: datetime,
) -> Opened:
    """Begin a conversation in its first state, or take up the person's own of the last day."""
    conversation, token = ConversationId(new_id()), secrets.token_urlsafe(32)
    if wanted.person is None:
        identity = record_identity(session, Channel.WEB, f"anon:{conversation}", now=now)
    else:
        address = f"sso:{wanted.person}"
        identity = record_identity(
            session, Channel.WEB, address, now=now, claim=wanted.person, proof="token"
        )
        # Two devices at once: the second waits here, and finds what the first has begun.
        session.execute(select(Identity.id).where(Identity.id == identity.id).with_for_update())
        own = resuming.find_own(session, identity.id, now=now)
        if own is not None:
            return _taken_up(session, organisation, own, token, now)
    row = new_conversation(conversation, Channel.WEB, identity.id, state, now=now)
    row.token_hash = token_hash(token)
    row.locale, row.time_zone = wanted.locale[:16], wanted.time_zone
    row.context = dict(wanted.context)
    session.add(row)
    session.flush()
    words = [Words(u.text, u.buttons, u.card) for u in turn.utterances]
    mine = background.read_mine(session, identity.id)
    words += resuming.render_welcome(mine, str(state.slots.get("language") or "en"))
    rows = transcript.record_outbound(session, row, words, number=1, reply_to=None, now=now)
    return Opened(conversation, token, tuple(transcript.render_out(one) for one in rows))


def _taken_up(
    session: Session, organisation: Organisation, row: Conversation, token: str, now: datetime
) -> Opened:
    """One's own conversation on another device, with what is open in it said again."""
    conversation = ConversationId(row.id)
    session.add(ConversationToken(sha256=token_hash(token), conversation_id=conversation, at=now))
    words, state = resuming.render_return(session, row, organisation.catalogue, now=now)
    if not words:
        return Opened(conversation, token, (), resumed=True)
    # Looking in is no word of theirs: the day since the last one goes on.
    transcript.record_version(session, row, state.to_json(), now=row.last_at)
    number = transcript.next_number(session, conversation)
    rows = transcript.record_outbound(session, row, words, number=number, reply_to=None, now=now)
    said = tuple(transcript.render_out(one) for one in rows)
    return Opened(conversation, token, said, resumed=True)


def new_conversation(
    conversation_id: ConversationId,
    channel: Channel,
    identity: IdentityId,
    state: ConversationState,
    *,
    now: datetime,
) -> Conversation:
    """A row in its first state; nobody has its token yet."""
    return Conversation(
        id=conversation_id,
        channel=channel,
        identity_id=identity,
        token_hash=None,
        locale="en",
        time_zone=None,
        context={},
        state=state.to_json(),
        version=1,
        created_at=now,
        last_at=now,
    )
