"""Articles of a YAML file, as an organisation keeps them beside its catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from incidents.articles import ArticleDraft, ArticleText, BadArticleError
from models.errors import DomainError

FILE: Final = "articles.yaml"
_MOST_BYTES: Final = 4 << 20


class UnreadableArticlesError(DomainError):
    """A file that holds no articles; the message says what to mend."""

    code: ClassVar[str] = "article.unreadable"


def parse_articles(path: Path) -> list[ArticleDraft]:
    """The articles of a file, checked.

    Raises:
        UnreadableArticlesError: There is no such file, it is no list of articles, two have one
            name, or one is badly written.

    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UnreadableArticlesError(f"{path} is larger than 4 MB. Split it.")
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UnreadableArticlesError(f"{path} is not readable YAML: {error}") from error
    if not isinstance(rows, list):
        raise UnreadableArticlesError(f"{path} must be a list of articles, each with a reference.")
    found = [_parse(path, number, row) for number, row in enumerate(rows, start=1)]
    names = [one.reference for one in found]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise UnreadableArticlesError(f"{path} has two articles {doubled}. Rename one.")
    return found


def _parse(path: Path, number: int, row: Any) -> ArticleDraft:
    where = f"{path}, article {number}"
    if not isinstance(row, dict) or not isinstance(row.get("texts"), dict):
        raise UnreadableArticlesError(f"{where}: it needs a reference and texts by language.")
    known = {"reference", "service", "url", "active", "texts"}
    odd = next((name for name in row if name not in known), None)
    if odd is not None:
        raise UnreadableArticlesError(f"{where}: {str(odd)[:40]!r} is not known. Take it out.")
    service, url = row.get("service"), row.get("url")
    try:
        return ArticleDraft(
            reference=str(row.get("reference", "")),
            texts={
                str(language): ArticleText.from_json(text if isinstance(text, dict) else {})
                for language, text in row["texts"].items()
            },
            service=None if service is None else str(service),
            url=None if url is None else str(url),
            active=row.get("active", True) is not False,
        ).checked()
    except BadArticleError as error:
        raise UnreadableArticlesError(f"{where}: {error}") from error
