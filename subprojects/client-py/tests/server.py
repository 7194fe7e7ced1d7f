"""server.py: `binnacle dev` on a free port, and a proxy that drops responses.

BINNACLE is the path of the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

START_SECONDS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bct-", dir="/tmp"))
        self.directory.chmod(0o711)  # PostgreSQL runs as another user than root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        output = self.directory / "output"
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [os.environ["BINNACLE"], "dev", "--port", str(self.port), "--data", str(self.directory / "data")],
                env={**os.environ, "RATE_LIMIT": "off", "LOG_LEVEL": "WARN"},
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("binnacle dev did not start:\n" + output.read_text())
            time.sleep(0.02)

    def is_ready(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/ready", timeout=5):
            return True
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def token(self, who="guard", **options):
        request = urllib.request.Request(f"{self.url}/dev/token", json.dumps({"who": who, **options}).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)["token"]


async def read_message(reader):
    """Reads a head and a body of known length; empty at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    return head + await reader.readexactly(length)


class LossyProxy:
    """`is_lost(method)`: whether to drop the response to a request."""

    def __init__(self, port, is_lost):
        self.port, self.is_lost = port, is_lost
        self.listener = None
        self.tasks = set()

    async def __aenter__(self):
        self.listener = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_):
        self.listener.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while True:
                request = await read_message(reader)
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
                with contextlib.closing(up_writer):
                    up_writer.write(request)
                    response = await read_message(up_reader)
                if self.is_lost(request.split(b" ", 1)[0].decode()):
                    return
                writer.write(response)
