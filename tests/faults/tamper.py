#!/usr/bin/env python3
"""tamper.py: `audit verify` finds every manipulation of the trail or of objects, and nothing else.

    tamper.py BINNACLE [OPERATIONS [MANIPULATIONS [KILLS]]]

Eight writers change objects of every kind through two processes, while backends of PostgreSQL, the processes and
PostgreSQL itself are killed in turn; half of the changes are at one place. The trail verifies meanwhile and at the
end, so no chain forked, and no two transactions deadlocked. Then each random manipulation is made in a copy of the database, in SQL as a superuser; `audit verify`,
where it must also with a seal, exits with 1 and names it.
"""

import concurrent.futures
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import types
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from deployment import Deployment
from issuer import Issuer
from manipulations import Manipulations
from trail_load import Load

WRITERS, GUARDS, PLACES = 8, 24, 6


class Tamper:
    def __init__(self, program, cluster, deployment, seed):
        self.program, self.cluster, self.deployment, self.seed = program, cluster, deployment, seed
        self.errors = []
        self.seal = None  # a file

    def audit(self, *args, database=Deployment.database):
        return subprocess.run([self.program, "audit", *args], capture_output=True, text=True,
                              env={**os.environ, "DATABASE_URL": self.cluster.url(database)})

    def expect_verified(self, when, *args):
        done = self.audit("verify", *args)
        if done.returncode != 0:
            self.errors.append(f"an untouched trail does not verify {when}: {done.stdout}{done.stderr}"[:3000])

    # ---- Load ----

    def prepare(self, load):
        """Places, guards, and their sessions in past weeks."""
        load.places = [str(uuid.uuid4()) for _ in range(PLACES)]
        load.guards = [str(uuid.uuid4()) for _ in range(GUARDS)]
        load.erasable = [str(uuid.uuid4()) for _ in range(GUARDS)]
        self.deployment.psql("".join(
            f"insert into app.locations (id, name) values ('{each}', 'Place {n}');"
            for n, each in enumerate(load.places)) + "".join(
            "insert into app.users (id, issuer, subject, first_name, last_name, role)"
            f" values ('{each}', 'x', '{each}', 'G', 'Test', 'GUARD');" for each in load.guards + load.erasable)
            + "insert into app.duty_sessions (user_id, location_id, clock_in_time, clock_out_time) select u.id,"
              f" '{load.places[0]}', d, d + interval '8 hours' from app.users u, generate_series(now() -"
              " interval '29 days', now() - interval '8 days', interval '1 day') d where u.role = 'GUARD'")
        weeks = self.deployment.psql("select distinct (date_trunc('week', now()) - n * interval '7 days')::date - 1"
                                     " from generate_series(2, 4) n").split()
        load.weeks = [(guard, week) for guard in load.guards for week in weeks]

    def kill(self, number):
        if number % 3 == 0:
            self.deployment.psql("select pg_terminate_backend(pid) from pg_stat_activity"
                                 " where backend_type = 'client backend' and pid <> pg_backend_pid()")
        elif number % 3 == 1:
            process = self.deployment.processes[number % 2]
            process.kill()
            process.start()
            process.await_ready()
        else:
            self.cluster.kill()
            self.cluster.start()

    def run_load(self, load, directory, kills):
        total = load.left
        for writer in load.writers:
            writer.start()
        for number in range(kills + 1):
            while load.running() and load.left > total * (kills - number) / (kills + 1):
                time.sleep(0.02)
            self.expect_verified("while writers are running")
            if number == kills // 2:
                self.seal = pathlib.Path(directory, "seal.json")
                self.seal.write_text(self.audit("seal").stdout)
            if number < kills:
                self.kill(number)
        for writer in load.writers:
            writer.join()
        for process in self.deployment.processes:
            process.await_ready()
        time.sleep(0.5)  # for writes whose client has disconnected
        self.errors += load.errors
        self.expect_verified("after the load")
        self.expect_verified("with a seal", "--from", self.seal)
        if "deadlock detected" in pathlib.Path(self.cluster.directory, "log").read_text():
            self.errors.append("PostgreSQL's log says: deadlock detected")

    # ---- Manipulations ----

    def manipulate(self, number, manipulation):
        """In a copy; returns an error or None."""
        database = f"copy_{number}"
        self.cluster.psql(f"create database {database} template {Deployment.database} strategy file_copy")
        try:
            self.cluster.psql(manipulation.sql, database)
            done = self.audit("verify", *(["--from", self.seal] if manipulation.sealed else []), database=database)
        except SystemExit as error:
            return f"{manipulation.name}: {error}"
        finally:
            self.cluster.psql(f"drop database {database}")
        if done.returncode == 1 and manipulation.named in done.stdout and not done.stderr:
            return None
        return (f"{manipulation.name}: exit {done.returncode}, not named: {manipulation.named!r}\n"
                f"{manipulation.sql[-600:]}\n{done.stdout[:600]}{done.stderr[:600]}")

    def run_manipulations(self, count):
        made = Manipulations(lambda sql: self.cluster.psql(sql, Deployment.database), random.Random(self.seed))
        with concurrent.futures.ThreadPoolExecutor(2) as workers:
            found = list(workers.map(lambda each: self.manipulate(*each), enumerate(made.list(count))))
        self.errors += [error for error in found if error]


def main(program, operations="400", manipulations="21", kills="3"):
    seed = os.environ.get("SEED") or str(int.from_bytes(os.urandom(4), "big"))
    deployment = None
    with tempfile.TemporaryDirectory(prefix="bct-", dir="/tmp") as directory, Cluster() as cluster:
        issuer = Issuer(directory)
        try:
            deployment = Deployment(program, directory, cluster, types.SimpleNamespace(issuer=issuer.url), {})
            users = deployment.create_users(["SUPER_ADMIN"] * WRITERS)
            deployment.start()
            test = Tamper(program, cluster, deployment, seed)
            load = Load([process.port for process in deployment.processes],
                        [issuer.token("clients", None, sub=user["subject"]) for user in users], int(operations), seed,
                        lambda kind: deployment.psql(f"select audit.prune('{kind}', 0, 20)"))
            load.admins = [user["id"] for user in users]
            test.prepare(load)
            began = time.monotonic()
            test.run_load(load, directory, int(kills))
            seconds = time.monotonic() - began
            test.errors += deployment.stop()
            if int(operations) >= 5000:
                test.errors += load.never_done()
            entries = deployment.psql("select count(*) from audit.entries").strip()
            test.run_manipulations(int(manipulations))
        finally:
            if deployment:
                deployment.kill()
            issuer.close()
    print(f"{operations} operations in {seconds:.0f} s, {kills} kills, {entries} entries, {manipulations} "
          f"manipulations; {len(test.errors)} errors (SEED={seed})")
    print("\n".join(test.errors[:30]), file=sys.stderr)
    if os.environ.get("VERBOSE"):
        print("\n".join(f"{done:6} {refused:6} {name}" for name, (done, refused) in sorted(load.counts.items())))
    sys.exit(1 if test.errors else 0)


main(*sys.argv[1:])
