"""Bodies of requests, read up to a limit."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from registry.api.problems import Problem


async def body_of(request: Request, limit: int, hint: str) -> bytes:
    """The body.

    Raises:
        Problem: as soon as it is larger than so many bytes, where `hint` says what to do; or when the client hangs up
            before all of it is here, which is no fault of ours and is read by nobody.
    """
    content = bytearray()
    try:
        async for piece in request.stream():
            content += piece
            if len(content) > limit:
                raise Problem("too-large", f"The request is larger than {limit} bytes; {hint}.", limit_bytes=limit)
    except ClientDisconnect:
        raise Problem("bad-request", "The client hung up.") from None
    return bytes(content)
