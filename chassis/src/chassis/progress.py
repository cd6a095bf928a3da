"""Which offsets of a partition may be committed: only what is done, and only without gaps."""


class Progress:
    """The state of one assigned partition. Pure: knows no Kafka."""

    def __init__(self, recheck_until: float = 0.0) -> None:
        self.recheck_until = recheck_until
        """Until this time (of the caller's clock) even new messages may repeat what the last owner did."""
        self.log_end: int | None = None
        """Where the log ended when the partition became ours."""
        self.restored = True
        """Of a retry partition: whether all that waited there when it became ours was read."""
        self.committed: int | None = None
        self._open: dict[int, int | None] = {}
        self._next: int | None = None

    @property
    def under_way(self) -> int:
        """Count what was taken and is not done."""
        return len(self._open)

    def may_be_done(self, offset: int, now: float) -> bool:
        """Tell whether another may have handled this before it became ours; yes where that is not known."""
        return self.log_end is None or offset < self.log_end or now < self.recheck_until

    @property
    def first_not_done(self) -> int | None:
        """Give the lowest offset that is not done; None where nothing was read yet."""
        return min(self._open, default=self._next)

    @property
    def oldest_published(self) -> int | None:
        """Give when the first message that is not done was published (Unix milliseconds); None where all is done."""
        return self._open[min(self._open)] if self._open else None

    def taken(self, offset: int, published: int | None = None) -> None:
        """Note that a message was read, and when it was published (Unix milliseconds)."""
        self._open[offset] = published
        self._next = offset + 1
        self.restored = self.restored or (self.log_end is not None and self._next >= self.log_end)

    def done(self, offset: int) -> None:
        """Note that a message needs no more work."""
        self._open.pop(offset, None)

    def committable(self) -> int | None:
        """Give the offset to commit (the first one not done), or None where nothing is new."""
        if self._next is None:
            return None
        offset = self.first_not_done
        return None if offset == self.committed else offset
