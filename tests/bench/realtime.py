"""realtime.py: measures the cost of subscribers and of deliveries to them.

Events are created in the database, as another Binnacle process would: live.emit(), a commit, and a
NOTIFY with the new offset of the channel. The subscribers are tests/bench/subscribers, on the
other core."""

import http.client
import json
import pathlib
import statistics
import subprocess
import threading

from load import fixed_rate, fixed_rate_result
from environment import cpu_seconds, rss_anon_kb

HERE = pathlib.Path(__file__).resolve().parent
IDLE_SOCKETS = 8000
SUBSCRIBERS = 2000
TEXT = "All berths walked, lines and fenders checked, gates locked. " * 3
TIMEOUT_US = 20_000_000


class Subscribers:
    def __init__(self, env, port, path="/ws", *texts):
        self.process = subprocess.Popen([str(env.build / "tests" / "bench" / "subscribers"), str(port), path, *texts],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("tests/bench/subscribers has ended")
        return line.strip()

    def command(self, line):
        self.send(line)
        return self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Emitter:
    """Commits and announces events, over one psql connection."""

    def __init__(self, env):
        self.process = subprocess.Popen(["psql", "-XqAt", "-d", env.url], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def emit(self, count, channel="all"):
        data = json.dumps({"text": TEXT})
        self.process.stdin.write(f"""
            select e -> -1 ->> 'offset' as last from live.emit((select jsonb_agg(jsonb_build_object(
                'channel', '{channel}', 'type', 'bench.emitted', 'data', '{data}'::jsonb))
                from generate_series(1, {count}))) e \\gset
            select pg_notify('binnacle_live', 'bench {channel}=' || :'last');
            \\echo emitted\n""")
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "emitted":
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Npm:
    """The same broadcast with npm's ws."""

    def __init__(self, env, modules):
        self.process = subprocess.Popen(["node", str(HERE / "npm_broadcast.mjs"), json.dumps(
            {"type": "bench.emitted", "data": {"text": TEXT}, "timestamp": "2026-11-21T05:47:00.123+00:00",
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


def idle_memory(env):
    """Bytes per idle, authenticated socket; sockets opened per second with none and with
    IDLE_SOCKETS open."""
    connect = json.dumps({"connect": {"token": env.token, "name": "bench"}, "id": 1})
    with env.realtime_server() as (server, port), \
            Subscribers(env, port, "/connection/websocket", connect) as subscribers:
        subscribers.command("open 500")
        subscribers.command("settle 500")
        first_us = int(subscribers.command("open 1000"))
        subscribers.command("settle 1000")
        before = rss_anon_kb(server.pid)
        opened = IDLE_SOCKETS - 1500
        subscribers.command(f"open {opened}")
        subscribers.command("settle 3000")
        each = (rss_anon_kb(server.pid) - before) * 1024 / opened
        last_us = int(subscribers.command("open 1000"))
    return {"bytes": round(each), "opened_per_second_with_none": round(1e9 / first_us),
            "opened_per_second_with_many": round(1e9 / last_us)}


def deliveries_per_cpu_second(pid, subscribers, emit, burst, rounds):
    """Deliveries per second of the server's processor time, and whether none was missed."""
    for _ in range(2):
        emit(burst)
        subscribers.command(f"wait {burst} {TIMEOUT_US}")
    before, received = cpu_seconds(pid), 0
    for _ in range(rounds):
        emit(burst)
        received += int(subscribers.command(f"wait {burst} {TIMEOUT_US}").split()[0])
    return received / max(cpu_seconds(pid) - before, 0.001), received == rounds * burst * SUBSCRIBERS


def deliveries(env, modules, rounds):
    ours, npms = {1: [], 32: []}, {1: [], 32: []}
    with env.realtime_server() as (server, port), Subscribers(env, port) as subscribers, Emitter(env) as emitter, \
            Npm(env, modules) as npm, Subscribers(env, npm.port, "/") as npm_subscribers:
        subscribers.command(f"open {SUBSCRIBERS}")
        npm_subscribers.command(f"open {SUBSCRIBERS}")
        subscribers.command("settle 1000")
        npm_subscribers.command("settle 500")
        for _ in range(rounds):
            for burst, times in ((1, 60), (32, 8)):
                rate, is_complete = deliveries_per_cpu_second(server.pid, subscribers, emitter.emit, burst, times)
                if not is_complete:
                    raise SystemExit("an event did not reach all subscribers")
                ours[burst].append(rate)
                npms[burst].append(deliveries_per_cpu_second(npm.pid, npm_subscribers, npm.emit, burst, times)[0])
    return {burst: {"binnacle": round(statistics.median(ours[burst])), "ws": round(statistics.median(npms[burst])),
                    "ratio": round(statistics.median(a / b for a, b in zip(ours[burst], npms[burst])), 2)}
            for burst in (1, 32)}


def delivery_times(env, port, subscriber_port, location, body, count):
    """log → time of delivery; logs are created one after the other."""
    authenticate = json.dumps({"type": "authenticate", "data": {"token": env.token}})
    subscribe = json.dumps({"type": "subscribe", "data": {"channel": f"location:{location}"}})
    headers = {"Authorization": f"Bearer {env.token}", "Content-Type": "application/json"}
    times = {}
    with Subscribers(env, subscriber_port, "/ws", authenticate) as subscribers:
        for line in ("open 1", "settle 300", "send " + subscribe, "settle 300"):
            subscribers.command(line)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(count):
            subscribers.send(f"first 1 {TIMEOUT_US}")
            connection.request("POST", "/api/v1/logs", body, headers)
            answer = connection.getresponse()
            log = json.loads(answer.read())
            times[log["id"]] = int(subscribers.receive()) / 1e6
    return times


def delivery_latency(env, count=300):
    """Milliseconds from a commit to the delivery by the process that committed, and by another one.
    PostgreSQL records the time of a commit before it waits for the disk, so here it does not
    wait."""
    env.psql("alter database binnacle set synchronous_commit = off")
    location = env.locations[0]
    body = json.dumps({"type": "PATROL", "title": "Round", "description": "Quiet.", "location_id": location})
    results = {}
    with env.realtime_server() as (_, port), env.realtime_server() as (_, other_port):
        for name, subscriber_port in (("same process", port), ("other process", other_port)):
            times = delivery_times(env, port, subscriber_port, location, body, count)
            commits = env.psql(f"""select id, extract(epoch from pg_xact_commit_timestamp(xmin)) from app.logs
                where id in ('{"','".join(times)}')""")
            latencies = sorted((times[log] - float(at)) * 1000 for log, at in
                          (line.split("|") for line in commits.splitlines()))
            results[name] = {"p50_ms": round(latencies[len(latencies) // 2], 3),
                             "p99_ms": round(latencies[len(latencies) * 99 // 100], 3)}
    env.psql("alter database binnacle reset synchronous_commit")
    return results


def requests_during_broadcast(env, seconds):
    """The 99th percentile of valid requests, without load and during constant broadcasts: for
    requests that this process answers by itself, and for those that need PostgreSQL, which shares
    the two cores with everything else."""
    paths = {"/health": "health", f"/api/v1/logs/{env.log}": "GET a log"}
    return {name: measure_during_broadcast(env, path, seconds) for path, name in paths.items()}


def measure_during_broadcast(env, path, seconds):
    stopped = threading.Event()
    with env.realtime_server() as (_, port), Subscribers(env, port) as subscribers, Emitter(env) as emitter:
        subscribers.command(f"open {SUBSCRIBERS}")
        subscribers.command("settle 1000")
        idle = fixed_rate_result(fixed_rate(env, port, seconds, 500, env.token, path, priority="high"))

        def broadcast():
            while not stopped.is_set():
                emitter.emit(1)
                subscribers.command(f"wait 1 {TIMEOUT_US}")
        thread = threading.Thread(target=broadcast)
        thread.start()
        busy = fixed_rate_result(fixed_rate(env, port, seconds, 500, env.token, path, priority="high"))
        stopped.set()
        thread.join()
    return {"idle_p99_ms": idle["p99_us"] / 1000, "busy_p99_ms": busy["p99_us"] / 1000}


def slow_readers(env, rounds=60):
    """A tenth of the subscribers stops reading: the effect on the others, and the memory taken."""
    with env.realtime_server({"WS_RING": "64", "WS_RING_BYTES": "65536"}) as (server, port), \
            Subscribers(env, port) as subscribers, Emitter(env) as emitter:
        subscribers.command(f"open {SUBSCRIBERS}")
        subscribers.command("settle 1000")

        def p99():
            results = []
            for _ in range(rounds):
                emitter.emit(32)
                results.append(int(subscribers.command(f"wait 32 {TIMEOUT_US}").split()[2]))
            return statistics.median(results) / 1000
        p99()
        all_reading = p99()
        before = rss_anon_kb(server.pid)
        subscribers.command(f"stall {SUBSCRIBERS // 10}")
        some_stalled = p99()
        grown = rss_anon_kb(server.pid) - before
    # The ring, and one pending write per stalled subscriber.
    limit = 64 + SUBSCRIBERS // 10 * 16
    return {"all_reading_p99_ms": round(all_reading, 2), "some_stalled_p99_ms": round(some_stalled, 2),
            "grown_kb": grown, "limit_kb": limit}
