"""load.py: generates load for some seconds and measures it; most functions return a Result."""

import glob
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

from environment import cpu_seconds, rss_anon_kb

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "checks"))
from tables import session_options, statements, variant  # noqa: E402

CONNECTIONS = 64
CLIENTS = 8  # of pgbench
VALID, FORGED = 1000, 5000  # requests per second of a flood
PGBENCH = max(glob.glob("/usr/lib/postgresql/*/bin/pgbench"), key=lambda path: int(path.split("/")[-3]))


class Result:
    def __init__(self, count, seconds, server=0.0, database=0.0, rss=0, p50=None, p99=None):
        self.per_second = count / seconds
        self.server_us = server / count * 1e6
        self.database_us = database / count * 1e6
        self.rss_kb = rss
        self.p50_ms, self.p99_ms = p50, p99


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


class MemoryPeak:
    """The peak of a process's anonymous memory while the block runs."""

    def __init__(self, pid):
        self.pid, self.kb, self.stopped = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self._poll)

    def _poll(self):
        while not self.stopped.wait(0.2):
            self.kb = max(self.kb, rss_anon_kb(self.pid))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def wrk(env, seconds, url, script=None, server=None, database=False, connections=CONNECTIONS):
    args = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if script:
        path = env.directory / "script.lua"
        path.write_text(script)
        args += ["-s", str(path)]
    server = server or env.server.pid
    is_nginx = server == env.nginx.pid
    before = cpu_seconds(server, is_nginx), cpu_seconds(env.postmaster, True)
    with MemoryPeak(server) as peak:
        output = subprocess.run([*args, url], capture_output=True, text=True, check=True).stdout
    after = cpu_seconds(server, is_nginx), cpu_seconds(env.postmaster, True)
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"wrk {url}: {output}")
    count, duration, unit = re.search(r"(\d+) requests in ([\d.]+)(m|s)", output).groups()
    p50, p99 = (milliseconds(re.search(rf"^ +{p}% +(\S+)$", output, flags=re.M).group(1)) for p in (50, 99))
    return Result(int(count), float(duration) * (60 if unit == "m" else 1), after[0] - before[0],
                  after[1] - before[1] if database else 0, 0 if is_nginx else peak.kb, p50, p99)


def fixed_rate(env, port, seconds, rate, token, path, address="127.0.0.1", priority=None):
    """Starts requests at a fixed rate; fixed_rate_result() waits for their end."""
    # High: otherwise, time spent waiting for a processor would count as slow answers. Low: a real
    # attacker does not use the server's processor.
    args = []
    if priority == "high" and os.geteuid() == 0:
        args = ["chrt", "-f", "1"]
    elif priority == "low":
        args = ["chrt", "-i", "0"]
    args += [env.build / "tests" / "bench" / "fixed_rate", port, address, rate, seconds, path,
             token if address == "127.0.0.1" else "forged"]
    process = subprocess.Popen([str(arg) for arg in args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(token + "\n")
    process.stdin.close()
    return process


def fixed_rate_result(process):
    output = process.stdout.read()
    if process.wait() != 0:
        raise SystemExit("tests/bench/fixed_rate failed")
    names = ("answered", "ok", "rejected", "failed", "p50_us", "p99_us", "longest_us")
    return dict(zip(names, map(int, output.split())))


def flood(env, port, seconds):
    """Valid requests by themselves, and together with a flood of forged tokens."""
    path = f"/api/v1/logs/{env.log}"
    idle = fixed_rate_result(fixed_rate(env, port, seconds, VALID, env.token, path, priority="high"))
    forged = fixed_rate(env, port, seconds, FORGED, env.token, path, "127.0.0.2", priority="low")
    flooded = fixed_rate_result(fixed_rate(env, port, seconds, VALID, env.token, path, priority="high"))
    rejected = fixed_rate_result(forged)
    if idle["ok"] != idle["answered"] or flooded["ok"] != flooded["answered"] or rejected["ok"]:
        raise SystemExit(f"flood: {idle} {flooded} {rejected}")
    return idle, flooded, rejected


def pgbench(env, seconds, name, params, text=None, clients=CLIENTS):
    """Runs the statement `name` as the server prepares it, with these parameters; or the pgbench
    script `text`."""
    path = env.directory / "script.sql"
    if not text:
        statement = next(s for s in statements() if s.name == name)
        text, _ = variant(statement, params, ":{name}")
        text = " ".join(text.split("\n")) + ";\n"
    path.write_text(text)
    args = [PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", str(path)]
    for param, value in params.items():
        args += ["-D", f"{param}={value}"]
    before = cpu_seconds(env.postmaster, True)
    done = subprocess.run([*args, env.url], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "PGOPTIONS": session_options()})
    if done.returncode != 0 or "number of failed transactions: 0" not in done.stdout:
        raise SystemExit(f"pgbench {name}: {done.stdout}{done.stderr}")
    time.sleep(0.1)  # its backends end, and their time is added to the postmaster's
    after = cpu_seconds(env.postmaster, True)
    count = int(re.search(r"transactions actually processed: (\d+)", done.stdout).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))
    average = float(re.search(r"latency average = ([\d.]+) ms", done.stdout).group(1))
    return Result(count, count / rate, 0, after - before, 0, average)


def creation_script(env, count=None):
    """Creates logs at this many locations; None: at all."""
    locations = ", ".join(f'"{location}"' for location in env.locations[:count])
    body = ('{\\"type\\":\\"PATROL\\",\\"title\\":\\"Round of the docks\\",'
            '\\"description\\":\\"All berths walked, gates locked.\\",\\"location_id\\":\\"" .. location .. "\\"}')
    return f"""
wrk.headers["Authorization"] = "Bearer {env.token}"
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local locations, requests, n = {{ {locations} }}, {{}}, 0
function init()
	for i, location in ipairs(locations) do
		requests[i] = wrk.format(nil, nil, nil, "{body}")
	end
end
function request()
	n = n % #requests + 1
	return requests[n]
end
"""


def comparisons_with(env, before):
    """The creation of a log, compared with another build: name → [(program, run)]."""
    def create(env, connections, places):
        return lambda s: wrk(env, s, f"http://127.0.0.1:{env.port}/api/v1/logs", creation_script(env, places),
                             database=True, connections=connections)
    return {name: [("binnacle", create(env, connections, places)), ("before", create(before, connections, places))]
            for name, connections, places in (("before_1", 1, None), ("before_8", 8, None),
                                              ("before_1_place", 1, 1), ("before_8_place", 8, 1))}


def comparisons(env):
    """name → [(program, run)], ours first."""
    base = f"http://127.0.0.1:{env.port}"
    head = f'wrk.headers["Authorization"] = "Bearer {env.token}"\n'
    create = creation_script(env)
    statement = next(s for s in statements() if s.name == "logs_create")
    # One branch per location; the new ID, otherwise generated by the server, is generated here.
    text, _ = variant(statement, {param: "" for param in statement.params}, ":{name}")
    text = " ".join(text.split("\n")).replace(":new_id", "gen_random_uuid()")
    branches = [f"\\{'if' if n == 1 else 'elif'} :n = {n}\n{text.replace(':body', f':body{n}')};\n"
                for n in range(1, len(env.locations) + 1)]
    creating = f"\\set n random(1, {len(env.locations)})\n{''.join(branches)}\\endif\n"
    bodies = {f"body{n}": '{"type":"PATROL","title":"Round of the docks","description":"All berths walked, gates '
                          f'locked.","location_id":"{location}"}}' for n, location in enumerate(env.locations, 1)}

    def create_logs(text, clients):
        return lambda s: pgbench(env, s, "logs_create", {"caller_id": env.caller, **bodies}, text, clients)

    without_event = creating.replace("api.create_log(", "bench.create_log(")
    return {
        "health": [
            ("binnacle", lambda s: wrk(env, s, f"{base}/health")),
            ("nginx", lambda s: wrk(env, s, f"http://127.0.0.1:{env.nginx_port}/health",
                                    server=env.nginx.pid)),
        ],
        "read": [
            ("binnacle", lambda s: wrk(env, s, f"{base}/api/v1/logs/{env.log}", head, database=True)),
            ("pgbench", lambda s: pgbench(env, s, "logs_read", {"id": env.log})),
        ],
        "auth": [
            ("binnacle", lambda s: wrk(env, s, f"{base}/api/v1/logs/{env.log}", head, database=True)),
            ("no auth", lambda s: wrk(env, s, f"http://127.0.0.1:{env.no_auth_port}/api/v1/logs/{env.log}",
                                        server=env.no_auth_server.pid, database=True)),
        ],
        "list": [
            ("binnacle", lambda s: wrk(env, s, f"{base}/api/v1/logs?limit=20", head, database=True)),
            ("pgbench", lambda s: pgbench(env, s, "logs_list", {"limit": "20", "skip": "0"})),
        ],
        "create": [
            ("binnacle", lambda s: wrk(env, s, f"{base}/api/v1/logs", create, database=True)),
            ("pgbench", create_logs(creating, CLIENTS)),
        ],
        # The same statement with its event and without: one writer, and eight at all locations.
        "event": [("with event", create_logs(creating, 1)), ("without", create_logs(without_event, 1))],
        "events": [("with event", create_logs(creating, CLIENTS)), ("without", create_logs(without_event, CLIENTS))],
    }
