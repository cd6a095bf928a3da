"""An outage is waited for, said, and never doubles what was done."""

from tests.flows.town import Town


async def fault(town: Town, **what: object) -> None:
    answer = await town.http.post(f"{town.at.jira}/_control/faults", json=what)
    assert answer.status_code < 300, answer.text


async def test_a_comment_whose_answer_was_lost_is_not_written_twice(town: Town) -> None:
    await fault(town, match="/rest/api/2/issue/OPS-7/comment", method="POST", kind="lost_answer", times=1)

    await town.ask("ada", "comment OPS-7 the answer was lost", "Comment added", "OPS-7")

    bodies = [comment["body"] for comment in (await town.jira.issue("OPS-7"))["comments"]]
    assert bodies.count("the answer was lost") == 1


async def test_an_issue_whose_answer_was_lost_is_not_made_twice(town: Town) -> None:
    await fault(town, match="/rest/api/2/issue$", method="POST", kind="lost_answer", times=1)

    await town.ask("ada", "create OPS Made once", "Created", "Made once")

    assert [issue["summary"] for issue in (await town.state())["issues"]].count("Made once") == 1


async def test_a_busy_jira_is_asked_again_as_late_as_it_wants(town: Town) -> None:
    await fault(town, match="/rest/api/2/issue/OPS-1", kind="status", status=429, retry_after=2, times=1)

    await town.ask("ada", "OPS-1", "OPS-1")


async def test_a_login_page_instead_of_an_answer_is_said_clearly(town: Town) -> None:
    await fault(town, match="/rest/api/2/issue/OPS-1", kind="html_login", times=1)

    await town.ask("ada", "OPS-1", "log")
