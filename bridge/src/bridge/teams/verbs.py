"""The bot's commands as Teams offers them to who writes; the words are those of bot-gateway's help: a test compares."""

Scope = str

MOST_COMMANDS = 10
"""Of one list: Teams refuses a manifest with more."""

HELP: dict[str, tuple[str, str]] = {
    "help": ("help", "what you can ask"),
    "connect": ("connect", "let me act in Jira as you"),
    "disconnect": ("disconnect", "take that back; what I hold is erased"),
    "show": ("show OPS-7", "an issue; its key or link alone does the same"),
    "create": (
        "create OPS printer on fire",
        "a new issue; “create OPS/Bug …” names its type, further lines describe it",
    ),
    "comment": ("comment OPS-7 text", "a comment, over as many lines as you like"),
    "assign": ("assign OPS-7 to me", "or to somebody else's name"),
    "transition": ("transition OPS-7 to Done", "another status; “move” means the same"),
    "search": ("search printer fire", "issues with these words; after “search jql”, a JQL query"),
    "subscribe": ("subscribe OPS", "this conversation hears of changes in the project"),
    "unsubscribe": ("unsubscribe OPS", "and no more"),
    "my data": ("my data", "what I store about you"),
}
"""Verb to how it is written and what it does."""

COMMON = ("help", "connect", "show", "create", "comment", "assign", "transition", "search")
LISTS: tuple[tuple[tuple[Scope, ...], tuple[str, ...]], ...] = (
    (("personal",), (*COMMON, "disconnect", "my data")),
    (("team", "groupChat"), (*COMMON, "subscribe", "unsubscribe")),
)
"""Which verbs are offered where; all others can be written everywhere too."""


def command_lists() -> list[dict[str, object]]:
    """Give `commandLists` of the manifest."""
    return [{"scopes": list(scopes), "commands": [_command(verb) for verb in verbs]} for scopes, verbs in LISTS]


def _command(verb: str) -> dict[str, str]:
    usage, does = HELP[verb]
    return {"title": verb, "description": does if usage == verb else f"{usage}: {does}"}
