"""A Debian that has what Stile's packages depend on, and nothing else.

It is made once by mmdebstrap from the apt sources of this machine, and kept in the build folder. A
test gets a copy that costs nothing: an overlay whose changes are in memory. Processes in it see a
loopback of their own, so that the ports of the shipped configuration are always free.
"""

import ctypes
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile

import debian_packages

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
# What a C program is compiled with that uses libstile-dev.
COMPILING = ("libc6-dev",)


class Unavailable(Exception):
    """Why there can be no clean root on this machine."""


def suite():
    for line in pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise Unavailable("this is no Debian with a code name")


def apt_sources(codename):
    """The files of this machine that say where Debian itself is."""
    apt = pathlib.Path("/etc/apt")
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list")),
             *sorted((apt / "sources.list.d").glob("*.sources"))]
    wanted = re.compile(rf"^[^#\n]*\s{codename}(-updates|-security)?(\s|$)", re.MULTILINE)
    found = [path for path in files
             if path.is_file() and wanted.search(path.read_text(encoding="utf-8"))]
    if not found:
        raise Unavailable(f"no apt source of {codename}")
    return found


def contents(made, names):
    """What has to be in a root for these packages: what they depend on."""
    wanted = {name for package in names for name in debian_packages.depends(made[package])}
    return sorted(wanted - set(debian_packages.OWN))


def make(made):
    """Makes the roots unless they are there. Returns their folders: one for what runs, and one for
    what compiles against libstile-dev.
    """
    if os.geteuid() != 0:
        raise Unavailable("only root can make it")
    for tool in ("mmdebstrap", "chroot", "mount"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is not installed: scripts/install_dependencies.sh tests")
    codename = suite()
    sources = apt_sources(codename)
    runtime = contents(made, [name for name in made if name != "libstile-dev"])
    development = sorted({*contents(made, ["libstile1", "libstile-dev"]), *COMPILING})
    folders = []
    for packages in (runtime, development):
        key = hashlib.sha256("\n".join(
            [codename, *packages, *(path.read_text() for path in sources)]).encode()).hexdigest()
        folder = debian_packages.PLACE / f"root-{key[:16]}"
        folders.append(folder)
        if folder.is_dir():
            continue
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = pathlib.Path(tempfile.mkdtemp(prefix="root-partial-", dir=folder.parent))
        try:
            result = subprocess.run(
                ["mmdebstrap", "--mode=root", "--variant=essential",
                 f"--include={','.join(packages)}", "--skip=check/empty", codename, str(partial),
                 *map(str, sources)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, check=False, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
            if result.returncode != 0:
                reason = result.stdout.strip().splitlines()[-4:]
                raise Unavailable("mmdebstrap failed: " + " / ".join(reason))
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    for old in debian_packages.PLACE.glob("root-*"):
        if old not in folders:
            shutil.rmtree(old, ignore_errors=True)
    return folders


def enter_own_namespaces():
    """From here on, this process and its children have their own mounts and their own loopback.
    Returns a descriptor of the network that was left, for what has to reach a mirror.
    """
    outside = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise Unavailable(f"no namespaces: {os.strerror(ctypes.get_errno())}")
    debian_packages.output("mount", "--make-rprivate", "/")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    return outside


class CleanRoot:
    """One copy of a root. Changes vanish with close()."""

    def __init__(self, lower):
        self.memory = pathlib.Path(tempfile.mkdtemp(prefix="stile-root-"))
        debian_packages.output("mount", "-t", "tmpfs", "tmpfs", self.memory)
        self.path = self.memory / "root"
        for name in ("root", "changes", "work"):
            (self.memory / name).mkdir()
        debian_packages.output(
            "mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={lower},upperdir={self.memory / 'changes'},workdir={self.memory / 'work'}",
            self.path)
        debian_packages.output("mount", "-t", "proc", "proc", self.path / "proc")

    def close(self):
        for place in (self.path / "proc", self.path, self.memory):
            subprocess.run(["umount", "--lazy", str(place)], check=False)
        self.memory.rmdir()

    def command(self, *words):
        return ["chroot", str(self.path), "/usr/bin/env", "-i", "LC_ALL=C.UTF-8", "HOME=/root",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                *map(str, words)]

    def run(self, *words, stdin=None):
        """Runs a program in the root. Returns (status, what it said)."""
        result = subprocess.run(self.command(*words), input=stdin or "", text=True, timeout=120,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return result.returncode, result.stdout

    def install(self, *debs):
        """dpkg -i, without a network: what is not in the root can't come."""
        (self.path / "debs").mkdir(exist_ok=True)
        for deb in debs:
            shutil.copy(deb, self.path / "debs")
        return self.run("dpkg", "-i", *[f"/debs/{deb.name}" for deb in debs])
