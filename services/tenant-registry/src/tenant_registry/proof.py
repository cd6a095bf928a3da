"""Proof that a caller has a tenant's private key. Pure."""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ALGORITHM = "RS256"
FRESH = timedelta(minutes=10)


class BadProof(Exception):
    """It proves nothing; the text says why, and what to send instead."""


@dataclass(frozen=True)
class Claim:
    """What the proof has to be about."""

    code: str
    base_url: str
    now: datetime


def verify(proof: str, public_key: str, claim: Claim) -> None:
    """Check a compact JWS (RS256) of `{code, baseUrl, iat}`; its header chooses neither key nor algorithm.

    Raises BadProof.
    """
    try:
        signed = jws.deserialize_compact(proof.encode(), RSAKey.import_key(public_key), algorithms=[ALGORITHM])
        said = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise BadProof("is no compact JWS (RS256) by the private key that this tenant has had") from None
    if not isinstance(said, dict):
        raise BadProof('is not about a JSON object: sign {"code": …, "baseUrl": …, "iat": seconds since 1970}')
    if not (_same(said.get("code"), claim.code) and _same(said.get("baseUrl"), claim.base_url)):
        raise BadProof("is about another code or baseUrl: sign those of this call, as they stand in it")
    iat = said.get("iat")
    if type(iat) is not int or abs(iat - int(claim.now.timestamp())) > FRESH.total_seconds():
        raise BadProof(f"was not made just now: iat is to be the time of signing, within {FRESH.seconds // 60} minutes")


def _same(said: Any, wanted: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(errors="replace"), wanted.encode())
