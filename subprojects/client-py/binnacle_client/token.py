"""Keeps the caller's token and renews it before it expires."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
from collections.abc import Awaitable, Callable

GetToken = Callable[[], Awaitable[str]]

MARGIN_SECONDS = 15.0


def renew_at(token: str) -> float:
    """When to renew a token: shortly before it expires, or only when rejected if it is no JWT."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        expires, issued = float(claims["exp"]), float(claims.get("iat", claims["exp"] - 60))
        return expires - min(MARGIN_SECONDS, (expires - issued) / 5)
    except (ValueError, KeyError, IndexError, TypeError):
        return math.inf


class TokenSource:
    def __init__(self, get_token: GetToken | None) -> None:
        self._get_token = get_token
        self._token: str | None = None
        self._renew_at = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> str | None:
        """A token that does not expire soon; None for an anonymous caller."""
        if self._get_token is None:
            return None
        async with self._lock:  # one request for all callers
            if self._token is None or time.time() >= self._renew_at:
                self._token = await self._get_token()
                self._renew_at = renew_at(self._token)
            return self._token

    async def renew(self, used: str) -> str | None:
        """A token other than `used`, which the server has rejected as expired."""
        if self._token == used:
            self._renew_at = 0
        return await self.get()
