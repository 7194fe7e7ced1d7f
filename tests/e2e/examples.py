#!/usr/bin/env python3
"""examples.py: each operation of the API succeeds with its example, as "Execute" in /docs sends it.

    examples.py PROGRAM [OPERATION…]

Starts `binnacle dev` on fresh demo data and reads /openapi.json. For each operation, it sends the
request that Swagger UI builds from the document: the examples of its parameters and of its body. The
token is that of the demo user in `x-example-user`, or of the first demo user of the role that the
operation requires. Each operation that changes something gets a server of its own on a fresh copy of
the demo data; the others cannot affect each other and share one. Event streams are skipped.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import parent_directory

READY_SECONDS = 120
SERVERS = 2  # at the same time
AUDIENCE = "binnacle-dev"  # ISSUER_AUDIENCE in src/command/issuer.h
METHODS = ("get", "put", "post", "patch", "delete")
REMEDY = ("Edit .example, .path_example, .query_example or .example_user in src/resources/, or the demo data in "
          "sql/demo/; then run: ./dev test \"e2e examples\"")


class Server:
    """A running `binnacle`; `log` begins with its output until the line that contains `ready`."""

    def __init__(self, ready, *command, **environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
            env={"PATH": os.environ["PATH"], **environment})
        timer = threading.Timer(READY_SECONDS, self.process.kill)
        timer.start()
        self.log = ""
        for line in self.process.stdout:
            self.log += line
            if re.search(ready, line):
                break
        else:
            raise SystemExit(f"`{' '.join(command)}` did not start:\n{self.log}")
        timer.cancel()
        threading.Thread(target=self.process.stdout.read, daemon=True).start()  # so that it never blocks
        port = re.search(r'"server.started".*"port":(\d+)', self.log).group(1)
        self.url = f"http://127.0.0.1:{port}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def call(url, method="GET", headers=(), body=None):
    """Returns the status and the text of the response."""
    request = urllib.request.Request(url, method=method, headers=dict(headers), data=body)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as response:
        return response.code, response.read().decode()


class Demo:
    """The demo data, its copies, and the tokens of its users."""

    def __init__(self, program, directory):
        self.program = program
        self.dev = Server("^Ready in", program, "dev", "--port", "0", "--data", f"{directory}/data")
        self.host = urllib.parse.unquote(re.search(r"^ +Database .*host=(\S+)", self.dev.log, re.M).group(1))
        self.document = json.loads(call(f"{self.dev.url}/openapi.json")[1])
        self.roles = dict(line.split("|") for line in self.psql(
            "select email, role from app.users where email is not null", database="binnacle").splitlines())
        self.tokens = {}
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.psql(f"alter system set {setting} = off")
        self.psql("select pg_reload_conf()")
        # Now the database is a template: nothing may be connected to it.
        self.psql("alter database binnacle allow_connections false")
        self.psql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'binnacle'")

    def psql(self, statement, database="postgres"):
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "binnacle", "-h", self.host,
                               "-d", database, "-c", statement], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"psql: {done.stderr}")
        return done.stdout.strip()

    def token(self, who):
        if who not in self.tokens:
            status, text = call(f"{self.dev.url}/dev/token", "POST", {"Content-Type": "application/json"},
                                json.dumps({"who": who}).encode())
            if status != 200:
                raise ValueError(f"no token for {who}: {text}")
            self.tokens[who] = json.loads(text)["token"]
        return self.tokens[who]

    @contextlib.contextmanager
    def copy(self, name):
        """The URL of a server on a fresh copy of the demo data."""
        host = urllib.parse.quote(self.host, safe="")
        self.psql(f"create database {name} template binnacle strategy file_copy")
        server = Server('"jwks.fresh"', self.program, "serve", PORT="0", ENVIRONMENT="development",
                        SECURITY_CONTACT="mailto:security@marina.example",
                        DATABASE_URL=f"postgresql://binnacle@/{name}?host={host}",
                        OIDC_ISSUERS=f"{self.dev.url}/dev {AUDIENCE}")
        try:
            yield server.url
        finally:
            server.stop()
            self.psql(f"drop database {name}")


class Operation:
    def __init__(self, document, path, method, row):
        self.document = document
        self.path = path
        self.method = method
        self.row = row
        self.name = row["operationId"]

    def resolved(self, value):
        while "$ref" in value:
            target = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value

    def is_stream(self):
        return "Event streams" in self.row["tags"]

    def parameters(self, place):
        """The names and values of the parameters that Swagger UI fills in, as texts."""
        for parameter in map(self.resolved, self.row.get("parameters", [])):
            if parameter["in"] == place:
                value = parameter.get("example", self.resolved(parameter.get("schema", {})).get("default"))
                if value is None and parameter.get("required"):
                    raise ValueError(f"the parameter `{parameter['name']}` has no example")
                if value is not None:
                    values = value if isinstance(value, list) else [value]
                    yield parameter["name"], ",".join(v if isinstance(v, str) else json.dumps(v) for v in values)

    def target(self):
        path = self.path
        for name, value in self.parameters("path"):
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        query = urllib.parse.urlencode(list(self.parameters("query")))
        return path + ("?" + query if query else "")

    def body(self):
        """The media type and the example; None: the operation has no body."""
        if "requestBody" not in self.row:
            return None
        media_type, content = next(iter(self.resolved(self.row["requestBody"])["content"].items()))
        if "example" not in content:
            raise ValueError("the body has no example")
        return media_type, content["example"]

    def user(self, demo):
        """The demo user who sends the example; None: an operation without authentication."""
        role, user = self.row.get("x-required-role"), self.row.get("x-example-user")
        if role in (None, "PUBLIC"):
            return None
        if user and demo.roles.get(user) != role:
            raise ValueError(f"{user} must have the role {role}, which is the one required")
        return user or role.lower()

    def example(self, demo):
        """The example as arguments of call(). Raises ValueError if it is incomplete."""
        user, body, headers = self.user(demo), self.body(), dict(self.parameters("header"))
        if user:
            headers["Authorization"] = f"Bearer {demo.token(user)}"
        if body:
            headers["Content-Type"] = body[0]
        return self.target(), self.method.upper(), headers, json.dumps(body[1]).encode() if body else None


def operations(document):
    for path, methods in document["paths"].items():
        for method, row in methods.items():
            if method in METHODS:
                yield Operation(document, path, method, row)


def error_of(demo, operation, shared_url=None):
    """The error in an operation's example, or None."""
    where = f"{operation.name} ({operation.method.upper()} {operation.path})"
    try:
        target, *request = operation.example(demo)
    except ValueError as error:
        return f"{where}: {error}"
    with contextlib.nullcontext(shared_url) if shared_url else demo.copy(operation.name) as url:
        status, text = call(url + target, *request)
    return None if 200 <= status < 300 else f"{where}: {status} for {operation.user(demo) or 'anyone'}: {text}"


def run(demo, names):
    chosen = [o for o in operations(demo.document) if not o.is_stream() and (not names or o.name in names)]
    reads = [o for o in chosen if o.method == "get"]
    writes = [o for o in chosen if o.method != "get"]
    with demo.copy("reads") as url:
        errors = [error_of(demo, operation, url) for operation in reads]
    with concurrent.futures.ThreadPoolExecutor(SERVERS) as pool:
        errors += pool.map(lambda operation: error_of(demo, operation), writes)
    errors = [error for error in errors if error]
    print(f"{len(chosen) - len(errors)} of {len(chosen)} examples succeed")
    if errors or not chosen:
        raise SystemExit("\n".join([*errors, REMEDY]))


def main(program, *names):
    program = os.path.abspath(program)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="examples-", dir=parent_directory()))
    directory.chmod(0o711)  # as root, PostgreSQL runs as another user, who must be able to enter
    demo = None
    try:
        demo = Demo(program, directory)
        run(demo, names)
    finally:
        if demo:
            demo.dev.stop()
        shutil.rmtree(directory, ignore_errors=True)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
