"""`capi check --online` against the sandbox: what Meta would say, and that nothing is stored."""

from pathlib import Path
from typing import Any

import pytest

from capi_actions_sandbox import Sandbox, SandboxOptions


def write_config(path: Path, url: str) -> Path:
    """Write a configuration for a sandbox."""
    path.write_text(
        '[destinations.shop]\ntype = "facebook"\npixel_id = "1234567890"\n'
        f'access_token = {{ env = "FACEBOOK_ACCESS_TOKEN" }}\nbase_url = "{url}"\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("options", "token", "status", "words"),
    [
        ({"tokens": ("good-token",)}, "good-token", 0, "Meta accepted token and pixel"),
        (
            {"tokens": ("good-token",)},
            "wrong-token",
            2,
            "Meta refused the access token: expired, revoked or mistyped.",
        ),
        ({"pixels": ("999",)}, "good-token", 2, "The pixel doesn't exist, or the token has no access to it."),
    ],
)
def test_the_platform_s_answer_decides(
    tmp_path: Path,
    capi: Any,
    monkeypatch: pytest.MonkeyPatch,
    options: Any,
    token: str,
    status: int,
    words: str,
) -> None:
    """A yes only if Meta got as far as the event's content; nothing of it is taken."""
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", token)
    with Sandbox(SandboxOptions(**options, last_days={})) as sandbox:
        result = capi("check", "--online", "-c", str(write_config(tmp_path / "capi.toml", sandbox.url)))
        stored = sandbox.events()

    assert status == result.status
    assert words in " ".join((result.out + result.err).split())
    assert stored == []
    assert token not in result.out + result.err


@pytest.mark.parametrize(
    ("secret", "status", "words"),
    [
        ("shh", 0, "Meta accepted token and pixel"),
        ("hush", 2, "The proof of the app's secret is missing or wrong."),
        (None, 2, "The proof of the app's secret is missing or wrong."),
    ],
)
def test_an_app_that_requires_a_proof_of_its_secret_gets_it(
    tmp_path: Path,
    capi: Any,
    monkeypatch: pytest.MonkeyPatch,
    secret: str | None,
    status: int,
    words: str,
) -> None:
    """The sandbox computes it by itself.  A wrong one is a mistake of the configuration, not of an event."""
    monkeypatch.setenv("FACEBOOK_ACCESS_TOKEN", "good-token")
    with Sandbox(SandboxOptions(app_secret="shh", last_days={})) as sandbox:
        config = write_config(tmp_path / "capi.toml", sandbox.url)
        if secret:
            monkeypatch.setenv("FACEBOOK_APP_SECRET", secret)
            with config.open("a", encoding="utf-8") as file:
                file.write('app_secret = { env = "FACEBOOK_APP_SECRET" }\n')
        result = capi("check", "--online", "-c", str(config))

    assert status == result.status
    assert words in " ".join((result.out + result.err).split())
    assert secret is None or secret not in result.out + result.err


def test_a_dead_letter_shows_meta_s_own_words(
    capi: Any, config: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the list, in the export and in the log; with the id that Meta's support asks for."""
    from datetime import UTC, datetime

    sandbox.fault(code=100, subcode=2804019)
    event = {"type": "page", "messageId": "m", "timestamp": datetime.now(UTC).isoformat(), "userId": "u"}
    sent = capi("send", "--wait", "0", "-v", "-c", str(config), lines=[event])
    (dead,) = capi("outbox", "dead", "--json", "-c", str(config)).lines
    (exported,) = capi("outbox", "export", "-c", str(config)).lines
    table = " ".join(capi("outbox", "dead", "-c", str(config)).out.replace("│", " ").split())

    assert dead["trace_id"]
    assert dead["platform_message"]
    assert dead["trace_id"] == exported["trace_id"]
    assert f"trace id {dead['trace_id']}" in sent.err
    assert f'The platform said: "{dead["platform_message"]}"' in sent.err
    assert "The platform said:" in table
