#!/usr/bin/env python3
"""revocation.py: who may not hear something any more hears nothing of it from then on, on both of
two processes and on all transports; also while their listening connections are ended, again and
again, so that what one tells the other is lost.

    revocation.py BINNACLE
"""

import pathlib
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from house import LISTENS, Crowd, House

# In the order in which revocation.mjs takes them: an owner, an administrator, one who is archived,
# one whose role is lowered, a friend; and others.
ROLES = ["GUARD", "SUPER_ADMIN", "SUPERVISOR", "SUPERVISOR", "SUPERVISOR"] + ["VISITOR", "GUARD", "SUPERVISOR"] + ["VISITOR"] * 2


def keep_deaf(cluster, over):
    while not over.wait(0.7):
        cluster.psql(f"select pg_terminate_backend(pid) from pg_stat_activity where {LISTENS}")


def faults_of(program, directory, cluster, crowd, deaf):
    over = threading.Event()
    house = House(program, directory, cluster, crowd, {"WS_PING_SECONDS": "2"})
    try:
        people = house.people(ROLES)
        house.open()
        if deaf:
            threading.Thread(target=keep_deaf, args=(cluster, over), daemon=True).start()
        crowd.say({"ports": [process.port for process in house.processes], "people": people})
        faults = crowd.child.stdout.read().splitlines()
        if crowd.child.wait() != 0 and not faults:
            faults = ["the crowd did not end well"]
        over.set()
        return faults + house.close()
    finally:
        over.set()
        house.end()


def main():
    faults = []
    for deaf in (False, True):
        crowd = Crowd("revocation.mjs")
        try:
            with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster() as cluster:
                faults += [fault + (" (while they are deaf)" if deaf else "")
                           for fault in faults_of(sys.argv[1], directory, cluster, crowd, deaf)]
        finally:
            crowd.close()
    print("\n".join(faults), file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
