"""Which words tell of an attack by mail, and which mails press their reader."""

from __future__ import annotations

import pytest

from classifier.suspicion import is_suspicious_mail, looks_like_attack, mentions_mail


@pytest.mark.parametrize(
    "text",
    [
        "I have received a suspicious mail that asks me to confirm my password",
        "SOME IDIOT SENT ME A PHISHING MAIL AND I CLICKED THE DAMN LINK",
        "PHISHING CRAP IN MY INBOX AGAIN DO SOMETHING",
        "is this phishing?",
        "Is this mail genuine? It asks me for my password",
        "got a text pretending to be our CEO asking me to buy gift cards",
        "Ich habe eine verdächtige Mail bekommen",
        "Ist das Phishing?",
        "is this a scam? no idea, I did not click",
        "I got a mail that says my payslip is ready and when I clicked it asked for my password",
        "one mail has come asking to verify bank details for salary credit",
        "An e-mail from the bank wants me to confirm my account",
        "This mail asks me to type in my password",
        "Mail from the IT desk asks for my password",
        "the mail asks for my password, is it real?",
        "is this e-mail real?",
        "Eine Mail fordert mich auf, mein Passwort zu bestätigen",
        "Habe eine Mail bekommen, sie fordert meine Zugangsdaten: ich soll das Passwort bestätigen",
    ],
)
def test_an_attack_is_heard(text: str) -> None:
    assert is_suspicious_mail(text)


@pytest.mark.parametrize(
    "text",
    [
        "Outlook will not open attachments",
        "how do i report phishing, is there a button",
        "phishing training for our team of 9 in autumn?",
        "my mails do not arrive since 9",
        "the link to the travel policy is dead",
        "I can't confirm the order in SAP",
        "My email keeps asking for my password",
        "Mail will not accept my password",
        "Mail will nicht mehr, Passwort falsch",
        "The error message will not go away when I type",
        "Is this a scam? no the printer is down",
        "I can't send mail, Outlook asks for my password",
        "When I write an email it asks for my password",
        "I got a new mail account and Outlook keeps asking for my password",
        "I got no mail since 9 and Outlook asks me to enter my password",
        "Mails from my phone do not go out, it asks for the password",
        "Got an error message asking me to enter the password",
    ],
)
def test_a_broken_program_and_a_question_are_no_attack(text: str) -> None:
    assert not is_suspicious_mail(text)


def test_a_mail_presses_its_reader_in_two_ways_or_is_taken_as_honest() -> None:
    assert looks_like_attack("Verify your account within 24 hours. Click here.")
    assert looks_like_attack("Ihr Postfach wird gesperrt. Bitte bestätigen Sie Ihr Konto.")
    assert not looks_like_attack("Click here to read the minutes of Monday.")
    assert not looks_like_attack("")


def test_a_warning_fits_only_where_a_mail_is_spoken_of() -> None:
    assert mentions_mail("an odd e-mail came")
    assert not mentions_mail("I lost my laptop on the train")
