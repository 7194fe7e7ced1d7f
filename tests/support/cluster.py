"""cluster.py: a temporary PostgreSQL for checks and tests.

    with Cluster() as cluster:
        cluster.psql("select 1")

It has its own temporary directory, with its socket. It ends with the block, and with this process.
Committed data survives a crash of PostgreSQL; it survives a crash of the machine only if the
cluster is durable.
"""

import contextlib
import ctypes
import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1


def parent_directory():
    """In memory if there is enough, as in sandbox.h."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > 2 << 30 and os.access("/dev/shm", os.W_OK):
            return "/dev/shm"
    return "/tmp"


class Cluster:
    def __init__(self, settings=(), durable=False):
        """`settings` as for `postgres -c`; `durable`: with fsync."""
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        if not found:
            raise SystemExit("no PostgreSQL in /usr/lib/postgresql")
        self.programs = pathlib.Path(found[-1])
        self.settings = list(settings)
        self.durable = durable
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.directory = tempfile.mkdtemp(prefix="bcl-", dir=parent_directory())
        self.server = None

    def _prepare_child(self):
        """Called in a new child: runs as the user postgres if we are root, ends with this process."""
        if self.user:
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    def _run(self, *args, **options):
        return subprocess.run([str(arg) for arg in args], check=True, text=True, cwd="/", **options)

    def __enter__(self):
        try:
            self._create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _create(self):
        if self.user:
            os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)
        data = f"{self.directory}/data"
        self._run(self.programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync", "--no-instructions",
                  preexec_fn=self._prepare_child, stdout=subprocess.DEVNULL)

    def start(self):
        data = f"{self.directory}/data"
        settings = [f"unix_socket_directories={self.directory}", "listen_addresses=", *self.settings]
        if not self.durable:
            settings += ["fsync=off", "full_page_writes=off"]
        args = [self.programs / "postgres", "-D", data]
        for setting in settings:
            args += ["-c", setting]
        with open(f"{self.directory}/log", "a") as log:
            self.server = subprocess.Popen([str(arg) for arg in args], preexec_fn=self._prepare_child, cwd="/",
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(2000):
            ready = subprocess.run([str(self.programs / "pg_isready"), "-q", "-h", self.directory])
            if ready.returncode == 0:
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.02)
        raise SystemExit("PostgreSQL did not start:\n" + pathlib.Path(self.directory, "log").read_text())

    def stop(self):
        """As `pg_ctl stop -m fast`."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            try:
                self.server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.server.send_signal(signal.SIGQUIT)
                self.server.wait()

    def kill(self):
        """SIGKILL to all of its processes.

        The server is stopped first, so that it neither notices its children die nor starts others. They
        are all dead when it is killed: a new server refuses to start while one of them has shared memory.
        """
        self.server.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.server.pid, os.WSTOPPED)
        while running := self.children():
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)
        self.server.kill()
        self.server.wait()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, database="postgres"):
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def psql(self, sql, database="postgres", options=""):
        """Returns the output of psql, unaligned and without headers; an error ends the program."""
        done = subprocess.run(
            [str(self.programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-f", "-"],
            input=sql, capture_output=True, text=True, env={**os.environ, "PGOPTIONS": options})
        if done.returncode != 0:
            raise SystemExit(f"psql: {done.stderr}\n{sql[:2000]}")
        return done.stdout

    def migrate(self, program, database):
        """Creates a database; the program migrates it."""
        self.psql(f"create database {database}")
        done = subprocess.run([program, "migrate"], capture_output=True, text=True,
                              env={**os.environ, "DATABASE_URL": self.url(database)})
        if done.returncode != 0:
            raise SystemExit(f"binnacle migrate failed: {done.stdout}{done.stderr}")

    def children(self):
        """The processes of the server that are running, without itself."""
        server = self.server.pid
        pids = pathlib.Path(f"/proc/{server}/task/{server}/children").read_text().split()
        stats = (pathlib.Path(f"/proc/{pid}/stat").read_text() for pid in pids)
        return [int(stat.split()[0]) for stat in stats if stat.rpartition(")")[2].split()[0] != "Z"]
