"""trail_load.py: writers that change every kind of object, at random, through several processes."""

import http.client
import json
import random
import threading
import time
import uuid

# The outcome of a request during a fault.
UNAVAILABLE = (503, 504)


def hours_from_now(hours):
    return time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(time.time() + hours * 3600))


class Writer(threading.Thread):
    """A SUPER_ADMIN. Objects are shared: `load.ids` has those of each path, whoever created them."""

    def __init__(self, load, token, random_seed):
        super().__init__(daemon=True)
        self.load, self.token = load, token
        self.random = random.Random(random_seed)
        self.steps = [getattr(self, name) for name in dir(self) if name.startswith("do_")]

    def run(self):
        while self.load.take():
            self.random.choice(self.steps)()

    # ---- Requests ----

    def call(self, method, path, body=None):
        """The response's body, {} if it was refused or there is none."""
        port = self.random.choice(self.load.ports)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)  # the process was killed
            return {}
        finally:
            connection.close()
        name = method + " " + "/".join("…" if len(part) == 36 else part for part in path.partition("?")[0].split("/"))
        self.load.count(name, response.status, text)
        return json.loads(text) if text and response.status < 300 else {}

    def create(self, path, body):
        body = {"id": str(uuid.uuid4()), **body}
        made = self.call("POST", path, body)
        if made:
            self.load.ids.setdefault(path, []).append(body["id"])
        return made

    def some(self, path):
        """An object of this path; if there is none yet, an unknown one."""
        ids = self.load.ids.get(path)
        return self.random.choice(ids) if ids else str(uuid.uuid4())

    def word(self):
        return f"{self.random.choice(('Quay', 'Gate', 'Crane', 'Ünit'))} {self.random.randrange(10**6)}"

    def place(self):
        """Half of the changes are at one place, so that they wait for each other."""
        return self.random.choice(self.load.places[:1] + self.random.sample(self.load.places, 1))

    def guard(self):
        return self.random.choice(self.load.guards)

    # ---- Steps ----

    def do_log(self):
        self.create("/logs", {"type": self.random.choice(("PATROL", "INCIDENT")), "severity": "LOW",
                              "title": self.word(), "description": self.word(), "location_id": self.place()})

    def do_change_log(self):
        self.call("PATCH", f"/logs/{self.some('/logs')}", {"title": self.word(), "weather_conditions": self.word()})

    def do_delete_log(self):
        self.call("DELETE", f"/logs/{self.some('/logs')}{self.random.choice(('', '?hard=true'))}")

    def do_comment(self):
        self.create(f"/logs/{self.some('/logs')}/comments", {"content": self.word()})

    def do_visitor(self):
        self.create("/visitors", {"first_name": self.word(), "last_name": "Ng", "location_id": self.place()})

    def do_change_visitor(self):
        self.call("PATCH", f"/visitors/{self.some('/visitors')}", {"company": self.word(), "expected_duration": 30})

    def do_check_out_visitor(self):
        self.call("POST", f"/visitors/{self.some('/visitors')}/check-out", {"notes": self.word()})

    def do_location(self):
        self.create("/locations", {"name": self.word()})
        self.call("PATCH", f"/locations/{self.some('/locations')}", {"description": self.word()})

    def do_vehicle(self):
        self.create("/vehicles", {"name": self.word(), "make": "Ford", "model": "Ka", "year": 2020})
        self.call("PATCH", f"/vehicles/{self.some('/vehicles')}", {"notes": self.word()})

    def do_radio(self):
        self.create("/radios", {"name": self.word()})
        self.call("DELETE", f"/radios/{self.some('/radios')}")

    def do_note(self):
        note = self.create("/me/notes", {"title": self.word(), "content": self.word()})
        if note:
            self.call("POST", f"/me/notes/{note['id']}/publish")
            self.call("PATCH", f"/me/notes/{note['id']}", {"content": self.word()})
        if self.random.random() < 0.3:
            self.call("DELETE", f"/me/notes/{note.get('id', uuid.uuid4())}")

    def do_notification(self):
        made = self.create("/notifications", {"title": self.word(), "message": self.word(), "user_id": self.guard()})
        if made:
            self.call("PATCH", f"/notifications/{made['id']}", {"title": self.word()})

    def do_message(self):
        self.create("/messages", {"content": self.word(), "recipient_id": self.random.choice(self.load.admins)})

    def do_shift(self):
        """With people: an object for each of them, in one transaction."""
        people = self.random.sample(self.load.guards, 3)
        start = self.random.randrange(24, 240)
        self.create("/shifts", {
            "name": self.word(), "location_id": self.place(), "start_time": hours_from_now(start),
            "end_time": hours_from_now(start + 8), "user_assignments": [{"user_id": each} for each in people]})

    def do_change_shift(self):
        self.call("PATCH", f"/shifts/{self.some('/shifts')}",
                  {"name": self.word(), "user_assignments": [{"user_id": self.guard()}]})

    def do_delete_shift(self):
        self.call("DELETE", f"/shifts/{self.some('/shifts')}")

    def do_timesheet(self):
        """With the sessions of a week as its entries."""
        user, week = self.random.choice(self.load.weeks)
        self.create("/timesheets", {"user_id": user, "week_start_date": week})
        self.call("POST", f"/timesheets/{self.some('/timesheets')}/submit")
        self.call("POST", f"/timesheets/{self.some('/timesheets')}/approve")
        self.call("POST", f"/timesheets/{self.some('/timesheets')}/reopen", {"reason": self.word()})

    def do_approve_timesheets(self):
        self.call("POST", "/timesheets/bulk-approve",
                  {"ids": sorted({self.some("/timesheets") for _ in range(4)})})

    def do_delete_timesheet(self):
        self.call("DELETE", f"/timesheets/{self.some('/timesheets')}")

    def do_duty(self):
        session = self.create("/duty-sessions", {"location_id": self.place()})
        if session:
            self.create(f"/duty-sessions/{session['id']}/check-ins", {"location_id": self.place()})
            self.call("POST", f"/duty-sessions/{session['id']}/clock-out", {"notes": self.word()})

    def do_checklist(self):
        items = [{"name": self.word()} for _ in range(3)]
        self.call("POST", "/safety-checklist/items/batch", {"items": items})

    def do_user(self):
        """Invited, then changed; some are archived and erased."""
        self.create("/users", {"email": f"{uuid.uuid4().hex}@example.com", "first_name": "A", "last_name": "B",
                               "role": "GUARD"})
        self.call("PATCH", f"/users/{self.some('/users')}", {"city": self.word()})

    def do_erase(self):
        user = self.load.pop_erasable(self.random)
        if user:
            self.call("POST", f"/users/{user}/archive")
            self.call("POST", f"/users/{user}/erase")

    def do_prune(self):
        """As `audit prune` does for entries of any age."""
        if self.random.random() < 0.05:
            self.load.prune(self.random.choice(("visitor", "log", "comment")))


class Load:
    def __init__(self, ports, tokens, operations, seed, prune):
        self.ports, self.left, self.prune = ports, operations, prune
        self.places, self.guards, self.admins, self.weeks, self.erasable = [], [], [], [], []
        self.ids, self.counts, self.errors = {}, {}, []
        self.lock = threading.Lock()
        self.writers = [Writer(self, token, f"{seed}/{n}") for n, token in enumerate(tokens)]

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0 and len(self.errors) < 20

    def count(self, name, status, text):
        with self.lock:
            done, refused = self.counts.get(name, (0, 0))
            self.counts[name] = (done + (status < 300), refused + (status >= 300))
            if status >= 500 and status not in UNAVAILABLE or status in (400, 401, 415):
                self.errors.append(f"{name}: {status} {text.decode()[:300]}")

    def pop_erasable(self, random_of_writer):
        with self.lock:
            if not self.erasable:
                return None
            return self.erasable.pop(random_of_writer.randrange(len(self.erasable)))

    def running(self):
        return any(writer.is_alive() for writer in self.writers)

    def never_done(self):
        """Operations of which all were refused."""
        return [f"{name}: refused {refused} times" for name, (done, refused) in sorted(self.counts.items()) if not done]
