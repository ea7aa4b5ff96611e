"""The line is cut again and again: both sides end with the same talk, everything in it once."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from sqlalchemy import select

from classifier.train_heads import read_table
from models.report import Attachment
from tests.conftest import ROOT
from tests.integration.api_fixtures import Served
from tests.integration.browser import Visitor
from tests.standins.bad_line import BadLine
from tests.standins.cut_chat import CutChat, choose_texts, digest, make_files

pytestmark = pytest.mark.browser
MESSAGES = read_table(ROOT / "training_data" / "messages.csv")


def test_after_25_cuts_both_sides_have_the_same_talk_and_the_same_files(
    visit: Visitor, served: Served, tmp_path: Path
) -> None:
    dice = random.Random(1)
    files = make_files(tmp_path, dice, 2)
    person = visit()
    with BadLine(int(served.url.rpartition(":")[2])) as line:
        person.url = line.url
        chat = CutChat(person.page(), line, dice, longest=0.6)
        ended = chat.talk(25, choose_texts(MESSAGES, 12, dice), files, within=60)
        assert ended.find_faults(chat.said) == []
        assert len(ended.browser) > 2 * 12
        with served.house.database.reading() as session:
            kept = session.scalars(select(Attachment)).all()
        stored = sorted(
            hashlib.sha256(
                b"".join(served.house.attachments.blobs.stream(one.blob_key))
            ).hexdigest()
            for one in kept
        )
        assert stored == sorted(digest(one) for one in files)
        assert line.cuts.total() > 10  # they were felt
        person.context.close()
    person.troubles[:] = [one for one in person.troubles if "net::ERR_" not in one]
