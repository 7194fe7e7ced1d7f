#!/usr/bin/env python3
"""recovery.py: whatever happens to links, processes and database, whoever listens hears each event
of his channels once, in order.

    recovery.py BINNACLE [ROUNDS [LISTENERS [CHANNELS]]]

Writers comment on notes through two processes; listeners of all kinds hear them, each from one
of the two. Meanwhile all that can break is broken, each kind once a round. In the end what
each has heard is held against live.events.
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
from house import LISTENS, Crowd, House

PEOPLE = 10
# Small, so that bounds are met: who is behind finds more than may wait for one, and the line is
# full when all come again at once.
SETTINGS = {"WS_PING_SECONDS": "2", "WS_SWEEP_SECONDS": "4", "WS_PENDING_BYTES": "65536", "WS_RING": "64",
            "DB_QUEUE": "48", "DB_PIPELINE": "8"}


class Story:
    def __init__(self, house, directory, listeners, channels):
        self.house, self.cluster, self.crowd = house, house.cluster, house.crowd
        self.directory = pathlib.Path(directory)
        self.listeners, self.channels = listeners, channels
        self.seed = int.from_bytes(os.urandom(4), "big") & 0x7FFFFFFF
        self.random = random.Random(self.seed)
        self.comments = 0
        self.faults = []

    def tell(self, what, given=None):
        """The crowd; what it has come to."""
        self.crowd.say({what: given})
        return self.crowd.hear()

    # ---- Before ----

    def notes_of(self, people):
        notes = [{"id": str(uuid.uuid4()), "owner": people[n % PEOPLE]} for n in range(self.channels)]
        self.house.psql("".join(
            "insert into app.notes (id, owner_id, title, content, is_public, published_at)"
            f" values ('{each['id']}', '{each['owner']['id']}', 'Watch', 'x', true, now());"
            for each in notes))
        return notes

    def open(self):
        people = self.house.people(["GUARD"] * PEOPLE)
        notes = self.notes_of(people)
        self.house.open()
        opened = self.tell("open", {
            "ports": [process.port for process in self.house.processes], "listeners": self.listeners, "people": people,
            "notes": notes, "each": min(5, self.channels), "seconds": 6, "writers": 8, "pace": 60, "seed": self.seed})
        if opened["missing"]:
            self.house.processes[0].fail(f"or the other does not let everybody listen: {opened}")

    # ---- What happens ----

    def links_are_cut(self):
        for _ in range(8):
            self.tell("cut", max(self.listeners // 16, 2))
            time.sleep(0.4)

    def links_stall(self):
        self.tell("stall", max(self.listeners // 8, 4))
        time.sleep(3)

    def links_fall_silent(self):
        self.tell("hush", max(self.listeners // 8, 4))
        time.sleep(3)

    def nobody_is_told(self):
        """The connections that listen are ended, again and again."""
        for _ in range(5):
            self.cluster.psql(f"select pg_terminate_backend(pid) from pg_stat_activity where {LISTENS}")
            time.sleep(0.5)

    def backends(self, which):
        return [int(pid) for pid in self.cluster.psql(
            "select pid from pg_stat_activity where backend_type = 'client backend'"
            f" and datname = '{self.house.database}' and {which}").split()]

    def a_backend_stands_still(self):
        which = "not (" + LISTENS.split(" and ")[0] + ")"
        pid = self.random.choice(self.backends(which) or self.backends("true"))
        os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.kill(pid, signal.SIGCONT)

    def a_listening_backend_stands_still(self):
        for pid in self.backends(LISTENS)[:1]:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(3)
            os.kill(pid, signal.SIGCONT)

    def backends_are_ended(self):
        for _ in range(4):
            self.cluster.psql("select pg_terminate_backend(pid) from pg_stat_activity"
                              f" where datname = '{self.house.database}' and pid <> pg_backend_pid()")
            time.sleep(0.4)

    def postgresql_is_away(self):
        """While many come again, browsers among them, who wait for three seconds."""
        self.cluster.stop()
        for _ in range(4):
            self.tell("cut", max(self.listeners // 12, 3))
            time.sleep(1)
        self.cluster.start()

    def postgresql_is_killed(self):
        self.cluster.kill()
        time.sleep(0.5)
        self.cluster.start()

    def a_process_is_killed(self):
        process = self.house.processes[0]
        process.kill()
        time.sleep(0.5)
        process.start()
        process.await_ready()

    def a_process_is_stopped(self):
        process = self.house.processes[1]
        process.terminate()
        process.start()
        process.await_ready()

    happenings = [links_are_cut, nobody_is_told, links_stall, backends_are_ended, a_backend_stands_still, links_fall_silent,
                  a_process_is_killed, postgresql_is_away, a_listening_backend_stands_still, a_process_is_stopped,
                  postgresql_is_killed]

    def calm(self):
        """Nothing breaks, and nobody waits for a sweep."""
        self.tell("phase", "calm")
        time.sleep(5)
        now = self.tell("phase", "quiet")
        # (Somebody else may keep the machine busy for a moment.)
        if now["late"] > now["heard"] / 10:
            self.faults.append(f"{now['late']} of {now['heard']} came late though nothing was broken")

    def round(self):
        for happening in self.happenings:
            name = happening.__name__.replace("_", " ")
            before = self.tell("phase", name)
            happening(self)
            self.tell("phase", f"recovering, after {name}")
            time.sleep(0.5)
            after = self.tell("phase", "quiet")
            print(f"{name}: {after['heard'] - before['heard']} heard, {after['lost'] - before['lost']} lost their link,"
                  f" {after['faults']} faults", flush=True)
            for process in self.house.processes:
                process.await_ready()

    # ---- After ----

    def told(self):
        path = self.directory / "told.json"
        path.write_text(self.house.psql(
            "select jsonb_object_agg(channel, events) from ("
            "select channel, jsonb_agg(concat_ws(' ', type, data ->> 'id', data ->> 'revision') order by \"offset\")"
            " as events from live.events group by channel) t"))
        return str(path)

    def write(self):
        self.tell("write")

    def stop(self):
        """Everybody catches up, and has heard what was told."""
        wrote = self.tell("stop")
        self.comments += wrote["comments"]
        kept = int(self.house.psql("select count(*) from app.comments"))
        if kept != self.comments:
            self.faults.append(f"{self.comments} comments were made, {kept} are there")
        self.tell("phase", "the end")
        self.tell("compare", self.told())
        return wrote

    def another_database(self):
        """As after a restore: whoever comes again is told that he cannot go on, and begins anew."""
        self.tell("phase", "the database is another one")
        self.tell("another")
        self.house.psql("update live.epoch set id = gen_random_uuid()")
        if not self.tell("another", self.house.psql("select live.epoch()").strip())["noticed"]:
            self.faults.append("not everybody was told that the database is another one")
        self.write()
        time.sleep(1)
        self.stop()

    def close(self):
        heard = self.tell("leave")
        self.faults += heard["first"] + self.house.close()
        return heard


def main():
    program = sys.argv[1]
    rounds, listeners, channels = (int(word) for word in (sys.argv[2:] + ["1", "40", "5"][len(sys.argv) - 2:])[:3])
    crowd = Crowd("crowd.mjs")
    house = None
    try:
        with tempfile.TemporaryDirectory(prefix="bch-", dir="/tmp") as directory, Cluster() as cluster:
            house = House(program, directory, cluster, crowd, SETTINGS)
            story = Story(house, directory, listeners, channels)
            story.open()
            story.write()
            story.calm()
            for _ in range(rounds):
                story.round()
            wrote = story.stop()
            story.another_database()
            heard = story.close()
    finally:
        if house:
            house.end()
        crowd.close()
    print(f"{wrote['comments']} comments and {wrote['changes']} changes, asked again {wrote['again']} times; "
          f"{heard['heard']} heard, {heard['lost']} links lost, {heard['resumed']} times gone on; "
          f"{heard['faults']} faults (seed {story.seed})")
    print("\n".join(story.faults), file=sys.stderr)
    sys.exit(1 if story.faults else 0)


main()
