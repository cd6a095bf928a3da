"""The part of Microsoft Entra that a bot needs: access tokens for its own secret."""

import base64
import binascii
import hmac
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse

from devstack.connector.settings import ConnectorSettings

SCOPE = "https://api.botframework.com/.default"
AUDIENCE = "https://api.botframework.com"


class AccessTokens:
    """Issues the bot's access tokens and recognises them again."""

    def __init__(self, settings: ConnectorSettings) -> None:
        self._settings = settings
        self._key = RSAKey.generate_key(2048)
        self.life = 3600

    def issue(self) -> str:
        """A signed token for the Connector, valid for `life` seconds."""
        now = int(time.time())
        claims = {
            "aud": AUDIENCE,
            "iss": f"https://sts.windows.net/{self._settings.tenant}/",
            "nbf": now,
            "exp": now + self.life,
            "appid": self._settings.app_id,
            "tid": self._settings.tenant,
            "uti": uuid.uuid4().hex,
        }
        return jwt.encode({"alg": "RS256"}, claims, self._key)

    def accepts(self, authorization: str | None) -> bool:
        """Whether this `Authorization` header carries a token issued here, for the Connector, not expired."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        try:
            claims = jwt.decode(token, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        return bool(claims["aud"] == AUDIENCE and claims["exp"] > time.time())

    def revoke_all(self) -> None:
        """Make every token issued so far worthless."""
        self._key = RSAKey.generate_key(2048)

    async def endpoint(self, request: Request) -> JSONResponse:
        """POST /{tenant}/oauth2/v2.0/token, client credentials only."""
        form = await request.form()
        client_id, secret = _credentials(request, form)
        refusal = self._refusal(request.path_params["tenant"], form, client_id, secret)
        if refusal is not None:
            return refusal
        granted = {"token_type": "Bearer", "expires_in": self.life, "ext_expires_in": self.life}
        return JSONResponse({**granted, "access_token": self.issue()}, headers={"Cache-Control": "no-store"})

    def _refusal(self, tenant: str, form: FormData, client_id: str, secret: str) -> JSONResponse | None:
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if tenant not in (self._settings.tenant, "botframework.com"):
            return _error(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if tenant == "botframework.com" or client_id != self._settings.app_id:
            directory = "Bot Framework" if tenant == "botframework.com" else "Contoso"
            why = f"Application with identifier '{client_id}' was not found in the directory '{directory}'."
            return _error(400, "unauthorized_client", 700016, why)
        if not hmac.compare_digest(secret.encode(), self._settings.app_secret.encode()):
            return _error(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if form.get("scope") != SCOPE:
            why = f"The provided value for scope {form.get('scope')} is not valid. It must end in /.default."
            return _error(400, "invalid_scope", 1002012, why)
        return None


def _credentials(request: Request, form: FormData) -> tuple[str, str]:
    """Client id and secret from the form or, as Entra also allows, from HTTP Basic."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return str(form.get("client_id", "")), str(form.get("client_secret", ""))
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _error(status: int, error: str, code: int, why: str) -> JSONResponse:
    """An error body in Entra's shape."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {why} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
        "error_codes": [code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return JSONResponse(body, status)
