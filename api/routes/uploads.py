"""Files in pieces, for lines that break: open an upload, send pieces, ask how far it is.

A piece is a PUT with `Content-Range: bytes FIRST-LAST/SIZE`; the answer to the last one is the
file. HEAD says in `Upload-Offset` where to go on.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response
from pydantic import AfterValidator, Field, StringConstraints
from starlette.requests import ClientDisconnect

from api.auth import house_of
from api.bodies import Body
from api.errors import MalformedRequestError
from api.routes.attachments import files_at_once, render_file
from api.routes.conversations import Own
from incidents.file_uploads import PIECE_BYTES, Progress, Uploads
from models.ids import UploadId
from models.storable import storable

_RANGE: Final = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})\Z")
_UNCAPPED: Final = 1 << 40  # the counting below says it in our words
router = APIRouter(prefix="/api/v1/conversations/{conversation_id}/uploads", tags=["attachments"])


class OpenUpload(Body):
    """A file that will come in pieces."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    size: Annotated[int, Field(ge=0, le=1 << 40)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="Of the whole file; compared when all of it is here."
    )
    client_id: (
        Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(storable)]
        | None
    ) = Field(
        default=None, description="The same on every retry: the same upload is answered again."
    )


@router.post("", status_code=201)
def open_upload(request: Request, conversation: Own, body: OpenUpload) -> dict[str, Any]:
    """Announce a file; its pieces follow. The same `client_id` again is the same upload."""
    house = house_of(request)
    house.limits.hit(house.limits.uploads, "upload", str(conversation))
    opened = Uploads(house.attachments).open_upload(
        conversation, body.name, body.size, body.sha256, body.client_id
    )
    return _render(opened) | {"piece": PIECE_BYTES, "size": opened.upload.size}


@router.head("/{upload_id}")
def ask_upload(request: Request, conversation: Own, upload_id: UUID) -> Response:
    """How many bytes are here, in `Upload-Offset`."""
    found = Uploads(house_of(request).attachments).find(conversation, UploadId(upload_id))
    return Response(
        headers={
            "upload-offset": str(found.upload.received),
            "upload-length": str(found.upload.size),
            "cache-control": "no-store",
        }
    )


@router.put("/{upload_id}", max_body_size=_UNCAPPED)
async def add_piece(
    request: Request,
    conversation: Own,
    upload_id: UUID,
    content_range: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """The next piece. Sent again, it changes nothing; `file` is there once all of it is."""
    match = _RANGE.match(content_range or "")
    if match is None:
        raise MalformedRequestError("Send Content-Range: bytes FIRST-LAST/SIZE with a piece.")
    start, last = int(match[1]), int(match[2])
    piece = await _read_piece(request)
    if len(piece) != last - start + 1:
        raise MalformedRequestError("The piece is not as long as its Content-Range says.")
    uploads = Uploads(house_of(request).attachments)
    add = partial(uploads.add_piece, conversation, UploadId(upload_id), start, piece)
    return _render(await to_thread.run_sync(add, limiter=files_at_once(request)))


@router.delete("/{upload_id}", status_code=204)
def take_back_upload(request: Request, conversation: Own, upload_id: UUID) -> None:
    """Take it back, and the file that came of it unless a message or a report names it."""
    Uploads(house_of(request).attachments).take_back(conversation, UploadId(upload_id))


async def _read_piece(request: Request) -> bytes:
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > PIECE_BYTES:
                raise MalformedRequestError(f"A piece has at most {PIECE_BYTES} bytes.")
    except ClientDisconnect as error:
        raise MalformedRequestError("The piece was cut off. Send it again.") from error
    return bytes(found)


def _render(progress: Progress) -> dict[str, Any]:
    found: dict[str, Any] = {"id": str(progress.upload.id), "offset": progress.upload.received}
    if progress.attachment is not None:
        found["file"] = render_file(progress.attachment)
    return found
