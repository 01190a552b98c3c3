"""A redis-server of its own for a test, on a unix socket in a temporary folder."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DEADLINE = 30  # Seconds that anything here may take.


class RedisError(Exception):
    pass


class RedisProcess:
    """Starts redis-server with the contract's settings and `options` over them.

    With `listen` it has a loopback port as well, picked by the kernel, for a replica to follow.
    """

    def __init__(self, options=None, listen=False, environment=None):
        self._scratch = tempfile.TemporaryDirectory(prefix="stile-redis-")
        self.folder = pathlib.Path(self._scratch.name)
        self.socket = str(self.folder / "redis.sock")
        self.port = _free_port() if listen else 0
        self._environment = environment
        self._options = {"maxmemory-policy": "noeviction", "appendonly": "yes", "save": "",
                         "appendfsync": "everysec", **(options or {})}
        self._process = None
        self.start()

    def start(self):
        words = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket",
                 self.socket, "--dir", str(self.folder), "--logfile",
                 str(self.folder / "redis.log")]
        for key, value in self._options.items():
            words += ["--" + key, value]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL,
                                         env={**os.environ, **(self._environment or {})})
        until(lambda: self._answers(), "redis-server doesn't answer")

    def _answers(self):
        try:
            return self.ask("PING") == "PONG"
        except (OSError, RedisError):
            return False

    def ask(self, *words):
        """One command over a connection of its own."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(self.socket)
            with connection.makefile("rb") as stream:
                if "requirepass" in self._options:
                    connection.sendall(_command("AUTH", self._options["requirepass"]))
                    _reply(stream)
                connection.sendall(_command(*words))
                return _reply(stream)

    def info(self, field):
        for line in self.ask("INFO").splitlines():
            if line.startswith(field + ":"):
                return line[len(field) + 1:]
        return None

    def keys(self, pattern):
        return self.ask("KEYS", pattern)

    def kill(self):
        """As if it crashed."""
        self._process.kill()
        self._process.wait()

    def restart(self):
        self.kill()
        self.start()

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def copy_data(self, to):
        """What a backup made now would hold."""
        self.ask("BGREWRITEAOF")
        until(lambda: self.info("aof_rewrite_in_progress") == "0" and
              self.info("aof_rewrite_scheduled") == "0", "the append-only file isn't rewritten")
        shutil.copytree(self.folder / "appendonlydir", to)

    def put_data(self, source):
        shutil.rmtree(self.folder / "appendonlydir")
        shutil.copytree(source, self.folder / "appendonlydir")

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self.kill()
        self._scratch.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


def until(what, failure, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(failure)
        time.sleep(0.01)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _command(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def _reply(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise OSError("the connection ended")
    kind, rest = line[:1], line[1:-2]
    if kind == b"+":
        return rest.decode()
    if kind == b"-":
        raise RedisError(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        size = int(rest)
        return None if size < 0 else stream.read(size + 2)[:-2].decode("latin-1")
    if kind == b"*":
        return [_reply(stream) for _ in range(int(rest))]
    raise OSError(f"what is {line!r}?")
