"""Which offsets of a partition may be committed: only what is done, and only without gaps."""


class Progress:
    """The state of one assigned partition. Pure: knows no Kafka."""

    def __init__(self) -> None:
        self.log_end: int | None = None
        """Where the log ended when the partition became ours."""
        self.committed: int | None = None
        self._open: set[int] = set()
        self._next: int | None = None

    @property
    def under_way(self) -> int:
        """Count what was taken and is not done."""
        return len(self._open)

    def is_below_end(self, offset: int) -> bool:
        """Tell whether another may have handled this before it became ours; yes where that is not known."""
        return self.log_end is None or offset < self.log_end

    def taken(self, offset: int) -> None:
        """Note that a message was read."""
        self._open.add(offset)
        self._next = offset + 1

    def done(self, offset: int) -> None:
        """Note that a message needs no more work."""
        self._open.discard(offset)

    def committable(self) -> int | None:
        """Give the offset to commit (the first one not done), or None where nothing is new."""
        if self._next is None:
            return None
        offset = min(self._open, default=self._next)
        return None if offset == self.committed else offset
