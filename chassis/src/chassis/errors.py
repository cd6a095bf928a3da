"""The two ways in which handling a message can fail."""

from datetime import timedelta


class Unavailable(Exception):
    """Something outside is out of order for now: the message is kept and tried again.

    The text is for logs and operators; it never holds a secret.
    """

    def __init__(self, what: str, retry_after: timedelta | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Poison(Exception):
    """A message that no retry will mend; it goes to the dead letters at once.

    `reason` is a short fixed word for machines, the text says more and never repeats the input's values.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
