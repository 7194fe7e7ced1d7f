"""environment.py: the processes that are measured: the server with its PostgreSQL and its token
issuer, the same server without authorization, and nginx. All use one temporary directory."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from issuer import Issuer  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
LOGS = 20_000
AUDIENCE = "bench"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def cpu_seconds(pid, with_children=False):
    """User and system time of a process, optionally including all its children, past and present."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    user, system, ended_user, ended_system = (int(field) for field in fields[11:15])
    spent = (user + system) / TICKS
    if with_children:
        spent += (ended_user + ended_system) / TICKS
        spent += sum(cpu_seconds(child, True) for child in children(pid))
    return spent


def rss_anon_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def quote(text):
    """Quotes a string for nginx.conf."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def get(port, path, token=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


# Requests are counted as usual, but never limited.
LIMITS = {f"RATE_LIMIT_{name}": "1000000000" for name in ("ADDRESS", "HEALTH", "DEFAULT", "HEAVY")}


class Environment:
    def __init__(self, build):
        self.build = pathlib.Path(build)
        self.program = self.build / "src" / "binnacle"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bbe-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.processes = []
        self.issuer = None

    def __enter__(self):
        try:
            self._start_dev()
            self._add_logs()
            self._start_binnacle()
            self._start_nginx()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if self.issuer:
            self.issuer.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self, args, name, settings=None):
        # Inherits nothing from the environment: no setting, no database.
        environment = {"PATH": os.environ["PATH"], "HOME": "/root", **(settings or {})}
        with open(self.directory / f"{name}.log", "w") as log:
            process = subprocess.Popen([str(arg) for arg in args], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, env=environment, cwd=self.directory)
        self.processes.append(process)
        return process

    def _wait_ready(self, process, port, path, name):
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                if get(port, path)[0].status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        log = (self.directory / f"{name}.log").read_text()
        raise SystemExit(f"{name} did not start:\n{log[-2000:]}")

    def _start_dev(self):
        """Starts `dev`, for its private PostgreSQL and its demo data."""
        port = free_port()
        data = self.directory / "d"
        args = [self.program, "dev", "--port", port, "--data", data]
        dev = self._start(args, "dev")
        self._wait_ready(dev, port, "/ready", "dev")
        self.url = f"postgresql://binnacle@/binnacle?host={data}/pg"
        # delivery_latency() in realtime.py reads the time of commits.
        self.psql("alter system set track_commit_timestamp = on")
        dev.send_signal(signal.SIGTERM)
        dev.wait(timeout=40)
        dev = self._start(args, "dev")
        self._wait_ready(dev, port, "/ready", "dev")
        self.postmaster = int((data / "pg/cluster/postmaster.pid").read_text().split()[0])

    def psql(self, sql):
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", sql],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"psql: {done.stderr}")
        return done.stdout.strip()

    def _add_logs(self):
        self.psql(f"""
            insert into app.logs (type, title, description, location_id, user_id, created_at, updated_at)
            select 'PATROL', 'Round ' || n, 'All berths walked, lines and fenders checked, gates locked.',
                p.ids[1 + n % cardinality(p.ids)], u.ids[1 + n % cardinality(u.ids)], t, t
            from (select n, now() - interval '1 day' - n * interval '1 minute' as t
                from generate_series(1, {LOGS}) n) g
            cross join (select array_agg(id) as ids from app.locations where max_capacity is not null) p
            cross join (select array_agg(id) as ids from app.users where role = 'GUARD') u""")
        # A function that creates a log without events.
        self.psql("""
            create schema bench;
            create function bench.no_emit(jsonb) returns jsonb language plpgsql as 'begin return null; end';
            create function bench.no_emit_to(text, text, jsonb) returns jsonb language plpgsql
                as 'begin return null; end';
            do $$ begin
                execute replace(replace(replace(pg_get_functiondef('api.create_log'::regproc),
                    'api.create_log(', 'bench.create_log('), 'live.emit(', 'bench.no_emit('),
                    'live.emit_to(', 'bench.no_emit_to(');
            end $$""")
        self.psql("vacuum analyze")
        self.log = self.psql("select id from app.logs order by created_at limit 1")
        self.locations = self.psql("select id from app.locations where max_capacity is not null").split()

    def _start_server(self, program, name, settings):
        port = free_port()
        server = self._start([program, "serve"], name, {
            "DATABASE_URL": self.url, "HOST": "127.0.0.1", "PORT": str(port),
            "OIDC_ISSUERS": f"{self.issuer.url} {AUDIENCE} keys={self.issuer.url}/keys", **settings})
        self._wait_ready(server, port, "/ready", name)
        return server, port

    def _start_binnacle(self):
        self.issuer = Issuer(self.directory)
        self.token = self.issuer.token(AUDIENCE, "marek.dunn@marina.example")
        self.server, self.port = self._start_server(self.program, "serve", LIMITS)
        self._check_reads(self.port)
        self.caller = json.loads(get(self.port, "/api/v1/users/me", self.token)[1])["id"]

    def _check_reads(self, port):
        for path in ("/api/v1/users/me", f"/api/v1/logs/{self.log}", "/api/v1/logs?limit=20"):
            answer, body = get(port, path, self.token)
            if answer.status != 200:
                raise SystemExit(f"GET {path}: {answer.status} {body.decode()}")

    # Further servers run only while they are measured: a server with peers has to notify them of
    # every event.
    @contextlib.contextmanager
    def _second_server(self, program, name, settings):
        server, port = self._start_server(program, f"{name}-{len(self.processes)}", {**LIMITS, **settings})
        yield server, port
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)

    @contextlib.contextmanager
    def no_auth(self):
        """A server without authorization."""
        with self._second_server(self.build / "tests" / "bench" / "no_auth", "no_auth", {}) as (server, port):
            self.no_auth_server, self.no_auth_port = server, port
            yield

    @contextlib.contextmanager
    def without_failure_limit(self):
        """A server without the limit of failed attempts, as if each forged token came from another
        address; yields its port."""
        with self._second_server(self.program, "no_limit", {"RATE_LIMIT_FAILURES": "0"}) as (_, port):
            self._check_reads(port)
            yield port

    def realtime_server(self, settings=None):
        """A server for many subscribers: yields its process and port."""
        return self._second_server(self.program, "realtime", {
            "WS_PER_USER": "100000", "WS_PER_ADDRESS": "100000", "LOG_LEVEL": "WARN", **(settings or {})})

    def _start_nginx(self):
        """Starts nginx with one worker that answers like /health: same headers, same body, and a
        buffered access log with one line of JSON per request."""
        answer, body = get(self.port, "/health")
        headers = []
        for name, value in answer.getheaders():
            if name.lower() == "x-request-id":
                value = "$request_id"
            if name.lower() not in ("date", "content-length", "connection", "server", "content-type"):
                headers.append(f"add_header {name} {quote(value)};")
        self.nginx_port = free_port()
        line = ('{"timestamp":"$time_iso8601","level":"INFO","message":"http.request",'
                '"method":"$request_method","path":"$uri","status":$status,"bytes":$bytes_sent,'
                '"duration_ms":$request_time,"client":"$remote_addr","user_agent":"$http_user_agent",'
                '"request_id":"$request_id"}')
        config = self.directory / "nginx.conf"
        newline = "\n\t\t"
        config.write_text(f"""
daemon off;
worker_processes 1;
pid {self.directory}/nginx.pid;
error_log {self.directory}/nginx.error;
events {{ worker_connections 1024; }}
http {{
	log_format line escape=json '{line}';
	access_log {self.directory}/nginx.access line buffer=64k flush=1s;
	server_tokens off;
	keepalive_requests 1000000000;
	client_body_temp_path {self.directory}/nginx.body;
	proxy_temp_path {self.directory}/nginx.proxy;
	fastcgi_temp_path {self.directory}/nginx.fastcgi;
	uwsgi_temp_path {self.directory}/nginx.uwsgi;
	scgi_temp_path {self.directory}/nginx.scgi;
	server {{
		listen 127.0.0.1:{self.nginx_port};
		default_type {quote(answer.getheader("Content-Type"))};
		{newline.join(headers)}
		location = /health {{ return 200 {quote(body.decode())}; }}
	}}
}}
""")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.nginx = self._start([program, "-c", config, "-p", self.directory, "-e", self.directory / "nginx.error"],
                                 "nginx")
        self._wait_ready(self.nginx, self.nginx_port, "/health", "nginx")

    def check_nginx(self):
        """Checks that both send the same headers and the same body."""
        binnacle, nginx = get(self.port, "/health"), get(self.nginx_port, "/health")
        names = [{name.lower() for name, _ in answer.getheaders()} - {"server", "connection", "keep-alive"}
                 for answer, _ in (binnacle, nginx)]
        if names[0] != names[1] or binnacle[1] != nginx[1]:
            raise SystemExit(f"nginx answers differently: {names[0] ^ names[1]}")
