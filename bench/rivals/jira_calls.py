"""Calls per second to a Jira: `jira|atlassian URL THREADS SECONDS`; as people use these libraries, with threads."""

# mypy: disable-error-code="import-not-found, import-untyped, misc, untyped-decorator"
# What is imported lives in the rivals' environment alone.

import json
import sys
import threading
import time
from collections.abc import Callable

import requests

POOL = 64
"""Connections that each session may keep: more than these libraries do by themselves, so that no thread reconnects."""


def jira(url: str) -> Callable[[], object]:
    """PyPI's `jira`."""
    from jira import JIRA

    client = JIRA(url, token_auth="of-the-bench", get_server_info=False)  # noqa: S106 - of no worth
    _widen(client._session)
    return lambda: client.issue("OPS-2", fields="summary,status", expand="transitions")


def atlassian(url: str) -> Callable[[], object]:
    """PyPI's `atlassian-python-api`."""
    from atlassian import Jira

    session = requests.Session()
    _widen(session)
    client = Jira(url, token="of-the-bench", session=session)  # noqa: S106 - of no worth
    return lambda: client.issue("OPS-2", fields="summary,status", expand="transitions")


def _widen(session: requests.Session) -> None:
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=POOL, pool_maxsize=POOL))


def main() -> None:
    """Call from so many threads for so many seconds and say how many calls it were."""
    call = {"jira": jira, "atlassian": atlassian}[sys.argv[1]](sys.argv[2])
    threads, seconds = int(sys.argv[3]), float(sys.argv[4])
    call()
    ends, done = time.perf_counter() + seconds, []

    def work() -> None:
        calls = 0
        while time.perf_counter() < ends:
            call()
            calls += 1
        done.append(calls)

    cpu = time.process_time()
    working = [threading.Thread(target=work) for _ in range(threads)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    cpu_us = (time.process_time() - cpu) / sum(done) * 1e6
    sys.stdout.write(json.dumps({"per_second": sum(done) / seconds, "cpu_us_per_call": cpu_us}) + "\n")


if __name__ == "__main__":
    main()
