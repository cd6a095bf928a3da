"""Nobody acts as another, and nothing that a person asked for is forgotten."""

from tests.flows.town import Town

from bridge import cards


async def test_a_command_before_connecting_is_carried_out_after_it(town: Town) -> None:
    card = await town.ask("grace", "comment OPS-2 this waited", "Connect your account")
    [url] = cards.open_urls(card.activity).values()
    await town.chat.verify("grace", await town.allow("grace", url))

    await town.chat.hear("grace", "Comment added", "OPS-2", "this waited")

    bodies = [comment["body"] for comment in (await town.jira.issue("OPS-2"))["comments"]]
    assert bodies.count("this waited") == 1
    await town.disconnect("grace")


async def test_my_connect_link_pressed_by_another_gives_me_nothing(town: Town) -> None:
    """Alan sends his link to Grace, who presses Allow: her window's code does not work for either of them."""
    before = await town.state()
    code = await town.allow("grace", await town.connect_button("alan"))

    await town.chat.verify("grace", code)
    await town.chat.hear("grace", "connect")
    await town.offered_anew("alan", "comment OPS-3 as Grace")

    state = await town.state()
    assert state["tokens"] == before["tokens"]
    assert "as Grace" not in str(state["issues"])


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(town: Town) -> None:
    code = await town.allow("grace", await town.connect_button("grace"))
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"

    await town.ask("grace", f"verify {wrong}", "code")
    await town.ask("grace", f"verify {code}", "Connected to", "Grace Hopper")
    await town.disconnect("grace")


async def test_after_disconnecting_nothing_is_done_in_my_name(town: Town) -> None:
    await town.connect("grace")
    await town.disconnect("grace")

    await town.ask("grace", "comment OPS-4 too late", "Connect your account")

    assert "too late" not in str((await town.state())["issues"])


async def test_a_revoked_permission_leads_to_connecting_again(town: Town) -> None:
    await town.connect("grace")
    await town.http.post(f"{town.at.jira}/_control/tokens/revoke", json={"user": "grace"})

    await town.ask("grace", "OPS-1", "Connect your account")
    await town.disconnect("grace")
