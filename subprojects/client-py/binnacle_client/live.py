"""Events of channels, over /ws. Each arrives once and in order, even after reconnects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import websockets
import websockets.exceptions

from .schema import LiveEvent
from .token import TokenSource
from .transport import backoff

MAX_DELAY = 20.0
TOKEN_EXPIRED = 109
TEMPORARY = (100, 111)


class LiveError(Exception):
    """The subscription was rejected, or the server closed the connection permanently."""

    def __init__(self, code: int, reason: str, channel: str | None = None) -> None:
        super().__init__(f"{channel + ': ' if channel else ''}{code} {reason}")
        self.code, self.reason, self.channel = code, reason, channel


class Live:
    def __init__(self, base_url: str, tokens: TokenSource) -> None:
        self._url = base_url.rstrip("/").replace("http", "ws", 1) + "/ws"
        self._tokens = tokens

    async def events(self, *channels: str, on_load: Callable[[str], Any] | None = None) -> AsyncIterator[LiveEvent]:
        """Subscribes to the channels and yields their events, until the caller ends the loop.

        `on_load(channel)` is called when a subscription begins, and when events were missed that are
        no longer available: load the current state then."""
        subscriptions = Subscriptions(channels, on_load or (lambda channel: None))
        attempt = 0
        while True:
            try:
                async with websockets.connect(self._url) as socket:  # type: ignore[attr-defined]
                    async for event in self._receive(socket, subscriptions):
                        attempt = 0
                        yield event
            except websockets.exceptions.ConnectionClosed as closed:
                code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")
                if 3500 <= code <= 3999 or 4500 <= code <= 4999:
                    raise LiveError(code, reason) from closed
            except (OSError, asyncio.TimeoutError, websockets.exceptions.InvalidHandshake):
                pass
            await asyncio.sleep(backoff(attempt, MAX_DELAY))
            attempt += 1

    async def _receive(self, socket: Any, subscriptions: Subscriptions) -> AsyncIterator[LiveEvent]:
        token = await self._tokens.get()
        if token:
            await socket.send(json.dumps({"type": "authenticate", "data": {"token": token}}))
        for request in subscriptions.requests():
            await socket.send(json.dumps(request))
        async for text in socket:
            message = json.loads(text)
            if token and message["type"] == "error" and message["data"]["code"] == TOKEN_EXPIRED:
                await self._tokens.renew(token)
                return  # reconnects
            event = subscriptions.receive(message)
            if event:
                yield event


class Subscriptions:
    """The position in each channel: the epoch, and the offset of the last event that was yielded."""

    def __init__(self, channels: tuple[str, ...], on_load: Callable[[str], Any]) -> None:
        self.positions: dict[str, dict[str, Any] | None] = dict.fromkeys(channels)
        self.resuming: set[str] = set()
        self.on_load = on_load

    def requests(self) -> list[dict[str, Any]]:
        """The messages to send first. The server subscribes to `all` and the user's channel."""
        self.resuming = {channel for channel, position in self.positions.items() if position}
        return [{"type": "resume" if position else "subscribe", "data": {"channel": channel, **(position or {})}}
                for channel, position in self.positions.items()
                if position or not (channel == "all" or channel.startswith("user:"))]

    def receive(self, message: dict[str, Any]) -> LiveEvent | None:
        if "offset" in message:
            channel = message["channel"]
            position = self.positions.get(channel)
            # Newer events can arrive before the reply to `resume`; missed events follow the reply.
            if position is None or channel in self.resuming or message["offset"] <= position["offset"]:
                return None
            position["offset"] = message["offset"]
            return cast(LiveEvent, message)
        data = message["data"]
        channel = data.get("channel") if isinstance(data, dict) else None
        if message["type"] == "error":
            self._fail(data, channel)
        elif channel in self.positions:
            self._change(message["type"], channel, data)
        return None

    @staticmethod
    def _fail(data: dict[str, Any], channel: str | None) -> None:
        if data["code"] in TEMPORARY:
            raise ConnectionError(data["message"])  # reconnects
        raise LiveError(data["code"], data["message"], channel)

    def _change(self, kind: str, channel: str, data: dict[str, Any]) -> None:
        if kind == "unsubscribed":
            raise LiveError(0, data["message"], channel)
        # Without `recovered` it is the server's own subscription; the reply to `resume` is still to come.
        if kind != "subscribed" or (channel in self.resuming and "recovered" not in data):
            return
        self.resuming.discard(channel)
        if not data.get("recovered"):
            self.positions[channel] = {"epoch": data["epoch"], "offset": data["offset"]}
            self.on_load(channel)
