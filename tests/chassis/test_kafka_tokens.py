"""Tokens for Kafka are fetched once, kept until shortly before they expire, and never told to anybody else."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from pydantic import SecretStr, ValidationError
from structlog.testing import capture_logs
from tests.certificates import Authority
from tests.chassis.token_server import TokenServer, running_token_server

from chassis.kafka_login import client_options
from chassis.kafka_tokens import QUIET_AFTER_FAILURE, KafkaTokens
from chassis.settings import ServiceSettings

SECRET = "s3cret: with/ü+%"
LATER = QUIET_AFTER_FAILURE.total_seconds()


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with running_token_server() as server:
        server.clients["jira-actor"] = SECRET
        yield server


def with_tokens(url: str, secret: str = SECRET, scope: str = "") -> ServiceSettings:
    return ServiceSettings(
        kafka_security="sasl_plaintext",
        kafka_sasl_mechanism="OAUTHBEARER",
        kafka_oauth_token_url=url,
        kafka_oauth_client_id="jira-actor",
        kafka_oauth_client_secret=SecretStr(secret),
        kafka_oauth_scope=scope,
    )


async def test_a_token_is_fetched_once_for_all_connections_that_begin_together(server: TokenServer) -> None:
    tokens = KafkaTokens(with_tokens(server.url, scope="kafka bridge"))

    given = await asyncio.gather(*(tokens.token() for _ in range(5)))

    assert len(set(given)) == 1
    assert server.asked == [{"grant_type": "client_credentials", "scope": "kafka bridge"}]


async def test_a_token_is_used_for_most_of_its_life_and_then_renewed(server: TokenServer) -> None:
    server.lives, clock = 100, Clock()
    tokens = KafkaTokens(with_tokens(server.url), clock)

    first = await tokens.token()
    clock.now += 79
    assert await tokens.token() == first
    clock.now += 2
    assert await tokens.token() != first


async def test_an_outage_is_an_error_that_aiokafka_retries_and_is_not_asked_about_at_once(server: TokenServer) -> None:
    server.status, clock = 503, Clock()
    tokens = KafkaTokens(with_tokens(server.url), clock)

    for _ in range(3):
        with pytest.raises(KafkaConnectionError, match=r"status 503$") as error:
            await tokens.token()
        assert error.value.retriable
    assert len(server.asked) == 1

    server.status, clock.now = 200, clock.now + LATER
    assert await tokens.token()


async def test_a_server_that_is_not_there_is_named() -> None:
    tokens = KafkaTokens(with_tokens("http://127.0.0.1:9/token"))

    with pytest.raises(KafkaConnectionError, match=r"127\.0\.0\.1:9: ConnectError"):
        await tokens.token()


async def test_the_clients_secret_goes_only_to_a_server_whose_certificate_is_trusted(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with running_token_server(authority.certify("idp")) as server:
        server.clients["jira-actor"] = SECRET
        settings = with_tokens(server.url)

        with pytest.raises(KafkaConnectionError, match="ConnectError"):
            await KafkaTokens(settings).token()
        assert server.asked == []

        assert await KafkaTokens(settings.model_copy(update={"kafka_oauth_ca_file": authority.file})).token()


async def test_a_refusal_is_told_without_the_secret_and_without_the_servers_words(server: TokenServer) -> None:
    with capture_logs() as logs, pytest.raises(KafkaConnectionError) as error:
        await KafkaTokens(with_tokens(server.url, secret="wr0ng")).token()

    assert str(error.value).endswith("status 401, invalid_client")
    assert error.value.__suppress_context__
    assert "wr0ng" not in f"{logs}{error.value!r}"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"access_token": None}, "without an access token"),
        ({"access_token": "a\x01b"}, "without an access token"),
        ({"access_token": ""}, "without an access token"),
        ({"expires_in": "soon"}, "expires_in is no number"),
    ],
)
async def test_an_answer_that_is_none_is_an_outage(server: TokenServer, answer: dict[str, str], why: str) -> None:
    server.answer = answer

    with pytest.raises(KafkaConnectionError, match=why):
        await KafkaTokens(with_tokens(server.url)).token()


async def test_clients_get_tokens_only_where_brokers_want_them(server: TokenServer) -> None:
    wanted = client_options(with_tokens(server.url))
    password = ServiceSettings(kafka_security="sasl_plaintext", kafka_username="u", kafka_password=SecretStr("p"))

    assert (wanted["sasl_mechanism"], wanted["security_protocol"]) == ("OAUTHBEARER", "SASL_PLAINTEXT")
    assert isinstance(wanted["sasl_oauth_token_provider"], KafkaTokens)
    assert client_options(password)["sasl_oauth_token_provider"] is None
    assert client_options(ServiceSettings())["sasl_oauth_token_provider"] is None


@pytest.mark.parametrize(
    ("mechanism", "missing"),
    [
        ("SCRAM-SHA-512", {"kafka_username", "kafka_password"}),
        ("OAUTHBEARER", {"kafka_oauth_token_url", "kafka_oauth_client_id", "kafka_oauth_client_secret"}),
    ],
)
def test_what_a_mechanism_needs_is_named_when_it_is_missing(mechanism: str, missing: set[str]) -> None:
    with pytest.raises(ValidationError, match=f"is needed with BRIDGE_KAFKA_SASL_MECHANISM={mechanism}") as error:
        ServiceSettings.model_validate({"kafka_security": "sasl_ssl", "kafka_sasl_mechanism": mechanism})

    assert {str(one["loc"][0]) for one in error.value.errors()} == missing


def test_without_sasl_nothing_of_it_is_needed() -> None:
    assert ServiceSettings(kafka_security="ssl", kafka_sasl_mechanism="OAUTHBEARER").kafka_oauth_token_url == ""


@pytest.mark.parametrize("url", ["http://idp.example/token", "idp.example/token", "ftp://idp.example", "https://"])
def test_the_clients_secret_goes_only_where_it_stays_one(url: str) -> None:
    with pytest.raises(ValidationError, match="must be an https URL") as error:
        with_tokens(url)

    assert SECRET not in str(error.value)
