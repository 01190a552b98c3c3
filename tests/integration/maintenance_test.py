"""Maintenance under load: processes take over from each other, restart, and change their files, and
no visitor notices."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from certificates import Authority
from gateway_site import POLICY, STILED, UNLIMITED, clearance
from origin import Origin
from proxy_process import free_port
from raw_http import Stream, connect, request
from steady_load import Door, SteadyLoad
from stile_command import stile
from stiled_process import DEADLINE, StiledProcess, StoppedThread, key_file

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
CONFIG = """
[[listener]]
address = "127.0.0.1:{ports[0]}"
[[listener]]
address = "127.0.0.1:{ports[1]}"
tls = {{ certificate = "c.pem", key = "k.pem" }}
[[listener]]
address = "unix:{folder}/plain.sock"
[[listener]]
address = "unix:{folder}/tls.sock"
tls = {{ certificate = "c.pem", key = "k.pem" }}
[[site]]
name = "main"
hosts = ["*"]
upstream = "{upstream}"
policy = "policy.toml"
[metrics]
address = "127.0.0.1:{ports[2]}"
[control]
socket = "{folder}/control.sock"
[state]
directory = "{folder}/state"
[limits]
loops = 2
drain_timeout = "20s"
"""


class MaintenanceCase(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        self.authority = Authority()
        self.addCleanup(self.authority.close)
        folder = tempfile.TemporaryDirectory(prefix="stile-upkeep-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.ports = [free_port() for _ in range(3)]
        self.certify()
        self.config = CONFIG.format(ports=self.ports, folder=self.folder, upstream=self.origin.url)
        self.stiled = self.start(config=self.config, files={"policy.toml": POLICY + UNLIMITED})

    def certify(self):
        certificate, key = self.authority.make("example.test")
        (self.folder / "c.pem").write_bytes(certificate)
        (self.folder / "k.pem").write_bytes(key)

    def start(self, **more):
        stiled = StiledProcess(STILED, folder=self.folder, **more)
        self.addCleanup(stiled.stop)
        return stiled

    def take_over(self, **more):
        return self.start(options=("--take-over",), **more)

    def doors(self):
        address = ("127.0.0.1", self.ports[0])
        by_address = clearance(address)
        by_none = clearance(str(self.folder / "plain.sock"))
        secure = lambda cookie: "__Host-" + cookie
        context = self.authority.context()
        return [Door("tcp", address, by_address),
                Door("tcp-tls", ("127.0.0.1", self.ports[1]), secure(by_address), context),
                Door("unix", str(self.folder / "plain.sock"), by_none),
                Door("unix-tls", str(self.folder / "tls.sock"), secure(by_none), context)]

    def status(self):
        _, body = request(str(self.folder / "control.sock"), "/status")
        return json.loads(body)

    def ready(self):
        return request(("127.0.0.1", self.ports[2]), "/readyz")[0].status

    def assert_no_failure(self, load):
        self.assertEqual(load.failures, [])

    def assert_old_serves_on(self, load):
        load.await_answers(3)
        self.assert_no_failure(load)
        self.assertEqual(self.status()["pid"], self.stiled.pid)
        self.assertEqual(self.ready(), 200)
        self.assertEqual([event for event in self.stiled.events
                          if event["event"] in ("handed-over", "draining")], [])


class TakeOverTest(MaintenanceCase):
    def test_ten_take_overs_cost_no_request(self):
        with SteadyLoad(self.doors()) as load:
            load.await_answers(2)
            for _ in range(10):
                old, new = self.stiled, self.take_over()
                self.assertEqual(new.wait_for("took-over")["from"], old.pid)
                self.assertEqual(self.ready(), 200)
                self.assertEqual(self.status()["pid"], new.pid)
                load.await_answers(2)
                self.assertEqual(old.wait(), 0)
                self.assertEqual(old.wait_for("stopped")["connections_cut"], 0)
                self.stiled = new
            load.end()
            self.assert_no_failure(load)
        # Its end is an end: the files that were handed on are gone.
        self.stiled.signal(signal.SIGTERM)
        self.assertEqual(self.stiled.wait(), 0)
        self.assertEqual(list(self.folder.glob("*.sock")), [])

    def test_new_configuration_and_number_of_loops_come_along(self):
        with SteadyLoad(self.doors()) as load:
            load.await_answers(2)
            for loops in (1, 3):
                text = self.stiled.config.read_text()
                self.stiled.config.write_text(
                    "\n".join(f"loops = {loops}" if line.startswith("loops") else line
                              for line in text.split("\n")))
                old, self.stiled = self.stiled, self.take_over()
                load.await_answers(5)
                self.assertEqual(old.wait(), 0)
                self.assertEqual(len(self.stiled.threads("stile-loop")), loops)
            load.end()
            self.assert_no_failure(load)

    def test_listener_that_is_gone_ends_with_its_file_and_a_new_one_is_opened(self):
        text = self.stiled.config.read_text()
        self.stiled.config.write_text(text.replace("plain.sock", "other.sock"))
        new = self.take_over()
        self.assertEqual(self.stiled.wait(), 0)
        self.assertFalse((self.folder / "plain.sock").exists())
        self.assertEqual(request(str(self.folder / "other.sock"), "/open/fields")[0].status, 200)
        self.assertEqual(new.addresses[2], str(self.folder / "other.sock"))

    def test_mistake_in_the_configuration_leaves_the_old_one_serving(self):
        with SteadyLoad(self.doors()) as load:
            load.await_answers(2)
            text = self.stiled.config.read_text()
            for broken, event in ((text + "?", "boot-refused"),
                                  (text.replace(self.origin.url, "nowhere"), "boot-refused"),
                                  (text.replace('"keys.toml"', '"no-keys.toml"'), "boot-refused"),
                                  (text.replace("c.pem", "k.pem"), "boot-refused"),
                                  (text.replace("control.sock", "none.sock"), "take-over-refused"),
                                  (text.replace("plain.sock", "no/plain.sock"), "boot-refused")):
                self.stiled.config.write_text(broken)
                new = self.take_over(wait=event)
                self.assertEqual(new.wait(), 1)
                self.assert_old_serves_on(load)
            self.stiled.config.write_text(text)
            load.end()
            self.assert_no_failure(load)

    def test_take_over_that_is_killed_leaves_the_old_one_serving_or_has_succeeded(self):
        before = 0
        for moment in range(12):
            new = self.take_over(wait=None)
            time.sleep(0.015 * moment)  # Anywhere in its start.
            new.signal(signal.SIGKILL)
            new.wait()
            end = time.monotonic() + DEADLINE
            # The kernel tells of its end before the order that it gave is carried out.
            while self.stiled.running() and not self.answers() and time.monotonic() < end:
                time.sleep(0.01)
            if any(event["event"] == "handed-over" for event in self.stiled.events):
                self.assertEqual(self.stiled.wait(), 0)
                self.stiled = self.start()
                continue
            before += 1
            with SteadyLoad(self.doors()) as load:
                self.assert_old_serves_on(load)
        self.assertGreater(before, 1)

    def answers(self):
        try:
            return self.status()["phase"] == "ready"
        except OSError:
            return False

    def test_control_socket_is_there_at_every_moment(self):
        path = str(self.folder / "control.sock")
        for _ in range(3):
            new = self.take_over(wait=None)
            while not any(event["event"] == "ready" for event in new.events):
                connect(path).close()
                time.sleep(0.002)  # Or its queue is full, on a slow machine.
            self.assertEqual(self.stiled.wait(), 0)
            self.assertTrue(os.path.exists(path))
            self.stiled = new
        self.assertEqual(self.status()["pid"], self.stiled.pid)

    def test_connections_that_wait_in_the_queue_are_served_by_the_new_one(self):
        with contextlib.ExitStack() as stopped:
            for thread in self.stiled.threads("stile-loop"):
                stopped.enter_context(StoppedThread(thread))  # The old one accepts nobody.
            waiting = [Stream.to(("127.0.0.1", self.ports[0])) for _ in range(20)]
            self.addCleanup(lambda: [stream.close() for stream in waiting])
            for stream in waiting:
                stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
            self.take_over()
            for stream in waiting:
                self.assertEqual(stream.response()[0].status, 200)
        self.assertEqual(self.stiled.wait(), 0)

    def test_service_manager_is_told_of_the_new_process(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(DEADLINE)
        environment = {"NOTIFY_SOCKET": str(self.folder / "notify")}
        first = self.take_over(environment=environment)
        self.assertIn(b"READY=1", manager.recv(4096))
        second = self.take_over(environment=environment)
        self.assertIn(f"MAINPID={second.pid}".encode(), manager.recv(4096))
        self.assertIn(b"READY=1", manager.recv(4096))
        self.assertEqual(first.wait(), 0)
        manager.settimeout(0.2)
        self.assertRaises(TimeoutError, manager.recv, 4096)


class SuccessionTest(MaintenanceCase):
    """The old process's part, asked by somebody who is no stiled and does what he likes."""

    def connect(self):
        stream = Stream.to(str(self.folder / "control.sock"))
        self.addCleanup(stream.close)
        return stream

    def ask(self, stream, path, body=b"from=0"):
        """Returns the status, the text and the descriptors."""
        stream.send(f"POST {path} HTTP/1.1\r\nHost: stile\r\nContent-Length: {len(body)}\r\n\r\n"
                    .encode() + body)
        data, descriptors, _, _ = socket.recv_fds(stream.connection, 65536, 253)
        for descriptor in descriptors:
            self.addCleanup(os.close, descriptor)
        stream.held += data
        head, text = stream.response()
        return head.status, text, descriptors

    def test_sockets_are_handed_over_with_what_becomes_of_their_files(self):
        status, text, descriptors = self.ask(self.connect(), "/take-over")
        self.assertEqual((status, text), (200, f"stile-handover 1 {self.stiled.pid} 8 ----ff-f\n"
                                          .encode()))
        self.assertEqual(len(descriptors), 8)
        bound = []
        for descriptor in descriptors:
            with socket.socket(fileno=os.dup(descriptor)) as held:
                bound.append(held.getsockname())
        self.assertEqual(bound[0], ("127.0.0.1", self.ports[0]))
        self.assertEqual(bound[7], str(self.folder / "control.sock"))

    def test_who_was_handed_nothing_can_not_have_it_leave(self):
        self.assertEqual(self.ask(self.connect(), "/succeed", b"")[0], 409)
        self.assertEqual(self.status()["phase"], "ready")

    def test_second_that_takes_over_is_refused_while_the_first_lives(self):
        other = subprocess.Popen(
            [sys.executable, "-c",
             "import socket, sys\n"
             f"s = socket.socket(socket.AF_UNIX); s.connect({str(self.folder / 'control.sock')!r})\n"
             "s.sendall(b'POST /take-over HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 6\\r\\n\\r\\nfrom=0')\n"
             "socket.recv_fds(s, 65536, 253)\n"
             "print('has them', flush=True); sys.stdin.read()\n"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(other.stdout.close)
        self.addCleanup(other.stdin.close)
        try:
            self.assertEqual(other.stdout.readline(), b"has them\n")
            self.assertEqual(self.ask(self.connect(), "/take-over")[0], 409)
            self.assertEqual(self.ask(self.connect(), "/succeed", b"")[0], 409)
            new = self.take_over(wait="take-over-refused")
            self.assertEqual(new.wait(), 1)
        finally:
            other.kill()
            other.wait()
        # Killed with the sockets in its hands, it has taken nothing along.
        with SteadyLoad(self.doors()) as load:
            self.assert_old_serves_on(load)
        self.assertEqual(self.take_over().wait_for("took-over")["from"], self.stiled.pid)

    def test_request_that_is_none_is_named(self):
        for body in (b"", b"from=", b"from=x", b"from=-1", b"from=1x", b"to=1"):
            self.assertEqual(self.ask(self.connect(), "/take-over", body)[0], 400, body)
        self.assertEqual(self.ask(self.connect(), "/take-over", b"from=8")[2], [])

    @unittest.skipIf(os.getuid() != 0, "needs another user")
    def test_other_user_is_refused(self):
        (self.folder / "control.sock").chmod(0o666)
        self.folder.chmod(0o755)
        script = (f"import os, socket\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
                  f"s.connect({str(self.folder / 'control.sock')!r})\n"
                  "s.sendall(b'POST /take-over HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 6\\r\\n\\r\\nfrom=0')\n"
                  "print(s.recv(4096).decode())")
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                                timeout=DEADLINE, check=True).stdout
        self.assertIn(" 403 ", answer.split("\r\n")[0])


class DrainTest(MaintenanceCase):
    def restart_with(self, limits):
        self.stiled.signal(signal.SIGTERM)
        self.assertEqual(self.stiled.wait(), 0)
        self.stiled = self.start(config=self.config + limits)
        return ("127.0.0.1", self.ports[0])

    def test_it_is_not_ready_first_and_goes_on_accepting_meanwhile(self):
        address = self.restart_with('drain_delay = "3s"\n')
        began = time.monotonic()
        self.stiled.signal(signal.SIGTERM)
        self.stiled.wait_for("draining")
        self.assertEqual(self.ready(), 503)
        self.assertEqual(request(address, "/open/fields")[0].status, 200)
        with Stream.to(address) as kept:
            head, _ = kept.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
            self.assertEqual((head.status, head.get("connection")), (200, None))
        self.assertEqual(self.stiled.wait(), 0)
        self.assertGreater(time.monotonic() - began, 2.9)
        self.assertRaises(OSError, connect, address)

    def test_kept_connection_gets_one_more_answer_that_says_close(self):
        address = self.restart_with('drain_idle = "15s"\n')
        with Stream.to(address) as kept, Stream.to(address) as fresh:
            kept.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
            while self.status()["connections"] != 2:
                time.sleep(0.01)
            self.stiled.signal(signal.SIGTERM)
            while True:  # Until accepting has ended.
                try:
                    connect(address).close()
                    time.sleep(0.01)
                except OSError:
                    break
            for stream in (kept, fresh):
                head, _ = stream.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
                self.assertEqual((head.status, head.get("connection")), (200, "close"))
                self.assertEqual(stream.rest(), b"")
        self.assertEqual(self.stiled.wait(), 0)

    def test_idle_connection_sees_an_end_and_no_reset(self):
        address = self.restart_with('drain_idle = "100ms"\n')
        with Stream.to(address) as kept:
            kept.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n").response()
            self.stiled.signal(signal.SIGTERM)
            self.assertEqual(kept.rest(), b"")  # The end.
            # Too late, and all the same no reset: the end is what a client can repeat upon.
            kept.send(b"GET /open/fields HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(kept.rest(), b"")
        self.assertEqual(self.stiled.wait(), 0)


class ActivationTest(MaintenanceCase):
    """Sockets that a service manager opens and keeps."""

    def setUp(self):
        super().setUp()
        self.stiled.signal(signal.SIGTERM)
        self.assertEqual(self.stiled.wait(), 0)
        self.kept = []
        for address in (("127.0.0.1", self.ports[0]), str(self.folder / "plain.sock")):
            kept = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX)
            self.addCleanup(kept.close)
            kept.bind(address)
            kept.listen(128)
            self.kept.append(kept)

    def activate(self, *more, **options):
        """Starts stiled with the kept sockets, as systemd does it: as descriptors from 3 on."""
        numbers = [kept.fileno() for kept in (*self.kept, *more)]
        program = self.folder / "activated"
        moved = " ".join(f"{3 + i}<&{number}" for i, number in enumerate(numbers))
        program.write_text(f"#!/bin/bash\nexport LISTEN_PID=$$ LISTEN_FDS={len(numbers)}\n"
                           f"export LISTEN_FDNAMES=web:local:more\nexec {STILED} \"$@\" {moved}\n")
        program.chmod(0o755)
        stiled = StiledProcess(str(program), folder=self.folder, pass_fds=numbers, **options)
        self.addCleanup(stiled.stop)
        return stiled

    def test_who_comes_during_a_restart_waits_and_is_served(self):
        self.stiled = self.activate()
        with SteadyLoad(self.doors()[0::2]) as load:
            for _ in range(3):
                load.await_answers(3)
                self.stiled.signal(signal.SIGTERM)
                self.assertEqual(self.stiled.wait(), 0)
                self.assertTrue((self.folder / "plain.sock").exists())
                self.stiled = self.activate()
            load.await_answers(3)
            load.end()
            self.assert_no_failure(load)
        self.assertEqual([e for e in self.stiled.events if e["event"] == "sockets-unused"], [])

    def test_take_over_hands_on_the_sockets_and_leaves_their_files(self):
        old = self.activate()
        new = self.take_over()
        self.assertEqual(old.wait(), 0)
        self.assertEqual(request(str(self.folder / "plain.sock"), "/open/fields")[0].status, 200)
        new.signal(signal.SIGTERM)
        self.assertEqual(new.wait(), 0)
        self.assertEqual([path.name for path in self.folder.glob("*.sock")], ["plain.sock"])

    def test_socket_that_no_listener_has_is_said(self):
        with socket.socket() as other, open("/dev/null", "rb") as none:
            other.bind(("127.0.0.1", 0))
            other.listen(1)
            port = other.getsockname()[1]
            stiled = self.activate(other, none)
            said = stiled.wait_for("sockets-unused")["sockets"]
        self.assertEqual(len(said), 2)
        self.assertIn(f"127.0.0.1:{port} more", said)
        self.assertIn("descriptor 6", said[0])


class ReloadTest(MaintenanceCase):
    def test_policy_keys_certificates_and_upstream_change_under_load(self):
        other = Origin()
        self.addCleanup(other.stop)
        with SteadyLoad(self.doors()) as load:
            load.await_answers(2)
            generation = self.status()["generation"]
            for turn in range(10):
                (self.folder / "policy.toml").write_text(
                    POLICY + f'[[rule]]\nname = "r{turn}"\npath = ["/{turn}"]\naction = "deny"\n'
                    + UNLIMITED)
                self.stiled.keys.write_text(
                    key_file() + key_file(bytes([turn + 1]) * 32, turn + 2))
                self.certify()
                text = self.stiled.config.read_text()
                here, there = (self.origin, other) if turn % 2 == 0 else (other, self.origin)
                self.stiled.config.write_text(text.replace(here.url, there.url))
                self.stiled.signal(signal.SIGHUP)
                self.stiled.wait_for("reloaded", turn + 1)
                self.assertEqual(self.ready(), 200)
                self.assertEqual(self.status()["generation"], generation + turn + 1)
                load.await_answers(2)
            load.end()
            self.assert_no_failure(load)
        self.assertGreater(len(other.heads), 0)


@unittest.skipIf(HAPROXY is None, "haproxy is not installed")
class RollingRestartTest(unittest.TestCase):
    """Two stileds behind HAProxy, which looks at /readyz."""

    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        folder = tempfile.TemporaryDirectory(prefix="stile-rolling-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.nodes = []
        for name in ("a", "b"):
            ports = [free_port(), free_port()]
            text = f"""
[[listener]]
address = "127.0.0.1:{ports[0]}"
client_address = "x-forwarded-for"
trusted_peers = ["127.0.0.1"]
[[site]]
name = "main"
hosts = ["*"]
upstream = "{self.origin.url}"
policy = "policy.toml"
[metrics]
address = "127.0.0.1:{ports[1]}"
[limits]
loops = 2
drain_delay = "6s"
"""
            (self.folder / name).mkdir()
            stiled = StiledProcess(STILED, text, {"policy.toml": POLICY + UNLIMITED},
                                   folder=self.folder / name)
            self.nodes.append([stiled, ports])
        self.addCleanup(lambda: [node[0].stop() for node in self.nodes])
        self.start_haproxy()

    def start_haproxy(self):
        self.address = ("127.0.0.1", free_port())
        servers = "".join(
            f"  server n{i} 127.0.0.1:{node[1][0]} check port {node[1][1]} inter 100ms fall 1 "
            "rise 1\n" for i, node in enumerate(self.nodes))
        config = self.folder / "haproxy.cfg"
        config.write_text(f"""
global
  nbthread 1
  maxconn 200
  stats socket {self.folder}/haproxy.sock
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  timeout check 10s
frontend f
  bind 127.0.0.1:{self.address[1]}
  option forwardfor
  default_backend b
backend b
  balance roundrobin
  retries 0
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host stile hdr Connection close
{servers}""")
        self.haproxy = subprocess.Popen([HAPROXY, "-db", "-f", str(config)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.haproxy.wait, DEADLINE)
        self.addCleanup(self.haproxy.kill)
        self.await_server(0, "UP")
        self.await_server(1, "UP")

    def await_server(self, number, wanted):
        end = time.monotonic() + 2 * DEADLINE
        while time.monotonic() < end:
            try:
                with Stream.to(str(self.folder / "haproxy.sock")) as stream:
                    lines = stream.send(b"show stat\n").rest().decode().splitlines()
                states = {line.split(",")[1]: line.split(",")[17] for line in lines if "," in line}
                if states.get(f"n{number}", "").startswith(wanted) and self.checked(number):
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"n{number} is not {wanted}")

    def checked(self, number):
        try:
            return request(("127.0.0.1", self.nodes[number][1][1]), "/readyz")[0].status == 200
        except OSError:
            return True

    def test_rolling_restart_costs_no_request(self):
        door = Door("haproxy", self.address, clearance(self.address))
        with SteadyLoad([door, Door("again", self.address, door.cookie)]) as load:
            load.await_answers(5)
            for number in (0, 1, 0, 1):
                node = self.nodes[number]
                node[0].signal(signal.SIGTERM)
                self.assertEqual(node[0].wait(), 0)
                node[0] = StiledProcess(STILED, folder=self.folder / "ab"[number])
                self.await_server(number, "UP")
                load.await_answers(5)
            load.end()
            self.assertEqual(load.failures, [])
        self.assertGreater(min(node[0].metric("stile_requests_total") for node in self.nodes), 0)


if __name__ == "__main__":
    unittest.main()
