import asyncio
import base64
import os

import pytest
from bench import floor, signed, web
from bench.figures import Check, percentile
from bench.load import drive
from bench.machine import Usage, memory_mb
from bench.people import People
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot_gateway.activity import Activity
from devstack.connector.settings import ConnectorSettings
from devstack.engines.server import free_port

URL = "http://127.0.0.1:8080"
PATH = "/rest/api/2/issue/OPS-7?fields=summary%2Cstatus&expand=transitions"


def call(authorization: str, path: str = PATH) -> web.Request:
    head = f"GET {path} HTTP/1.1\r\nAuthorization: {authorization}\r\n"
    return web.Request("GET", path, head.encode(), b"")


def test_what_the_floor_signs_is_a_valid_oauth_signature_and_a_changed_call_is_not() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    base, parameters = floor._unsigned("GET", URL + PATH)
    signature = key.sign(base.encode(), PKCS1v15(), hashes.SHA1())
    authorization = floor._header(parameters, base64.b64encode(signature).decode())

    signed.check(call(authorization), URL, pem)
    with pytest.raises(InvalidSignature):
        signed.check(call(authorization, PATH + "&x=1"), URL, pem)


async def test_the_load_counts_every_request_that_the_server_answered() -> None:
    answered = 0

    def respond(request: web.Request) -> bytes:
        nonlocal answered
        answered += request.body == b'{"n": 1}'
        return web.answer(b"{}")

    port = free_port()
    server = await web.serve(respond, port)
    load = await drive(port, 4, 0.1, lambda: web.post("/", port, b'{"n": 1}', "Bearer x"))
    server.close()

    assert 0 < load.statuses[200] == len(load.took) <= answered
    assert set(load.statuses) == {200}


async def test_a_request_that_arrives_in_pieces_is_answered_once() -> None:
    port = free_port()
    server = await web.serve(lambda request: web.answer(request.body), port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = web.post("/", port, b'{"a": "bc"}', "Bearer x")
    for piece in (request[:20], request[20:-4], request[-4:]):
        writer.write(piece)
        await asyncio.sleep(0.01)
    head = await reader.readuntil(web.END)

    assert web.content_length(head) == 11
    assert await reader.readexactly(11) == b'{"a": "bc"}'
    writer.close()
    server.close()


def test_each_message_has_its_own_id_and_is_an_activity_that_the_gateway_understands() -> None:
    people = People(ConnectorSettings())
    one, request = people.message(0, "comment OPS-7 deployed", 3978)
    another, _ = people.message(0, "comment OPS-7 deployed", 3978)
    activity = Activity.model_validate_json(request.partition(web.END)[2])

    assert one != another
    assert (activity.id, activity.text) == (one, "comment OPS-7 deployed")


def test_a_check_is_kept_at_its_limit_and_a_percentile_is_one_of_the_values() -> None:
    assert Check("times", 4.0, ">=", 4.0).ok
    assert not Check("ms", 1.7, "<=", 1.6).ok
    assert percentile([float(value) for value in range(100)], 0.99) == 99.0


def test_what_a_process_uses_is_read_from_the_system() -> None:
    usage = Usage({"us": os.getpid()})
    usage.start()
    sum(range(3_000_000))

    assert 0 <= usage.stop()["us"] <= 4
    assert memory_mb()[0] > 10
