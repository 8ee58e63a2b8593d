"""Reading a request: a header that comes more than once says all that it says."""

import asyncio

from clearline.edge.collector.exchange import Message, Reader
from clearline.edge.collector.intake import EVENTS_PATH, Arrival


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def test_headers_that_come_twice_are_read_whole() -> None:
    scope = {
        "method": "POST",
        "path": EVENTS_PATH,
        "query_string": b"",
        "client": ("203.0.113.77", 1),
        "headers": [
            (b"sec-gpc", b"1"),
            (b"cookie", b"a=1"),
            (b"sec-gpc", b"0"),
            (b"cookie", b"b=2"),
        ],
    }

    arrival = asyncio.run(Reader(0).read(scope, nothing))

    assert isinstance(arrival, Arrival)
    assert dict(arrival.headers) == {b"sec-gpc": b"1,0", b"cookie": b"a=1; b=2"}
