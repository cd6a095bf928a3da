"""Run the simulated Jira: `python -m devstack.jira --port 8080`."""

import argparse
from pathlib import Path

import uvicorn

from devstack.jira.app import create_app
from devstack.jira.state import State


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.jira", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--base-url", help="the address Jira believes to have (default: http://HOST:PORT)")
    parser.add_argument("--version", default="8.20.7", help="8.20.7, 9.12.0, 10.3.0, ...")
    parser.add_argument("--state", type=Path, help="a file to keep everything in between runs")
    given = parser.parse_args()
    state = State(given.base_url or f"http://{given.host}:{given.port}", given.version, given.state)
    uvicorn.run(create_app(state), host=given.host, port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
