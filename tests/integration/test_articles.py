"""Articles over HTTP: who may read and write them, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.cli import main
from api.running import import_articles
from api.wiring import Installation
from incidents.article_files import FILE, UnreadableArticlesError, parse_articles
from incidents.articles import list_articles
from models.database import Database
from models.vocabulary import Role
from tests.conftest import ORGANISATION
from tests.integration.api_fixtures import key_for, open_chat
from tests.integration.console_forms import csrf, enter

PAGE = "/console/articles/write"
HOSTILE = "<script>alert(1)</script> {reference} %s {{ 7*7 }}"
JAM = {
    "service": "office-printing",
    "url": "https://wiki.halden.example/jam",
    "texts": {
        "en": {
            "title": "Paper jam",
            "examples": ["paper is stuck in the printer", "the printer has a paper jam"],
            "steps": "Open every flap and pull the paper out.",
            "sms": "Open every flap, pull the paper out.",
        }
    },
}


def put(client: TestClient, headers: dict[str, str], name: str = "paper-jam", **more: object):
    return client.put(f"/api/v1/articles/{name}", json=JAM | more, headers=headers)


def fields(page: str, **typed: object) -> dict[str, object]:
    blank = {"title": ["", ""], "examples": ["", ""], "steps": ["", ""], "sms": ["", ""]}
    return {"csrf": csrf(page), "language": ["en", "de"], **blank, **typed}


def english(**typed: str) -> dict[str, list[str]]:
    told = {
        "title": "Paper jam",
        "examples": "paper is stuck\nthe printer has a paper jam",
        "steps": "Open every flap.",
        "sms": "",
    }
    return {name: [value, ""] for name, value in (told | typed).items()}


def test_strangers_see_and_write_nothing(client: TestClient) -> None:
    assert client.get("/api/v1/articles").status_code == 401
    assert client.get("/api/v1/articles/paper-jam").status_code == 401
    assert client.put("/api/v1/articles/paper-jam", json=JAM).status_code == 401
    for page in ("/console/articles", PAGE):
        assert client.get(page, follow_redirects=False).status_code in {303, 401}
    answer = client.post(PAGE, data={"reference": "x"}, follow_redirects=False)
    assert answer.status_code in {303, 401}


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COMMUNICATIONS, Role.AUDITOR, Role.SERVICE])
def test_who_only_reads_writes_none(
    client: TestClient, installation: Installation, role: Role
) -> None:
    key = key_for(installation, role)
    assert client.get("/api/v1/articles", headers=key).json() == {"articles": []}
    assert put(client, key).status_code == 403


def test_a_program_writes_reads_and_changes_an_article(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.ADMIN)
    made = put(client, key)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    changed = put(client, key | {"If-Match": '"1"'}, active=False)
    assert changed.json()["version"] == 2
    read = client.get("/api/v1/articles/paper-jam", headers=key)
    assert read.headers["etag"] == '"2"'
    assert read.json()["active"] is False
    assert read.json()["texts"]["en"]["examples"] == JAM["texts"]["en"]["examples"]
    assert client.get("/api/v1/articles/none", headers=key).status_code == 404


def test_a_change_unseen_is_never_written_over(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.ADMIN)
    put(client, key)
    assert put(client, key).status_code == 412  # taken for a new one
    put(client, key | {"If-Match": '"1"'}, url=None)
    stale = put(client, key | {"If-Match": '"1"'}, url="https://other.example/")
    assert stale.status_code == 412
    assert stale.json()["code"] == "stale_version"
    assert client.get("/api/v1/articles/paper-jam", headers=key).json()["url"] is None


@pytest.mark.parametrize(
    ("name", "part", "value"),
    [
        ("Paper Jam", "steps", "x"),
        ("paper-jam", "steps", ""),
        ("paper-jam", "steps", "x" * 601),
        ("paper-jam", "title", " "),
        ("paper-jam", "sms", "x" * 96),
        ("paper-jam", "sms", "\u0431\u0443\u043c\u0430\u0433\u0430"),
        ("paper-jam", "examples", ["only one"]),
        ("paper-jam", "examples", ["twice", "twice"]),
        ("paper-jam", "examples", ["a", "x" * 201]),
    ],
)
def test_what_could_not_be_told_is_refused_and_said(
    client: TestClient, installation: Installation, name: str, part: str, value: object
) -> None:
    key = key_for(installation, Role.ADMIN)
    texts = {"en": JAM["texts"]["en"] | {part: value}}
    answer = put(client, key, name, texts=texts)
    assert (answer.status_code, answer.json()["code"]) == (422, "article.bad")
    assert client.get("/api/v1/articles", headers=key).json() == {"articles": []}


@pytest.mark.parametrize(
    "url",
    [
        "http://wiki.example/", "javascript:alert(1)", "https://", "https://a b.example/",
        "https://user:secret@wiki.example/", "https://[bad/", "//wiki.example",
    ],
)  # fmt: skip
def test_a_link_is_plain_https_or_none(
    client: TestClient, installation: Installation, url: str
) -> None:
    answer = put(client, key_for(installation, Role.ADMIN), url=url)
    assert (answer.status_code, answer.json()["code"]) == (422, "article.bad")


def test_an_unknown_service_or_field_is_refused(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.ADMIN)
    assert put(client, key, service="teleporter").json()["code"] == "article.bad"
    assert put(client, key, color="red").json()["code"] == "request.invalid"


def test_an_editor_writes_one_on_the_page_and_changes_it(
    client: TestClient, installation: Installation
) -> None:
    enter(client, installation, Role.ADMIN)
    page = client.get(PAGE).text
    sent = fields(page, reference="paper-jam", active="true", **english())
    answer = client.post(PAGE, data=sent)
    assert "paper-jam" in answer.text
    page = client.get(f"{PAGE}?name=paper-jam").text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    told = english(steps="Open flap 2.")
    sent = fields(page, reference="paper-jam", version=version, **told)
    client.post(PAGE, data=sent)
    with installation.database.reading() as session:
        (row,) = list_articles(session)
    assert (row.version, row.active) == (2, False)
    assert row.texts["en"]["steps"] == "Open flap 2."
    assert set(row.texts) == {"en"}
    assert "Not told" in client.get("/console/articles").text


def test_a_form_that_is_refused_comes_back_as_it_was_typed(
    client: TestClient, installation: Installation
) -> None:
    enter(client, installation, Role.ADMIN)
    page = client.get(PAGE).text
    told = english(examples="only one sentence", steps=HOSTILE)
    answer = client.post(PAGE, data=fields(page, reference="paper-jam", **told))
    assert answer.status_code == 422
    assert "2 to 10 sentences" in answer.text
    assert "only one sentence" in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("seen", ["1", None])
def test_two_editors_at_once_do_not_write_over_each_other_however_often_they_save(
    client: TestClient, installation: Installation, seen: str | None
) -> None:
    enter(client, installation, Role.ADMIN)
    page = client.get(PAGE).text
    client.post(PAGE, data=fields(page, reference="paper-jam", active="true", **english()))
    first = fields(page, reference="paper-jam", version="1", **english(steps="Mine."))
    client.post(PAGE, data=first)
    for _ in range(2):
        version = {} if seen is None else {"version": seen}
        second = fields(page, reference="paper-jam", **version, **english(steps="Yours."))
        answer = client.post(PAGE, data=second)
        assert answer.status_code == 412
        assert "Yours." in answer.text
        assert f'href="{PAGE}?name=paper-jam"' in answer.text
        seen = next(iter(re.findall(r'name="version" value="(\d+)"', answer.text)), None)
    with installation.database.reading() as session:
        assert list_articles(session)[0].texts["en"]["steps"] == "Mine."


def test_the_form_wants_its_token_and_an_editor(
    client: TestClient, installation: Installation
) -> None:
    enter(client, installation, Role.ADMIN)
    page = client.get(PAGE).text
    sent = fields(page, reference="paper-jam", **english()) | {"csrf": "0" * 64}
    assert client.post(PAGE, data=sent).status_code == 403
    enter(client, installation, Role.COMMANDER)
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/console/articles").text
    with installation.database.reading() as session:
        assert list_articles(session) == []


def test_hostile_words_of_an_article_are_words_everywhere(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.ADMIN)
    text = JAM["texts"]["en"] | {"steps": HOSTILE, "title": HOSTILE}
    assert put(client, key, texts={"en": text}).status_code == 200
    enter(client, installation, Role.ADMIN)
    for page in ("/console/articles", f"{PAGE}?name=paper-jam"):
        assert "<script>alert" not in client.get(page).text
    address, token = open_chat(client)
    said = client.post(
        f"{address}/messages",
        json={"client_id": "1", "text": "hi, paper is stuck in the printer, just me"},
        headers=token,
    ).json()
    assert HOSTILE in said["messages"][-1]["text"]  # as words; the page writes text, never HTML


def test_a_new_article_is_told_from_the_next_message_on(
    client: TestClient, installation: Installation
) -> None:
    words = {"client_id": "1", "text": "paper is stuck in the printer, just me"}
    address, token = open_chat(client)
    said = client.post(f"{address}/messages", json=words, headers=token).json()
    assert "Open every flap" not in said["messages"][-1]["text"]
    put(client, key_for(installation, Role.ADMIN))
    address, token = open_chat(client)
    said = client.post(f"{address}/messages", json=words, headers=token).json()
    assert "Open every flap" in said["messages"][-1]["text"]


def test_staff_see_what_was_tried_and_how_often_it_helped(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.ADMIN)
    put(client, key)
    address, token = open_chat(client)

    def say(number: int, text: str, payload: str | None = None) -> dict[str, object]:
        body = {"client_id": str(number), "text": text, "payload": payload}
        answer = client.post(f"{address}/messages", json=body, headers=token)
        told: dict[str, object] = answer.json()
        return told

    say(1, "paper is stuck in the printer in Berlin, just me")
    say(2, "Still broken", "/deny")
    filed = say(3, "Send", "/affirm")
    report = client.get(f"/api/v1/reports/{filed['report']['reference']}", headers=key).json()
    (tried,) = report["tried"]
    assert (tried["article"], tried["outcome"]) == ("paper-jam", "not_helped")
    enter(client, installation, Role.ADMIN)
    page = client.get(f"/console/incidents/{filed['incident']['reference']}").text
    assert "Was told the article paper-jam: it did not help" in page
    assert client.get("/api/v1/articles", headers=key).json()["articles"][0]["not_helped"] == 1
    assert 'muster_help{outcome="not_helped"} 1.0' in client.get("/metrics", headers=key).text


def test_a_file_of_articles_is_imported_and_again_changes_nothing(
    installation: Installation,
) -> None:
    path = ORGANISATION / FILE
    count = len(parse_articles(path))
    assert count >= 12
    assert import_articles(installation.database, path) == (count, count)
    assert import_articles(installation.database, path) == (count, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b", "list of articles"),
        ("- reference: x", "texts by language"),
        ("- {reference: x, texts: {en: {title: t}}}", "lacks"),
        ("- {reference: x, colour: red, texts: {en: {}}}", "colour"),
        ("[unclosed", "YAML"),
        ("- !!python/object/apply:os.system ['true']", "YAML"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_trouble(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / FILE
    path.write_text(text)
    with pytest.raises(UnreadableArticlesError, match=says):
        parse_articles(path)


def test_a_bad_article_of_a_file_leaves_the_store_as_it_was(
    tmp_path: Path, installation: Installation
) -> None:
    text = (ORGANISATION / FILE).read_text(encoding="utf-8")
    path = tmp_path / FILE
    path.write_text(text.replace("service: vpn", "service: teleporter"), encoding="utf-8")
    database: Database = installation.database
    with pytest.raises(Exception, match="teleporter"):
        import_articles(database, path)
    with database.reading() as session:
        assert list_articles(session) == []


def test_the_command_imports_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("MUSTER_ENVIRONMENT", "test")
    assert main(["import", str(ORGANISATION)]) == 0
    assert "12 articles" in capsys.readouterr().out
    assert main(["import", "--articles", str(ORGANISATION / FILE)]) == 0
    assert "12 articles, 0 new or changed" in capsys.readouterr().out
