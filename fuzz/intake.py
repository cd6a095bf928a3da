"""The registry's intake of webhooks: bodies with anything wrong in them, by a Jira that is known, and by nobody."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fuzz.found import Found
from fuzz.posting import PATIENCE, Posted, post
from fuzz.strange import ANYTHING, ODD, RAW, TEXT, mutated
from fuzz.town import Town
from fuzz.trying import Amount, tried
from fuzz.webhooks import GOOD

SIGNATURE, IDENTIFIER = b"X-Hub-Signature", b"X-Atlassian-Webhook-Identifier"
TAKEN, REFUSED = frozenset({202, 400, 413}), frozenset({401, 413})  # the size is looked at before the signature
HOUR = 3_600_000
"""Milliseconds: how far off a webhook's time may be."""
SIZES = (300_000, 520_000, 1_040_000, 1_048_576, 1_500_000)
"""Characters around what an event may have, written plainly and escaped, and around what a body may have."""
DEPTHS = (500, 900, 995, 1_000, 5_000, 100_000)
CODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32-be", "cp1252")
WRONG: tuple[Callable[[bytes], bytes], ...] = (
    lambda _: b"",
    lambda good: good[:-1],
    lambda good: good.replace(b"sha256", b"sha1"),
    lambda good: good + b", " + good,
    lambda good: good[:-4] + b"\xe9\xe9\xe9\xe9",
    lambda good: b"sha256=" + good[7:][::-1],
    lambda _: b"sha256=" + b"0" * 30_000,
)


@dataclass(frozen=True)
class Senders:
    """A Jira that signs, one that has only the address, and somebody who is neither."""

    address: str
    signed: str
    secret: bytes

    def signing(self, body: bytes) -> Posted:
        return Posted(self.signed, body, (SIGNATURE, self._signature(body)))

    def by_address(self, body: bytes) -> Posted:
        return Posted(self.address, body, (IDENTIFIER, ascii(body[-60:]).replace(" ", "").encode()))

    def forging(self, body: bytes) -> Posted:
        wrong = WRONG[sum(body) % len(WRONG)](self._signature(body))
        return Posted(self.signed, body, (SIGNATURE, wrong))

    def _signature(self, body: bytes) -> bytes:
        return b"sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest().encode()


def fuzz(town: Town, amount: Amount) -> Found:
    """Post all of it to the running registry, most of it signed as Jira 10 signs."""
    found = Found("webhook intake", tell=amount.tell)
    with found.timed(), httpx.Client(timeout=PATIENCE, trust_env=False) as http:
        senders = _senders(town, http)
        known = ((senders.signing, TAKEN), (senders.by_address, TAKEN))
        ways = st.sampled_from([*known, known[0], known[0], (senders.forging, REFUSED)])
        cases = st.tuples(bodies(int(time.time() * 1000)), ways)
        tried(amount, cases, lambda case: post(http, case[1][0](case[0]), case[1][1], found))
    return found


def bodies(now: int) -> SearchStrategy[bytes]:
    """Draw what is posted; `now` is in milliseconds, and most bodies say it, as all else would be refused for that."""
    good = st.sampled_from([{**body, "timestamp": now} for body in GOOD])
    times = st.integers(now - 2 * HOUR, now + 2 * HOUR) | st.sampled_from([str(now), float(now), True, None]) | ANYTHING
    ids = st.sampled_from(ODD) | TEXT
    pads = st.tuples(st.sampled_from(["x", '"', "\0", "ä"]), st.sampled_from(SIZES))
    changed = st.one_of(
        good.flatmap(mutated),
        st.tuples(good, times).map(lambda one: {**one[0], "timestamp": one[1]}),
        st.tuples(good, ANYTHING).map(lambda one: {**one[0], "issue": {"id": one[1]}}),
        st.tuples(good, ids).map(lambda one: {**one[0], "issue": {"id": one[1], "key": one[1]}}),
        st.tuples(good, ids).map(lambda one: {**one[0], "issue": None, "worklog": {"issueId": one[1]}}),
        st.tuples(good, ids).map(lambda one: {**one[0], "comment": {"self": f"/issue/{one[1]}/comment/1"}}),
    )
    whole = changed.map(lambda body: json.dumps(body).encode())
    coded = st.tuples(changed, st.sampled_from(CODINGS)).map(
        lambda one: json.dumps(one[0], ensure_ascii=False).encode(one[1], "replace")
    )
    large = st.tuples(good, pads).map(lambda one: json.dumps({**one[0], "pad": one[1][0] * one[1][1]}).encode())
    deep = st.sampled_from(DEPTHS).map(lambda n: f'{{"timestamp":{now},"issue":{"[" * n}{"]" * n}}}'.encode())
    cut = st.tuples(whole, st.floats(0, 1)).map(lambda one: one[0][: int(one[1] * len(one[0]))])
    digits = st.just(b'{"timestamp":' + b"1" * 5_000 + b"}")
    return st.one_of(*[whole] * 6, coded, large, deep, cut, digits, RAW)


def _senders(town: Town, http: httpx.Client) -> Senders:
    """Have a secret made for the registered Jira, which is too old to sign, beside the address that it has."""
    url = f"{town.at.registry}/v1/tenants/{town.registration['tenantId']}/webhook"
    token = {"Authorization": f"Bearer {town.registration['registrationToken']}"}
    made = http.post(url, json={"signed": True}, headers=token).raise_for_status().json()
    return Senders(town.registration["webhookUrl"], made["webhookUrl"], made["webhookSecret"].encode())
