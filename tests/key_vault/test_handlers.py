"""The five requests against a real Vault; signatures are judged by oauthlib's server."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from tests.key_vault.fakes import Asker, Directory, OauthServer
from tests.key_vault.rsa_keys import rsa_pem, weak_pem

from chassis.sealing import SealedFor, seal
from contracts.event import Event
from contracts.keys import (
    Call,
    CallsAuthorizationAsked,
    CallsAuthorized,
    CallsOfTenant,
    KeysRefused,
    ProtectedSecret,
    SealedSecret,
    SecretsOpened,
    SecretsOpeningAsked,
    SecretsProtected,
    SecretsProtectionAsked,
    SeveralAuthorizationsAsked,
    SeveralAuthorized,
    TenantKeysAsked,
    TenantKeysDestructionAsked,
)
from contracts.registry import AccountLink, Tenant
from key_vault import handlers
from key_vault.decide import Bound
from key_vault.handlers import Known
from key_vault.memory import Memory
from key_vault.sealing import sealing_key
from key_vault.vault import Vault
from key_vault.wire import VaultUnavailable

pytestmark = pytest.mark.engines
BASE = "https://jira.example.com/ctx"
CONSUMER_KEY = "bridge-consumer"
ACCESS_TOKEN = "access/token+1"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Place:
    """A registered tenant with one linked person, and Jira's side of it."""

    vault: Vault
    known: Known
    jwk: dict[str, Any]
    tenant_id: str
    link_id: str
    access_token: str
    jira: OauthServer

    def sealed(self, secret: str) -> str:
        return seal(secret, self.jwk, SealedFor(self.tenant_id))

    async def authorize(self, *calls: Call, link_id: str | None = None) -> list[str]:
        asker = Asker()
        asked = CallsAuthorizationAsked(ask=asker.ask, tenant_id=self.tenant_id, link_id=link_id, calls=calls)
        answer = await handlers.authorize(asked, self.vault, self.known, now)
        assert isinstance(answer, CallsAuthorized), answer
        return [item["value"] for item in asker.key.open(answer.sealed)]


@dataclass(frozen=True)
class FailingFor:
    """A Vault that cannot sign with one tenant's key."""

    tenant_id: str
    vault: Vault

    async def unseal(self, tenant_id: str, sealed: Sequence[str]) -> list[str]:
        return await self.vault.unseal(tenant_id, sealed)

    async def sign(self, tenant_id: str, texts: Sequence[str]) -> list[str]:
        if tenant_id == self.tenant_id:
            raise VaultUnavailable("Vault answered with HTTP 500")
        return await self.vault.sign(tenant_id, texts)


class OpenedBefore:
    """Every tenant's consumer key and everybody's access token."""

    async def open(self, _: str, ciphertexts: Sequence[Bound]) -> list[str]:
        return [CONSUMER_KEY, ACCESS_TOKEN][: len(ciphertexts)]

    def forget_tenant(self, tenant_id: str) -> None:
        """Forget nothing."""


async def protected(vault: Vault, tenant_id: str, secrets: tuple[SealedSecret, ...]) -> tuple[str, ...]:
    asked = SecretsProtectionAsked(ask=Asker().ask, tenant_id=tenant_id, secrets=secrets)
    answer = await handlers.protect(asked, vault)
    assert isinstance(answer, SecretsProtected), answer
    return answer.ciphertexts


@pytest.fixture
async def place(vault: Vault, tenant_id: str) -> Place:
    jwk = sealing_key(await vault.prepare()).jwk
    made = await handlers.make_keys(TenantKeysAsked(ask=Asker().ask, tenant_id=tenant_id), vault)
    assert isinstance(made, tuple)
    link_id, use = f"{tenant_id}:{uuid4()}", SealedFor(tenant_id)
    consumer, token, secret = await protected(
        vault,
        tenant_id,
        (
            SealedSecret(row=tenant_id, field="consumer_key", sealed=seal(CONSUMER_KEY, jwk, use)),
            SealedSecret(row=link_id, field="access_token", sealed=seal(ACCESS_TOKEN, jwk, use)),
            SealedSecret(row=link_id, field="token_secret", sealed=seal("unused", jwk, use)),
        ),
    )
    tenant = Tenant(
        tenant_id=tenant_id,
        teams_tenant="teams",
        base_url=BASE,
        site="jira.example.com",
        consumer_key=consumer,
        state="active",
        updated_at=now(),
    )
    link = AccountLink(
        link_id=link_id,
        tenant_id=tenant_id,
        teams_tenant="teams",
        user="user",
        jira_user="jane",
        access_token=token,
        token_secret=secret,
        linked_at=now(),
    )
    directory = Directory(tenant, link)
    known = Known(directory.tenant, directory.link, Memory(vault.open, timedelta(minutes=5), 100))
    return Place(vault, known, jwk, tenant_id, link_id, token, OauthServer(made[1].public_key, CONSUMER_KEY))


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (f"{BASE}/rest/api/2/issue/OPS-7", {}),
        (f"{BASE}/rest/api/2/search", {"jql": 'text ~ "a+b 100% ü &=?;"', "maxResults": 5}),
        (f"{BASE}/rest/api/2/search", {"a": ["+", " ", "%", "", "%25"], "ключ": "значение \U0001f511", "realm": "x"}),
        (f"{BASE}/rest/api/2/search?a=%2B+%20&empty=&bare&a=%25", {}),
        (f"{BASE}/rest/api/2/user/renée/ü+%2F%25;v=1", {"expand": "a,b"}),
        ("http://jira.example.com:80/rest/api/2/myself", {}),
        ("https://jira.example.com:443/rest/api/2/myself", {}),
        ("http://jira.example.com:443/rest/api/2/myself", {}),
        ("https://jira.example.com:80/rest/api/2/myself", {}),
        ("http://jira.example.com:8080/jira/rest/api/2/myself", {"a": 1}),
        ("http://[::1]:8080/rest/api/2/myself", {}),
        ("https://JIRA.example.com", {"a": 1}),
    ],
)
async def test_a_server_by_others_accepts_the_signature_of_a_request_as_it_goes_out(
    place: Place, url: str, query: dict[str, Any]
) -> None:
    as_sent = str(httpx.URL(url, params=query) if query else httpx.URL(url))

    [value] = await place.authorize(Call(method="GET", url=as_sent), link_id=place.link_id)

    assert place.jira.accepts("GET", as_sent, value)


async def test_a_signature_is_good_for_its_own_call_only_and_once(place: Place) -> None:
    one, two = f"{BASE}/rest/api/2/issue/OPS-1", f"{BASE}/rest/api/2/issue/OPS-2"

    first, second = await place.authorize(
        Call(method="PUT", url=one), Call(method="PUT", url=two), link_id=place.link_id
    )

    assert not place.jira.accepts("PUT", two, first)
    assert not place.jira.accepts("GET", one, first)
    assert place.jira.accepts("PUT", two, second)
    assert not place.jira.accepts("PUT", two, second)


async def test_several_people_are_signed_for_together_and_each_gets_what_is_his(place: Place) -> None:
    one, two = f"{BASE}/rest/api/2/issue/OPS-1", f"{BASE}/rest/api/2/issue/OPS-2"
    unlinked, elsewhere = f"{place.tenant_id}:{uuid4()}", uuid4().hex
    wanted = [
        (place.tenant_id, place.link_id, [one, two]),
        (place.tenant_id, unlinked, [one]),
        (elsewhere, place.link_id, [one]),
        ("../sys/seal", None, [one]),
        (place.tenant_id, place.link_id, [two]),
    ]
    asker = Asker()
    each = tuple(
        CallsOfTenant(tenant_id=tenant, link_id=link, calls=tuple(Call(method="GET", url=url) for url in urls))
        for tenant, link, urls in wanted
    )
    answer = await handlers.authorize_several(
        SeveralAuthorizationsAsked(ask=asker.ask, each=each), place.vault, place.known, now
    )

    assert isinstance(answer, SeveralAuthorized)
    told = asker.key.open(answer.sealed)
    assert [it.get("code") for it in told] == [None, "not_linked", "unknown_tenant", "bad_request", None]
    for it, (_, _, urls) in zip(told, wanted, strict=True):
        assert ("authorized" in it) == ("code" not in it)
        for url, value in zip(urls, it.get("authorized", []), strict="authorized" in it):
            assert place.jira.accepts("GET", url, value["value"])


async def test_where_vault_fails_for_one_of_several_the_others_are_signed_for_and_this_one_is_to_ask_alone(
    place: Place,
) -> None:
    tenant = await place.known.tenant(place.tenant_id)
    assert tenant is not None
    broken = tenant.model_copy(update={"tenant_id": uuid4().hex})
    asker, call = Asker(), Call(method="GET", url=BASE)
    known = Known(Directory(tenant, broken).tenant, place.known.link, OpenedBefore())
    each = (
        CallsOfTenant(tenant_id=tenant.tenant_id, link_id=place.link_id, calls=(call,)),
        CallsOfTenant(tenant_id=broken.tenant_id, calls=(call,)),
    )
    failing: Any = FailingFor(broken.tenant_id, place.vault)

    answer = await handlers.authorize_several(SeveralAuthorizationsAsked(ask=asker.ask, each=each), failing, known, now)

    assert isinstance(answer, SeveralAuthorized)
    [signed], none = (it and it["authorized"] for it in asker.key.open(answer.sealed))
    assert place.jira.accepts("GET", BASE, signed["value"])
    assert none is None


async def test_the_two_calls_of_the_dance_are_accepted(place: Place) -> None:
    request_url, access_url = (
        f"{BASE}/oauth/request-token",
        f"{BASE}/oauth/access-token",
    )
    callback = "https://bridge.example.com/oauth/callback?x=1&y=a b"

    [first, second] = await place.authorize(
        Call(method="POST", url=request_url, callback=callback),
        Call(
            method="POST",
            url=access_url,
            token=place.sealed("request-token"),
            verifier=place.sealed("verifier"),
        ),
    )

    assert place.jira.request_token_status(request_url, first) == 200
    assert place.jira.redirect_uri == callback
    assert place.jira.access_token_status(access_url, second) == 200


async def test_an_imported_key_signs_for_jira(vault: Vault, place: Place) -> None:
    tenant_id = uuid4().hex
    private_key = seal(rsa_pem(), place.jwk, SealedFor(tenant_id, "private_key"))
    asked = TenantKeysAsked(ask=Asker().ask, tenant_id=tenant_id, private_key=private_key)

    made = await handlers.make_keys(asked, vault)

    assert isinstance(made, tuple)
    told, reply = made
    assert told.public_key == reply.public_key
    assert (told.signing_key_version, told.data_key_version) == (1, 1)


async def test_a_key_that_will_not_do_is_refused_in_an_answer(vault: Vault, place: Place) -> None:
    tenant_id = uuid4().hex
    private_key = seal(weak_pem(), place.jwk, SealedFor(tenant_id, "private_key"))
    asked = TenantKeysAsked(ask=Asker().ask, tenant_id=tenant_id, private_key=private_key)

    answer = await handlers.make_keys(asked, vault)

    assert isinstance(answer, KeysRefused)
    assert (answer.code, "1024 bits" in answer.why) == ("bad_key", True)


async def opened(place: Place, tenant_id: str, secret: ProtectedSecret) -> list[str] | str:
    asker = Asker()
    asked = SecretsOpeningAsked(ask=asker.ask, tenant_id=tenant_id, secrets=(secret,))
    answer = await handlers.open_secrets(asked, place.vault)
    return list(asker.key.open(answer.sealed)) if isinstance(answer, SecretsOpened) else answer.code


async def test_a_stored_secret_opens_in_its_place_and_nowhere_else(place: Place) -> None:
    other_tenant = uuid4().hex
    await place.vault.make_keys(other_tenant)
    secret = ProtectedSecret(row=place.link_id, field="access_token", ciphertext=place.access_token)

    assert await opened(place, place.tenant_id, secret) == [ACCESS_TOKEN]
    assert await opened(place, other_tenant, secret) == "bad_request"
    for moved in ({"row": f"{place.tenant_id}:other"}, {"field": "token_secret"}):
        assert await opened(place, place.tenant_id, secret.model_copy(update=moved)) == "bad_request"


async def test_after_destruction_nothing_opens_signs_or_stays_in_memory(place: Place) -> None:
    secret = ProtectedSecret(row=place.link_id, field="access_token", ciphertext=place.access_token)
    call = Call(method="GET", url=BASE)
    await place.authorize(call, link_id=place.link_id)

    asked = TenantKeysDestructionAsked(ask=Asker().ask, tenant_id=place.tenant_id)
    answer = await handlers.destroy_keys(asked, place.vault, place.known.opened, now)

    assert isinstance(answer, tuple)
    assert answer[0].public_key is None
    assert answer[0].destroyed_at == answer[1].at
    assert await opened(place, place.tenant_id, secret) == "keys_destroyed"
    again = CallsAuthorizationAsked(ask=Asker().ask, tenant_id=place.tenant_id, link_id=place.link_id, calls=(call,))
    refused = await handlers.authorize(again, place.vault, place.known, now)
    assert isinstance(refused, KeysRefused)
    assert refused.code == "keys_destroyed"


@pytest.mark.parametrize(
    "reply_key",
    [
        {},
        {"kty": 7, "x": []},
        {"kty": "EC"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": None},
        {"kty": "RSA", "n": 1, "e": {}},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "OKP", "crv": "X25519"},
        {"kty": "OKP", "crv": "X25519", "x": 1},
        {"kty": "OKP", "crv": "X25519", "x": "é"},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 42},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "OKP", "crv": "Ed25519", "x": "Q" * 43},
    ],
)
async def test_an_unusable_reply_key_is_refused(place: Place, reply_key: dict[str, Any]) -> None:
    ask = Asker().ask.model_copy(update={"reply_key": reply_key})
    asked = CallsAuthorizationAsked(ask=ask, tenant_id=place.tenant_id, calls=(Call(method="GET", url=BASE),))

    several = SeveralAuthorizationsAsked(ask=ask, each=())
    answers = [
        await handlers.authorize(asked, place.vault, place.known, now),
        await handlers.authorize_several(several, place.vault, place.known, now),
    ]

    assert [answer.code for answer in answers if isinstance(answer, KeysRefused)] == ["bad_request"] * 2


@pytest.mark.parametrize("sealed", ["", "a.b.c.d.e", "garbage"])
async def test_what_was_not_sealed_to_us_is_refused_in_an_answer(place: Place, sealed: str) -> None:
    secret = SealedSecret(row="row", field="field", sealed=sealed)
    asked = SecretsProtectionAsked(ask=Asker().ask, tenant_id=place.tenant_id, secrets=(secret,))

    answer = await handlers.protect(asked, place.vault)

    assert isinstance(answer, KeysRefused)
    assert answer.code == "bad_request"


async def test_a_tenant_id_that_is_a_path_reaches_nothing_in_vault(place: Place) -> None:
    ask, path = Asker().ask, "../sys/seal"

    answers = [
        await handlers.make_keys(TenantKeysAsked(ask=ask, tenant_id=path), place.vault),
        await handlers.destroy_keys(
            TenantKeysDestructionAsked(ask=ask, tenant_id=path), place.vault, place.known.opened, now
        ),
        await handlers.open_secrets(SecretsOpeningAsked(ask=ask, tenant_id=path, secrets=()), place.vault),
    ]

    assert [answer.code for answer in answers if isinstance(answer, KeysRefused)] == ["bad_request"] * 3


async def test_no_secret_stands_in_logs_answers_or_exceptions(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    pem, destroyed = rsa_pem(), uuid4().hex
    canary = seal("canary-secret", place.jwk, SealedFor(destroyed))
    secrets = [CONSUMER_KEY, ACCESS_TOKEN, "canary-verifier", "canary-secret", pem.splitlines()[1]]
    told: list[Event] = []
    with structlog.testing.capture_logs() as ours, caplog.at_level(logging.DEBUG):
        asker = Asker()
        verifier = place.sealed("canary-verifier")
        call = Call(method="POST", url=BASE, token=verifier, verifier=verifier)
        ask = asker.ask
        told += [
            await handlers.authorize(
                CallsAuthorizationAsked(ask=ask, tenant_id=place.tenant_id, calls=(call,)),
                place.vault,
                place.known,
                now,
            ),
            await handlers.protect(
                SecretsProtectionAsked(
                    ask=ask,
                    tenant_id=destroyed,
                    secrets=(SealedSecret(row="r", field="f", sealed=canary),),
                ),
                place.vault,
            ),
        ]
        made = await handlers.make_keys(
            TenantKeysAsked(
                ask=ask,
                tenant_id=place.tenant_id,
                private_key=seal(pem, place.jwk, SealedFor(place.tenant_id, "private_key")),
            ),
            place.vault,
        )
        told += made if isinstance(made, tuple) else (made,)

    assert [type(event).__name__ for event in told] == ["CallsAuthorized", "KeysRefused", "KeysRefused"]
    everything = f"{ours} {caplog.text} {[event.model_dump_json() for event in told]}"
    assert [secret for secret in secrets if secret in everything] == []
