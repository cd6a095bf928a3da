"""The one place that names the MongoDB driver: moving to its successor changes this file."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorDatabase,
)
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WriteError

from chassis.errors import Unavailable

Document: TypeAlias = dict[str, Any]
Client: TypeAlias = "AsyncIOMotorClient[Document]"
Database: TypeAlias = "AsyncIOMotorDatabase[Document]"
Session: TypeAlias = AsyncIOMotorClientSession

__all__ = [
    "BulkWriteError",
    "Client",
    "Database",
    "Document",
    "DuplicateKeyError",
    "OperationFailure",
    "RegistryUnavailable",
    "Session",
    "WriteError",
    "connect",
    "guarded",
    "once",
    "transaction",
    "unavailable",
]

P = ParamSpec("P")
T = TypeVar("T")


class RegistryUnavailable(Unavailable):
    """MongoDB does not answer, or not in time: the same call may succeed later."""


def connect(url: str, patience: timedelta = timedelta(seconds=5)) -> Client:
    """Give a client whose writes are confirmed by a majority's journals, and whose waits all end."""
    wait_ms = int(patience / timedelta(milliseconds=1))
    return AsyncIOMotorClient(
        url,
        tz_aware=True,
        w="majority",
        journal=True,
        readConcernLevel="majority",
        serverSelectionTimeoutMS=wait_ms,
        connectTimeoutMS=wait_ms,
        socketTimeoutMS=20_000,
        appname="tenant-registry",
    )


def unavailable(error: PyMongoError) -> RegistryUnavailable:
    """Name an outage by its kind alone: the driver's own text may hold values."""
    code = error.code if isinstance(error, OperationFailure) else ""
    return RegistryUnavailable(f"MongoDB: {type(error).__name__} {code}".rstrip())


def guarded(call: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Turn the driver's outages into ours; a document that does not fit is a mistake of ours and stays one."""

    @wraps(call)
    async def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await call(*args, **kwargs)
        except WriteError:
            raise
        except PyMongoError as error:
            if error.has_error_label("TransientTransactionError"):
                raise  # the transaction around it is tried again by the driver
            raise unavailable(error) from error

    return inner


async def transaction(client: Client, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
    """Do all of `work` or nothing; it may run more than once."""
    try:
        async with await client.start_session() as session:
            result: T = await session.with_transaction(work)
            return result
    except WriteError:
        raise
    except PyMongoError as error:
        raise unavailable(error) from error


async def once(client: Client, work: Callable[[Session], Coroutine[Any, Any, None]]) -> bool:
    """Do all of `work` or nothing; False where it was done before, as an id that is there already tells."""
    try:
        await transaction(client, work)
    except DuplicateKeyError:
        return False
    return True
