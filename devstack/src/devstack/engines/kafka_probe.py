"""The smallest question one can ask a Kafka broker, to know that it serves."""

import socket
import struct

METADATA, VERSION, CORRELATION, NO_CLIENT_ID, NO_TOPICS = 3, 1, 0, -1, 0
REQUEST = struct.pack(">hhihi", METADATA, VERSION, CORRELATION, NO_CLIENT_ID, NO_TOPICS)


def brokers_known_to(host: str, port: int) -> int:
    """How many brokers of its cluster the broker knows to be serving; 0 when it does not answer."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(REQUEST)) + REQUEST)
            answer = connection.recv(12, socket.MSG_WAITALL)
    except OSError:
        return 0
    if len(answer) < 12:
        return 0
    _size, _correlation, brokers = struct.unpack(">iii", answer)
    return int(brokers)
