"""Stand-ins for what surrounds bot-gateway, and samples of what Teams sends."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from prometheus_client import CollectorRegistry

from bot_gateway.activity import Activity
from bot_gateway.decide import Heard
from bot_gateway.refusals import Refusal, Refusals, publish_gathered
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.teams_errors import TeamsError
from bot_gateway.tickets import Tickets
from chassis.errors import Unavailable
from chassis.gathering import Gathering
from contracts.event import Conversation, Event, Origin
from contracts.keys import SealingKey
from contracts.outcomes import Issue
from contracts.teams import ActivitiesRefused

APP_ID = "11111111-2222-4333-8444-555555555555"
ISSUER = "https://api.botframework.com"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
TENANT = "aaaaaaaa-0000-4000-8000-00000000cafe"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CODES = RegistrationCodes(b"the bot's own secret")
TICKETS = Tickets(b"the bot's own secret")
BOT = {"id": f"28:{APP_ID}", "name": "Bridge"}
PERSON = {"id": "29:mri-of-dana", "name": "Dana", "aadObjectId": "dddddddd-0000-4000-8000-000000000001"}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Signer:
    """Signs tokens as the Connector does, with `cryptography` alone: it shares nothing with our check."""

    def __init__(self, kid: str = "key-1", endorsements: object = ("msteams",)) -> None:
        self.kid = kid
        self.endorsements = endorsements
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict[str, Any]:
        """Give the public key in the shape of Bot Framework's key set."""
        numbers = self.private.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "x5c": ["MIIC"]}
        key |= {"n": b64(numbers.n.to_bytes(256, "big")), "e": b64(numbers.e.to_bytes(3, "big"))}
        listed = list(self.endorsements) if isinstance(self.endorsements, tuple) else self.endorsements
        return key if listed is None else {**key, "endorsements": listed}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Sign any claims under any header."""
        head = {"typ": "JWT", "alg": "RS256", "kid": self.kid, "x5t": self.kid, **header}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64(signature)}"


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(clock: Clock, **changes: Any) -> dict[str, Any]:
    """Give what a good token says; a change to None takes the claim out."""
    now = int(clock())
    said = {"serviceurl": SERVICE_URL, "nbf": now - 5, "exp": now + 3600, "iss": ISSUER, "aud": APP_ID, **changes}
    return {name: value for name, value in said.items() if value is not None}


class PublishedKeys:
    """Where keys are fetched from."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = list(signers)
        self.down = False
        self.fetched = 0

    async def signing_keys(self) -> list[dict[str, Any]]:
        self.fetched += 1
        if self.down:
            raise Unavailable("out of order")
        return [signer.jwk() for signer in self.signers]


class KeyVault:
    """The receiver of what is sealed: its announced key, and the private half that only it has."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.announced = True

    def get(self, key: str) -> SealingKey | None:
        numbers = self.private.public_key().public_numbers()
        jwk = {"kty": "RSA", "kid": "v1", "n": b64(numbers.n.to_bytes(256, "big")), "e": b64(b"\1\0\1")}
        return SealingKey(key_id="v1", jwk=jwk) if self.announced and key == "sealing" else None

    def opened(self, sealed: str) -> tuple[dict[str, Any], str]:
        """Give header and content of a JWE, opened with `cryptography` alone (RFC 7516, RFC 7518)."""
        head, wrapped, nonce, ciphertext, tag = sealed.split(".")
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        content_key = self.private.decrypt(unb64(wrapped), oaep)
        content = AESGCM(content_key).decrypt(unb64(nonce), unb64(ciphertext) + unb64(tag), head.encode())
        return json.loads(unb64(head)), content.decode()


class Counted:
    """Refusals, how often each was counted, and what is told of them."""

    def __init__(self) -> None:
        self.registry, self.log = CollectorRegistry(), Log()
        self.gathered = Gathering(partial(publish_gathered, events=self.log), Refusal.nameless, lambda: NOW)
        self.refusals = Refusals(self.registry, self.gathered.add)

    async def told(self) -> list[ActivitiesRefused]:
        """Give the events that are published once the window is over."""
        await self.gathered.tell()
        return [event for event in self.log.events if isinstance(event, ActivitiesRefused)]

    def all(self) -> dict[str, int]:
        """Give what was counted at least once, by reason."""
        [metric] = self.registry.collect()
        return {one.labels["why"]: int(one.value) for one in metric.samples if one.name.endswith("_total")}


class Log:
    """Kafka: what was published."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ids: list[str | None] = []
        self.down = False

    async def publish(self, event: Event, *, event_id: str | None = None) -> None:
        if self.down:
            raise Unavailable("kafka is away")
        self.events.append(event)
        self.ids.append(event_id)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


class Chats:
    """Teams: what was posted where. `refusals` are raised one per call."""

    def __init__(self, *refusals: TeamsError | None) -> None:
        self.posts: list[tuple[str, dict[str, Any], str | None]] = []
        self.threads: list[tuple[str, dict[str, Any]]] = []
        self.opened: list[str] = []
        self.refusals = list(refusals)
        self.no_chat: TeamsError | None = None

    async def post(self, place: Conversation, message: Mapping[str, Any], reply_to: str | None = None) -> str:
        self._refuse()
        self.posts.append((place.conversation_id, dict(message), reply_to))
        return f"post-{len(self.posts)}"

    async def start_thread(self, channel: Conversation, message: Mapping[str, Any]) -> str:
        self._refuse()
        self.threads.append((channel.conversation_id, dict(message)))
        return f"thread-{len(self.threads)}"

    async def open_chat(self, origin: Origin) -> Conversation:
        if self.no_chat:
            raise self.no_chat
        self.opened.append(origin.user_mri)
        return origin.conversation.model_copy(
            update={"conversation_id": f"a:chat-of-{origin.user_mri}", "kind": "personal"}
        )

    def _refuse(self) -> None:
        if self.refusals and (refusal := self.refusals.pop(0)):
            raise refusal

    def texts(self) -> list[str]:
        """Give all that was posted, as the text of the messages or of their cards."""
        return [words(message) for _, message, _ in self.posts]


def words(part: Any) -> str:
    """Give the text of a message or card, as people would read it."""
    if isinstance(part, Mapping):
        own = str(part["text"]) if isinstance(part.get("text"), str) else ""
        return own + "".join(words(value) for name, value in part.items() if name in READABLE)
    if not isinstance(part, list):
        return ""
    in_line = all(isinstance(one, Mapping) and one.get("type") == "TextRun" for one in part)
    return ("" if in_line else "\n").join(words(one) for one in part)


READABLE = ("attachments", "content", "body", "inlines", "value")


def message(text: str = "OPS-7", kind: str = "personal", **changes: Any) -> dict[str, Any]:
    """Give a message as Teams sends it."""
    ids = {"personal": "a:chat", "groupChat": "19:group@thread.v2", "channel": "19:ops@thread.tacv2;messageid=1700"}
    mention = {"type": "mention", "mentioned": BOT, "text": "<at>Bridge</at>"}
    addressed = kind != "personal"
    return {
        "type": "message",
        "id": "1700000000001",
        "channelId": "msteams",
        "serviceUrl": SERVICE_URL,
        "timestamp": "2026-03-01T12:00:00.123Z",
        "from": PERSON,
        "recipient": BOT,
        "conversation": {"id": ids[kind], "conversationType": kind, "tenantId": TENANT, "isGroup": addressed},
        "channelData": {"tenant": {"id": TENANT}},
        "locale": "de-CH",
        "text": f"<at>Bridge</at> {text}" if addressed else text,
        "textFormat": "plain",
        "entities": [mention] if addressed else [],
        **changes,
    }


def invoke(name: str, value: Any, kind: str = "personal", **changes: Any) -> dict[str, Any]:
    """Give an invoke as Teams sends it."""
    asked = {"type": "invoke", "name": name, "value": value, "id": "f:1a2b", "text": None, "entities": None}
    return message(kind=kind, **{**asked, **changes})


def heard(activity: Mapping[str, Any]) -> Heard:
    """Give an activity as it is after the door."""
    return Heard(Activity.model_validate(activity), SERVICE_URL, NOW, CODES, TICKETS)


def origin(kind: str = "personal", intent_id: str = "intent-1") -> Origin:
    """Give the origin of an intent."""
    ids = {"personal": "a:chat", "groupChat": "19:group@thread.v2", "channel": "19:ops@thread.tacv2;messageid=1700"}
    place = Conversation(conversation_id=ids[kind], kind=kind, service_url=SERVICE_URL, teams_tenant=TENANT)
    return Origin(
        intent_id=intent_id,
        teams_tenant=TENANT,
        user=str(PERSON["aadObjectId"]),
        user_mri=str(PERSON["id"]),
        user_name="Dana",
        conversation=place,
        activity_id="1700000000001",
        asked_at=NOW,
    )


def issue(**changes: Any) -> Issue:
    """Give an issue as jira-actor tells of it."""
    return Issue.model_validate(
        {
            "key": "OPS-7",
            "url": "https://jira.example.com/browse/OPS-7",
            "summary": "Printer on fire",
            "project": "OPS",
            "issue_type": "Bug",
            "status": "To Do",
            "status_category": "new",
            "priority": "High",
            "reporter": "Rob",
            "description": "It smokes.\n\nSince Monday.",
            "updated_at": NOW,
            "transitions": ("In Progress", "Done"),
            **changes,
        }
    )
