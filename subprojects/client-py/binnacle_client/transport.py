"""Sends requests: authenticates, retries, and makes retries safe.

A POST gets an Idempotency-Key, so that the server executes it once however often it is sent.
Requests that cannot be repeated (PATCH, DELETE) are retried only if the server did not execute
them.
"""

from __future__ import annotations

import asyncio
import email.utils
import math
import random
import time
import uuid
from dataclasses import dataclass

import httpx

from .problem import problem_of
from .token import TokenSource

KEY = "Idempotency-Key"
FIRST_DELAY = 0.3


@dataclass(frozen=True)
class Retry:
    """`attempts`: total number of attempts. `max_delay`: longest delay between two attempts, in
    seconds; if the server asks for a longer one, its response is returned."""

    attempts: int = 5
    max_delay: float = 20.0


def backoff(attempt: int, max_delay: float) -> float:
    """Exponential, with jitter."""
    longest = min(FIRST_DELAY * math.pow(2, attempt), max_delay)
    return longest * random.uniform(0.5, 1)


def retry_after(response: httpx.Response) -> float:
    """The header in seconds; 0 if it is missing."""
    header = response.headers.get("Retry-After", "0")
    if header.isdigit():
        return float(header)
    date = email.utils.parsedate_tz(header)
    return max(email.utils.mktime_tz(date) - time.time(), 0) if date else 0


def may_retry(response: httpx.Response, repeatable: bool) -> bool:
    """The server sends Retry-After if it did not execute the request."""
    return "Retry-After" in response.headers or (repeatable and response.status_code in (429, 502, 503, 504))


class Transport:
    def __init__(self, http: httpx.AsyncClient, tokens: TokenSource, retry: Retry) -> None:
        self._http = http
        self._tokens = tokens
        self._retry = retry

    async def send(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            request.headers.setdefault(KEY, uuid.uuid4().hex)
        repeatable = request.method in ("GET", "HEAD", "PUT") or KEY in request.headers
        attempt = 0
        while True:
            last = attempt + 1 >= self._retry.attempts
            delay = backoff(attempt, self._retry.max_delay)
            try:
                response = await self._authenticated(request)
                delay = max(delay, retry_after(response))
                if last or delay > self._retry.max_delay or not may_retry(response, repeatable):
                    return response
            except httpx.TransportError:
                if last or not repeatable:
                    raise
            await asyncio.sleep(delay)
            attempt += 1

    async def _authenticated(self, request: httpx.Request) -> httpx.Response:
        """Renews the token once if it has expired meanwhile."""
        token = await self._tokens.get()
        response = await self._once(request, token)
        if token and response.status_code == 401 and (problem_of(response) or {}).get("code") == "TOKEN_EXPIRED":
            response = await self._once(request, await self._tokens.renew(token))
        return response

    async def _once(self, request: httpx.Request, token: str | None) -> httpx.Response:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return await self._http.send(request)
