"""The part of the control API for those who may come in: application links of both kinds, and all tokens."""

from datetime import timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from devstack.jira import authorized, scopes
from devstack.jira.model import ACCESS_TOKEN_LIFETIME, Consumer, Json, OAuth2Client
from devstack.jira.pats import NewToken, create
from devstack.jira.state import State
from devstack.jira.tokens import new_token

PEM = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n"
LIFETIMES = {
    "authorizationCodeSeconds": "code_lifetime",
    "accessTokenSeconds": "access_lifetime",
    "refreshTokenSeconds": "refresh_lifetime",
}


class TokenControl:
    """Answers of the control API; bodies and answers are JSON objects with camelCase names."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put_settings(self, given: Json) -> None:
        """How long new codes and tokens of OAuth 2.0 live, in seconds; `reuseRevokes`: see `OAuth2Rules`."""
        rules = self._state.oauth2
        for name in LIFETIMES.keys() & given.keys():
            setattr(rules, LIFETIMES[name], timedelta(seconds=float(given[name])))
        rules.reuse_revokes = bool(given.get("reuseRevokes", rules.reuse_revokes))

    def put_consumer(self, given: Json) -> None:
        """`publicKey` is PEM, or as in Jira's own form only what stands between its first and last line."""
        key = given["publicKey"].strip()
        pem = key + "\n" if key.startswith("-----") else PEM.format(key)
        if not isinstance(load_pem_public_key(pem.encode()), RSAPublicKey):
            raise TypeError("publicKey must be an RSA key")
        name = str(given.get("name") or given["key"])
        self._state.world.consumers[given["key"]] = Consumer(given["key"], name, pem)

    def delete_consumer(self, given: Json) -> None:
        self._state.world.consumers.pop(given["key"], None)

    def put_oauth2_client(self, given: Json) -> Json:
        """An incoming OAuth 2.0 link: `name`, `redirectUrl`, `scope` (WRITE), `pkceRequired` (false).

        As in Jira's own form, Jira draws the id and the secret and shows them; tests may choose both.
        """
        key, scope = given.get("clientId") or uuid4().hex, given.get("scope", "WRITE")
        if not scopes.known(scope):
            raise ValueError(f"scope must be one of {', '.join(scopes.SCOPES)}")
        client = OAuth2Client(
            id=key,
            name=str(given.get("name") or key),
            secret=str(given.get("clientSecret") or new_token()),
            redirect_url=str(given["redirectUrl"]),
            scope=scope,
            pkce_required=bool(given.get("pkceRequired", False)),
        )
        self._state.world.oauth2_clients[key] = client
        return {"clientId": key, "clientSecret": client.secret, "redirectUrl": client.redirect_url, "scope": scope}

    def delete_oauth2_client(self, given: Json) -> None:
        """Remove the link, and with it all that was allowed to it."""
        key = given["clientId"]
        self._state.world.oauth2_clients.pop(key, None)
        authorized.revoke(self._state.world, application=key)

    def add_personal_access_token(self, given: Json) -> Json:
        """For `user`, called `name`, living `seconds` (none: for ever); `token` chooses its value."""
        user = given["user"]
        if user not in self._state.world.users:
            raise ValueError(f"unknown user: {user}")
        lifetime = timedelta(seconds=float(given["seconds"])) if "seconds" in given else None
        wanted = NewToken(user, str(given.get("name", "for tests")), lifetime, given.get("token"))
        made, raw = create(self._state, wanted)
        return {"id": made.id, "token": raw}

    def revoke_tokens(self, given: Json) -> Json:
        """Take the tokens of `user`, or all: what a user does on his profile page.

        `kind` "applications" (default): those of OAuth 1.0a and 2.0, of `application` if it is named;
        "pat": the personal access tokens.
        """
        user = given.get("user")
        if given.get("kind", "applications") == "applications":
            return {"revoked": authorized.revoke(self._state.world, user, given.get("application"))}
        if given["kind"] != "pat":
            raise KeyError(given["kind"])
        return {"revoked": self._revoke_personal(user)}

    def expire_tokens(self, given: Json) -> Json:
        """Let all tokens of a `kind` be older than they may become.

        Kinds: `request` and `access` (OAuth 1.0a), `code`, `oauth2-access`, `oauth2-refresh`, `pat`.
        """
        world, now = self._state.world, self._state.now()
        match given["kind"]:
            case "request" | "access" as kind:
                aged = [*(world.request_tokens if kind == "request" else world.access_tokens).values()]
                for token in aged:
                    token.issued -= 2 * ACCESS_TOKEN_LIFETIME
                return {"expired": len(aged)}
            case "code":
                for code in world.authorization_codes.values():
                    code.expires = now
                return {"expired": len(world.authorization_codes)}
            case "oauth2-access":
                for pair in world.oauth2_tokens.values():
                    pair.access_expires = now
                return {"expired": len(world.oauth2_tokens)}
            case "oauth2-refresh":
                for pair in world.oauth2_tokens.values():
                    pair.refresh_expires = now
                return {"expired": len(world.oauth2_tokens)}
            case "pat":
                for made in world.personal_access_tokens.values():
                    made.expires = now
                return {"expired": len(world.personal_access_tokens)}
        raise KeyError(given["kind"])

    def _revoke_personal(self, user: str | None) -> int:
        world = self._state.world
        kept = {key: made for key, made in world.personal_access_tokens.items() if user not in (None, made.user)}
        chosen = [
            person
            for person in world.users.values()
            if user in (None, person.name) and person.personal_access_token is not None
        ]
        for person in chosen:
            person.personal_access_token = None
        revoked = len(world.personal_access_tokens) - len(kept) + len(chosen)
        world.personal_access_tokens = kept
        return revoked
