"""What Teams' JSON schema 1.19 says of the parts of a manifest that the package has, and nothing else may be in it.

Written from Microsoft's MicrosoftTeams.schema.json; that file itself judges too, where it is at hand.
"""

from typing import Any


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    properties = required | optional
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def _list(most: int, items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "maxItems": most, "items": items}


GUID = {"type": "string", "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"}
HTTPS_URL = {**_text(2048), "pattern": "^https://"}
SCOPES = _list(3, {"enum": ["team", "personal", "groupChat"]})
COMMAND = _object({"title": _text(32), "description": _text(128)})
BOT = _object(
    {"botId": GUID, "scopes": SCOPES},
    supportsFiles={"type": "boolean"},
    isNotificationOnly={"type": "boolean"},
    commandLists=_list(3, _object({"scopes": SCOPES, "commands": _list(10, COMMAND)})),
)
MANIFEST = _object(
    {
        "manifestVersion": {"const": "1.19"},
        "version": _text(256),
        "id": GUID,
        "developer": _object(
            {"name": _text(32), "websiteUrl": HTTPS_URL, "privacyUrl": HTTPS_URL, "termsOfUseUrl": HTTPS_URL}
        ),
        "name": _object({"short": _text(30), "full": _text(100)}),
        "description": _object({"short": _text(80), "full": _text(4000)}),
        "icons": _object({"outline": _text(2048), "color": _text(2048)}),
        "accentColor": {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
    },
    **{
        "$schema": {"type": "string", "format": "uri"},
        "bots": _list(1, BOT),
        "permissions": _list(2, {"enum": ["identity", "messageTeamMembers"]}),
        "validDomains": _list(16, _text(2048)),
        "defaultInstallScope": {"enum": ["personal", "team", "groupChat", "meetings"]},
    },
)
