"""house.py: two processes of the program on one database, and a crowd that listens to both."""

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
# Nothing of whoever tests gets in: no setting, no address of a database. Sanitizers are heard.
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
# What would be a fault of ours whatever happens around us.
BAD = ('"http.response.status_code":500', "http.replied_twice")
# The backends of the connections that listen, by what they were asked last.
LISTENS = "query like 'select 1%' and pid <> pg_backend_pid()"
SKIPPED = 77  # as meson has it
READY_SECONDS = 60
STOP_SECONDS = 40


# Whoever loses his patience with us asks us to end: then all that was begun is ended, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("asked to end"))


def end_with_parent():
    """In a fresh child."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """None of those that the kernel gives to whoever connects: it stays free while its process is not there."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def environment(more):
    return {"HOME": "/root", **{name: os.environ[name] for name in KEPT if name in os.environ}, **more}


class Process:
    """`binnacle serve`, on the same port however often it is started."""

    def __init__(self, program, directory, name, settings):
        self.words = [program, "serve"]
        self.name = name
        self.port = free_port()
        self.log = pathlib.Path(directory) / f"{name}.log"
        self.settings = environment({**settings, "HOST": "127.0.0.1", "PORT": str(self.port)})
        self.child = None

    def start(self):
        with open(self.log, "a") as log:
            self.child = subprocess.Popen(self.words, env=self.settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          preexec_fn=end_with_parent)

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
        """In time, and well."""
        self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.fail("does not end")
        if status != 0:
            self.fail(f"ended with {status}")

    def fail(self, what):
        lines = self.log.read_text().splitlines()
        print(f"--- the end of the log of process {self.name}", *lines[-40:], "---", sep="\n", file=sys.stderr)
        raise SystemExit(f"process {self.name} {what}")

    def faults(self):
        return [f"process {self.name} logged {text}" for text in BAD if text in self.log.read_text()]


class Crowd:
    """A program of tests/clients, told what to do by lines of JSON."""

    def __init__(self, program):
        if not (CLIENTS / "node_modules").is_dir():
            print("skipped: `npm ci` in tests/clients fetches the clients, as ./dev test does")
            sys.exit(SKIPPED)
        self.child = subprocess.Popen(["node", CLIENTS / program], env=environment({}), text=True, bufsize=1,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=end_with_parent)
        self.issuer = self.hear()["issuer"]

    def hear(self):
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit("the crowd has gone")
        return json.loads(line)

    def say(self, words):
        self.child.stdin.write(json.dumps(words) + "\n")

    def close(self):
        self.child.stdin.close()
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class House:
    """The processes and their database; a crowd whose issuer they believe."""

    database = "chaos"

    def __init__(self, program, directory, cluster, crowd, settings):
        cluster.psql(f"create database {self.database}")
        self.cluster = cluster
        self.crowd = crowd
        settings = {"RATE_LIMIT": "off", "JWKS_INTERVAL_SECONDS": "1", "DATABASE_URL": cluster.url(self.database),
                    "OIDC_ISSUERS": f"{crowd.issuer} clients keys={crowd.issuer}/keys", **settings}
        self.processes = [Process(program, directory, name, settings) for name in "AB"]
        subprocess.run([program, "migrate"], env=self.processes[0].settings, check=True, stderr=subprocess.DEVNULL)

    def psql(self, sql):
        return self.cluster.psql(sql, self.database)

    def people(self, roles):
        """One of each role, whom the crowd's issuer knows by his subject."""
        people = [{"id": str(uuid.uuid4()), "subject": f"{role.lower()}-{n}"} for n, role in enumerate(roles)]
        self.psql("".join(
            "insert into app.users (id, issuer, subject, first_name, last_name, role)"
            f" values ('{each['id']}', '{self.crowd.issuer}', '{each['subject']}', 'A', 'Story', '{role}');"
            for each, role in zip(people, roles)))
        return people

    def open(self):
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.await_ready()

    def close(self):
        """What they are to be blamed for."""
        for process in self.processes:
            process.terminate()
        return [fault for process in self.processes for fault in process.faults()]

    def end(self):
        """However it stands."""
        for process in self.processes:
            if process.child and process.child.poll() is None:
                process.kill()
