"""When a producer is replaced, and when replacing has not helped."""

import pytest

from chassis.trust import Trust, Verdict


@pytest.fixture
def trust() -> Trust:
    return Trust()


def test_a_single_message_without_confirmation_means_nothing_yet(trust: Trust) -> None:
    assert trust.unconfirmed(began=100, now=103) is Verdict.KEEP


def test_a_producer_that_confirms_nothing_for_a_while_is_replaced_once(trust: Trust) -> None:
    assert trust.unconfirmed(began=100, now=120) is Verdict.REPLACE
    assert trust.unconfirmed(began=101, now=121) is Verdict.KEEP


def test_a_confirmation_in_between_begins_anew(trust: Trust) -> None:
    trust.unconfirmed(began=100, now=110)
    trust.confirmed()

    assert trust.unconfirmed(began=111, now=121) is Verdict.KEEP


def test_a_new_producer_that_confirms_nothing_for_two_minutes_is_given_up(trust: Trust) -> None:
    trust.unconfirmed(began=100, now=120)
    trust.replaced(now=121)

    assert trust.unconfirmed(began=122, now=142) is Verdict.KEEP
    assert trust.unconfirmed(began=222, now=241) is Verdict.KEEP
    assert trust.unconfirmed(began=223, now=243) is Verdict.GIVE_UP


def test_brokers_that_never_let_a_new_producer_begin_are_given_up_after_two_minutes_too(trust: Trust) -> None:
    """A password may have changed: the next process reads the new one."""
    trust.unconfirmed(began=100, now=120)

    assert trust.unconfirmed(began=200, now=239) is Verdict.KEEP
    assert trust.unconfirmed(began=220, now=240) is Verdict.GIVE_UP


def test_what_was_sent_by_the_old_producer_does_not_count_against_the_new_one(trust: Trust) -> None:
    trust.unconfirmed(began=100, now=120)
    trust.replaced(now=230)
    trust.unconfirmed(began=110, now=231)

    assert trust.unconfirmed(began=232, now=349) is Verdict.KEEP


def test_two_messages_given_up_far_apart_do_not_end_a_quiet_process(trust: Trust) -> None:
    trust.unconfirmed(began=100, now=100)

    assert trust.unconfirmed(began=1000, now=1000) is Verdict.REPLACE
    assert trust.unconfirmed(began=1000, now=1000) is Verdict.KEEP


def test_a_broken_producer_is_replaced_at_once_and_given_up_when_the_next_breaks_too(trust: Trust) -> None:
    assert trust.broken(now=100) is Verdict.REPLACE
    assert trust.broken(now=100) is Verdict.REPLACE, "the new one has not begun yet"
    trust.replaced(now=101)

    assert trust.broken(now=102) is Verdict.GIVE_UP


def test_a_producer_that_breaks_again_after_it_worked_is_replaced_again(trust: Trust) -> None:
    trust.broken(now=100)
    trust.replaced(now=101)
    trust.confirmed()

    assert trust.broken(now=102) is Verdict.REPLACE
