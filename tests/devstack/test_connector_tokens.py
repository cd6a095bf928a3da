"""Who may call whom: the Connector's signed tokens, and the bot's tokens from Entra."""

import time

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.devstack.connector_fakes import SETTINGS, BotSide

FORM = {
    "grant_type": "client_credentials",
    "client_id": SETTINGS.app_id,
    "client_secret": SETTINGS.app_secret,
    "scope": "https://api.botframework.com/.default",
}


async def jwks(here: BotSide) -> dict[str, object]:
    metadata = (await here.http.get(SETTINGS.openid_metadata_url)).json()
    keys: dict[str, object] = (await here.http.get(metadata["jwks_uri"])).json()
    return keys


async def ask_token(here: BotSide, **changes: str) -> httpx.Response:
    return await here.http.post(SETTINGS.token_url, data={**FORM, **changes}, headers={"Authorization": ""})


async def test_a_token_sent_to_the_bot_is_signed_by_a_published_key_endorsed_for_teams() -> None:
    here = BotSide()
    await here.connector.teams.say("ada", "hello")
    published = await jwks(here)

    token = jwt.decode(here.bot.tokens[0], KeySet.import_key_set(published), algorithms=["RS256"])  # type: ignore[arg-type]

    assert token.claims["iss"] == "https://api.botframework.com"
    assert token.claims["aud"] == SETTINGS.app_id
    assert token.claims["serviceurl"] == here.bot.heard[0]["serviceUrl"]
    assert token.claims["nbf"] <= time.time() < token.claims["exp"]
    assert published["keys"][0]["endorsements"] == ["msteams"]  # type: ignore[index]
    assert "d" not in published["keys"][0]  # type: ignore[index]


async def test_after_a_rotation_the_new_key_signs_and_the_old_one_is_still_published_unless_forgotten() -> None:
    here = BotSide()
    first = (await jwks(here))["keys"][0]["kid"]  # type: ignore[index]
    second = here.connector.state.keys.rotate()
    both = [key["kid"] for key in (await jwks(here))["keys"]]  # type: ignore[attr-defined]
    third = here.connector.state.keys.rotate(forget=True)

    assert both == [second, first]
    assert [key["kid"] for key in (await jwks(here))["keys"]] == [third]  # type: ignore[attr-defined]


async def test_entra_gives_a_token_for_the_bots_secret_that_the_connector_takes() -> None:
    here = BotSide()
    granted = (await ask_token(here)).json()

    assert granted["token_type"] == "Bearer"
    assert granted["expires_in"] == 3600
    assert here.connector.state.tokens.accepts(f"Bearer {granted['access_token']}")


async def test_entra_takes_the_credentials_as_http_basic_too() -> None:
    here = BotSide()
    form = {name: FORM[name] for name in ("grant_type", "scope")}

    answer = await here.http.post(
        SETTINGS.token_url, data=form, auth=httpx.BasicAuth(SETTINGS.app_id, SETTINGS.app_secret)
    )

    assert answer.status_code == 200


async def test_entra_refuses_as_entra_does() -> None:
    here = BotSide()
    refusals = [
        await ask_token(here, client_secret="wrong"),
        await ask_token(here, client_id="somebody"),
        await ask_token(here, scope="https://graph.microsoft.com/.default"),
        await ask_token(here, grant_type="password"),
        await here.http.post("http://connector.test/elsewhere/oauth2/v2.0/token", data=FORM),
    ]

    assert [(answer.status_code, answer.json()["error"], answer.json()["error_codes"]) for answer in refusals] == [
        (401, "invalid_client", [7000215]),
        (400, "unauthorized_client", [700016]),
        (400, "invalid_scope", [1002012]),
        (400, "unsupported_grant_type", [70003]),
        (400, "invalid_request", [90002]),
    ]
    assert "wrong" not in refusals[0].text


async def test_the_connector_refuses_a_missing_a_foreign_an_expired_and_a_revoked_token() -> None:
    here = BotSide()
    tokens = here.connector.state.tokens
    foreign = f"Bearer {BotSide().connector.state.tokens.issue()}"
    tokens.life = -1
    expired = f"Bearer {tokens.issue()}"
    tokens.life = 3600
    revoked = f"Bearer {tokens.issue()}"
    tokens.revoke_all()

    assert not any(tokens.accepts(header) for header in (None, "Bearer x", foreign, expired, revoked))
    assert (await here.post({"type": "typing"})).status_code == 401
