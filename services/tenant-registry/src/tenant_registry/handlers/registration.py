"""Registering a Jira: codes for administrators, results of checks, public keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.jira import TenantChecked
from contracts.keys import TenantKeys
from contracts.outcomes import Refused, RegistrationCodeIssued
from contracts.teams import RegisterAsked
from tenant_registry import words
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, CodeRow

CODE_LIVES = timedelta(hours=1)
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class RegistrationRules:
    """Who may register a Jira (Entra object ids in lower case), and where Jira's administrator does it."""

    registrars: frozenset[str]
    registration_url: str
    only: str = ""
    """The only Teams organisation that is served; empty: all are."""


async def register_asked(
    asked: RegisterAsked, registry: Registry, rules: RegistrationRules, now: Clock
) -> RegistrationCodeIssued | Refused:
    """Let an administrator's code register a Jira; the code itself never comes here before it is used."""
    origin = asked.origin
    if rules.only and origin.teams_tenant.lower() != rules.only.lower():
        return words.other_organisation(origin)
    if origin.user.lower() not in rules.registrars:
        return words.not_a_registrar(origin)
    at = now()
    expires_at = at + CODE_LIVES
    await registry.codes.add(
        CodeRow(
            id=asked.code_hash,
            teams_tenant=origin.teams_tenant,
            user=origin.user,
            expires_at=expires_at,
            purge_at=expires_at,
        )
    )
    await registry.note_act(AuditRow.of("registration_code_issued", origin, at), origin.asked_at)
    return RegistrationCodeIssued(origin=origin, expires_at=expires_at, registration_url=rules.registration_url)


async def tenant_checked(result: TenantChecked, registry: Registry) -> None:
    """Keep what the checks of a tenant's Jira said."""
    await registry.tenants.checked(result)


async def tenant_keys(keys: TenantKeys, registry: Registry) -> None:
    """Keep the public side of a tenant's keys."""
    await registry.tenants.keys_told(keys)
