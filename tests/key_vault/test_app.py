"""Where answers go."""

import pytest

from chassis.errors import Poison
from chassis.handling import To
from contracts.keys import Ask, KeysRefused, KeysRequest, TenantKeys, TenantKeysAsked, TenantKeysMade
from key_vault.app import to_asker

PUBLIC = TenantKeys(tenant_id="t1", public_key="pem", data_key_version=1, signing_key_version=1)
MADE = TenantKeysMade(request_id="r1", tenant_id="t1", public_key="pem")
REFUSED = KeysRefused(request_id="r1", code="bad_key", why="because")


def asked(partition: int) -> TenantKeysAsked:
    return TenantKeysAsked(ask=Ask(request_id="r1", partition=partition, reply_key={}), tenant_id="t1")


async def makes(request: KeysRequest) -> tuple[TenantKeys, TenantKeysMade]:
    return PUBLIC, MADE


async def refuses(request: KeysRequest) -> KeysRefused:
    return REFUSED


async def test_a_reply_goes_to_the_partition_that_the_asker_reads_and_other_events_where_their_key_leads() -> None:
    assert await to_asker(makes)(asked(7)) == [PUBLIC, To(MADE, 7)]


async def test_a_refusal_is_a_reply_too() -> None:
    assert await to_asker(refuses)(asked(0)) == [To(REFUSED, 0)]


@pytest.mark.parametrize("partition", [-1, 12, 2**40])
async def test_a_partition_that_is_not_there_is_poison(partition: int) -> None:
    with pytest.raises(Poison):
        await to_asker(makes)(asked(partition))
