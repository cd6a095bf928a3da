"""The judge must see what it is there to see."""

from dataclasses import replace

import pytest
from chaos.judge import judge, percentile, recovery
from chaos.ledger import Command, Effect

SENT = Command(1, "ada", "ada", 0, "comment", "OPS-1", "intent-1", 100.0, 100.1)
DONE = Effect(1, 0, "comment", "OPS-1", "ada", "intent-1", 100.2, 0)
NEXT = replace(SENT, number=2, intent_id="intent-2", sent_at=101.0, heard_at=101.1)
NEXT_DONE = replace(DONE, number=2, intent_id="intent-2", at=101.2, place=1)
BOTH = {1: SENT, 2: NEXT}


def test_one_effect_per_command_in_order_under_the_right_name_is_clean() -> None:
    verdict = judge(BOTH, [DONE, NEXT_DONE])

    assert verdict.clean
    assert verdict.sent == 2


def test_an_accepted_command_without_effect_is_lost() -> None:
    assert judge(BOTH, [DONE]).lost == (2,)


def test_a_command_that_was_never_accepted_is_not_lost() -> None:
    assert judge({1: replace(SENT, heard_at=None)}, []).clean


def test_two_effects_of_one_command_are_doubled() -> None:
    assert judge(BOTH, [DONE, NEXT_DONE, replace(DONE, place=2, at=102.0)]).doubled == (1,)


@pytest.mark.parametrize(
    "late",
    [replace(DONE, at=101.3), replace(DONE, place=2)],
    ids=["later by the clock", "further down on the issue"],
)
def test_a_persons_second_command_before_the_first_is_out_of_order(late: Effect) -> None:
    assert judge(BOTH, [late, NEXT_DONE]).out_of_order == ((2, 1),)


def test_two_people_have_no_order_between_them() -> None:
    grace = replace(NEXT, person="grace", author="grace")

    assert judge({1: SENT, 2: grace}, [replace(DONE, at=105.0), replace(NEXT_DONE, author="grace")]).clean


def test_an_effect_under_another_name_has_the_wrong_author() -> None:
    assert judge(BOTH, [replace(DONE, author="grace"), NEXT_DONE]).wrong_author == (1,)


@pytest.mark.parametrize(
    "wrong", [{"jira": 1}, {"target": "OPS-2"}, {"intent_id": "intent-9"}, {"kind": "create"}], ids=str
)
def test_an_effect_elsewhere_or_of_another_intent_is_in_the_wrong_place(wrong: dict[str, object]) -> None:
    verdict = judge({1: SENT}, [replace(DONE, **wrong)])  # type: ignore[arg-type]

    assert verdict.wrong_place == (1,)


def test_an_effect_of_a_command_that_nobody_sent_is_unknown() -> None:
    assert judge(BOTH, [DONE, NEXT_DONE, replace(DONE, number=7)]).unknown == (7,)


def test_recovery_ends_with_the_last_command_from_before_the_end_of_the_fault() -> None:
    assert recovery([SENT, NEXT], {1: 108.0, 2: 101.2}, end=105.0) == pytest.approx(3.0)


def test_recovery_includes_what_came_after_and_was_late_all_the_same() -> None:
    after = replace(NEXT, sent_at=105.5)

    assert recovery([SENT, after], {1: 100.2, 2: 112.0}, end=105.0) == pytest.approx(7.0)


def test_nothing_late_needs_no_recovery() -> None:
    after = replace(NEXT, sent_at=105.5)

    assert recovery([SENT, after], {1: 100.2, 2: 105.6}, end=105.0) == 0


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(100)], 0.99) == 99.0
