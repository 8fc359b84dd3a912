"""Bodies of requests, read up to a limit."""

from __future__ import annotations

from starlette.requests import Request

from registry.api.problems import Problem


async def body_of(request: Request, limit: int, hint: str) -> bytes:
    """The body. Raises Problem as soon as it is larger than so many bytes; `hint` says what to do."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > limit:
            raise Problem("too-large", f"The request is larger than {limit} bytes; {hint}.", limit_bytes=limit)
    return bytes(content)
