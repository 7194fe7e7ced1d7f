#!/usr/bin/env python3
"""recovery.py: subscribers receive each event of their channels exactly once and in order, whatever
happens to connections, processes and the database.

    recovery.py BINNACLE [ROUNDS [CLIENTS [CHANNELS]]]

Writers comment on notes through two processes; clients of all kinds subscribe to the notes, each
at one of the two. Meanwhile each kind of fault happens once per round. At the end, what each client
received is compared with live.events.
"""

import os
import pathlib
import random
import signal
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from deployment import LISTENING, Clients, Deployment

USERS = 10
# Small limits, so that they are reached: a client that was away misses more events than its
# buffers hold, and the statement queue is full when all clients reconnect at once.
SETTINGS = {"WS_PING_SECONDS": "2", "WS_SWEEP_SECONDS": "4", "WS_PENDING_BYTES": "65536", "WS_RING": "64",
            "DB_QUEUE": "48", "DB_PIPELINE": "8"}


class Recovery:
    def __init__(self, deployment, directory, client_count, channel_count):
        self.deployment, self.cluster, self.clients = deployment, deployment.cluster, deployment.clients
        self.directory = pathlib.Path(directory)
        self.client_count, self.channel_count = client_count, channel_count
        self.seed = int.from_bytes(os.urandom(4), "big") & 0x7FFFFFFF
        self.random = random.Random(self.seed)
        self.comments = 0
        self.errors = []

    def send(self, command, argument=None):
        """Sends a command to the clients; returns their report."""
        self.clients.send({command: argument})
        return self.clients.receive()

    # ---- Setup ----

    def create_notes(self, users):
        notes = [{"id": str(uuid.uuid4()), "owner": users[n % USERS]} for n in range(self.channel_count)]
        self.deployment.psql("".join(
            "insert into app.notes (id, owner_id, title, content, is_public, published_at)"
            f" values ('{note['id']}', '{note['owner']['id']}', 'Watch', 'x', true, now());"
            for note in notes))
        return notes

    def open(self):
        users = self.deployment.create_users(["GUARD"] * USERS)
        notes = self.create_notes(users)
        self.deployment.start()
        opened = self.send("open", {
            "ports": [process.port for process in self.deployment.processes], "clients": self.client_count,
            "users": users, "notes": notes, "channelsPerClient": min(5, self.channel_count), "tokenSeconds": 6,
            "writers": 8, "rate": 60, "seed": self.seed})
        if opened["missing"]:
            self.deployment.processes[0].fail(f"or the other did not confirm all subscriptions: {opened}")

    # ---- Faults ----

    def connections_are_cut(self):
        for _ in range(8):
            self.send("cut", max(self.client_count // 16, 2))
            time.sleep(0.4)

    def connections_stall(self):
        self.send("stall", max(self.client_count // 8, 4))
        time.sleep(3)

    def connections_become_black_holes(self):
        self.send("blackhole", max(self.client_count // 8, 4))
        time.sleep(3)

    def notifications_are_lost(self):
        """The LISTEN connections are terminated repeatedly."""
        for _ in range(5):
            self.cluster.psql(f"select pg_terminate_backend(pid) from pg_stat_activity where {LISTENING}")
            time.sleep(0.5)

    def backends(self, condition):
        return [int(pid) for pid in self.cluster.psql(
            "select pid from pg_stat_activity where backend_type = 'client backend'"
            f" and datname = '{self.deployment.database}' and {condition}").split()]

    def a_backend_hangs(self):
        condition = "not (" + LISTENING.split(" and ")[0] + ")"
        pid = self.random.choice(self.backends(condition) or self.backends("true"))
        os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.kill(pid, signal.SIGCONT)

    def a_listening_backend_hangs(self):
        for pid in self.backends(LISTENING)[:1]:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(3)
            os.kill(pid, signal.SIGCONT)

    def backends_are_terminated(self):
        for _ in range(4):
            self.cluster.psql("select pg_terminate_backend(pid) from pg_stat_activity"
                              f" where datname = '{self.deployment.database}' and pid <> pg_backend_pid()")
            time.sleep(0.4)

    def postgresql_is_down(self):
        """Many clients reconnect meanwhile; EventSource waits three seconds before it does."""
        self.cluster.stop()
        for _ in range(4):
            self.send("cut", max(self.client_count // 12, 3))
            time.sleep(1)
        self.cluster.start()

    def postgresql_crashes(self):
        self.cluster.kill()
        time.sleep(0.5)
        self.cluster.start()

    def a_process_is_killed(self):
        process = self.deployment.processes[0]
        process.kill()
        time.sleep(0.5)
        process.start()
        process.await_ready()

    def a_process_is_restarted(self):
        process = self.deployment.processes[1]
        process.terminate()
        process.start()
        process.await_ready()

    faults = [connections_are_cut, notifications_are_lost, connections_stall, backends_are_terminated, a_backend_hangs,
              connections_become_black_holes, a_process_is_killed, postgresql_is_down, a_listening_backend_hangs,
              a_process_is_restarted, postgresql_crashes]

    def calm(self):
        """Without faults, events must arrive before the next poll would find them. Other programs can keep
        the machine busy for a while, so a phase in which they do not is enough."""
        late = []
        for _ in range(6):
            before = self.send("phase", "calm")
            time.sleep(3)
            after = self.send("phase", "quiet")
            late.append((after["late"] - before["late"]) / max(after["received"] - before["received"], 1))
            if late[-1] <= 0.1:
                return
        self.errors.append("events were late without a fault: "
                           + ", ".join(f"{share:.0%}" for share in late) + " of them in six phases")

    def round(self):
        for fault in self.faults:
            name = fault.__name__.replace("_", " ")
            before = self.send("phase", name)
            fault(self)
            self.send("phase", f"recovering, after: {name}")
            time.sleep(0.5)
            after = self.send("phase", "quiet")
            print(f"{name}: {after['received'] - before['received']} events received,"
                  f" {after['disconnects'] - before['disconnects']} disconnects, {after['errors']} errors", flush=True)
            for process in self.deployment.processes:
                process.await_ready()

    # ---- Comparison ----

    def published(self):
        path = self.directory / "published.json"
        path.write_text(self.deployment.psql(
            "select jsonb_object_agg(channel, events) from ("
            "select channel, jsonb_agg(concat_ws(' ', type, data ->> 'id', data ->> 'revision') order by \"offset\")"
            " as events from live.events group by channel) t"))
        return str(path)

    def start_writers(self):
        self.send("write")

    def stop_writers(self):
        """All clients catch up and must have received what was published."""
        writes = self.send("stop")
        self.comments += writes["comments"]
        stored = int(self.deployment.psql("select count(*) from app.comments"))
        if stored != self.comments:
            self.errors.append(f"{self.comments} comments were created, {stored} are stored")
        self.send("phase", "final comparison")
        self.send("compare", self.published())
        return writes

    def change_epoch(self):
        """As after a restore of the database: clients cannot recover and must start over."""
        self.send("phase", "new epoch")
        self.send("epoch")
        self.deployment.psql("update live.epoch set id = gen_random_uuid()")
        if not self.send("epoch", self.deployment.psql("select live.epoch()").strip())["noticed"]:
            self.errors.append("not all clients were told about the new epoch")
        self.start_writers()
        time.sleep(1)
        self.stop_writers()

    def close(self):
        report = self.send("close")
        self.errors += report["first"] + self.deployment.stop()
        return report


def main():
    program = sys.argv[1]
    rounds, client_count, channel_count = (int(word) for word in (sys.argv[2:] + ["1", "40", "5"][len(sys.argv) - 2:])[:3])
    clients = Clients("recovery.mjs")
    deployment = None
    try:
        with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster() as cluster:
            deployment = Deployment(program, directory, cluster, clients, SETTINGS)
            test = Recovery(deployment, directory, client_count, channel_count)
            test.open()
            test.start_writers()
            test.calm()
            for _ in range(rounds):
                test.round()
            writes = test.stop_writers()
            test.change_epoch()
            report = test.close()
    finally:
        if deployment:
            deployment.kill()
        clients.close()
    print(f"{writes['comments']} comments, {writes['changes']} changes, {writes['retries']} retries; "
          f"{report['received']} events received, {report['disconnects']} disconnects, "
          f"{report['resumed']} subscriptions resumed; {report['errors']} errors (seed {test.seed})")
    print("\n".join(test.errors), file=sys.stderr)
    sys.exit(1 if test.errors else 0)


main()
