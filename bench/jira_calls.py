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
    turns, seconds = (2, "1.5") if short else (4, "4")
    port = free_port()
    url = f"http://{HOST}:{port}"
    issue = web.answer((await recorded(url)).issue_pattern)
    server = await web.serve(lambda _: issue, port)
    rest = [url, str(AT_ONCE), seconds]
    clients = {
        "Bridge": [sys.executable, "-m", "bench.jira_client", *rest],
        **{name: [str(PYTHON), script("jira_calls.py"), short_name, *rest] for name, short_name in RIVALS.items()},
    }
    runs = [{name: await measured(argv) for name, argv in clients.items()} for _ in range(turns)]
    server.close()
    beside = {name: _mean([run[name] for run in runs]) for name in clients}
    ours = beside.pop("Bridge")
    better = max(beside, key=lambda name: beside[name]["per_second"])
    by_cpu = beside[better]["cpu_us_per_call"] / ours["cpu_us_per_call"]
    return Figure(
        name="jira_calls_per_s",
        unit=f"calls/s of one process, {AT_ONCE} at a time",
        bridge=ours,
        beside=beside,
        checks=(Check("times the better", ours["per_second"] / beside[better]["per_second"], ">=", TARGET),),
        notes=(
            f"An issue of {len(issue)} bytes, read and parsed; the others use {AT_ONCE} threads and one session.",
            f"They take turns, {turns} times each. By processor time per call: {by_cpu:.2f} times {better}.",
        ),
        details={"versions": rivals_venv.versions(*RIVALS)},
    )


def _mean(runs: list[dict[str, float]]) -> dict[str, float]:
    """Give the mean of each number."""
    return {name: sum(run[name] for run in runs) / len(runs) for name in runs[0]}
