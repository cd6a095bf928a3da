"""The small company in which the simulated Teams lives: people, chats, one team with channels."""

import base64
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from devstack.connector.settings import ConnectorSettings

Kind = Literal["personal", "groupChat", "channel"]

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Barbara Liskov")
NAMESPACE = uuid.UUID("6a1f0c5e-3f0b-4a57-9b1e-0d6d2f4c7b11")


class UnknownName(LookupError):
    """Nobody and nothing in this world is called so."""


@dataclass(frozen=True)
class Person:
    """One user of the tenant; `key` is the short name used by tests and the demo."""

    key: str
    name: str
    aad_object_id: str
    mri: str
    upn: str

    def account(self) -> dict[str, object]:
        """The person as Teams writes `from` and members."""
        return {"id": self.mri, "name": self.name, "aadObjectId": self.aad_object_id}

    def member(self, tenant: str) -> dict[str, object]:
        """The person as the Connector lists members of a conversation."""
        given, _, surname = self.name.partition(" ")
        return {
            **self.account(),
            "givenName": given,
            "surname": surname,
            "email": self.upn,
            "userPrincipalName": self.upn,
            "tenantId": tenant,
            "userRole": "user",
        }


@dataclass(frozen=True)
class Team:
    """A Teams team; its id is the id of its first channel, as in Teams."""

    id: str
    aad_group_id: str
    name: str


@dataclass(frozen=True)
class Conversation:
    """A chat or channel; a channel's threads are told apart by `;messageid=` behind its id."""

    key: str
    id: str
    kind: Kind
    name: str
    members: tuple[Person, ...]
    team: Team | None = None


class World:
    """Everybody and every conversation, found by short name or by Teams' ids."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self.tenant = settings.tenant
        self.bot = {"id": f"28:{settings.app_id}", "name": settings.bot_name}
        extra = (f"Person{number} Extra" for number in range(1, settings.extra_people + 1))
        self.people = {person.key: person for person in (_person(name) for name in (*NAMES, *extra))}
        everyone = tuple(self.people.values())
        operations = Team(_thread("operations/General"), _guid("operations"), "Operations")
        self.conversations = {
            chat.key: chat
            for chat in (
                *(_personal_chat(person) for person in everyone),
                Conversation(
                    "group", f"19:{_guid('group').replace('-', '')}@thread.v2", "groupChat", "On call", everyone
                ),
                *(
                    Conversation(name.lower(), _thread(f"operations/{name}"), "channel", name, everyone, operations)
                    for name in ("General", "Alerts")
                ),
            )
        }

    def person(self, reference: str) -> Person:
        """Find a person by short name, MRI, Entra object id or user principal name."""
        for person in self.people.values():
            if reference in (person.key, person.mri, person.aad_object_id, person.upn):
                return person
        raise UnknownName(f"There is no user {reference!r}; there are {_listed(self.people)}.")

    def conversation(self, reference: str) -> Conversation:
        """Find a conversation by short name or id; a thread's id finds its channel."""
        thread, _, _ = reference.partition(";")
        for chat in self.conversations.values():
            if thread in (chat.key, chat.id):
                return chat
        raise UnknownName(f"There is no conversation {reference!r}; there are {_listed(self.conversations)}.")


def _person(name: str) -> Person:
    key = name.split()[0].lower()
    return Person(key, name, _guid(name), f"29:1{_digest(name)}", f"{key}@contoso.example")


def _personal_chat(person: Person) -> Conversation:
    return Conversation(person.key, f"a:1{_digest('chat with ' + person.name)}", "personal", person.name, (person,))


def _thread(name: str) -> str:
    return f"19:{_digest(name)}1@thread.tacv2"


def _guid(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))


def _digest(name: str) -> str:
    """Text that looks like Teams' opaque ids and is the same in every run."""
    return base64.urlsafe_b64encode(hashlib.sha512(name.encode()).digest()).decode().rstrip("=")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:12])
