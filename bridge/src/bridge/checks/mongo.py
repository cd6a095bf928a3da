"""MongoDB: does it answer, and is it a replica set (transactions and change streams need one)?"""

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import ConfigurationError, InvalidURI, OperationFailure, PyMongoError

from bridge.doctor import Finding, failed, ok, skipped
from bridge.settings import BridgeSettings

MONGO = "MongoDB"
REPLICA_SET = "MongoDB replica set"
PATIENCE_MS = 2_000


async def check_mongo(settings: BridgeSettings) -> list[Finding]:
    """Say hello and look at the answer."""
    try:
        hello = await _hello(settings.mongo_url.get_secret_value())
    except (ConfigurationError, InvalidURI):
        says = "BRIDGE_MONGO_URL is not an address of MongoDB."
        return _unreachable(says, "Set it to mongodb://host:port/?replicaSet=name.")
    except OperationFailure:
        return _unreachable("MongoDB refused the login.", "Check user and password in BRIDGE_MONGO_URL.")
    except PyMongoError:
        says = "MongoDB did not answer within 2 seconds."
        return _unreachable(says, "Start MongoDB, or set BRIDGE_MONGO_URL to where it is.")
    return [ok(MONGO, "answers"), _replica_set(hello.get("setName"))]


async def _hello(url: str) -> dict[str, object]:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(url, serverSelectionTimeoutMS=PATIENCE_MS)
    try:
        answer: dict[str, object] = await client.admin.command("hello")
    finally:
        client.close()
    return answer


def _replica_set(name: object) -> Finding:
    if name:
        return ok(REPLICA_SET, f"a member of {name}")
    advice = "Start mongod with --replSet and call rs.initiate() once; one node is enough to try."
    return failed(REPLICA_SET, "MongoDB runs alone: transactions and change streams are not possible.", advice)


def _unreachable(says: str, advice: str) -> list[Finding]:
    return [failed(MONGO, says, advice), skipped(REPLICA_SET, "MongoDB does not answer.")]
