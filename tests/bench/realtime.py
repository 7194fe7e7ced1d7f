"""realtime.py: what it costs to have people listen, and to tell them something.

Events are made in the database, as another process of ours would make them: live.emit(), the
commit, and the notice that a channel has come so far. The listeners are tests/bench/listeners,
on the other core."""

import http.client
import json
import pathlib
import statistics
import subprocess
import threading

from load import pace, pace_result
from environment import cpu_seconds, rss_anon_kb

HERE = pathlib.Path(__file__).resolve().parent
IDLE = 8000
EARS = 2000
TEXT = "All berths walked, lines and fenders checked, gates locked. " * 3
PATIENCE_US = 20_000_000


class Listeners:
    def __init__(self, stand, port, path="/ws", *texts):
        self.process = subprocess.Popen([str(stand.build / "tests" / "bench" / "subscribers"), str(port), path, *texts],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        said = self.process.stdout.readline()
        if not said:
            raise SystemExit("listeners: they are gone")
        return said.strip()

    def ask(self, line):
        self.say(line)
        return self.hear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Emitter:
    """psql on a connection of its own, which commits events and tells of them."""

    def __init__(self, stand):
        self.process = subprocess.Popen(["psql", "-XqAt", "-d", stand.url], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def emit(self, count, channel="all"):
        data = json.dumps({"text": TEXT})
        self.process.stdin.write(f"""
            select e -> -1 ->> 'offset' as last from live.emit((select jsonb_agg(jsonb_build_object(
                'channel', '{channel}', 'type', 'bench.told', 'data', '{data}'::jsonb))
                from generate_series(1, {count}))) e \\gset
            select pg_notify('binnacle_live', 'bench {channel}=' || :'last');
            \\echo told\n""")
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "told":
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Npm:
    """The same broadcast by npm's ws."""

    def __init__(self, stand, modules):
        self.process = subprocess.Popen(["node", str(HERE / "npm_broadcast.mjs"), json.dumps(
            {"type": "bench.told", "data": {"text": TEXT}, "timestamp": "2026-11-21T05:47:00.123+00:00",
             "channel": "all", "offset": 100000}), modules],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    def emit(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self


def idle_memory(stand):
    """Bytes of an idle, authenticated socket; sockets a second at none and at IDLE open."""
    connect = json.dumps({"connect": {"token": stand.token, "name": "bench"}, "id": 1})
    with stand.listened() as (server, port), \
            Listeners(stand, port, "/connection/websocket", connect) as listeners:
        listeners.ask("open 500")
        listeners.ask("settle 500")
        first_us = int(listeners.ask("open 1000"))
        listeners.ask("settle 1000")
        before = rss_anon_kb(server.pid)
        opened = IDLE - 1500
        listeners.ask(f"open {opened}")
        listeners.ask("settle 3000")
        each = (rss_anon_kb(server.pid) - before) * 1024 / opened
        last_us = int(listeners.ask("open 1000"))
    return {"bytes": round(each), "opened_per_second_at_none": round(1e9 / first_us),
            "opened_per_second_at_many": round(1e9 / last_us)}


def cost(pid, listeners, emit, burst, rounds):
    """Deliveries a second of the server's processor."""
    for _ in range(2):
        emit(burst)
        listeners.ask(f"await {burst} {PATIENCE_US}")
    before, heard = cpu_seconds(pid), 0
    for _ in range(rounds):
        emit(burst)
        heard += int(listeners.ask(f"await {burst} {PATIENCE_US}").split()[0])
    return heard / max(cpu_seconds(pid) - before, 0.001), heard == rounds * burst * EARS


def deliveries(stand, modules, rounds):
    ours, theirs = {1: [], 32: []}, {1: [], 32: []}
    with stand.listened() as (server, port), Listeners(stand, port) as listeners, Emitter(stand) as emitter, \
            Npm(stand, modules) as npm, Listeners(stand, npm.port, "/") as others:
        listeners.ask(f"open {EARS}")
        others.ask(f"open {EARS}")
        listeners.ask("settle 1000")
        others.ask("settle 500")
        for _ in range(rounds):
            for burst, times in ((1, 60), (32, 8)):
                rate, whole = cost(server.pid, listeners, emitter.emit, burst, times)
                if not whole:
                    raise SystemExit("an event was not heard by all")
                ours[burst].append(rate)
                theirs[burst].append(cost(npm.pid, others, npm.emit, burst, times)[0])
    return {burst: {"binnacle": round(statistics.median(ours[burst])), "ws": round(statistics.median(theirs[burst])),
                    "ratio": round(statistics.median(a / b for a, b in zip(ours[burst], theirs[burst])), 2)}
            for burst in (1, 32)}


def hear_each(stand, port, listen_at, place, body, count):
    """log → when the first has heard of it: logs are written one after the other."""
    authenticate = json.dumps({"type": "authenticate", "data": {"token": stand.token}})
    subscribe = json.dumps({"type": "subscribe", "data": {"channel": f"location:{place}"}})
    headers = {"Authorization": f"Bearer {stand.token}", "Content-Type": "application/json"}
    heard = {}
    with Listeners(stand, listen_at, "/ws", authenticate) as listeners:
        for line in ("open 1", "settle 300", "say " + subscribe, "settle 300"):
            listeners.ask(line)
        wire = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(count):
            listeners.say(f"first 1 {PATIENCE_US}")
            wire.request("POST", "/api/v1/logs", body, headers)
            answer = wire.getresponse()
            log = json.loads(answer.read())
            heard[log["id"]] = int(listeners.hear()) / 1e6
    return heard


def first_heard(stand, count=300):
    """Milliseconds from a commit, as PostgreSQL has noted it, to the first who hears of it: told by
    the process that committed, and by another one. (It notes the time before it waits for the
    disk, so here it does not wait.)"""
    stand.psql("alter database binnacle set synchronous_commit = off")
    place = stand.places[0]
    body = json.dumps({"type": "PATROL", "title": "Round", "description": "Quiet.", "location_id": place})
    results = {}
    with stand.listened() as (_, port), stand.listened() as (_, other_port):
        for name, listen_at in (("same process", port), ("other process", other_port)):
            heard = hear_each(stand, port, listen_at, place, body, count)
            commits = stand.psql(f"""select id, extract(epoch from pg_xact_commit_timestamp(xmin)) from app.logs
                where id in ('{"','".join(heard)}')""")
            took = sorted((heard[log] - float(at)) * 1000 for log, at in
                          (line.split("|") for line in commits.splitlines()))
            results[name] = {"p50_ms": round(took[len(took) // 2], 3),
                             "p99_ms": round(took[len(took) * 99 // 100], 3)}
    stand.psql("alter database binnacle reset synchronous_commit")
    return results


def beside_broadcast(stand, seconds):
    """The 99th percentile of good requests, quiet and while all EARS hear as much as they can: of those
    that this process answers by itself, and of those that PostgreSQL has to, which shares the two
    cores with all of them."""
    paths = {"/health": "health", f"/api/v1/logs/{stand.log}": "GET a log"}
    return {name: beside(stand, path, seconds) for path, name in paths.items()}


def beside(stand, path, seconds):
    over = threading.Event()
    with stand.listened() as (_, port), Listeners(stand, port) as listeners, Emitter(stand) as emitter:
        listeners.ask(f"open {EARS}")
        listeners.ask("settle 1000")
        quiet = pace_result(pace(stand, port, seconds, 500, stand.token, path, ahead=True))

        def shout():
            while not over.is_set():
                emitter.emit(1)
                listeners.ask(f"await 1 {PATIENCE_US}")
        thread = threading.Thread(target=shout)
        thread.start()
        loud = pace_result(pace(stand, port, seconds, 500, stand.token, path, ahead=True))
        over.set()
        thread.join()
    return {"quiet_p99_ms": quiet["p99_us"] / 1000, "loud_p99_ms": loud["p99_us"] / 1000}


def slow_readers(stand, rounds=60):
    """A tenth of the readers never reads: what the others notice, and what it costs in memory."""
    with stand.listened({"WS_RING": "64", "WS_RING_BYTES": "65536"}) as (server, port), \
            Listeners(stand, port) as listeners, Emitter(stand) as emitter:
        listeners.ask(f"open {EARS}")
        listeners.ask("settle 1000")

        def p99():
            took = []
            for _ in range(rounds):
                emitter.emit(32)
                took.append(int(listeners.ask(f"await 32 {PATIENCE_US}").split()[2]))
            return statistics.median(took) / 1000
        p99()
        alone = p99()
        before = rss_anon_kb(server.pid)
        listeners.ask(f"deaf {EARS // 10}")
        beside = p99()
        grown = rss_anon_kb(server.pid) - before
    # The ring, and what is pending for each in one write.
    most = 64 + EARS // 10 * 16
    return {"alone_p99_ms": round(alone, 2), "beside_p99_ms": round(beside, 2), "grown_kb": grown, "ring_kb": most}
