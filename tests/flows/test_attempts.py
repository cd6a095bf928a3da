"""What is refused at any door stands in the audit a window later, as an operator reads it with `bridge audit`."""

import asyncio
import json
import os
import sys
from typing import Any

from tests.flows.estate import OAUTH1, OPERATOR_TOKEN, Estate, organisation

from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World

GUESS = "canary-of-a-guess"


async def audited(estate: Estate, *whose: str) -> list[dict[str, Any]]:
    """Give the refused attempts that `bridge audit` shows."""
    env = {
        "PATH": os.environ["PATH"],
        "BRIDGE_REGISTRY_URL": estate.at.registry,
        "BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN,
    }
    argv = ["-m", "bridge.main", "audit", *whose, "--what", "attempt_refused", "-o", "json"]
    pipe = asyncio.subprocess.PIPE
    run = await asyncio.create_subprocess_exec(sys.executable, *argv, env=env, stdout=pipe, stderr=pipe)
    out, err = await run.communicate()
    assert run.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


async def noted(estate: Estate, why: str, *whose: str) -> dict[str, Any]:
    """Wait until an attempt stands there."""
    async with asyncio.timeout(30):
        while True:
            found = [entry for entry in await audited(estate, *whose) if entry["details"].get("why") == why]
            if found:
                return found[-1]
            await asyncio.sleep(0.2)


async def test_a_wrong_webhook_address_a_forged_card_a_bad_token_and_an_alias_of_nobody_are_all_in_the_audit(
    estate: Estate,
) -> None:
    tenant = estate.registrations[OAUTH1]["tenantId"]
    hook = await estate.http.post(f"{estate.at.registry}/v1/hooks/{tenant}/{GUESS}", json={"issue": {"id": GUESS}})
    await estate.invoke("ada", "task/submit", {"data": {"ticket": GUESS, "token": GUESS}})
    bearer = {"Authorization": f"Bearer {GUESS}"}
    bad = await estate.http.post(estate.at.bot, json={"type": "message"}, headers=bearer)

    await estate.ask("ada", "on mars OPS-1", "no Jira that is called")

    of_hook = await noted(estate, "hook_address", tenant)
    of_card = await noted(estate, "card", "--organisation", organisation())
    of_alias = await noted(estate, "unknown_alias", "--organisation", organisation())
    of_token = await noted(estate, "token", "--organisation", "operator")

    assert (hook.status_code, bad.status_code) == (404, 401)
    assert (of_hook["user"], of_hook["details"]["count"]) == ("unknown", "1")
    assert of_card["user"] == of_alias["user"] == World(ConnectorSettings()).person("ada").aad_object_id
    assert of_token["user"] == "unknown"
    assert GUESS not in json.dumps([of_hook, of_card, of_alias, of_token])
