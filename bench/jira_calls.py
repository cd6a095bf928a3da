"""jira_calls_per_s: jira-actor's HTTP client beside PyPI's clients, against one server with ready answers."""

import sys
from pathlib import Path

from bench import rivals_venv, web
from bench.figures import Check, Figure
from bench.jira_answers import recorded
from bench.rivals_venv import PYTHON, measured, script
from devstack.engines.server import HOST, free_port

AT_ONCE = 32
TARGET = 2.0
RIVALS = {"jira": "jira", "atlassian-python-api": "atlassian"}


async def measure(directory: Path, *, short: bool) -> Figure:  # noqa: ARG001 - as all of them
    """Each client in a process of its own; the server is the measuring process."""
    await rivals_venv.prepare()
    seconds = "2" if short else "10"
    port = free_port()
    url = f"http://{HOST}:{port}"
    issue = web.answer((await recorded(url)).issue_pattern)
    server = await web.serve(lambda _: issue, port)
    rest = [url, str(AT_ONCE), seconds]
    ours = await measured([sys.executable, "-m", "bench.jira_client", *rest])
    beside = {
        name: await measured([str(PYTHON), script("jira_calls.py"), short_name, *rest])
        for name, short_name in RIVALS.items()
    }
    server.close()
    best = max(numbers["per_second"] for numbers in beside.values())
    return Figure(
        name="jira_calls_per_s",
        unit=f"calls/s of one process, {AT_ONCE} at a time",
        bridge=ours,
        beside=beside,
        checks=(Check("times the better", ours["per_second"] / best, ">=", TARGET),),
        notes=(f"An issue of {len(issue)} bytes, read and parsed; the others use {AT_ONCE} threads and one session.",),
        details={"versions": rivals_venv.versions(*RIVALS)},
    )
