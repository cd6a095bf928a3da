import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.bot_gateway.fakes import (
    APP_ID,
    ISSUER,
    SERVICE_URL,
    TENANT,
    Clock,
    PublishedKeys,
    Signer,
    b64,
    claims,
    message,
)

from bot_gateway.activity import Activity
from bot_gateway.service_urls import ServiceUrls
from bot_gateway.signing_keys import KeysPolicy, SigningKeys
from bot_gateway.token_validation import Admission, Expected, TokenRefused, TokenValidation, Verified
from chassis.errors import Unavailable

SIGNER, STRANGER, ADMISSION = Signer(), Signer(), Admission(ServiceUrls(("smba.trafficmanager.net",)))


class Scene:
    """A validator with its surroundings."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.published = PublishedKeys(SIGNER)
        keys = SigningKeys(self.published, KeysPolicy(), self.clock)
        self.tokens = TokenValidation(Expected(ISSUER, APP_ID), keys, self.clock, remembered=3)

    async def status(self, token: str) -> int:
        """Give 200 where the token is good, else the status of the refusal."""
        try:
            await self.tokens.verify(f"Bearer {token}")
        except TokenRefused as refusal:
            return refusal.status
        return 200


async def test_a_token_as_the_connector_sends_it_is_accepted() -> None:
    scene = Scene()

    verified = await scene.tokens.verify(f"Bearer {SIGNER.sign(claims(scene.clock))}")

    assert verified == Verified(SERVICE_URL, frozenset({"msteams"}), scene.clock.now + 3600 + 300)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": f"api://{APP_ID}"},
        {"aud": f"api://botid-{APP_ID}"},
        {"aud": [APP_ID]},
        {"nbf": None},
        {"exp": 1_800_000_000 - 299},
        {"nbf": 1_800_000_000 + 299},
    ],
)
async def test_these_tokens_are_accepted_too(changes: dict[str, Any]) -> None:
    scene = Scene()

    assert await scene.status(SIGNER.sign(claims(scene.clock, **changes))) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://sts.windows.net/x/"},
        {"iss": None},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"aud": "another-bot"},
        {"aud": None},
        {"aud": []},
        {"aud": APP_ID.upper() + "x"},
        {"exp": 1_800_000_000 - 300},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": 1_800_000_000 + 301},
        {"nbf": "now"},
    ],
)
async def test_a_token_that_says_anything_else_is_refused_without_fetching_keys(changes: dict[str, Any]) -> None:
    scene = Scene()

    assert await scene.status(SIGNER.sign(claims(scene.clock, **changes))) == 401
    assert scene.published.fetched == 0


async def test_a_token_without_a_service_url_is_refused() -> None:
    scene = Scene()

    assert await scene.status(SIGNER.sign(claims(scene.clock, serviceurl=None))) == 403
    assert await scene.status(SIGNER.sign(claims(scene.clock, serviceurl=["x"]))) == 403


async def test_only_rs256_with_a_published_key_counts() -> None:
    scene = Scene()
    said = claims(scene.clock)
    foreign = STRANGER.jwk()
    tokens = {
        "another's signature under our key id": STRANGER.sign(said),
        "an unknown key id": SIGNER.sign(said, kid="nobody"),
        "no key id": SIGNER.sign(said, kid=None),
        "a key id that is no text": SIGNER.sign(said, kid=["key-1"]),
        "RS384 in the header": SIGNER.sign(said, alg="RS384"),
        "PS256 in the header": SIGNER.sign(said, alg="PS256"),
        "no algorithm": SIGNER.sign(said, alg=None),
        "an unknown critical header": SIGNER.sign(said, crit=["exp2"], exp2=1),
        "unencoded payload": SIGNER.sign(said, crit=["b64"], b64=False),
        "the key in the header": STRANGER.sign(said, jwk=foreign),
        "the key's address in the header": STRANGER.sign(
            said, jku="https://evil.example/keys", x5u="https://evil.example"
        ),
        "no signature": unsigned(said, "none"),
        "none with a signature": unsigned(said, "None") + "AAAA",
        "our public key as an HMAC secret (PEM)": hmac_signed(said, pem()),
        "our public key as an HMAC secret (modulus)": hmac_signed(said, SIGNER.jwk()["n"].encode()),
    }

    assert {name: await scene.status(token) for name, token in tokens.items()} == dict.fromkeys(tokens, 401)


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "Bearer", "Bearer ", "Basic dXNlcjpwdw==", "Bearer abc", "Bearer a.b", "Bearer a.b.c.d.e"),
        *("Bearer ..", "Bearer é.é.é", "Bearer e30.e30.", "Bearer bnVsbA.W10.x", "Bearer =.=.=", "Bearer /w./w./w"),
        "Bearer " + "a" * 20_000 + ".b.c",
        "Bearer " + b64(b"[" * 5000) + "." + b64(b"[" * 5000) + ".c",
    ],
)
async def test_what_is_no_token_is_refused(header: str | None) -> None:
    with pytest.raises(TokenRefused) as refused:
        await Scene().tokens.verify(header)

    assert refused.value.status == 401


async def test_changing_one_character_of_a_good_token_spoils_it() -> None:
    scene = Scene()
    token = SIGNER.sign(claims(scene.clock))
    assert await scene.status(token) == 200

    head, body, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = f"{head}.{b64(json.dumps({**changed, 'serviceurl': 'https://evil.example'}).encode())}.{signature}"
    flipped = f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"

    assert [await scene.status(bad) for bad in (forged, flipped, f"{head}.{body}.")] == [401, 401, 401]


async def test_a_verified_token_is_remembered_until_it_expires() -> None:
    scene = Scene()
    token = SIGNER.sign(claims(scene.clock, exp=int(scene.clock.now) + 100))
    await scene.status(token)
    scene.published.signers = []
    scene.clock.now += 24 * 3600  # the key set is fetched anew, and the key is gone

    assert await scene.status(token) == 401

    scene = Scene()
    token = SIGNER.sign(claims(scene.clock, exp=int(scene.clock.now) + 100))
    await scene.status(token)
    scene.clock.now += 399
    assert await scene.status(token) == 200
    scene.clock.now += 1
    assert await scene.status(token) == 401


async def test_remembered_tokens_do_not_grow_without_end() -> None:
    scene = Scene()
    for number in range(10):
        assert await scene.status(SIGNER.sign(claims(scene.clock, jti=str(number)))) == 200

    assert len(scene.tokens._verified) == 3


async def test_without_any_keys_the_answer_is_neither_yes_nor_no() -> None:
    scene = Scene()
    scene.published.down = True

    with pytest.raises(Unavailable):
        await scene.status(SIGNER.sign(claims(scene.clock)))


def admitted(activity: dict[str, Any], token: Verified, admission: Admission = ADMISSION) -> str | int:
    """Give the service URL, or the status of the refusal."""
    try:
        return admission.admit(Activity.model_validate(activity), token)
    except TokenRefused as refusal:
        return refusal.status


GOOD = Verified(SERVICE_URL, frozenset({"msteams"}), 0)


def test_an_activity_must_come_from_where_the_token_says() -> None:
    assert admitted(message(), GOOD) == SERVICE_URL
    assert admitted(message(serviceUrl=SERVICE_URL.rstrip("/")), GOOD) == SERVICE_URL.rstrip("/")
    assert admitted(message(serviceUrl=None), GOOD) == SERVICE_URL
    assert admitted(message(serviceUrl="https://smba.trafficmanager.net/amer/"), GOOD) == 403
    assert admitted(message(serviceUrl="https://evil.example/"), GOOD) == 403


def test_the_key_must_be_endorsed_for_the_channel() -> None:
    assert admitted(message(channelId="webchat"), GOOD) == 403
    assert admitted(message(channelId=None), GOOD) == SERVICE_URL
    assert admitted(message(), Verified(SERVICE_URL, frozenset(), 0)) == 403
    assert admitted(message(), Verified(SERVICE_URL, frozenset({"skype"}), 0)) == 403


@pytest.mark.parametrize("endorsements", [None, "msteams", [7], {}])
async def test_a_key_without_a_list_of_endorsements_endorses_nothing(endorsements: object) -> None:
    scene = Scene()
    odd = Signer("odd", endorsements)
    scene.published.signers = [odd]

    verified = await scene.tokens.verify(f"Bearer {odd.sign(claims(scene.clock))}")

    assert admitted(message(), verified) == 403


def test_only_listed_tenants_may_come_in_where_there_is_a_list() -> None:
    listed = Admission(ADMISSION.service_urls, frozenset({TENANT}))
    other = message(channelData={"tenant": {"id": "other"}})

    assert admitted(message(), GOOD, listed) == SERVICE_URL
    assert admitted(message(channelData={"tenant": {"id": TENANT.upper()}}), GOOD, listed) == SERVICE_URL
    assert admitted(other, GOOD, listed) == 403
    assert admitted({"type": "message"}, GOOD, listed) == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evilsmba.trafficmanager.net/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://user@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net/?x=1",
        "https://smba.trafficmanager.net/#x",
        "https://smba.trafficmanager.net\\@evil.example/",
        "https://[::1/",
        "https://127.0.0.1/",
        "http://127.0.0.1:3979/",
        "ftp://smba.trafficmanager.net/",
        "smba.trafficmanager.net",
        "",
    ],
)
def test_the_bots_own_token_goes_to_no_such_address(url: str) -> None:
    assert not ADMISSION.service_urls.allows(url)


def test_the_bots_own_token_goes_to_listed_hosts_and_in_the_local_stack_to_this_machine() -> None:
    local = ServiceUrls(("smba.trafficmanager.net",), loopback_http=True)

    assert local.allows("https://SMBA.trafficmanager.net/amer/t/")
    assert local.allows("https://eu.smba.trafficmanager.net:443/")
    assert local.allows("http://127.0.0.1:3979/amer/")
    assert not local.allows("http://10.0.0.1:3979/")
    assert not local.allows("http://127.0.0.1.evil.example/")


def unsigned(said: dict[str, Any], alg: str) -> str:
    head = {"typ": "JWT", "alg": alg, "kid": SIGNER.kid}
    return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(said).encode())}."


def hmac_signed(said: dict[str, Any], secret: bytes) -> str:
    signed = unsigned(said, "HS256").rstrip(".")
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def pem() -> bytes:
    return SIGNER.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
