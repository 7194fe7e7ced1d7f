"""Keeps writes while the server cannot be reached, and sends each exactly once, in order.

An entry is stored before it is sent, and removed after its response. After a crash in between, it
is sent again with the same Idempotency-Key, so the server returns its first response. The server
keeps that for 24 hours; an entry whose outcome is unknown for longer is reported instead of sent
again.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from .problem import ProblemError
from .transport import KEY, backoff

MAX_BYTES = 262_144  # BODY_BYTES of the server
MAX_AGE = 23 * 3600
MAX_DELAY = 30.0
MAX_FAILURES = 5  # responses with status 500 to one entry

Request = Callable[..., Awaitable[httpx.Response]]


class OutboxFullError(Exception):
    """The outbox has no room for this request."""


@dataclass(frozen=True)
class OutboxEntry:
    id: int
    key: str
    path: str
    body: Any
    sent_at: float | None


def ignore(*_: Any) -> None:
    """Does nothing; the default for the callbacks."""


class Outbox:
    """`file`: an SQLite database, one for each user; ":memory:" lasts as long as the program.

    `on_sent(entry, data)` is called at least once for each entry that was executed;
    `on_conflict(entry, error)` for each that the server rejected and that was removed. `error` is None
    if the outcome of an entry could not be determined in time."""

    def __init__(self, request: Request, file: str, *, max_entries: int = 1000,
                 on_sent: Callable[[OutboxEntry, Any], Any] = ignore,
                 on_conflict: Callable[[OutboxEntry, ProblemError | None], Any] = ignore) -> None:
        self._request = request
        self._max_entries = max_entries
        self._on_sent = on_sent
        self._on_conflict = on_conflict
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("create table if not exists entries (id integer primary key autoincrement,"
                               " key text not null, path text not null, body text not null, sent_at real)")
        self._added = asyncio.Event()
        self._lock = asyncio.Lock()
        self._failures = 0

    async def add(self, path: str, body: Any) -> OutboxEntry:
        """Stores a POST. run() sends it as soon as possible, even after the program restarts."""
        text = json.dumps(body)
        (count,) = self._database.execute("select count(*) from entries").fetchone()
        if len(text.encode()) > MAX_BYTES or count >= self._max_entries:
            raise OutboxFullError("The outbox has no room for this request.")
        key = uuid.uuid4().hex
        cursor = self._database.execute("insert into entries (key, path, body) values (?, ?, ?)", (key, path, text))
        self._added.set()
        return OutboxEntry(cursor.lastrowid or 0, key, path, body, None)

    def pending(self) -> list[OutboxEntry]:
        """The entries that have not been sent yet, oldest first."""
        rows = self._database.execute("select id, key, path, body, sent_at from entries order by id")
        return [OutboxEntry(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in rows]

    async def run(self) -> None:
        """Sends entries as they are added, until it is cancelled."""
        attempt = 0
        while True:
            self._added.clear()
            done = await self.flush()
            attempt = 0 if done else attempt + 1
            if done:
                await self._added.wait()
            else:
                await asyncio.sleep(backoff(attempt, MAX_DELAY))

    async def flush(self) -> bool:
        """Sends entries in order. Returns False if it stopped because the server cannot be reached."""
        async with self._lock:
            while entries := self.pending():
                for entry in entries:
                    if not await self._deliver(entry):
                        return False
            return True

    def close(self) -> None:
        self._database.close()

    async def _deliver(self, entry: OutboxEntry) -> bool:
        """Returns whether the entry is settled: executed or given up."""
        if entry.sent_at is None:
            self._database.execute("update entries set sent_at = ? where id = ?", (time.time(), entry.id))
        elif time.time() - entry.sent_at > MAX_AGE:
            self._remove(entry)
            self._on_conflict(entry, None)
            return True
        try:
            response = await self._request("POST", entry.path, body=entry.body, headers={KEY: entry.key})
        except httpx.TransportError:
            return False
        if not response.is_success and self._is_temporary(response):
            return False
        self._remove(entry)
        if response.is_success:
            self._on_sent(entry, response.json() if response.content else None)
        else:
            self._on_conflict(entry, ProblemError(response))
        return True

    def _is_temporary(self, response: httpx.Response) -> bool:
        if response.status_code == 500:
            self._failures += 1
            return self._failures < MAX_FAILURES
        return ("Retry-After" in response.headers or response.status_code > 500
                or response.status_code in (401, 408, 425, 429))

    def _remove(self, entry: OutboxEntry) -> None:
        self._database.execute("delete from entries where id = ?", (entry.id,))
        self._failures = 0
