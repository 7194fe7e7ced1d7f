"""load.py: load for some seconds, and what it cost. Each function gives a Result."""

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
CLIENTS = 8  # pgbench's
GOOD, FORGED = 1000, 5000  # requests a second of a flood
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


class Watch:
    """The most anonymous memory that a process has while this lasts."""

    def __init__(self, pid):
        self.pid, self.most, self.over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self._look)

    def _look(self):
        while not self.over.wait(0.2):
            self.most = max(self.most, rss_anon_kb(self.pid))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def wrk(stand, seconds, url, script=None, server=None, database=False):
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    if script:
        path = stand.directory / "script.lua"
        path.write_text(script)
        words += ["-s", str(path)]
    server = server or stand.server.pid
    is_nginx = server == stand.nginx.pid
    before = cpu_seconds(server, is_nginx), cpu_seconds(stand.postmaster, True)
    with Watch(server) as watch:
        said = subprocess.run([*words, url], capture_output=True, text=True, check=True).stdout
    after = cpu_seconds(server, is_nginx), cpu_seconds(stand.postmaster, True)
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"wrk {url}: {said}")
    count, took, unit = re.search(r"(\d+) requests in ([\d.]+)(m|s)", said).groups()
    p50, p99 = (milliseconds(re.search(rf"^ +{p}% +(\S+)$", said, flags=re.M).group(1)) for p in (50, 99))
    return Result(int(count), float(took) * (60 if unit == "m" else 1), after[0] - before[0],
                  after[1] - before[1] if database else 0, 0 if is_nginx else watch.most, p50, p99)


def pace(stand, port, seconds, rate, token, path, address="127.0.0.1", ahead=False, behind=False):
    """Starts requests at a given rate; pace_result() waits for their end."""
    # Ahead of others: what it waits for a processor is not what it waits for an answer. Behind
    # them: whoever floods a server has a processor of his own.
    words = ["chrt", "-f", "1"] if ahead and os.geteuid() == 0 else ["chrt", "-i", "0"] if behind else []
    words += [stand.build / "tests" / "bench" / "fixed_rate", port, address, rate, seconds, path,
             token if address == "127.0.0.1" else "forged"]
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(token + "\n")
    process.stdin.close()
    return process


def pace_result(process):
    said = process.stdout.read()
    if process.wait() != 0:
        raise SystemExit("pace has failed")
    names = ("answered", "good", "refused", "failed", "p50_us", "p99_us", "longest_us")
    return dict(zip(names, map(int, said.split())))


def flood(stand, port, seconds):
    """Good requests while nobody else comes, and while forged tokens come with them."""
    path = f"/api/v1/logs/{stand.log}"
    quiet = pace_result(pace(stand, port, seconds, GOOD, stand.token, path, ahead=True))
    forged = pace(stand, port, seconds, FORGED, stand.token, path, "127.0.0.2", behind=True)
    flooded = pace_result(pace(stand, port, seconds, GOOD, stand.token, path, ahead=True))
    refused = pace_result(forged)
    if quiet["good"] != quiet["answered"] or flooded["good"] != flooded["answered"] or refused["good"]:
        raise SystemExit(f"flood: {quiet} {flooded} {refused}")
    return quiet, flooded, refused


def pgbench(stand, seconds, name, given, text=None, clients=CLIENTS):
    """The statement `name` as the server prepares it, with these parameters; or what
    `text` says in pgbench's own words."""
    path = stand.directory / "script.sql"
    if not text:
        statement = next(s for s in statements() if s.name == name)
        text, _ = variant(statement, given, ":{name}")
        text = " ".join(text.split("\n")) + ";\n"
    path.write_text(text)
    words = [PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", str(path)]
    for param, value in given.items():
        words += ["-D", f"{param}={value}"]
    before = cpu_seconds(stand.postmaster, True)
    done = subprocess.run([*words, stand.url], capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "PGOPTIONS": session_options()})
    if done.returncode != 0 or "number of failed transactions: 0" not in done.stdout:
        raise SystemExit(f"pgbench {name}: {done.stdout}{done.stderr}")
    time.sleep(0.1)  # its backends go, and their time becomes the postmaster's
    after = cpu_seconds(stand.postmaster, True)
    count = int(re.search(r"transactions actually processed: (\d+)", done.stdout).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", done.stdout).group(1))
    average = float(re.search(r"latency average = ([\d.]+) ms", done.stdout).group(1))
    return Result(count, count / rate, 0, after - before, 0, average)


def contestants(stand):
    """name → [(who, run)], ours first."""
    base = f"http://127.0.0.1:{stand.port}"
    head = f'wrk.headers["Authorization"] = "Bearer {stand.token}"\n'
    places = ", ".join(f'"{place}"' for place in stand.places)
    body = ('{\\"type\\":\\"PATROL\\",\\"title\\":\\"Round of the docks\\",'
            '\\"description\\":\\"All berths walked, gates locked.\\",\\"location_id\\":\\"" .. place .. "\\"}')
    create = head + f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local places, requests, n = {{ {places} }}, {{}}, 0
function init()
	for i, place in ipairs(places) do
		requests[i] = wrk.format(nil, nil, nil, "{body}")
	end
end
function request()
	n = n % #requests + 1
	return requests[n]
end
"""
    statement = next(s for s in statements() if s.name == "logs_create")
    # One branch for each place; the new id, which the server makes, is made here.
    text, _ = variant(statement, {param: "" for param in statement.params}, ":{name}")
    text = " ".join(text.split("\n")).replace(":new_id", "gen_random_uuid()")
    branches = [f"\\{'if' if n == 1 else 'elif'} :n = {n}\n{text.replace(':body', f':body{n}')};\n"
                for n in range(1, len(stand.places) + 1)]
    creating = f"\\set n random(1, {len(stand.places)})\n{''.join(branches)}\\endif\n"
    bodies = {f"body{n}": '{"type":"PATROL","title":"Round of the docks","description":"All berths walked, gates '
                          f'locked.","location_id":"{place}"}}' for n, place in enumerate(stand.places, 1)}

    def creation(text, clients):
        return lambda s: pgbench(stand, s, "logs_create", {"caller_id": stand.caller, **bodies}, text, clients)

    silent = creating.replace("api.create_log(", "bench.create_log(")
    return {
        "health": [
            ("binnacle", lambda s: wrk(stand, s, f"{base}/health")),
            ("nginx", lambda s: wrk(stand, s, f"http://127.0.0.1:{stand.nginx_port}/health",
                                    server=stand.nginx.pid)),
        ],
        "read": [
            ("binnacle", lambda s: wrk(stand, s, f"{base}/api/v1/logs/{stand.log}", head, database=True)),
            ("pgbench", lambda s: pgbench(stand, s, "logs_read", {"id": stand.log})),
        ],
        "guard": [
            ("binnacle", lambda s: wrk(stand, s, f"{base}/api/v1/logs/{stand.log}", head, database=True)),
            ("unguarded", lambda s: wrk(stand, s, f"http://127.0.0.1:{stand.unguarded_port}/api/v1/logs/{stand.log}",
                                        server=stand.unguarded_server.pid, database=True)),
        ],
        "list": [
            ("binnacle", lambda s: wrk(stand, s, f"{base}/api/v1/logs?limit=20", head, database=True)),
            ("pgbench", lambda s: pgbench(stand, s, "logs_list", {"limit": "20", "skip": "0"})),
        ],
        "create": [
            ("binnacle", lambda s: wrk(stand, s, f"{base}/api/v1/logs", create, database=True)),
            ("pgbench", creation(creating, CLIENTS)),
        ],
        # The same statement with its event and without: one writer, and eight at all places.
        "event": [("with it", creation(creating, 1)), ("without", creation(silent, 1))],
        "events": [("with it", creation(creating, CLIENTS)), ("without", creation(silent, CLIENTS))],
    }
