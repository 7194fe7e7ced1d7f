#!/usr/bin/env python3
"""paging.py: paging through 10,000 rows by cursor, during writes, returns each initial row exactly
once, and the last page costs as much as the first.

    paging.py BINNACLE [ROWS [LIMIT]]

The cost of a page is the number of blocks that PostgreSQL reads for it, from disk or memory
(auto_explain), which does not depend on how busy the machine is.
"""

import http.client
import json
import pathlib
import re
import sys
import tempfile
import threading
import types
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from deployment import Deployment
from issuer import Issuer

LOCATION = "0193a5b0-7c00-7000-8000-000000000001"
PATH = "/api/v1/logs"
# One line with the plan of each statement, for the superuser who turns it on.
EXPLAIN = ["shared_preload_libraries=auto_explain", "auto_explain.log_analyze=on", "auto_explain.log_buffers=on",
           "auto_explain.log_timing=off", "auto_explain.log_format=json", "log_line_prefix="]
PLAN = re.compile(r"^LOG:  duration: .* plan:\n((?:\t.*\n)+)", re.M)
BLOCKS = ("Shared Hit Blocks", "Shared Read Blocks")
ALLOWED = 1.3  # cost of the last page, as a multiple of the first


class Walk:
    def __init__(self, deployment, token, user, rows, limit):
        self.deployment, self.token, self.user, self.rows, self.limit = deployment, token, user, rows, limit
        self.connection = self.connect()
        self.errors = []

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.deployment.processes[0].port, timeout=30)

    def request(self, method, target, body=None, connection=None):
        connection = connection or self.connection
        connection.request(method, target, body and json.dumps(body), {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status not in (200, 201):
            raise SystemExit(f"{method} {target}: {response.status} {answer}")
        return answer, response.headers["Link"]

    def create_rows(self):
        """Every tenth row has the time of the one before, so that only the ID orders them."""
        self.deployment.psql(
            "insert into app.logs (type, title, description, location_id, user_id, created_at)"
            f" select 'PATROL', 'Log ' || n, 'x', '{LOCATION}', '{self.user}',"
            f" '2026-01-01'::timestamptz + (n - (n % 10 = 0)::integer) * interval '1 minute'"
            f" from generate_series(1, {self.rows}) n; analyze app.logs;")
        return self.deployment.psql("select id from app.logs").split()

    # ---- The walk ----

    def write(self, stop, ids):
        """Creates rows, which precede the pages that are still to be read, and changes others."""
        connection = self.connect()
        for n in range(1_000_000):
            if stop.is_set():
                return
            self.request("POST", PATH, {"type": "PATROL", "title": "New", "description": "x",
                                        "location_id": LOCATION}, connection)
            self.request("PATCH", f"{PATH}/{ids[n * 7919 % len(ids)]}", {"title": f"Changed {n}"}, connection)

    def walk(self):
        """Returns the IDs in the order of the responses, and the target of each page."""
        found, targets, target = [], [], f"{PATH}?limit={self.limit}"
        while target:
            page, link = self.request("GET", target)
            found += [log["id"] for log in page]
            targets.append(target)
            target = link and urllib.parse.urlsplit(re.match(r'<([^>]*)>; rel="next"', link)[1])
            target = target and f"{target.path}?{target.query}"
        return found, targets

    def walk_while_others_write(self, ids):
        stop = threading.Event()
        writer = threading.Thread(target=self.write, args=(stop, ids), daemon=True)
        writer.start()
        found, targets = self.walk()
        stop.set()
        writer.join()
        written = int(self.deployment.psql("select count(*) from app.logs")) - len(ids)
        if len(set(found)) < len(found):
            self.errors.append(f"{len(found) - len(set(found))} rows were returned twice")
        if not set(ids) <= set(found):
            self.errors.append(f"{len(set(ids) - set(found))} initial rows were not returned")
        if written < 10 or len(targets) < self.rows // self.limit:
            self.errors.append(f"only {written} rows were written and {len(targets)} pages read")
        return targets, written

    # ---- Its cost ----

    def cost(self, target):
        """The blocks that the list's statement reads: the minimum of three attempts."""
        log = pathlib.Path(self.deployment.cluster.directory, "log")
        costs = []
        for _ in range(3):
            before = log.stat().st_size
            self.request("GET", target)
            with open(log, encoding="utf-8") as file:
                file.seek(before)
                plans = [json.loads(text) for text in PLAN.findall(file.read())]
            costs += [sum(plan["Plan"][kind] for kind in BLOCKS) for plan in plans
                      if "api.log_items" in plan["Query Text"]]
        if not costs:
            raise SystemExit(f"{target}: no plan was logged")
        return min(costs)

    def compare_costs(self, targets):
        """Also reads a page with `skip`, which costs more, to show that the cost is measured."""
        self.deployment.psql("alter database faults set auto_explain.log_min_duration = 0")
        self.deployment.psql("select pg_terminate_backend(pid) from pg_stat_activity"
                             " where datname = 'faults' and pid <> pg_backend_pid()")
        self.deployment.processes[0].await_ready()
        first, last = self.cost(targets[0]), self.cost(targets[-2])
        skipped = self.cost(f"{PATH}?limit={self.limit}&skip={self.rows - 2 * self.limit}")
        if last > first * ALLOWED:
            self.errors.append(f"page {len(targets) - 1} reads {last} blocks, page 1 {first}")
        if skipped < first * 2:
            self.errors.append(f"skipping all rows reads only {skipped} blocks: is the cost measured?")
        return first, last, skipped


def main(program, rows="10000", limit="10"):
    deployment = None
    with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster(EXPLAIN) as cluster:
        issuer = Issuer(directory)
        try:
            deployment = Deployment(program, directory, cluster, types.SimpleNamespace(issuer=issuer.url), {})
            user = deployment.create_users(["SUPER_ADMIN"])[0]
            deployment.psql(f"insert into app.locations (id, name) values ('{LOCATION}', 'Pier')")
            deployment.start()
            test = Walk(deployment, issuer.token("clients", None, sub=user["subject"]), user["id"], int(rows), int(limit))
            targets, written = test.walk_while_others_write(test.create_rows())
            first, last, skipped = test.compare_costs(targets)
            test.errors += deployment.stop()
        finally:
            if deployment:
                deployment.kill()
            issuer.close()
    print(f"{rows} rows on {len(targets)} pages, {written} written meanwhile; page 1 reads {first} blocks, "
          f"page {len(targets) - 1} {last}, the same page by skip {skipped}")
    print("\n".join(test.errors), file=sys.stderr)
    sys.exit(1 if test.errors else 0)


main(*sys.argv[1:])
