"""The audit's chain, checked by digests that are computed here anew from what docs say of them."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from tests.tenant_registry.fakes import NOON, origin

from tenant_registry.audit_chain import GENESIS, Broken, Head, chained, follow
from tenant_registry.rows import AuditRow


def rows(count: int = 5) -> list[AuditRow]:
    made = [AuditRow.of("linked", origin(), NOON + timedelta(seconds=n), tenant_id="t", n=str(n)) for n in range(count)]
    return [AuditRow.read(row.document()) for row in made]


def sha256_of(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(list(parts), ensure_ascii=False).encode()).hexdigest()


def test_every_row_names_the_one_before_it() -> None:
    first, second = chained(Head(), rows(2))

    personal = sha256_of(first.salt, first.user, first.details)
    assert first.personal == personal
    assert (first.seq, first.prev) == (1, GENESIS)
    assert first.hash == sha256_of(GENESIS, 1, "2126-03-02T12:00:00.000+00:00", "linked", "t", personal)
    assert (second.seq, second.prev) == (2, first.hash)


def test_a_chain_goes_on_where_it_ended_and_can_be_followed_in_parts() -> None:
    done = chained(Head(), rows(3))
    middle = follow(Head(), done)
    assert isinstance(middle, Head)
    more = chained(middle, rows(2))

    assert [row.seq for row in more] == [4, 5]
    assert follow(middle, more) == follow(Head(), [*done, *more]) == Head(5, more[-1].hash or "")


CHANGES: dict[str, dict[str, Any]] = {
    "who": {"user": "somebody"},
    "details": {"details": {"n": "9"}},
    "what": {"what": "unlinked"},
    "when": {"at": NOON + timedelta(days=1)},
    "where": {"tenant_id": "other"},
    "its digest": {"personal": "0" * 64},
    "its salt": {"salt": "s"},
    "its hash": {"hash": "0" * 64},
    "the one before": {"prev": "0" * 64},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_in_a_row_is_found(change: str) -> None:
    done = chained(Head(), rows())
    done[2] = done[2].model_copy(update=CHANGES[change])

    found = follow(Head(), done)

    assert isinstance(found, Broken)
    assert found.seq == 3
    assert found.row_id == done[2].id


@pytest.mark.parametrize(("gone", "first"), [(0, 1), (2, 3)])
def test_a_row_that_is_gone_is_found(gone: int, first: int) -> None:
    done = chained(Head(), rows())
    del done[gone]

    assert follow(Head(), done) == Broken(first, None, "the row is gone")


def test_rows_that_changed_places_are_found() -> None:
    done = chained(Head(), rows())
    done[1], done[2] = done[2], done[1]

    found = follow(Head(), done)

    assert isinstance(found, Broken)
    assert found.seq == 2


def test_a_row_that_was_chained_anew_is_found_at_the_next_one() -> None:
    done = chained(Head(), rows())
    (forged,) = chained(Head(2, done[1].hash or ""), [done[2].model_copy(update={"what": "unlinked"})])

    found = follow(Head(), [*done[:2], forged, *done[3:]])

    assert isinstance(found, Broken)
    assert (found.seq, found.row_id) == (4, done[3].id)


def test_deleting_what_is_personal_breaks_nothing_and_writing_into_it_does() -> None:
    done = chained(Head(), rows())
    blank: dict[str, Any] = {"user": "", "details": {}, "salt": None}
    done[2] = done[2].model_copy(update=blank)
    assert isinstance(follow(Head(), done), Head)

    done[2] = done[2].model_copy(update={"user": "somebody"})
    found = follow(Head(), done)

    assert isinstance(found, Broken)
    assert found.seq == 3


def test_equal_deeds_of_two_people_cannot_be_told_by_their_digests() -> None:
    one, other = rows(1)[0], rows(1)[0]

    assert (one.user, one.details) == (other.user, other.details)
    assert one.personal != other.personal
