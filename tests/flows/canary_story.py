"""What happens to the secrets: every way in, every change of keys, and what goes wrong on the way."""

import asyncio
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.flows.canaries import OUTPUT, WORDS, Place
from tests.flows.canary_doors import by_command, by_page
from tests.flows.estate import NEW, OAUTH1, OAUTH2, PAT, Jira, button_of, enter_token
from tests.flows.watched import Watched, WatchedStack, without

TOKENS = "/rest/oauth2/latest/token"
PATS = "/rest/pat/latest/tokens"
WRONG_PAT = "V1JPTkctcGVyc29uYWwtYWNjZXNzLXRva2VuLWNhbmFyeQ=="
WRONG_SECRET = "wrong-client-secret-canary-41d8"
BROKEN_KEY = "-----BEGIN PRIVATE KEY-----\nQlJPS0VOIHByaXZhdGUga2V5IGNhbmFyeQ==\n-----END PRIVATE KEY-----"
MODULUS_LINES = 7
"""Lines of the PEM that hold the public modulus, which is no secret."""


@dataclass
class Canary:
    """Plays it all."""

    stack: WatchedStack
    town: Watched
    outputs: list[Place] = field(default_factory=list)
    """What the command said meanwhile."""

    async def play(self) -> None:
        """All of it, in order."""
        await self.town.teams.do("limits", enforced=False)
        for conversation in ("ada", "alerts"):
            await self.town.teams.install("ada", conversation)
        for alias in (OAUTH2, PAT):
            await self.stack.add_jira(alias)
        await self.oauth1()
        await self.oauth2()
        await self.tokens()
        await self.webhooks()
        await self.other_doors()
        await self.while_something_is_away()
        await self.rotation()
        assert self.stack.here["vault"].tap.echoes == [], "Vault failed wherever it was to"
        await self.taking_back()
        await self.leaving()

    async def oauth1(self) -> None:
        """Register with a private key of Jira's administrator; refused and broken ones too."""
        town, url = self.town, self.town.at.jira
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        numbers = key.private_numbers()
        town.canaries.remember("private key", *pem.splitlines()[MODULUS_LINES:-1], BROKEN_KEY.splitlines()[1])
        town.canaries.remember("private key", *(one.to_bytes(256).lstrip(b"\0") for one in (numbers.d, numbers.p)))
        assert (await town.call(url, authMode="oauth1", privateKey=BROKEN_KEY, alias=OAUTH1))[0] == 422
        town.registrations[OAUTH1] = await self.registered(url, authMode="oauth1", privateKey=pem, alias=OAUTH1)
        await town.jira.link_application(town.registrations[OAUTH1])
        await self.checked(OAUTH1)
        self.stack.here["jira"].tap.echoes += [("/request-token", 500), ("/access-token", 500)]
        card = await town.ask("ada", f"comment OPS-1 {self.words()}", "Connect your account")
        code = await town.allow("ada", button_of(card))
        await town.ask("ada", f"verify {(int(code) + 1) % 10**8:08d}", "code")
        await town.chat.verify("ada", code)
        await town.chat.hear("ada", "Comment added")
        self.stack.here["jira"].tap.echoes.append(("/comment", 500))
        self.vault_fails(f"sign/{town.registrations[OAUTH1]['tenantId']}-sign", 500, 400)
        await town.ask("ada", f"comment OPS-1 {self.words()}", "Jira")
        await town.ask("ada", f"comment OPS-1 {self.words()}", "Comment added")
        self.stack.here["jira"].tap.echoes.append(("/comment", 401))
        await town.ask("ada", f"comment OPS-1 {self.words()}", "may not do this")
        await town.unbrought_code("grace", button_of(await town.ask("alan", "connect", "Connect your account")))

    async def oauth2(self) -> None:
        """A wrong client secret, then the right one; a token endpoint that fails; refreshing, losing, coming back."""
        town, url = self.town, self.stack.jiras[OAUTH2]
        link = {"name": "Bridge", "redirectUrl": f"{town.at.registry}/oauth/callback", "pkceRequired": True}
        made = (await town.http.post(f"{url}/_control/oauth2-clients", json=link)).json()
        said = {"authMode": "oauth2", "alias": OAUTH2, "version": NEW, "clientId": made["clientId"]}
        first = await self.registered(url, clientSecret=WRONG_SECRET, **said)
        town.registrations[OAUTH2] = first
        await self.checked(OAUTH2, "failed")
        said.pop("alias")
        town.registrations[OAUTH2] = await self.registered(
            url, first["registrationToken"], clientSecret=made["clientSecret"], **said
        )
        await self.checked(OAUTH2)
        eu, tap = town.jira_called(OAUTH2), self.stack.here[OAUTH2].tap
        await eu.control("PUT", f"/oauth2-clients/{made['clientId']}", **link, clientSecret=WRONG_SECRET)
        card = await town.ask("grace", f"on {OAUTH2} connect", "Connect your account")
        await town.chat.verify("grace", await town.allow("grace", button_of(card)))
        await town.chat.hear("grace", "gave Bridge no permission")
        await eu.control("PUT", f"/oauth2-clients/{made['clientId']}", **link, clientSecret=made["clientSecret"])
        tap.echoes.append((TOKENS, 500))
        self.vault_fails(f"encrypt/{town.registrations[OAUTH2]['tenantId']}", 500, 503)
        await town.connect_oauth2("grace")
        await town.ask("grace", f"on {OAUTH2} comment OPS-1 {self.words()}", "Comment added")
        await eu.control("POST", "/tokens/expire", kind="oauth2-access")
        tap.echoes += [(TOKENS, 500), ("/comment", 500)]
        await town.ask("grace", f"on {OAUTH2} comment OPS-1 {self.words()}", "Comment added")
        await eu.control("POST", "/tokens/revoke", user="grace")
        await town.ask("grace", f"on {OAUTH2} comment OPS-1 {self.words()}", "Connect your account")
        card = await town.ask("alan", f"on {OAUTH2} connect", "Connect your account")
        await town.unbrought_code("grace", button_of(card))

    async def tokens(self) -> None:
        """A token that is none, a wrong one, the right one twice, one that is out of date."""
        town = self.town
        said = {"authMode": "pat", "alias": PAT, "version": NEW}
        town.registrations[PAT] = await self.registered(self.stack.jiras[PAT], **said)
        us = await self.checked(PAT)
        town.canaries.remember("personal access token", WRONG_PAT)
        card = await town.ask("grace", f"on {PAT} comment OPS-1 {self.words()}", "personal access token")
        await enter_token(card, f"{WRONG_PAT} and more", "grace", town.invoke)
        await enter_token(card, WRONG_PAT, "grace", town.invoke)
        await town.chat.hear("grace", "does not accept this token")
        self.stack.here[PAT].tap.echoes += [("/myself", 500), ("/comment", 500)]
        token = await us.new_pat("grace")
        self.vault_fails(f"encrypt/{town.registrations[PAT]['tenantId']}", 400)
        await enter_token(card, token, "grace", town.invoke)
        await town.chat.hear("grace", "did not arrive in one piece")
        self.vault_fails("decrypt/key-vault-sealing", 500)
        for _ in range(2):
            await enter_token(card, token, "grace", town.invoke)
        await town.chat.hear("grace", "Comment added")
        await us.control("POST", "/tokens/expire", kind="pat")
        await town.ask("grace", f"on {PAT} OPS-1", "personal access token")

    async def webhooks(self) -> None:
        """Signed and by address; with a wrong signature; made in Jira by us; renewed."""
        town = self.town
        us = town.registrations[PAT]
        body = {"webhookEvent": "comment_created", "timestamp": int(time.time() * 1000), "comment": self.words()}
        assert await town.signed_hook(us, us["webhookSecret"], body) == 202
        assert await town.signed_hook(us, "wrong-webhook-secret", body) == 401
        wrong = await town.http.post(f"{town.registrations[OAUTH1]['webhookUrl'][:-3]}000", json=body)
        assert wrong.status_code == 404
        await town.jira.add_webhook(town.registrations[OAUTH1])
        await town.ask("ada", "subscribe OPS", "now hears of", conversation="alerts")
        await town.jira.comment_as("grace", "OPS-1", said := self.words())
        await town.chat.hear("alerts", said)
        await town.jira_called(OAUTH1).control("PUT", "/users/ada", administrator=True)
        await town.ask("ada", "webhook")
        assert (await town.operate("POST", f"/v1/tenants/{us['tenantId']}/webhook", signed=True))[0] == 201
        await town.teams.do("tokens", revoke=True)
        await town.ask("ada", "help")

    async def while_something_is_away(self) -> None:
        """key-vault is away: a registration, a token and a command do not get through, and become dead letters."""
        town, pem = self.town, BROKEN_KEY
        card = await town.ask("alan", f"on {PAT} connect", "personal access token")
        token = await town.jira_called(PAT).new_pat("grace")
        code = await town.registration_code()
        town.canaries.remember("client secret", secret := secrets.token_urlsafe())
        said = {"code": code, "baseUrl": "http://127.0.0.1:9/x", "product": "jira", "privateKey": pem}
        async with without(self.stack, "key-vault"):
            await enter_token(card, token, "alan", town.invoke)
            await town.chat.say("ada", f"comment OPS-1 {self.words()}")
            calls = [
                town.http.post(f"{town.at.registry}/v1/registrations", json=said),
                town.http.post(
                    f"{town.at.registry}/v1/registrations",
                    json={"code": code, "baseUrl": "http://127.0.0.1:9/y", "product": "jira", "authMode": "oauth2"}
                    | {"clientId": "an-id", "clientSecret": secret},
                ),
            ]
            answers = await asyncio.gather(*calls)
            assert {answer.status_code for answer in answers} == {503}, [answer.text for answer in answers]
            await asyncio.sleep(15)  # budget and patience end: dead letters

    async def rotation(self) -> None:
        """One tenant's keys, then all, until the old ones open nothing any more; people go on meanwhile."""
        town, tenant = self.town, self.town.registrations[OAUTH1]["tenantId"]
        self.vault_fails(f"encrypt/{tenant}", 500)
        self.vault_fails(f"decrypt/{tenant}", 500)
        self.outputs.append(await town.output("keys", "rotate", tenant, "--watch"))
        self.outputs.append(await town.output("keys", "rotate", "--all", "--watch"))
        await town.ask("ada", f"comment OPS-1 {self.words()}", "Comment added")

    async def taking_back(self) -> None:
        """Disconnect where Jira can take back what made the link; it fails at that first, and repeats what was sent."""
        town, eu, us = self.town, self.town.jira_called(OAUTH2), self.town.jira_called(PAT)
        await us.control("POST", "/tokens/revoke", user="grace", kind="pat")
        await town.connect_pat("grace")
        await town.connect_oauth2("grace")
        await eu.control("DELETE", "/requests")
        self.stack.here[OAUTH2].tap.echoes.append((TOKENS, 500))
        self.stack.here[PAT].tap.echoes.append((PATS, 500))
        for alias in (OAUTH2, PAT):
            await town.ask("grace", f"on {alias} disconnect", "Disconnected")
        await us.without_pats("grace")
        await eu.until_asked(TOKENS)

    async def leaving(self) -> None:
        """What is stored, deleting it, an export, and erasing a tenant."""
        town = self.town
        await town.ask("grace", "my data", "store")
        await town.ask("grace", "delete my data yes", "deleted")
        await town.ask("ada", "disconnect", "Disconnected")
        gone = town.registrations[PAT]
        url = f"{town.at.registry}/v1/tenants/{gone['tenantId']}"
        token = {"Authorization": f"Bearer {gone['registrationToken']}"}
        exported = await town.http.get(f"{url}/export", headers=token)
        assert exported.is_success, exported.text
        self.outputs.append(Place(OUTPUT, "export by HTTP", exported.content))
        answer = await town.http.delete(url, headers=token, params={"confirm": gone["baseUrl"]})
        assert answer.status_code in (200, 202), answer.text
        self.outputs.append(Place(OUTPUT, "receipt of an erasure", answer.content))

    async def other_doors(self) -> None:
        """Register with the command and on the web page; Vault fails at that too."""
        self.outputs += await by_command(self.town)
        await by_page(self.town)

    def vault_fails(self, path: str, *statuses: int) -> None:
        """Have Vault answer the next questions there with a failure that repeats what it was sent."""
        self.stack.here["vault"].tap.echoes += [(f"/{path}", status) for status in statuses]

    async def registered(self, url: str, token: str = "", **said: Any) -> dict[str, Any]:
        """Make a registration call that succeeds."""
        status, told = await self.town.call(url, token, **said)
        assert status == 201, told
        return told

    async def checked(self, alias: str, wanted: str = "active") -> Jira:
        """Have the checks run until they have said this."""
        url = f"/v1/tenants/{self.town.registrations[alias]['tenantId']}"
        await self.town.operate("POST", f"{url}/checks")
        async with asyncio.timeout(60):
            while (await self.town.operate("GET", url))[1]["state"] != wanted:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.3)
        await asyncio.sleep(2)  # until jira-actor has seen it too
        return self.town.jira_called(alias)

    def words(self) -> str:
        """Give words for a comment, which no log may repeat."""
        said = f"canary words {secrets.token_hex(6)}"
        self.town.canaries.remember(WORDS, re.sub("canary words ", "", said))
        return said
