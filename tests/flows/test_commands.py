"""What people type, through all services and back; also what nobody should type."""

import pytest
from tests.flows.town import Town

from bridge import cards

LONG = "x" * 40_000


async def issue(town: Town, summary: str) -> str:
    card = await town.ask("ada", f"create OPS {summary}", "Created", summary)
    return next(word for word in cards.text_of(card.activity).split() if word.startswith("OPS-"))


@pytest.mark.parametrize(
    "text",
    [
        "deployed to staging",
        "👩‍🚀 naïve – “quoted” 日本語",
        "שלום עולם ثم مرحبا",
        "<script>alert(1)</script> & <at>Bridge</at>",
        "{code}rm -rf /{code} [~admin] !image.png! *bold* h1. heading",
        "line one\nline two\n\n  indented",
    ],
)
async def test_a_comment_arrives_in_jira_to_the_letter_and_as_the_person(town: Town, text: str) -> None:
    key = await issue(town, "Comments")

    await town.ask("ada", f"comment {key} {text}", "Comment added", key)

    [comment] = (await town.jira.issue(key))["comments"]
    assert (comment["author"], comment["body"]) == ("ada", text)
    assert "bridge.intent" in str(comment["properties"])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("comment OPS-99999 hello", "no issue OPS-99999"),
        ("OPS-99999", "no issue OPS-99999"),
        ("SECRET-1", "no issue SECRET-1"),
        ("comment SECRET-1 hello", "no issue SECRET-1"),
        ("create NOPE something", "no project NOPE"),
        ("create SECRET something", "no project SECRET"),
        ("create OPS/Dragon something", "Dragon"),
        ("assign OPS-1 to nobody-of-this-name", "nobody-of-this-name"),
        ("transition OPS-1 to Nirvana", "Nirvana"),
        ("search jql project = = OPS", "jql"),
        ("subscribe SECRET", "no project SECRET"),
        (f"comment OPS-1 {LONG}", "32,767"),
        ("comment OPS-1", "comment OPS-7 text"),
        ("coment OPS-1 hello", "comment OPS-1 hello"),
        ("what is the meaning of life", "help"),
    ],
    ids=lambda value: value[:40],
)
async def test_what_cannot_be_done_gets_a_clear_answer(town: Town, said: str, answer: str) -> None:
    before = await town.state()

    heard = await town.ask("ada", said, answer)

    assert "Traceback" not in cards.text_of(heard.activity)
    assert (await town.state())["issues"] == before["issues"]


async def test_what_is_there_already_is_said_and_not_done_again(town: Town) -> None:
    key = await issue(town, "Twice")
    for _ in range(2):
        await town.ask("ada", f"assign {key} to me", "Assigned to", "Ada Lovelace")
        await town.ask("ada", f"transition {key} to Done", key, "Done")

    changes = (await town.jira.issue(key))["changes"]
    fields = [item["field"] for change in changes for item in change["items"]]
    assert fields.count("assignee") == 1
    assert fields.count("status") == 1


async def test_a_search_finds_issues(town: Town) -> None:
    key = await issue(town, "Xylophone out of tune")

    await town.ask("ada", "search xylophone", key, "Xylophone")
    await town.ask("ada", 'search jql project = OPS AND summary ~ "xylophone"', key)


async def test_an_activity_delivered_twice_has_one_effect(town: Town) -> None:
    key = await issue(town, "Redelivered")
    answer = await town.teams.say("ada", f"comment {key} once")
    await town.chat.hear("ada", "Comment added", key)

    again = await town.teams.do("redeliver", activity_id=answer.activity_id)

    assert again["status"] == 200
    await town.ask("ada", key, "Redelivered")
    assert len((await town.jira.issue(key))["comments"]) == 1


async def test_a_button_on_a_card_does_what_it_says(town: Town) -> None:
    key = await issue(town, "Pressed")

    value = {"action": {"type": "Action.Execute", "verb": "command", "data": {"bridgeCommand": f"assign {key} to me"}}}
    answer = await town.teams.do("invoke", user="ada", name="adaptiveCard/action", value=value)

    assert answer["status"] == 200
    assert "Assigned to" in str(answer["body"])
    assert (await town.jira.issue(key))["assignee"] == "ada"
