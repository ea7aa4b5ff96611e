"""What people say after they tried something, and which article is near enough to be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogue import ConversationState, Said
from assistant.helped import came_back, credits_help, is_trying, read_helped
from assistant.understanding import choose_intent
from incidents.article_shelf import ArticlePolicy, ShelvedArticle, choose_article
from incidents.articles import ArticleDraft, ArticleText, BadArticleError
from models.ids import ArticleId, new_id
from models.vocabulary import Channel

HELPED = (
    "that helped", "yes it works now", "yep did the trick", "WOW that worked, cheers",
    "it works again", "that fixed it", "it's gone now, thank you", "perfect, fixed",
    "all good now", "problem solved", "I can print again", "das hat geholfen, danke",
    "hat geklappt!", "geht wieder", "jetzt geht's", "ja, danke, funktioniert",
    "no need to send anything, it works now", "didn't expect that, it worked",
    "that worked and cleared the error", "the paper jam is gone, that helped", "it was stuck, that fixed it",
    "it worked, the printer is no longer stuck", "hat geholfen, Fehler ist weg",
)  # fmt: skip
NOT_HELPED = (
    "that did not help", "no, still broken", "STILL NOT WORKING", "tried that already",
    "nope nothing", "useless", "same problem", "hat nicht geholfen", "leider nein",
    "nein, geht immer noch nicht", "it worked for a second and then jammed again",
    "it only helped half", "there is no tray 2", "klappt leider nicht",
    "that did it again", "it worked for five seconds and died",
)  # fmt: skip
A_YES_AND_A_TROUBLE = (
    "the steps helped, now Outlook crashes", "that fixed it for Anna, mine is dead",
    "Ja hat geklappt, jetzt ist der Drucker tot", "works great on my phone, laptop is dead",
    "it worked, then it froze", "that helped, now the scanner is offline",
)  # fmt: skip
NEITHER = (
    *A_YES_AND_A_TROUBLE,
    "it is the printer on floor 3", "where is the rear door?", "what do you mean",
    "since this morning", "i have a customer waiting", "whole team has it", "", "x" * 500,
    "the S drive is gone too", "it worked yesterday", "did that help others?", "now all is gone",
    "it works, but only on the other tray", "if that worked, fine",
    "das hat gestern funktioniert", "the wifi is gone for everyone",
)  # fmt: skip


@pytest.mark.parametrize("text", HELPED)
def test_a_yes_in_any_words_is_heard(text: str) -> None:
    assert read_helped(text) is True
    assert not is_trying(text)


@pytest.mark.parametrize("text", NOT_HELPED)
def test_a_no_in_any_words_is_heard(text: str) -> None:
    assert read_helped(text) is False


@pytest.mark.parametrize("text", NEITHER)
def test_other_words_are_neither(text: str) -> None:
    assert read_helped(text) is None


@pytest.mark.parametrize("text", A_YES_AND_A_TROUBLE)
def test_a_yes_beside_a_trouble_goes_on_with_the_report(text: str) -> None:
    said = Said(text, Channel.WEB, act="resolved", act_probability=0.95)
    state = ConversationState(loop="intake_form", requested="helped")
    assert choose_intent(said, state) == "inform"
    after = ConversationState(slots={"last_report": "RPT-1", "follow_up": "helped"})
    assert choose_intent(said, after) == "worse"


@pytest.mark.parametrize(
    "text", ["ok", "ok let me try", "one moment", "trying now", "Moment, ich probiere es"]
)
def test_who_goes_to_try_it_has_not_answered(text: str) -> None:
    assert is_trying(text)
    assert read_helped(text) is None


@pytest.mark.parametrize("text", ["it came back", "the jam is back", "jammed again", "wieder da"])
def test_what_came_back_is_heard(text: str) -> None:
    assert came_back(text if text != "wieder da" else "es ist schon wieder da")


@pytest.mark.parametrize("text", ["I'm back", "my colleague is back from holiday", "geht wieder"])
def test_who_came_back_is_not_what_came_back(text: str) -> None:
    assert not came_back(text)


def test_praise_of_a_workaround_is_told_from_the_end_of_an_outage() -> None:
    assert credits_help("that helped, thanks")
    assert credits_help("the workaround works")
    assert not credits_help("the wifi works again")
    assert not credits_help("that did not help")


@given(st.text(max_size=300))
def test_no_text_is_both_a_yes_and_a_try(text: str) -> None:
    assert not (is_trying(text) and read_helped(text) is not None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("ok", "inform"), ("yes", "resolved"), ("no", "deny"), ("send it", "insist"),
     ("cancel", "cancel"), ("I don't know", "dont_know"), ("worked", "resolved")],
)  # fmt: skip
def test_where_it_was_asked_short_words_mean_what_they_mean_there(text: str, wanted: str) -> None:
    state = ConversationState(loop="intake_form", requested="helped")
    assert choose_intent(Said(text, Channel.WEB), state) == wanted


@pytest.mark.parametrize("slots", [{"follow_up": "helped"}, {"tried": {"incident": "INC-1"}}])
def test_a_new_trouble_is_never_taken_for_a_yes(slots: dict[str, object]) -> None:
    told = "the S drive is gone, outlook too, nothing fixed it"
    said = Said(told, Channel.SMS, act="report", facts={"services": ["file-shares", "email"]})
    for text in (told, "outlook is down, that solved itself last time", "S drive gone, works not"):
        state = ConversationState(slots={"last_report": "RPT-1", **slots})
        assert choose_intent(replace(said, text=text), state) != "resolved"


def test_a_trouble_that_sounds_like_an_end_only_after_a_report_is_a_report() -> None:
    said = Said(
        "the S drive is gone too for everyone in Berlin", Channel.SMS, act="resolved",
        act_probability=0.6, unasked_act="report", unasked_probability=0.97,
        facts={"services": ["file-shares"]},
    )  # fmt: skip
    state = ConversationState(slots={"last_report": "RPT-1", "follow_up": "helped"})
    assert choose_intent(said, state) == "report"


def test_after_a_report_by_text_a_no_is_news_of_it_and_another_service_is_not() -> None:
    state = ConversationState(slots={"follow_up": "helped", "last_report": "RPT-1"})
    assert choose_intent(Said("no", Channel.SMS), state) == "worse"
    other = Said("Outlook does not open", Channel.SMS, act="report", facts={"services": ["email"]})
    assert choose_intent(other, state) == "report"


def shelved(name: str, service: str | None, *rows: tuple[float, float]) -> ShelvedArticle:
    text = ArticleText(name, ("a", "b"), "do it")
    vectors = np.array(rows, dtype=np.float32)
    return ShelvedArticle(ArticleId(new_id()), 1, name, service, None, {"en": text}, vectors)


NEAR = shelved("near", "email", (1.0, 0.0), (0.8, 0.6))
FAR = shelved("far", None, (0.0, 1.0), (0.6, 0.8))
WORDS = np.array([1.0, 0.0], dtype=np.float32)


def test_the_nearest_article_is_told_and_none_where_all_are_far() -> None:
    policy = ArticlePolicy(likeness=0.7)
    assert choose_article([FAR, NEAR], WORDS, (), policy) is NEAR
    assert choose_article([FAR], WORDS, (), policy) is None
    assert choose_article([], WORDS, (), policy) is None


def test_one_near_sentence_is_not_enough() -> None:
    odd = shelved("odd", None, (1.0, 0.0), (0.0, 1.0))
    assert choose_article([odd], WORDS, (), ArticlePolicy(likeness=0.7)) is None


def test_another_service_rules_an_article_out_and_an_unknown_one_does_not() -> None:
    policy = ArticlePolicy(likeness=0.7)
    assert choose_article([NEAR], WORDS, {"erp"}, policy) is None
    assert choose_article([NEAR], WORDS, {"erp", "email"}, policy) is NEAR


def test_an_article_is_told_in_the_language_or_in_english_or_in_any() -> None:
    english, german = (ArticleText(one, ("a", "b"), one) for one in ("english", "deutsch"))
    both = ShelvedArticle(ArticleId(new_id()), 1, "x", None, None, {"de": german, "en": english},
                          np.zeros((1, 2), np.float32))  # fmt: skip
    assert [both.told(one)["steps"] for one in ("de", "en", "fr")] == ["deutsch", "english",
                                                                      "english"]  # fmt: skip
    alone = ShelvedArticle(both.id, 1, "x", None, None, {"de": german}, both.vectors)
    assert alone.told("fr")["steps"] == "deutsch"


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=700), max_size=3), st.text())
def test_what_is_kept_is_never_longer_than_can_be_told(
    texts: dict[str, str], reference: str
) -> None:
    draft = ArticleDraft(
        reference,
        {
            language: ArticleText.from_json(
                {"title": told[:130], "examples": told.split("a"), "steps": told, "sms": told}
            )
            for language, told in texts.items()
        },
    )
    try:
        draft.checked()
    except BadArticleError:
        return
    assert all(len(text.steps) <= 600 and len(text.examples) >= 2 for text in draft.texts.values())
