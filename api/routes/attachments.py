"""Files: a person sends one in a conversation and hears what was seen in it; staff download it.

The body is counted while it is read, whatever it says of its length. What staff get back is
a download in a sandbox, never a page, by a link that is theirs alone and lives for minutes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.auth import Asker, Permission, house_of, require
from api.errors import MalformedRequestError
from api.routes.conversations import Own
from incidents.attachments import AttachmentPolicy, find_attachment, is_full, too_large
from incidents.conversation_view import record_conversation_access
from incidents.file_blobs import storage_full
from incidents.file_checks import KINDS
from incidents.file_links import FileLinks
from incidents.file_listing import FileTold, list_files
from incidents.file_taking_back import take_back_file
from incidents.file_uploads import PIECE_BYTES
from incidents.text_access import record_access
from models.errors import NotFoundError
from models.ids import AttachmentId
from models.report import Attachment

_AROUND: Final = 64 << 10  # what a form may weigh beside its file
_UNCAPPED: Final = 1 << 40  # the counting below says it in our words
_AT_ONCE: Final = 2  # files being checked at one time; others wait without holding a thread
router = APIRouter(tags=["attachments"])


@router.post(
    "/api/v1/conversations/{conversation_id}/attachments",
    status_code=201,
    max_body_size=_UNCAPPED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    },
)
async def send_file(request: Request, conversation: Own) -> dict[str, Any]:
    """Keep one file of a conversation; its id goes with the next message."""
    house = house_of(request)
    house.limits.hit(house.limits.uploads, "upload", str(conversation))
    upload = await _read_form(request, house.attachments.policy)
    try:
        keep = partial(
            house.attachments.keep_file, conversation, upload.filename or "", upload.file
        )
        kept = await to_thread.run_sync(keep, limiter=files_at_once(request))
    finally:
        await upload.close()
    return render_file(kept)


@router.get("/api/v1/conversations/{conversation_id}/attachments")
def list_own_files(request: Request, conversation: Own) -> dict[str, Any]:
    """The conversation's files, what was seen in them, and the limits for more."""
    house = house_of(request)
    policy = house.attachments.policy
    with house.database.reading() as session:
        files = list_files(session, conversation)
    return {
        "files": [render_file(one.file) | _render_reading(one) for one in files],
        "limits": {
            "max_bytes": policy.max_bytes,
            "max_files": policy.max_files,
            "max_total": policy.max_total,
            "endings": sorted(KINDS),
            "piece": PIECE_BYTES,
        },
    }


@router.delete(
    "/api/v1/conversations/{conversation_id}/attachments/{attachment_id}", status_code=204
)
def take_back_own_file(request: Request, conversation: Own, attachment_id: UUID) -> None:
    """Take a file back that no message and no report names."""
    take_back_file(house_of(request).attachments, conversation, AttachmentId(attachment_id))


@router.get("/console/attachments/{attachment_id}")
def open_file(
    request: Request,
    attachment_id: UUID,
    asker: Annotated[Asker, Depends(require(Permission.READ))],
) -> RedirectResponse:
    """On to a link of the asker's own, which lives for ten minutes."""
    house = house_of(request)
    with house.database.reading() as session:
        found = find_attachment(
            session, AttachmentId(attachment_id), restricted=asker.may(Permission.RESTRICTED)
        )
    token = FileLinks(house.session_secret).make_token(found.id, str(asker.staff_id))
    return RedirectResponse(f"/console/files/{token}", 303, {"cache-control": "private, no-store"})


@router.get("/console/files/{token}", response_class=StreamingResponse)
def download_file(
    request: Request,
    token: str,
    asker: Annotated[Asker, Depends(require(Permission.READ))],
) -> StreamingResponse:
    """A file, to be saved; not to be looked at on our pages."""
    house = house_of(request)
    wanted = FileLinks(house.session_secret).parse_token(token, str(asker.staff_id))
    with house.database.reading() as session:
        found = find_attachment(session, wanted, restricted=asker.may(Permission.RESTRICTED))
    try:
        content = house.attachments.blobs.stream(found.blob_key)
    except FileNotFoundError as error:
        raise NotFoundError(
            "The file's content is not in the storage. Ask for it again."
        ) from error
    with house.database.transaction() as session:
        if found.report_id is not None:
            record_access(session, found.report_id, asker.name, "file", now=house.clock())
        else:
            record_conversation_access(
                session, found.conversation_id, asker.name, now=house.clock()
            )
    plain = found.media_type.startswith("text/")
    return StreamingResponse(
        content,
        media_type=f"{found.media_type}; charset=utf-8" if plain else found.media_type,
        headers={
            "content-length": str(found.size),
            "content-disposition": _saved_as(found.name),
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "private, no-store",
        },
    )


def render_file(file: Attachment) -> dict[str, Any]:
    """A kept file, as JSON; `state` is `clean`, or `quarantined` until it could be checked."""
    return {
        "id": str(file.id),
        "name": file.name,
        "type": file.media_type,
        "size": file.size,
        "state": file.state.value,
    }


def _render_reading(told: FileTold) -> dict[str, Any]:
    return {"reading": told.reading, "seen": told.seen, "trouble": told.trouble}


def _saved_as(name: str) -> str:
    quoted = quote(name, safe="")
    if quoted == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename*=utf-8''{quoted}"


async def _read_form(request: Request, policy: AttachmentPolicy) -> UploadFile:
    """The form's one file, spooled to the disk; stops reading where it is too large."""
    most = policy.max_bytes + _AROUND
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise too_large(policy)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MalformedRequestError("Send the file as multipart/form-data, in the field `file`.")
    parser = MultiPartParser(
        request.headers, _counted(request, policy, most), max_files=1, max_fields=8
    )
    try:
        form = await parser.parse()
    except (MultiPartException, ClientDisconnect) as error:
        raise MalformedRequestError("The form could not be read. Send one file in it.") from error
    except OSError as error:
        if is_full(error):
            raise storage_full() from error
        raise
    file = next((one for one in form.values() if isinstance(one, UploadFile)), None)
    if file is None:
        raise MalformedRequestError("There was no file in the form. Choose one, then send it.")
    return file


async def _counted(
    request: Request, policy: AttachmentPolicy, most: int
) -> AsyncGenerator[bytes, None]:
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most:
            raise too_large(policy)
        yield chunk


def files_at_once(request: Request) -> CapacityLimiter:
    """One for each app, made inside its event loop."""
    state = request.app.state
    if not hasattr(state, "files_at_once"):
        state.files_at_once = CapacityLimiter(_AT_ONCE)
    limiter: CapacityLimiter = state.files_at_once
    return limiter
