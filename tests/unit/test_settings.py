"""Settings: the demo needs none, production refuses what is missing or a toy."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.settings import (
    BadSettingsError,
    Environment,
    check_platform,
    new_webhook_secret,
    resolve_settings,
)

STRONG = "k3Jd0w-Zq8XbV1nM5pTsY7rC2fHgLaEu4oNi"
PRODUCTION = {
    "environment": "production",
    "session_secret": STRONG,
    "public_base_url": "https://muster.example.org",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person who runs the tests, and files only under the test's folder."""
    import os

    for name in [name for name in os.environ if name.startswith("MUSTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))


def refusal(**given: object) -> str:
    with pytest.raises(BadSettingsError) as refused:
        resolve_settings(**given)
    return str(refused.value)


def test_the_demo_needs_nothing_and_listens_to_this_machine_only() -> None:
    settings = resolve_settings()
    assert settings.environment is Environment.DEMO
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.store_url.endswith("var/muster.db")


def test_the_demo_makes_its_secrets_once_and_keeps_them_to_itself(tmp_path: Path) -> None:
    first, second = resolve_settings(), resolve_settings()
    assert first.session_secret == second.session_secret
    assert first.forward_secret == second.forward_secret
    for name in ("session-secret", "forward-secret"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600


def test_settings_cannot_be_changed_after_the_start() -> None:
    settings = resolve_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 9000


def test_the_environment_is_read_with_our_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_PORT", "8123")
    monkeypatch.setenv("MUSTER_EMBED_ORIGINS", "https://a.example, https://b.example")
    settings = resolve_settings()
    assert settings.port == 8123
    assert settings.embed_origins == ("https://a.example", "https://b.example")


def test_only_production_listens_to_other_machines() -> None:
    assert "MUSTER_ENVIRONMENT=production" in refusal(host="0.0.0.0")
    assert resolve_settings(**PRODUCTION, host="0.0.0.0").host == "0.0.0.0"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"session_secret": None}, "MUSTER_SESSION_SECRET"),
        ({"session_secret": "short"}, "MUSTER_SESSION_SECRET"),
        ({"session_secret": "a" * 40}, "MUSTER_SESSION_SECRET"),
        ({"session_secret": "changeme-" + STRONG}, "MUSTER_SESSION_SECRET"),
        ({"public_base_url": ""}, "MUSTER_PUBLIC_BASE_URL"),
        ({"public_base_url": "http://muster.example.org"}, "MUSTER_PUBLIC_BASE_URL"),
        ({"twilio_account_sid": "AC1"}, "MUSTER_TWILIO_AUTH_TOKEN"),
        ({"twilio_auth_token": "t"}, "MUSTER_TWILIO_ACCOUNT_SID"),
        (
            {
                "twilio_account_sid": "AC1",
                "twilio_auth_token": "t",
                "twilio_from": "+15005550006",
                "twilio_api_base": "http://127.0.0.1:1",
            },
            "MUSTER_TWILIO_API_BASE",
        ),
        ({"forward_url": "https://itsm.example/in"}, "MUSTER_FORWARD_SECRET"),
        ({"forward_url": "https://itsm.example/in", "forward_secret": "whsec_x"}, "whsec_"),
        ({"forward_url": "ftp://itsm.example", "forward_secret": new_webhook_secret()}, "http(s)"),
        (
            {"forward_url": "http://itsm.example", "forward_secret": new_webhook_secret()},
            "https://",
        ),
        ({"forward_targets": "nonsense"}, "MUSTER_FORWARD_TARGETS"),
        ({"embed_origins": "intranet"}, "MUSTER_EMBED_ORIGINS"),
        ({"port": 0}, "MUSTER_PORT"),
    ],
)
def test_production_refuses_and_names_what_is_missing_or_a_toy(
    change: dict[str, object], named: str
) -> None:
    assert named in refusal(**{**PRODUCTION, **change})


def test_a_refusal_never_repeats_a_secret() -> None:
    assert "hunter2" not in refusal(**{**PRODUCTION, "session_secret": "hunter2"})


def test_more_targets_come_as_json_and_two_never_share_a_name() -> None:
    secret = new_webhook_secret()
    more = f'[{{"name": "itsm", "url": "https://itsm.example/in", "secret": "{secret}"}}]'
    settings = resolve_settings(
        forward_targets=more, forward_url="https://store.example", forward_secret=secret
    )
    assert [target.name for target in settings.targets()] == ["records", "itsm"]
    twice = more.replace("itsm", "records", 1)
    assert "same name" in refusal(
        forward_targets=twice, forward_url="https://store.example", forward_secret=secret
    )


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = resolve_settings(**PRODUCTION)
    assert STRONG not in repr(settings)


@pytest.mark.parametrize(
    ("python", "sqlite", "fits"),
    [((3, 11), (3, 40), True), ((3, 12), (3, 41), False), ((3, 13), (3, 42), True)],
)
def test_a_python_that_its_sqlite_makes_unusable_is_refused_in_a_sentence(
    python: tuple[int, int], sqlite: tuple[int, int], fits: bool
) -> None:
    if fits:
        check_platform(python, sqlite)
        return
    with pytest.raises(BadSettingsError, match=r"3\.42"):
        check_platform(python, sqlite)


def test_a_misspelt_setting_is_named_with_its_neighbour(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MUSTER_PORTT", "9")
    with pytest.raises(BadSettingsError, match=r"MUSTER_PORTT. Did you mean MUSTER_PORT\?"):
        resolve_settings(data_dir=tmp_path)
