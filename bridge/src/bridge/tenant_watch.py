"""Waiting for what the registry does by itself: checks, rotations, erasures."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bridge.operator_api import RegistryApi, RegistryError

Json = dict[str, Any]
EVERY = timedelta(seconds=1)
ENDED = ("done", "failed")


class TooLong(Exception):
    """It did not end in the time that it had."""


def until(look: Callable[[], Json], ended: Callable[[Json], bool], patience: timedelta) -> Json:
    """Look again and again until it has ended. Raises TooLong, and RegistryError for what waiting does not mend."""
    ends = time.monotonic() + patience.total_seconds()
    while True:
        try:
            found = look()
        except RegistryError as error:
            if not error.temporary or time.monotonic() > ends:
                raise
        else:
            if ended(found):
                return found
        if time.monotonic() > ends:
            raise TooLong
        time.sleep(EVERY.total_seconds())


def checked(api: RegistryApi, tenant_id: str, patience: timedelta) -> Json:
    """Have the checks run and wait for their results."""
    before = api.tenant(tenant_id)["checkedAt"]  # compared with itself only: our clock and theirs may differ
    api.check(tenant_id)
    return until(lambda: api.tenant(tenant_id), lambda one: bool(one["checkedAt"] != before), patience)


def erased(api: RegistryApi, tenant_id: str, base_url: str, patience: timedelta) -> Json:
    """Erase a tenant and wait for the receipt."""
    return until(lambda: api.erase(tenant_id, base_url), lambda one: bool(one["state"] == "erased"), patience)
