"""The client against a server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import random
import tempfile
import unittest
from unittest import mock

from server import LossyProxy, Server

from binnacle_client import Binnacle, LiveError, OutboxFullError, ProblemError, Retry, live

LOCATION = "01900000-0000-7000-8000-000000000001"
CREATIONS = int(os.environ.get("CREATIONS", "40"))
KILLS = int(os.environ.get("KILLS", "1"))


def log(title):
    return {"type": "PATROL", "title": title, "description": "Walked the docks.", "location_id": LOCATION}


def note(title):
    return {"title": title, "content": "x"}


class ClientTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self.client = await self.enterAsyncContext(self.connect())

    def connect(self, url=None, get_token=None, **options):
        async def default():
            return self.server.token()

        return Binnacle(url or self.server.url, get_token or default, **options)

    async def titles(self, prefix):
        titles = []
        for skip in range(0, 100_000, 500):
            page = await self.client.list_my_notes(limit=500, skip=skip)
            titles += [note["title"] for note in page if (note["title"] or "").startswith(prefix)]
            if len(page) < 500:
                return titles

    async def test_lists_creates_and_reads(self):
        created = await self.client.create_log(log("Created by the client"))
        found = await self.client.list_logs(search="Created by the client", type=["PATROL", "INCIDENT"])
        self.assertEqual([entry["id"] for entry in found], [created["id"]])
        self.assertEqual((await self.client.get_log(created["id"]))["title"], "Created by the client")

    async def test_problems_have_a_code(self):
        with self.assertRaises(ProblemError) as missing:
            await self.client.get_log("01900000-0000-7000-8000-ffffffffffff")
        self.assertEqual(missing.exception.code, "NOT_FOUND")
        with self.assertRaises(ProblemError) as invalid:
            await self.client.create_log({})
        self.assertEqual(invalid.exception.code, "VALIDATION_FAILED")
        self.assertGreaterEqual(len(invalid.exception.problem["errors"]), 4)

    async def test_renews_its_token_before_it_expires_once_for_all(self):
        given = []

        async def get_token():
            given.append(self.server.token(ttl=2))
            return given[-1]

        async with self.connect(get_token=get_token) as client:
            await asyncio.gather(*(client.get_profile() for _ in range(4)))
            self.assertEqual(len(given), 1)
            await asyncio.sleep(1.7)
            await asyncio.gather(*(client.get_profile() for _ in range(4)))
        self.assertEqual(len(given), 2)

    async def test_renews_a_token_that_is_rejected_once(self):
        given = []

        async def get_token():
            given.append(self.server.token(fault="expired") if len(given) % 2 == 0 else self.server.token())
            return given[-1]

        with mock.patch("binnacle_client.token.time.time", return_value=0):  # its clock is wrong
            async with self.connect(get_token=get_token) as client:
                await client.get_profile()
        self.assertEqual(len(given), 2)

    async def test_creates_once_although_connections_are_cut(self):
        lost = iter([True, True, False])
        async with LossyProxy(self.server.port, lambda method: method == "POST" and next(lost)) as url:
            async with self.connect(url, retry=Retry(max_delay=1.2)) as client:
                response = await client.request("POST", "/api/v1/me/notes", body=note("Cut"))
        self.assertEqual((response.status_code, response.headers["Idempotent-Replayed"]), (201, "true"))
        self.assertEqual(await self.titles("Cut"), ["Cut"])

    async def test_does_not_repeat_a_patch(self):
        sent = []
        async with LossyProxy(self.server.port, lambda method: not sent.append(method)) as url:
            async with self.connect(url) as client:
                with self.assertRaises(Exception):
                    await client.update_profile({"city": "Harbour"})
        self.assertEqual(sent, ["PATCH"])

    async def test_receives_events_and_what_it_missed(self):
        channel = f"location:{LOCATION}"
        me = await self.client.get_profile()
        loaded, received = asyncio.Queue(), asyncio.Queue()
        sockets = []

        async def listen():
            async for event in self.client.live.events(channel, f"user:{me['id']}", on_load=loaded.put_nowait):
                received.put_nowait(event)

        def remember(*args, **options):
            sockets.append(real_connect(*args, **options))
            return sockets[-1]

        real_connect = live.websockets.connect
        with mock.patch.object(live.websockets, "connect", remember):
            task = asyncio.create_task(listen())
            self.assertEqual({await loaded.get(), await loaded.get()}, {channel, f"user:{me['id']}"})
            created = await self.client.create_log(log("Live"))
            event = await asyncio.wait_for(received.get(), 5)
            self.assertEqual((event["type"], event["data"]["id"], event["channel"]), ("log.created", created["id"], channel))
            sockets[0].protocol.transport.abort()
            created = await self.client.create_log(log("Missed"))
            event = await asyncio.wait_for(received.get(), 5)
            self.assertEqual(event["data"]["id"], created["id"])
            self.assertTrue(loaded.empty())
            task.cancel()

    async def test_a_subscription_that_is_not_permitted(self):
        with self.assertRaisesRegex(LiveError, "duty: 103 permission denied"):
            async for _ in self.client.live.events("duty"):
                pass

    async def test_the_outbox_reports_what_is_rejected(self):
        sent, conflicts = [], []
        outbox = self.client.outbox(":memory:", max_entries=3, on_sent=lambda entry, data: sent.append(data["title"]),
                                    on_conflict=lambda entry, error: conflicts.append(error.code))
        for body in (note("First"), {"title": ""}, note("Last")):
            await outbox.add("/api/v1/me/notes", body)
        with self.assertRaises(OutboxFullError):
            await outbox.add("/api/v1/me/notes", note("Too many"))
        self.assertTrue(await outbox.flush())
        self.assertEqual((sent, conflicts, outbox.pending()), (["First", "Last"], ["VALIDATION_FAILED"], []))
        outbox.close()

    async def test_the_outbox_sends_each_entry_once(self):
        sent, conflicts = [], []
        file = str(pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "outbox.db")
        expected = [f"Outbox {n}" for n in range(CREATIONS)]
        url = await self.enterAsyncContext(
            LossyProxy(self.server.port, lambda method: method == "POST" and random.random() < 0.5))
        client = await self.enterAsyncContext(self.connect(url, retry=Retry(attempts=4, max_delay=0.02)))

        def reopen():
            return client.outbox(file, max_entries=CREATIONS, on_sent=lambda entry, data: sent.append(data["title"]),
                                 on_conflict=lambda *conflict: conflicts.append(conflict))

        outbox = reopen()
        for title in expected:
            await outbox.add("/api/v1/me/notes", note(title))
        kills = [CREATIONS * kill // (KILLS + 1) for kill in range(1, KILLS + 1)]
        while outbox.pending():
            with contextlib.suppress(asyncio.TimeoutError):  # the program ends in between
                await asyncio.wait_for(outbox.flush(), random.uniform(0.05, 1))
            outbox.close()
            outbox = reopen()
            if kills and len(set(sent)) >= kills[0]:
                kills.pop(0)
                self.server.kill()
                await asyncio.to_thread(self.server.start)
        outbox.close()
        self.assertEqual((conflicts, kills, list(dict.fromkeys(sent))), ([], [], expected))
        self.assertEqual(sorted(await self.titles("Outbox")), sorted(expected))


if __name__ == "__main__":
    unittest.main()
