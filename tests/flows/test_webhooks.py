"""What changes in Jira reaches the channel that asked for it, once."""

import asyncio

from tests.flows.town import Town

from bridge import cards


async def test_a_comment_that_jira_tells_twice_becomes_one_card(town: Town) -> None:
    await town.ask("ada", "subscribe OPS", "now hears of", conversation="alerts")
    await town.jira.comment_as("grace", "OPS-5", "told twice by Jira")
    await town.chat.hear("alerts", "Grace Hopper", "OPS-5", "told twice by Jira")

    await asyncio.sleep(1)

    posts = await town.teams.posts("alerts")
    assert sum("told twice by Jira" in cards.text_of(post.activity) for post in posts) == 1
    await town.ask("ada", "unsubscribe OPS", "no longer hears of", conversation="alerts")


async def test_a_channel_that_unsubscribed_hears_no_more(town: Town) -> None:
    await town.ask("ada", "subscribe WEB", "now hears of", conversation="alerts")
    await town.ask("ada", "unsubscribe WEB", "no longer hears of", conversation="alerts")
    await town.jira.comment_as("grace", "WEB-1", "nobody listens")
    await asyncio.sleep(1)

    posts = await town.teams.posts("alerts")
    assert not any("nobody listens" in cards.text_of(post.activity) for post in posts)


async def test_a_webhook_with_a_wrong_token_is_refused(town: Town) -> None:
    state = await town.state()
    url = state["webhooks"][0]["url"]

    answer = await town.http.post(url[:-4] + "0000", json={"webhookEvent": "jira:issue_updated"})

    assert answer.status_code in (401, 403, 404)
    assert answer.headers["content-type"].startswith("application/problem+json")
