"""The registration code is known to who holds the bot's secret, and to nobody else."""

import hashlib

from tests.bot_gateway.fakes import CODES

from bot_gateway.registration_codes import RegistrationCodes


def test_every_replica_derives_the_same_code_and_every_intent_has_its_own() -> None:
    assert RegistrationCodes(CODES.secret).code("intent") == CODES.code("intent")
    assert len({CODES.code(str(number)) for number in range(100)}) == 100


def test_another_secret_gives_another_code() -> None:
    assert RegistrationCodes(b"another").code("intent") != CODES.code("intent")


def test_the_hash_is_what_the_registry_makes_of_the_code() -> None:
    assert CODES.code_hash("intent") == hashlib.sha256(CODES.code("intent").encode()).hexdigest()


def test_the_secret_is_not_shown() -> None:
    assert "secret=" not in repr(CODES)
