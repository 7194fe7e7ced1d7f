#!/usr/bin/env python3
"""exactly_once.py: a creation with an Idempotency-Key happens exactly once, however often it is sent.

    exactly_once.py BINNACLE [CREATIONS [KILLS]]

Each creation is sent three times, all of them in random order and from many clients, to two
processes. Half of the responses are not read. Meanwhile the processes and PostgreSQL are killed in
turn. At the end, each creation and its event exist once, and all responses have the same ID.
"""

import http.client
import json
import os
import pathlib
import queue
import random
import sys
import tempfile
import threading
import time
import types
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from deployment import Deployment
from issuer import Issuer

TIMES = 3
CLIENTS = 16
RETRY_SECONDS = 0.05
LOCATION = "0193a5b0-7c00-7000-8000-000000000001"
PATH = "/api/v1/visitors"
# Clients retry: the outcome is unknown, or another request with the key is in progress.
RETRIED = ("OUTCOME_UNKNOWN", "IDEMPOTENCY_IN_PROGRESS")


class Creation:
    def __init__(self, number):
        self.name = f"Visitor {number}"
        self.key = str(uuid.uuid4())
        self.ids = set()  # in the responses
        self.first_answers = 0  # responses that were not replayed


class ExactlyOnce:
    def __init__(self, deployment, token, count, kills):
        self.deployment, self.token, self.kills = deployment, token, kills
        self.seed = int.from_bytes(os.urandom(4), "big")
        self.random = random.Random(self.seed)
        self.creations = [Creation(number) for number in range(count)]
        self.total = count * TIMES
        self.sends = queue.SimpleQueue()
        self.done = self.unread = self.retries = self.replays = 0
        self.lock = threading.Lock()
        self.errors = []

    # ---- Clients ----

    def fill_queue(self):
        """At least one response of each creation is read: a client retries until it has one."""
        sends = []
        for creation in self.creations:
            unread = self.random.randint(1, TIMES - 1)
            sends += [(creation, n < unread) for n in range(TIMES)]
        self.random.shuffle(sends)
        for send in sends:
            self.sends.put(send)

    def send_once(self, creation, unread):
        """True if the request need not be repeated."""
        port = random.choice(self.deployment.processes).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        try:
            connection.request("POST", PATH, json.dumps(
                {"first_name": creation.name, "last_name": "x", "location_id": LOCATION}), {
                "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                "Idempotency-Key": creation.key})
            if unread:
                time.sleep(random.random() * 0.005)
                return True
            response = connection.getresponse()
            return self.check(creation, response, json.loads(response.read()))
        except (OSError, http.client.HTTPException, ValueError):
            return False  # the process was killed
        finally:
            connection.close()

    def check(self, creation, response, body):
        if response.status == 201:
            replayed = response.headers["Idempotent-Replayed"] == "true"
            with self.lock:
                creation.ids.add(body["id"])
                creation.first_answers += not replayed
                self.replays += replayed
            return True
        if response.status not in (503, 504) and body.get("code") not in RETRIED:
            self.errors.append(f"{creation.name}: {response.status} {body}")
            return True
        return False

    def client(self):
        while True:
            try:
                creation, unread = self.sends.get_nowait()
            except queue.Empty:
                return
            while not self.send_once(creation, unread):
                self.retries += 1
                time.sleep(RETRY_SECONDS)
            with self.lock:
                self.done += 1
                self.unread += unread

    # ---- Faults ----

    def kill_postgresql(self):
        self.deployment.cluster.kill()
        self.deployment.cluster.start()

    def kill_process(self, process):
        process.kill()
        time.sleep(0.2)
        process.start()
        process.await_ready()

    def kill_in_turn(self):
        for kill in range(self.kills):
            while self.done < self.total * (kill + 1) / (self.kills + 1):
                time.sleep(0.01)
            if kill % 3 == 2:
                self.kill_postgresql()
            else:
                self.kill_process(self.deployment.processes[kill % 3])

    # ---- Comparison ----

    def compare(self, what, sql):
        """`sql` returns a name and a count per creation; each must exist once."""
        found = dict(line.rsplit("|", 1) for line in self.deployment.psql(sql).splitlines())
        names = {creation.name for creation in self.creations}
        wrong = [f"{name}: {found.get(name, 0)}" for name in sorted(names | found.keys())
                 if name not in names or found.get(name) != "1"]
        if wrong:
            self.errors.append(f"{len(wrong)} {what} do not exist once: {', '.join(wrong[:5])}")

    def compare_answers(self):
        stored = dict(line.split("|") for line in self.deployment.psql(
            "select first_name, id from app.visitors").splitlines())
        for creation in self.creations:
            if creation.ids != {stored.get(creation.name)} or creation.first_answers > 1:
                self.errors.append(f"{creation.name}: {creation.first_answers} first responses, ids {creation.ids}")

    def run(self):
        self.fill_queue()
        threads = [threading.Thread(target=self.client, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self.kill_in_turn()
        for thread in threads:
            thread.join()
        for process in self.deployment.processes:
            process.await_ready()
        time.sleep(0.5)  # for writes whose client has disconnected
        self.compare("visitors", "select first_name, count(*) from app.visitors group by 1")
        self.compare("events", "select v.first_name, count(*) from live.events e join app.visitors v"
                               " on v.id::text = e.data ->> 'id' where e.type = 'visitor.checked_in' group by 1")
        self.compare_answers()


def main(program, count="2000", kills="9"):
    deployment = None
    with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster() as cluster:
        issuer = Issuer(directory)
        try:
            deployment = Deployment(program, directory, cluster, types.SimpleNamespace(issuer=issuer.url), {})
            user = deployment.create_users(["SUPER_ADMIN"])[0]
            deployment.psql(f"insert into app.locations (id, name) values ('{LOCATION}', 'Pier')")
            deployment.start()
            test = ExactlyOnce(deployment, issuer.token("clients", None, sub=user["subject"]), int(count), int(kills))
            test.run()
            test.errors += deployment.stop()
        finally:
            if deployment:
                deployment.kill()
            issuer.close()
    print(f"{count} creations, {test.total} requests, {test.unread} responses not read, {kills} kills, "
          f"{test.retries} retries, {test.replays} replays; {len(test.errors)} errors (seed {test.seed})")
    print("\n".join(test.errors[:50]), file=sys.stderr)
    sys.exit(1 if test.errors else 0)


main(*sys.argv[1:])
