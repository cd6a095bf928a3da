"""Calls per second of jira-actor's HTTP client on its event loop: `python -m bench.jira_client URL AT_ONCE SECONDS`."""

import asyncio
import json
import sys
import time

import uvloop

from jira_actor.answers import data
from jira_actor.guard import Reach, checked_target
from jira_actor.http import Http, Limits, Request, trusting

REQUEST = Request("GET", "/rest/api/2/issue/OPS-2?fields=summary%2Cstatus&expand=transitions")


async def measure(url: str, at_once: int, seconds: float) -> dict[str, float]:
    """Call with so many at one time, each answer read into data."""
    reach = Reach(allow_loopback=True, allow_http=True)
    target, http = checked_target(url, reach), Http(reach, Limits(), trusting(None))
    data(await http.exchange(target, REQUEST, "Bearer of-the-bench"))
    ends, done, cpu = time.perf_counter() + seconds, 0, time.process_time()

    async def work() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            data(await http.exchange(target, REQUEST, "Bearer of-the-bench"))
            done += 1

    await asyncio.gather(*(work() for _ in range(at_once)))
    cpu = time.process_time() - cpu
    await http.aclose()
    return {"per_second": done / seconds, "cpu_us_per_call": cpu / done * 1e6}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))) + "\n")
