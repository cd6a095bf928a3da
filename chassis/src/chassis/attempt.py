"""What those whom a handler calls may want to know of the attempt they serve."""

from contextvars import ContextVar

from chassis.envelope import Attributes

perhaps_done: ContextVar[bool] = ContextVar("perhaps_done", default=False)
"""True where an effect may have happened in an attempt before this one: look before doing it again.

Set for messages below the log end at the time their partition was assigned, for a while after that, for parked and
replayed messages, and from the second attempt on.
"""
cause: ContextVar[Attributes | None] = ContextVar("cause", default=None)
"""The event that is being handled, so that questions to key-vault bear its correlation id."""
