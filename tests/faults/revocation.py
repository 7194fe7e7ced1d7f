#!/usr/bin/env python3
"""revocation.py: a user who loses a permission receives no further events of that channel, on both of
two processes and on all transports; also while the LISTEN connections are terminated repeatedly, so
that notifications between the processes are lost.

    revocation.py BINNACLE
"""

import pathlib
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from deployment import LISTENING, Clients, Deployment

# In the order that revocation.mjs expects: an owner, an administrator, a user who is archived, a user
# who is demoted, a friend; and others.
ROLES = ["GUARD", "SUPER_ADMIN", "SUPERVISOR", "SUPERVISOR", "SUPERVISOR"] + ["VISITOR", "GUARD", "SUPERVISOR"] + ["VISITOR"] * 2


def terminate_listeners(cluster, stop):
    while not stop.wait(0.7):
        cluster.psql(f"select pg_terminate_backend(pid) from pg_stat_activity where {LISTENING}")


def run(program, directory, cluster, clients, lose_notifications):
    """Runs revocation.mjs once; returns the errors."""
    stop = threading.Event()
    deployment = Deployment(program, directory, cluster, clients, {"WS_PING_SECONDS": "2"})
    try:
        users = deployment.create_users(ROLES)
        deployment.start()
        if lose_notifications:
            threading.Thread(target=terminate_listeners, args=(cluster, stop), daemon=True).start()
        clients.send({"ports": [process.port for process in deployment.processes], "users": users})
        errors = clients.child.stdout.read().splitlines()
        if clients.child.wait() != 0 and not errors:
            errors = ["revocation.mjs failed without a message"]
        stop.set()
        return errors + deployment.stop()
    finally:
        stop.set()
        deployment.kill()


def main():
    errors = []
    for lose_notifications in (False, True):
        clients = Clients("revocation.mjs")
        try:
            with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster() as cluster:
                errors += [error + (" (while notifications are lost)" if lose_notifications else "")
                           for error in run(sys.argv[1], directory, cluster, clients, lose_notifications)]
        finally:
            clients.close()
    print("\n".join(errors), file=sys.stderr)
    sys.exit(1 if errors else 0)


main()
