from hypothesis import given
from hypothesis import strategies as st

from bot_gateway.throttle import PER_THREAD, Throttle, Windows


@given(st.lists(st.floats(0, 3), min_size=1, max_size=300))
def test_no_window_ever_holds_more_than_it_may(pauses: list[float]) -> None:
    windows, now, sent = Windows(PER_THREAD), 1000.0, []
    for pause in pauses:
        now += pause
        sent.append(now + windows.reserve(now))

    assert sent == sorted(sent)
    for count, seconds in PER_THREAD:
        for first, over in zip(sent, sent[count:], strict=False):
            assert over - first >= seconds - 1e-6


def test_the_first_messages_need_not_wait() -> None:
    throttle = Throttle()

    assert [throttle.reserve("a", 0.0, 5) for _ in range(7)] == [0.0] * 7
    assert throttle.reserve("a", 0.0, 5) == 1.0
    assert throttle.reserve("b", 0.0, 5) == 0.0


def test_a_wait_that_would_be_too_long_reserves_nothing() -> None:
    throttle = Throttle(limits=((1, 10.0),))
    throttle.reserve("a", 0.0, 5)

    assert [throttle.reserve("a", 1.0, 5) for _ in range(3)] == [9.0] * 3
    assert throttle.reserve("a", 9.0, 5) == 1.0
