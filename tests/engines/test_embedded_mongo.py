from pathlib import Path

from pymongo import MongoClient

from devstack.engines.embedded_mongo import embedded_mongo


def test_what_was_acknowledged_survives_a_crash(tmp_path: Path) -> None:
    mongo = embedded_mongo(tmp_path)
    try:
        mongo.start()
        with MongoClient[dict[str, int]](mongo.url) as client:
            for number in range(20):
                client.crash.numbers.insert_one({"_id": number})
            mongo.kill()
            mongo.start()

            assert client.crash.numbers.count_documents({}) == 20
    finally:
        mongo.stop()
