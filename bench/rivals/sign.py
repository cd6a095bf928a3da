"""Signatures per second of what people use today: `authlib SECONDS` or `jira SECONDS`; the PEM key comes on stdin.

Each library is called as it calls itself for every request it sends, which includes loading the PEM.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc, untyped-decorator"
# What is imported lives in the rivals' environment alone.

import json
import sys
import time
from collections.abc import Callable

URL = "https://jira.example.com/rest/api/2/issue/OPS-7?fields=summary%2Cstatus&expand=transitions"


def authlib(pem: str) -> Callable[[], object]:
    """What authlib's clients do per request."""
    from authlib.oauth1 import ClientAuth

    auth = ClientAuth("bench", token="token", signature_method="RSA-SHA1", rsa_key=pem)  # noqa: S106 - of no worth
    return lambda: auth.prepare("GET", URL, {}, b"")


def jira(pem: str) -> Callable[[], object]:
    """What PyPI's `jira` does per request: its session's auth is OAuth1 of requests-oauthlib."""
    from oauthlib.oauth1 import SIGNATURE_RSA
    from requests import Request
    from requests_oauthlib import OAuth1

    auth = OAuth1("bench", rsa_key=pem, signature_method=SIGNATURE_RSA, resource_owner_key="token")
    prepared = Request("GET", URL).prepare()
    return lambda: auth(prepared.copy())


def main() -> None:
    """Sign for so many seconds and say how many it were."""
    name, seconds, pem = sys.argv[1], float(sys.argv[2]), sys.stdin.read()
    sign = {"authlib": authlib, "jira": jira}[name](pem)
    sign()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        sign()
        done += 1
    took = time.perf_counter() - began
    cpu_us = time.process_time() / done * 1e6
    sys.stdout.write(json.dumps({"per_second": done / took, "cpu_us_per_signature": cpu_us}) + "\n")


if __name__ == "__main__":
    main()
