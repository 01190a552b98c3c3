"""Certificates for tests, made by `openssl`: an authority, and what it has signed."""

import pathlib
import ssl
import subprocess
import tempfile

_EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
_RSA = ["-newkey", "rsa:2048", "-nodes"]


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """Signs certificates; `context` is that of a client which trusts it."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="stile-certificates-")
        self.folder = pathlib.Path(self._folder.name)
        _openssl("req", "-x509", *_EC, "-keyout", self.folder / "ca.key", "-out",
                 self.folder / "ca.pem", "-days", 2, "-subj", "/CN=Test authority")
        self._made = 0

    def close(self):
        self._folder.cleanup()

    def make(self, *names, rsa=False, days=30):
        """A certificate of these names with its chain, and its key: two files' contents."""
        self._made += 1
        base = self.folder / str(self._made)
        request, key, out = (base.with_suffix(end) for end in (".csr", ".key", ".pem"))
        extensions = base.with_suffix(".ext")
        extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
        _openssl("req", *(_RSA if rsa else _EC), "-keyout", key, "-out", request, "-subj",
                 f"/CN={names[0]}")
        _openssl("x509", "-req", "-in", request, "-CA", self.folder / "ca.pem", "-CAkey",
                 self.folder / "ca.key", "-CAcreateserial", "-days", days, "-extfile", extensions,
                 "-out", out)
        return out.read_bytes() + (self.folder / "ca.pem").read_bytes(), key.read_bytes()

    def context(self, version=None, protocols=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.folder / "ca.pem")
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(protocols)
        return context


def expired(name, folder):
    """A certificate of a year that is over, and its key."""
    key, out = pathlib.Path(folder) / "expired.key", pathlib.Path(folder) / "expired.pem"
    request = pathlib.Path(folder) / "expired.csr"
    _openssl("req", *_EC, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    database = pathlib.Path(folder) / "database"
    database.write_text("")
    settings = pathlib.Path(folder) / "authority.cnf"
    settings.write_text(f"[ca]\ndefault_ca = it\n[it]\ndatabase = {database}\n"
                        f"new_certs_dir = {folder}\nrand_serial = yes\ndefault_md = sha256\n"
                        "policy = any\n[any]\ncommonName = supplied\n")
    _openssl("ca", "-batch", "-config", settings, "-selfsign", "-keyfile", key, "-in", request,
             "-out", out, "-notext", "-startdate", "20240101000000Z", "-enddate", "20250101000000Z")
    return out.read_bytes(), key.read_bytes()
