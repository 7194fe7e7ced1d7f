"""The client: operations as methods, `live` for events, `outbox()` for writes while offline."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import httpx

from .live import Live
from .outbox import Outbox
from .problem import ProblemError
from .schema import Operations
from .token import GetToken, TokenSource
from .transport import Retry, Transport


class Binnacle(Operations):
    """A client for one user, to be used with `async with`. Without `get_token` the user is anonymous.

    The methods return the data of the response, or raise ProblemError. request() returns the response
    itself, with its headers."""

    def __init__(self, base_url: str, get_token: GetToken | None = None, *,
                 headers: dict[str, str] | None = None, retry: Retry = Retry(), timeout: float = 30.0) -> None:
        tokens = TokenSource(get_token)
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=timeout)
        self._transport = Transport(self._http, tokens, retry)
        self.live = Live(base_url, tokens)

    async def request(self, method: str, path: str, *, params: dict[str, Any] | None = None, body: Any = None,
                      headers: dict[str, str] | None = None) -> httpx.Response:
        """Sends a request, with retries; `body` is sent as JSON unless it is None."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        json = {} if body is None else {"json": body}
        return await self._transport.send(
            self._http.build_request(method, path, params=given or None, headers=headers, **json))

    async def _call(self, method: str, path: str, params: dict[str, Any] | None, body: Any,
                    headers: dict[str, str] | None) -> Any:
        response = await self.request(method, path, params=params, body=body, headers=headers)
        if not response.is_success:
            raise ProblemError(response)
        return response.json() if response.content else None

    def outbox(self, file: str, **options: Any) -> Outbox:
        """An outbox that sends as this user. Run its run() as a task. See Outbox for the options."""
        return Outbox(self.request, file, **options)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Binnacle:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        traceback: TracebackType | None) -> None:
        await self.close()
