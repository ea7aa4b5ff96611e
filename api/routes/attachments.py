"""Files: a person sends one in a conversation, staff download it.

The body is counted while it is read, whatever it says of its length. What staff get back is
a download in a sandbox, never a page.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.auth import Asker, Permission, house_of, require
from api.errors import MalformedRequestError
from api.routes.conversations import Own
from incidents.attachments import (
    AttachmentPolicy,
    find_attachment,
    is_full,
    storage_full,
    too_large,
)
from models.errors import NotFoundError
from models.ids import AttachmentId

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
        kept = await to_thread.run_sync(keep, limiter=_limiter(request))
    finally:
        await upload.close()
    return {"id": str(kept.id), "name": kept.name, "type": kept.media_type, "size": kept.size}


@router.get("/console/attachments/{attachment_id}", response_class=FileResponse)
def download_file(
    request: Request,
    attachment_id: UUID,
    asker: Annotated[Asker, Depends(require(Permission.READ))],
) -> FileResponse:
    """A file, to be saved; not to be looked at on our pages."""
    house = house_of(request)
    with house.database.reading() as session:
        found = find_attachment(
            session, AttachmentId(attachment_id), restricted=asker.may(Permission.RESTRICTED)
        )
    path = house.attachments.path_of(found.blob_key)
    if not path.is_file():
        raise NotFoundError("The file's content is not in the storage. Ask for it again.")
    plain = found.media_type.startswith("text/")
    return FileResponse(
        path,
        media_type=f"{found.media_type}; charset=utf-8" if plain else found.media_type,
        filename=found.name,
        content_disposition_type="attachment",
        headers={
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "private, no-store",
        },
    )


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


def _limiter(request: Request) -> CapacityLimiter:
    """One for each app, made inside its event loop."""
    state = request.app.state
    if not hasattr(state, "files_at_once"):
        state.files_at_once = CapacityLimiter(_AT_ONCE)
    limiter: CapacityLimiter = state.files_at_once
    return limiter
