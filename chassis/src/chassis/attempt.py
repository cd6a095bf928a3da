"""What a handler's adapter may want to know of the attempt it serves."""

from contextvars import ContextVar

perhaps_done: ContextVar[bool] = ContextVar("perhaps_done", default=False)
"""True where an effect may have happened in an attempt before this one: look before doing it again.

Set for messages below the log end at the time their partition was assigned, for a while after that, for parked and
replayed messages, and from the second attempt on.
"""
