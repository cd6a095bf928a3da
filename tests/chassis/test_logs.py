"""The log is JSON, and secrets do not get into it."""

import json
import logging

import pytest
import structlog

from chassis.logs import HIDDEN, configure, redact

CANARY = "CANARYc0ffee5ecret"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f'OAuth oauth_token="{CANARY}", oauth_signature="x"',
        f"GET /callback?oauth_token={CANARY}&oauth_verifier={CANARY} HTTP/1.1",
        f"client_secret={CANARY}&grant_type=client_credentials",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----",
        f"eyJhbGciOiJSUzI1NiJ9.{CANARY}.{CANARY}",
        f"vault:v1:{CANARY}",
        f"hvs.{CANARY}{CANARY}",
    ],
)
def test_values_that_look_like_secrets_are_taken_out(text: str) -> None:
    assert CANARY not in str(redact(None, "", {"event": text, "nested": [{"deep": text}], "error": ValueError(text)}))


@pytest.mark.parametrize(
    "name", ["access_token", "Authorization", "client_secret", "private_key", "oauth_verifier", "PASSWORD", "sealed"]
)
def test_fields_named_like_secrets_are_taken_out(name: str) -> None:
    assert redact(None, "", {name: CANARY, "headers": {name: CANARY}}) == {name: HIDDEN, "headers": {name: HIDDEN}}


def test_ordinary_words_stay() -> None:
    entry = {"event": "dead_letter", "reason": "invalid", "topic": "teams.intents.v1", "offset": 7, "seconds": 0.25}

    assert redact(None, "", dict(entry)) == entry


@pytest.mark.usefixtures("restored_logging")
def test_our_log_and_libraries_logs_are_json_lines_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    configure("jira-actor", "DEBUG")

    structlog.get_logger("ours").info("called", url=f"https://jira.example/x?oauth_token={CANARY}")
    logging.getLogger("theirs").warning("sent %s", f"Bearer {CANARY}")
    try:
        raise ValueError(f"access_token={CANARY}")
    except ValueError:
        structlog.get_logger("ours").exception("broke")

    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert CANARY not in written
    assert [line["event"] for line in lines] == ["called", "sent [redacted]", "broke"]
    assert {line["service"] for line in lines} == {"jira-actor"}
