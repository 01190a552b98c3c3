"""The packages in a Debian that has what they ask for and nothing else: installed, used as their
users would, upgraded, removed and purged there."""

import http.client
import os
import pathlib
import signal
import stat
import subprocess
import sys
import time
import unittest

import clean_root
import debian_packages

DEADLINE = 60
AS_BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
              "Accept": "text/html,application/xhtml+xml", "Accept-Language": "en",
              "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PROGRAM = pathlib.Path(__file__).parents[1] / "install/consumer/uses_c_library.c"
ROOTS = []
MADE = {}


def fetch(path, headers, port=8080):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


class RunningStiled:
    """stiled in a root, as the unit would start it: with its folders, and as nobody in particular."""

    def __init__(self, test, root):
        for name in ("run/stile", "var/lib/stile"):
            (root.path / name).mkdir(parents=True, exist_ok=True)
        self.root = root
        self.log = (root.path / "stiled.log").open("w+")
        self.process = subprocess.Popen(root.command("stiled"), stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        test.addCleanup(self.stop)
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if fetch("/readyz", {}, port=9464)[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        test.fail(f"stiled is not ready: {self.said()}")

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.log.close()


class InstallationTest(unittest.TestCase):
    def setUp(self):
        self.root = clean_root.CleanRoot(ROOTS[0])
        self.addCleanup(self.root.close)

    def install(self, *names):
        status, said = self.root.install(*[MADE[name] for name in names])
        self.assertEqual(status, 0, said)

    def said_by(self, *words, status=0):
        result, said = self.root.run(*words)
        self.assertEqual(result, status, said)
        return said

    def test_package_brings_all_that_its_programs_need(self):
        self.install("stiled")
        version = debian_packages.cached("CMAKE_PROJECT_VERSION")
        self.assertEqual(self.said_by("stiled", "--version"), f"stiled {version}\n")
        self.assertEqual(self.said_by("stile", "--version"), f"stile {version}\n")
        self.assertEqual(self.said_by("dpkg", "--audit"), "")
        for program in ("stiled", "stile"):
            self.assertNotIn("not found", self.said_by("ldd", f"/usr/bin/{program}"))

    def test_package_without_its_dependencies_is_refused(self):
        self.said_by("dpkg", "--remove", "--force-depends", "libhiredis0.14")
        status, said = self.root.install(MADE["stiled"])
        self.assertNotEqual(status, 0)
        self.assertIn("libhiredis0.14", said)

    def test_installed_configuration_is_good(self):
        self.install("stiled")
        self.assertEqual(self.said_by("stile", "check", "--strict"), "ok\n")
        self.assertEqual(self.said_by("stiled", "-t"), "ok\n")

    def test_keys_are_made_once_and_are_roots_alone(self):
        self.install("stiled")
        keys = self.root.path / "etc/stile/keys.toml"
        state = keys.stat()
        self.assertEqual((stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid), (0o600, 0, 0))
        text = keys.read_text()
        self.assertIn("[[key]]", text)
        self.install("stiled")
        self.assertEqual(keys.read_text(), text)
        self.assertEqual([path.name for path in keys.parent.iterdir() if path.name.startswith(".")],
                         [])

    def test_each_installation_has_keys_of_its_own(self):
        self.install("stiled")
        other = clean_root.CleanRoot(ROOTS[0])
        self.addCleanup(other.close)
        status, said = other.install(MADE["stiled"])
        self.assertEqual(status, 0, said)
        self.assertNotEqual((self.root.path / "etc/stile/keys.toml").read_text(),
                            (other.path / "etc/stile/keys.toml").read_text())

    def test_new_key_is_printed_for_the_installed_file(self):
        self.install("stiled")
        self.assertIn("id = 2", self.said_by("stile", "keygen"))

    def test_nothing_starts_by_itself(self):
        self.install("stiled")
        enabled = [path for path in (self.root.path / "etc/systemd").rglob("stiled*")
                   ] if (self.root.path / "etc/systemd").exists() else []
        self.assertEqual(enabled, [])
        with self.assertRaises(OSError):
            fetch("/", {})

    def test_browser_is_challenged_and_the_tool_pays_for_it(self):
        self.install("stiled")
        stiled = RunningStiled(self, self.root)
        status, body = fetch("/docs/", AS_BROWSER)
        self.assertEqual(status, 403)
        self.assertIn("<html", body)
        cookie = self.said_by("stile", "solve", "--user-agent", AS_BROWSER["User-Agent"],
                              "http://127.0.0.1:8080/docs/").strip()
        self.assertRegex(cookie, "^stile=")
        # Nobody is behind it here, and that is what a client that got through learns.
        self.assertEqual(fetch("/docs/", dict(AS_BROWSER, Cookie=cookie))[0], 502)
        self.assertIn("main", self.said_by("stile", "status"))
        self.assertEqual(stiled.stop(), 0, "an orderly stop")

    def test_unit_names_programs_and_files_that_are_there(self):
        self.install("stiled")
        unit = (self.root.path / "usr/lib/systemd/system/stiled.service").read_text()
        for line in unit.splitlines():
            name, _, value = line.partition("=")
            if name.startswith("Exec"):
                program = value.lstrip("-").split()[0]
                self.assertTrue((self.root.path / program.lstrip("/")).exists(), line)
            if name == "Documentation":
                self.assertTrue((self.root.path / value.removeprefix("file:///")).is_file(), line)

    def test_upgrade_keeps_what_the_administrator_changed(self):
        self.install("stiled")
        config = self.root.path / "etc/stile/stile.toml"
        changed = config.read_text().replace("127.0.0.1:3000", "127.0.0.1:3001")
        config.write_text(changed)
        keys = (self.root.path / "etc/stile/keys.toml").read_text()
        newer = debian_packages.newer(MADE["stiled"], self.root.memory)
        before = self.said_by("dpkg-query", "-W", "stiled")
        status, said = self.root.install(newer)
        self.assertEqual(status, 0, said)
        self.assertNotEqual(self.said_by("dpkg-query", "-W", "stiled"), before)
        self.assertEqual(config.read_text(), changed)
        self.assertEqual((self.root.path / "etc/stile/keys.toml").read_text(), keys)

    def upgrade_under_systemd(self):
        """Installs the package over itself where systemd seems to run it. What systemd was told."""
        (self.root.path / "run/systemd/system").mkdir(parents=True)
        fake = self.root.path / "fake"
        fake.mkdir()
        for name in ("systemctl", "deb-systemd-invoke"):
            (fake / name).write_text(f'#!/bin/sh\necho {name} "$@" >>/calls\n')
            (fake / name).chmod(0o755)
        status, said = self.root.run("env", "PATH=/fake:/usr/sbin:/usr/bin:/sbin:/bin", "dpkg", "-i",
                                     f"/debs/{MADE['stiled'].name}")
        self.assertEqual(status, 0, said)
        return (self.root.path / "calls").read_text(), said

    def test_upgrade_restarts_what_runs(self):
        self.install("stiled")
        calls, _ = self.upgrade_under_systemd()
        self.assertIn("systemctl --system daemon-reload", calls)
        self.assertIn("deb-systemd-invoke try-restart stiled.service", calls)
        self.assertNotIn("stop", calls)

    def test_upgrade_over_broken_files_leaves_what_runs_alone(self):
        self.install("stiled")
        policy = self.root.path / "etc/stile/policy.toml"
        policy.write_text(policy.read_text().replace('"challenge"', '"chalenge"'))
        calls, said = self.upgrade_under_systemd()
        self.assertNotIn("restart", calls)
        self.assertIn("the one that runs goes on", said)
        self.assertIn("policy.toml:", said)

    def test_removal_keeps_configuration_keys_and_state(self):
        self.install("stiled")
        state = self.root.path / "var/lib/stile/last-good"
        state.parent.mkdir(parents=True)
        state.write_text("something")
        self.said_by("dpkg", "--remove", "stiled")
        self.assertFalse((self.root.path / "usr/bin/stiled").exists())
        for name in ("stile.toml", "policy.toml", "keys.toml"):
            self.assertTrue((self.root.path / "etc/stile" / name).is_file(), name)
        self.assertTrue(state.is_file())

    def test_purge_leaves_nothing(self):
        before = self.files()
        self.install("stiled")
        for folder in ("var/lib/stile", "var/lib/private/stile"):
            (self.root.path / folder).mkdir(parents=True)
            (self.root.path / folder / "last-good").write_text("something")
        self.said_by("dpkg", "--purge", "stiled")
        self.assertEqual(sorted(self.files() - before), [])

    def test_purge_keeps_what_somebody_else_put_there(self):
        self.install("stiled")
        other = self.root.path / "etc/stile/shop.toml"
        other.write_text("# mine\n")
        self.said_by("dpkg", "--purge", "stiled")
        self.assertEqual(list(other.parent.iterdir()), [other])

    def files(self):
        """Everything that is neither dpkg's own nor a cache."""
        return {path.relative_to(self.root.path).as_posix() for top in ("etc", "usr", "var", "opt")
                for path in (self.root.path / top).rglob("*")
                if not path.relative_to(self.root.path).as_posix().startswith(
                    ("var/lib/dpkg", "var/lib/private", "var/cache", "var/log", "etc/ld.so.cache"))
                or path.name == "stile"}


class LibraryTest(unittest.TestCase):
    def setUp(self):
        self.root = clean_root.CleanRoot(ROOTS[1])
        self.addCleanup(self.root.close)
        status, said = self.root.install(MADE["libstile1"], MADE["libstile-dev"])
        self.assertEqual(status, 0, said)

    def test_c_program_is_compiled_by_pkg_config_and_runs(self):
        root = str(self.root.path)
        libdir = f"{root}/usr/lib/{debian_packages.multiarch()}"
        flags = debian_packages.output(
            "pkg-config", "--cflags", "--libs", "stile",
            env=dict(os.environ, PKG_CONFIG_SYSROOT_DIR=root,
                     PKG_CONFIG_LIBDIR=f"{libdir}/pkgconfig:"
                                       f"{root}/usr/{debian_packages.cached('CMAKE_INSTALL_LIBDIR')}"
                                       "/pkgconfig")).split()
        # The compiler is this machine's; headers and libraries are the root's.
        debian_packages.output(os.environ.get("CC", "cc"), f"--sysroot={root}", "-std=c99", "-Wall",
                               "-Wextra", "-Werror", "-pedantic", PROGRAM, "-o",
                               self.root.path / "program", *flags)
        status, said = self.root.run("/program")
        version = debian_packages.cached("CMAKE_PROJECT_VERSION")
        self.assertEqual((status, said.strip()), (0, f"stile {version}, ABI 1"))

    def test_loader_finds_the_library_after_installation(self):
        self.assertIn("libstile.so.1 ", self.root.run("/sbin/ldconfig", "-p")[1])

    def test_library_cannot_go_while_the_headers_are_there(self):
        status, said = self.root.run("dpkg", "--remove", "libstile1")
        self.assertNotEqual(status, 0)
        self.assertIn("libstile-dev depends on libstile1", said)


class NginxModuleTest(unittest.TestCase):
    PACKAGE = "libnginx-mod-http-stile"

    def setUp(self):
        if self.PACKAGE not in MADE:
            self.skipTest("adapters/nginx is not built here: there is no package of the module")
        self.root = clean_root.CleanRoot(ROOTS[0])
        self.addCleanup(self.root.close)
        status, said = self.root.install(MADE["libstile1"], MADE[self.PACKAGE])
        self.assertEqual(status, 0, said)
        self.link = self.root.path / "etc/nginx/modules-enabled/50-mod-http-stile.conf"

    def test_nginx_loads_the_module(self):
        self.assertTrue(self.link.is_symlink())
        status, said = self.root.run("nginx", "-t")
        self.assertEqual(status, 0, said)

    def test_module_that_an_administrator_turned_off_stays_off(self):
        self.link.unlink()
        newer = debian_packages.newer(MADE[self.PACKAGE], self.root.memory)
        status, said = self.root.install(newer)
        self.assertEqual(status, 0, said)
        self.assertFalse(self.link.is_symlink())

    def test_nginx_is_whole_without_the_module(self):
        for how in ("--remove", "--purge"):
            status, said = self.root.run("dpkg", how, self.PACKAGE)
            self.assertEqual(status, 0, said)
            self.assertFalse(self.link.is_symlink())
            status, said = self.root.run("nginx", "-t")
            self.assertEqual(status, 0, said)
        self.assertEqual(list(self.link.parent.glob("*stile*")), [])


def main():
    MADE.update(debian_packages.packages_in(debian_packages.DEBS))
    try:
        ROOTS.extend(clean_root.make(MADE))
        clean_root.enter_own_namespaces()
    except clean_root.Unavailable as reason:
        print(f"skipped, there can be no clean root: {reason}")
        sys.exit(debian_packages.COULD_NOT_RUN)
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
