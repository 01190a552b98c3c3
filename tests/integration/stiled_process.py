"""A stiled of its own for a test: its files in a temporary folder, its ports picked by the kernel."""

import base64
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

from raw_http import request

DEADLINE = 30  # Seconds that anything here may take.


def key_file(secret=b"k" * 32, key_id=1):
    text = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    return f'[[key]]\nid = {key_id}\nsecret = "{text}"\nsign_from = 2026-01-01T00:00:00Z\n'


def without_overload(config):
    """`config` with limits.overload off, unless it says something of it: test machines are slow, and
    a stiled that is late answers in short."""
    if re.search(r"^(limits\.)?overload\s*=", config, re.MULTILINE):
        return config
    if re.search(r"^\[limits\]$", config, re.MULTILINE):
        return re.sub(r"^\[limits\]$", '[limits]\noverload = "0s"', config, count=1,
                      flags=re.MULTILINE)
    return config + '\n[limits]\noverload = "0s"\n'


class StiledProcess:
    """Starts stiled with `config` (TOML without [keys]) and waits until it listens.

    limits.overload is off unless `config` sets it.

    `addresses` are those of its listeners, in order; `metrics`, `control` and `control_tcp` those
    of the metrics listener, the control socket and control over TCP, if any.
    `files` are written beside the configuration. With `folder` it starts on what is there.
    `wait`: the event to wait for.
    """

    def __init__(self, program, config=None, files=None, keys=None, environment=None, options=(),
                 folder=None, wait="ready", **popen):
        self._folder = None
        if folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="stiled-test-")
            folder = self._folder.name
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "stile.toml"
        self.keys = self.folder / "keys.toml"
        if config is not None:
            self.config.write_text(without_overload(config) + '\n[keys]\nfile = "keys.toml"\n')
            self.keys.write_text(keys or key_file())
            self.keys.chmod(0o600)
        for name, content in (files or {}).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.addresses, self.metrics, self.events = [], None, []
        self.control = self.control_tcp = None
        self._heard = threading.Condition()
        self._process = subprocess.Popen(
            [program, "--config", str(self.config), *options], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}, **popen)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            if wait is not None:
                self.wait_for(wait)
        except BaseException:
            self.stop()
            raise

    def _read(self):
        for line in self._process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                event = {"event": "text", "text": line.decode(errors="replace")}
            with self._heard:
                if event["event"] == "listening":
                    if event.get("mode") == "metrics":
                        self.metrics = _address(event["address"])
                    elif event.get("mode") == "control":
                        self.control = _address(event["address"])
                    elif event.get("mode") == "control-tcp":
                        self.control_tcp = _address(event["address"])
                    else:
                        self.addresses.append(_address(event["address"]))
                self.events.append(event)
                self._heard.notify_all()
        with self._heard:
            self.events.append({"event": "end"})
            self._heard.notify_all()

    def wait_for(self, name, count=1):
        """Waits for the `count`th event of this name, and returns it."""
        end = time.monotonic() + DEADLINE
        with self._heard:
            while True:
                seen = [event for event in self.events if event["event"] == name]
                if len(seen) >= count:
                    return seen[count - 1]
                if self.events and self.events[-1]["event"] == "end" and name != "end":
                    raise AssertionError(f"stiled ended before {name}: {self.events}")
                if not self._heard.wait(max(0.0, end - time.monotonic())):
                    raise AssertionError(f"no {name} within {DEADLINE} s: {self.events}")

    def samples(self):
        """Every sample of its metrics by name and labels, as they are written."""
        _, text = request(self.metrics, "/metrics")
        pairs = (line.rpartition(" ") for line in text.decode().splitlines()
                 if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def metric(self, name):
        """The sum of a metric over all its labels."""
        return sum(value for sample, value in self.samples().items()
                   if sample.partition("{")[0] == name)

    @property
    def pid(self):
        return self._process.pid

    def peak_memory(self):
        """The most physical memory that it has had, in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

    def signal(self, number):
        self._process.send_signal(number)

    def pause(self):
        """Stops all of its threads; returns once they stand still."""
        self.signal(signal.SIGSTOP)
        end = time.monotonic() + DEADLINE
        while any(" T " not in stat.read_text().rpartition(")")[2][:3]
                  for stat in pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat")):
            if time.monotonic() > end:
                raise AssertionError("it does not stop")
            time.sleep(0.001)

    def resume(self):
        self.signal(signal.SIGCONT)

    def threads(self, name):
        """The ids of its threads of this name."""
        return [int(task.name) for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir()
                if (task / "comm").read_text().strip() == name]

    def running(self):
        return self._process.poll() is None

    def wait(self):
        """Waits until the process has ended; returns its exit status."""
        status = self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return status

    def stop(self):
        """Ends the process at once, and removes its files."""
        if self.running():
            self.signal(signal.SIGKILL)
        self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        self._process.stdout.close()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class StoppedThread:
    """One thread of another process that stands still while this lasts, as a debugger does it.

    It is stopped where it waits for something, as one is that hangs: elsewhere it may hold a lock
    that it never holds for long.
    """

    _SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
    _ALL_CHILDREN = 0x40000000
    _WAITS = ({"7", "128", "232", "271", "281", "441"} if os.uname().machine == "x86_64"
              else {"22", "73", "137", "441"})

    def __init__(self, thread):
        self._thread = thread
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                                      ctypes.c_void_p]

    def _ptrace(self, request):
        if self._libc.ptrace(request, self._thread, None, None) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def __enter__(self):
        end = time.monotonic() + DEADLINE
        while True:
            self._ptrace(self._SEIZE)
            waited = self._waits()
            self._ptrace(self._INTERRUPT)
            os.waitpid(self._thread, self._ALL_CHILDREN)
            if waited and self._waits():
                return self
            self._ptrace(self._DETACH)
            if time.monotonic() > end:
                raise AssertionError("the thread never waits")
            time.sleep(0.01)

    def _waits(self):
        """True in poll, epoll_wait, rt_sigtimedwait and their like."""
        called = pathlib.Path(f"/proc/{self._thread}/syscall").read_text().split()[0]
        return called in self._WAITS

    def __exit__(self, *_):
        self._ptrace(self._DETACH)


def _address(text):
    """What socket.connect takes: a path, or host and port."""
    if text.startswith("unix:"):
        return text[len("unix:"):]
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
