"""deployment.py: two server processes on one database, and clients that subscribe to both."""

import contextlib
import ctypes
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid

CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
# The servers inherit nothing else: no settings and no database of the environment. Sanitizers
# keep their options.
INHERITED = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
# Log lines that are errors of the server whatever happens around it.
BUGS = ('"http.response.status_code":500', "http.replied_twice")
# Selects the backends of LISTEN connections, by their last query.
LISTENING = "query like 'select 1%' and pid <> pg_backend_pid()"
SKIPPED = 77  # meson's exit status for a skipped test
READY_SECONDS = 60
STOP_SECONDS = 40


# meson sends SIGTERM after its timeout: exit normally, so that all children are ended.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))


def end_with_parent():
    """Runs in the child, before exec."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """A port outside the ephemeral range, so that it stays free while its process is down."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def environment(more):
    return {"HOME": "/root", **{name: os.environ[name] for name in INHERITED if name in os.environ}, **more}


class Process:
    """`binnacle serve`; keeps its port across restarts."""

    def __init__(self, program, directory, name, settings):
        self.command = [program, "serve"]
        self.name = name
        self.port = free_port()
        self.log = pathlib.Path(directory) / f"{name}.log"
        self.environment = environment({**settings, "HOST": "127.0.0.1", "PORT": str(self.port)})
        self.child = None

    def start(self):
        with open(self.log, "a") as log:
            self.child = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, preexec_fn=end_with_parent)

    def await_ready(self):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.child.poll() is None:
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.fail("is not ready")

    def kill(self):
        self.child.kill()
        self.child.wait()

    def terminate(self):
        """Sends SIGTERM; the process must exit with 0 in time."""
        self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.fail("did not exit after SIGTERM")
        if status != 0:
            self.fail(f"exited with status {status}")

    def fail(self, what):
        lines = self.log.read_text().splitlines()
        print(f"--- end of the log of process {self.name}", *lines[-40:], "---", sep="\n", file=sys.stderr)
        raise SystemExit(f"process {self.name} {what}")

    def errors(self):
        return [f"process {self.name} logged {text}" for text in BUGS if text in self.log.read_text()]


class Clients:
    """A program of tests/clients, controlled by JSON lines."""

    def __init__(self, program):
        if not (CLIENTS / "node_modules").is_dir():
            print("skipped: run `npm ci` in tests/clients, or `./dev test`, to install the clients")
            sys.exit(SKIPPED)
        self.child = subprocess.Popen(["node", CLIENTS / program], env=environment({}), text=True, bufsize=1,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=end_with_parent)
        self.issuer = self.receive()["issuer"]

    def receive(self):
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit("the clients have exited")
        return json.loads(line)

    def send(self, message):
        self.child.stdin.write(json.dumps(message) + "\n")

    def close(self):
        self.child.stdin.close()
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Deployment:
    """Two processes and their database; they trust the issuer of the clients."""

    database = "faults"

    def __init__(self, program, directory, cluster, clients, settings):
        cluster.psql(f"create database {self.database}")
        self.cluster = cluster
        self.clients = clients
        settings = {"RATE_LIMIT": "off", "JWKS_INTERVAL_SECONDS": "1", "DATABASE_URL": cluster.url(self.database),
                    "OIDC_ISSUERS": f"{clients.issuer} clients keys={clients.issuer}/keys", **settings}
        self.processes = [Process(program, directory, name, settings) for name in "AB"]
        subprocess.run([program, "migrate"], env=self.processes[0].environment, check=True, stderr=subprocess.DEVNULL)

    def psql(self, sql):
        return self.cluster.psql(sql, self.database)

    def create_users(self, roles):
        """One user per role, with a subject of the clients' issuer."""
        users = [{"id": str(uuid.uuid4()), "subject": f"{role.lower()}-{n}"} for n, role in enumerate(roles)]
        self.psql("".join(
            "insert into app.users (id, issuer, subject, first_name, last_name, role)"
            f" values ('{user['id']}', '{self.clients.issuer}', '{user['subject']}', 'A', 'Test', '{role}');"
            for user, role in zip(users, roles)))
        return users

    def start(self):
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.await_ready()

    def stop(self):
        """Terminates the processes; returns the errors they have logged."""
        for process in self.processes:
            process.terminate()
        return [error for process in self.processes for error in process.errors()]

    def kill(self):
        """Ends whatever is still running."""
        for process in self.processes:
            if process.child and process.child.poll() is None:
                process.kill()
