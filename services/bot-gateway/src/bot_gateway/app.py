"""Where bot-gateway is put together: which event is handled by what, and what listens where."""

import time
from datetime import UTC, datetime
from functools import partial

from opentelemetry import trace

from bot_gateway import handlers
from bot_gateway.connector import Teams
from bot_gateway.handlers import Desk
from bot_gateway.hearing import Budgets, Hearing
from bot_gateway.http import Http
from bot_gateway.http_edge import Door, messages_app
from bot_gateway.refusals import Refusal, Refusals, publish_gathered
from bot_gateway.registration_codes import RegistrationCodes
from bot_gateway.settings import Settings
from bot_gateway.signing_keys import SigningKeys
from bot_gateway.tickets import Tickets
from bot_gateway.token_validation import TokenValidation
from bot_gateway.waiting import Waiting
from chassis.gathering import Gathering
from chassis.key_vault_seal import KeyVaultSeal
from chassis.service import Service
from contracts.keys import SealingKey
from contracts.outcomes import OUTCOMES
from contracts.registry import NoticeDue


def now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


async def connect(service: Service, settings: Settings) -> None:
    """Build all objects, and connect topics and routes with what handles them."""
    http = Http.connected()
    service.on_close(http.aclose)
    teams = Teams(settings.account, settings.service_urls, http)
    waiting = Waiting()

    secret = settings.bot_app_secret.get_secret_value().encode()
    codes, tickets = RegistrationCodes(secret), Tickets(secret)
    desk = Desk(teams, waiting, codes, tickets)
    for kind in OUTCOMES:
        service.on(kind, partial(handlers.outcome, desk=desk))
    service.on(NoticeDue, partial(handlers.notice, desk=desk))

    keys = SigningKeys(teams, settings.keys_policy, time.monotonic)
    tokens = TokenValidation(settings.expected, keys, time.time)
    gathered = Gathering(partial(publish_gathered, events=service.kafka), Refusal.nameless, now)
    service.background(partial(gathered.keep_telling, settings.refusals_window))
    service.on_close(gathered.close)
    refusals = Refusals(service.metrics.registry, gathered.add)
    door = Door(tokens, settings.admission, codes, tickets, refusals, settings.activity_limit)
    seal = KeyVaultSeal(service.view(SealingKey)).seal
    tracer = trace.get_tracer("bridge") if settings.trace_sample else None
    budgets = Budgets(outcome=settings.invoke_budget)
    hearing = Hearing(service.kafka, teams, waiting, seal, refusals, budgets, tracer=tracer)
    service.serve(messages_app(door, hearing.hear), settings.gateway_host, settings.gateway_port)
