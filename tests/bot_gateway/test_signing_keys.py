import asyncio

import pytest
from tests.bot_gateway.fakes import Clock, PublishedKeys, Signer

from bot_gateway.signing_keys import KeysPolicy, SigningKeys
from chassis.errors import Unavailable

HOUR = 3600
FIRST, SECOND = Signer("first"), Signer("second")


async def test_keys_are_fetched_once_and_kept() -> None:
    published = PublishedKeys(FIRST)
    keys = SigningKeys(published, KeysPolicy(), Clock())

    assert await keys.find("first")
    assert await keys.find("first")
    assert published.fetched == 1


async def test_an_unknown_key_id_makes_us_look_again_but_at_most_once_an_hour() -> None:
    published, clock = PublishedKeys(FIRST), Clock()
    keys = SigningKeys(published, KeysPolicy(), clock)
    await keys.find("first")
    published.signers.append(SECOND)

    assert await keys.find("second") is None
    clock.now += HOUR - 1
    assert await keys.find("second") is None
    assert published.fetched == 1
    clock.now += 1
    assert await keys.find("second")
    for _ in range(100):
        assert await keys.find("third") is None
    assert published.fetched == 2


async def test_keys_are_fetched_anew_every_day_and_withdrawn_ones_forgotten() -> None:
    published, clock = PublishedKeys(FIRST), Clock()
    keys = SigningKeys(published, KeysPolicy(), clock)
    await keys.find("first")
    published.signers = [SECOND]
    clock.now += 24 * HOUR

    assert await keys.find("first") is None
    assert await keys.find("second")


async def test_many_requests_at_once_fetch_once() -> None:
    published = PublishedKeys(FIRST)
    keys = SigningKeys(published, KeysPolicy(), Clock())

    assert all(await asyncio.gather(*(keys.find("first") for _ in range(50))))
    assert published.fetched == 1


async def test_without_any_keys_nothing_can_be_said_and_the_source_is_left_in_peace() -> None:
    published, clock = PublishedKeys(FIRST), Clock()
    published.down = True
    keys = SigningKeys(published, KeysPolicy(), clock)

    for _ in range(20):
        with pytest.raises(Unavailable):
            await keys.find("first")
    assert published.fetched == 1
    published.down = False
    clock.now += 6
    assert await keys.find("first")


async def test_old_keys_serve_on_while_the_source_is_down() -> None:
    published, clock = PublishedKeys(FIRST), Clock()
    keys = SigningKeys(published, KeysPolicy(), clock)
    await keys.find("first")
    published.down = True
    clock.now += 25 * HOUR

    assert await keys.find("first")


async def test_keys_that_are_not_rsa_for_signatures_are_left_out() -> None:
    class Odd(PublishedKeys):
        async def signing_keys(self) -> list[dict[str, object]]:
            good = FIRST.jwk()
            return [
                {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
                {**good, "kid": "enc", "use": "enc"},
                {"kty": "RSA", "kid": "broken", "n": 5},
                {"kid": "nothing"},
                good,
            ]

    keys = SigningKeys(Odd(), KeysPolicy(), Clock())

    assert [kid for kid in ("secret", "enc", "broken", "nothing", "first") if await keys.find(kid)] == ["first"]
