#!/usr/bin/env python3
"""revocation.py: who may not hear something any more hears nothing of it from then on, on both of
two processes and on all transports.

    revocation.py BINNACLE
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cluster import Cluster
from house import Crowd, House

# In the order in which revocation.mjs takes them: an owner, an administrator, one who is archived,
# one whose role is lowered, a friend; and others.
ROLES = ["GUARD", "SUPER_ADMIN", "SUPERVISOR", "SUPERVISOR", "SUPERVISOR"] + ["VISITOR", "GUARD", "SUPERVISOR"] + ["VISITOR"] * 2


def main():
    crowd = Crowd("revocation.mjs")
    house = None
    try:
        with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster() as cluster:
            house = House(sys.argv[1], directory, cluster, crowd, {"WS_PING_SECONDS": "2"})
            people = house.people(ROLES)
            house.open()
            crowd.say({"ports": [process.port for process in house.processes], "people": people})
            faults = crowd.child.stdout.read().splitlines()
            if crowd.child.wait() != 0 and not faults:
                faults = ["the crowd did not end well"]
            faults += house.close()
    finally:
        if house:
            house.end()
        crowd.close()
    print("\n".join(faults), file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
