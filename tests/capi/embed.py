#!/usr/bin/env python3
"""Embeds libstile.so from Python through ctypes: an engine from bytes, a challenge, a wait that is
over, a clearance. Shows that the header says all that a caller in another language needs.

Usage: embed.py LIBSTILE_SO STILE_H
"""

import base64
import ctypes
import json
import pathlib
import re
import sys


class Str(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]

    @staticmethod
    def of(text):
        data = text if isinstance(text, bytes) else text.encode()
        return Str(data, len(data))

    def bytes(self):
        return ctypes.string_at(self.data, self.size) if self.size else b""


# c_char_p would stop at a zero byte.
class View(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    def bytes(self):
        return ctypes.string_at(self.data, self.size) if self.size else b""


class Field(ctypes.Structure):
    _fields_ = [("name", Str), ("value", Str)]


class SeenField(ctypes.Structure):
    _fields_ = [("name", View), ("value", View)]


class File(ctypes.Structure):
    _fields_ = [("name", Str), ("text", Str)]


READ = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, View, ctypes.c_size_t,
                        ctypes.POINTER(View))
LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, View, View)


class Config(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("file_count", ctypes.c_uint32),
                ("files", ctypes.POINTER(File)), ("name", Str), ("read", READ),
                ("read_user", ctypes.c_void_p)]


class Report(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("text_room", ctypes.c_uint32),
                ("text", ctypes.c_char_p), ("log", LOG), ("log_user", ctypes.c_void_p),
                ("text_size", ctypes.c_uint32), ("errors", ctypes.c_uint32),
                ("warnings", ctypes.c_uint32), ("refusal", ctypes.c_int32),
                ("on_trial", ctypes.c_int32), ("digest", ctypes.c_char * 72)]


class Options(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("now_ms", ctypes.c_int64), ("steady_ms", ctypes.c_int64),
                ("tables", ctypes.c_void_p), ("predecessor", ctypes.c_void_p),
                ("last_good", ctypes.POINTER(Str)), ("last_good_count", ctypes.c_size_t)]


class Request(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("method", Str),
                ("target", Str), ("host", Str), ("fields", ctypes.POINTER(Field)),
                ("field_count", ctypes.c_size_t), ("address_family", ctypes.c_uint32),
                ("site", ctypes.c_uint32), ("address", ctypes.c_uint8 * 16),
                ("country", ctypes.c_char * 4), ("asn", ctypes.c_uint32),
                ("tls_fingerprint", Str)]


class Decision(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("action", ctypes.c_int32),
                ("verdict", ctypes.c_int32), ("flags", ctypes.c_uint32),
                ("rank_held", ctypes.c_uint32), ("rank_needed", ctypes.c_uint32),
                ("retry_after_s", ctypes.c_uint32), ("body_limit", ctypes.c_uint32),
                ("site", ctypes.c_uint32), ("rule", View), ("level", View),
                ("inner", ctypes.c_uint64 * 40)]


class Answer(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("status", ctypes.c_uint32),
                ("field_count", ctypes.c_uint32), ("reserved", ctypes.c_uint32),
                ("fields", SeenField * 16), ("body", View), ("reference", View)]


STRUCTS = {"stile_config": Config, "stile_report": Report, "stile_engine_options": Options,
           "stile_request": Request, "stile_decision": Decision, "stile_answer": Answer}

CONFIG = """
[[site]]
name = "main"
hosts = ["*"]
policy = "policy.toml"
[keys]
file = "keys.toml"
"""
POLICY = """
[[rule]]
name = "docs"
path = ["/docs/*"]
action = "challenge"
level = "wait"
[default]
action = "allow"
"""
KEYS = '[[key]]\nid = 1\nsecret = "{}"\nsign_from = 2026-01-01T00:00:00Z\n'.format(
    base64.urlsafe_b64encode(b"k" * 32).rstrip(b"=").decode())
NOW = 1_790_000_000_000


def check(condition, text):
    if not condition:
        print(f"FAILED: {text}")
        sys.exit(1)


def sized(struct, **members):
    return struct(struct_size=ctypes.sizeof(struct), **members)


class Program:
    """A proxy in Python, as far as Stile sees one."""

    def __init__(self, library, files):
        self.library = library
        self.findings = []
        self.texts = {name: text.encode() for name, text in files.items()}
        self.handed = {}

        def read(_, name, limit, text):
            content = self.texts.get(name.bytes().decode())
            if content is None or len(content) > limit:
                return self.status("STILE_ERR_NOT_FOUND")
            # Lives as long as the program, which is longer than needed.
            buffer = ctypes.create_string_buffer(content, len(content))
            self.handed[name.bytes()] = buffer
            text[0] = View(ctypes.cast(buffer, ctypes.c_void_p), len(content))
            return 0

        def log(_, level, place, message):
            self.findings.append((level, place.bytes().decode(), message.bytes().decode()))

        self.read, self.log = READ(read), LOG(log)

    def status(self, name):
        return self.constants[name]

    def open(self, constants):
        self.constants = constants
        config = sized(Config, read=self.read)
        report = sized(Report, log=self.log)
        engine = ctypes.c_void_p()
        status = self.library.stile_engine_new(
            ctypes.byref(config), ctypes.byref(sized(Options, now_ms=NOW)), ctypes.byref(report),
            ctypes.byref(engine))
        return status, engine, report

    def request(self, worker, now, path, method="GET", cookie="", accept="text/html", body=b"",
                content_type=""):
        pairs = [("Host", "example.org"), ("User-Agent", "embed/1.0"), ("Accept", accept)]
        if cookie:
            pairs.append(("Cookie", cookie))
        if content_type:
            pairs.append(("Content-Type", content_type))
        fields = (Field * len(pairs))(*[Field(Str.of(n), Str.of(v)) for n, v in pairs])
        request = sized(Request, method=Str.of(method), target=Str.of(path),
                        host=Str.of("example.org:8080"), fields=fields, field_count=len(pairs),
                        address_family=4)
        request.address[0:4] = [192, 0, 2, 1]
        decision = sized(Decision)
        status = self.library.stile_decide(worker, ctypes.byref(request), ctypes.c_int64(now),
                                           ctypes.byref(decision))
        check(status == 0, f"stile_decide returned {status}")
        answer = sized(Answer)
        status = self.library.stile_respond(
            worker, ctypes.byref(request), ctypes.byref(decision), Str.of(body),
            ctypes.c_int64(now), ctypes.byref(answer))
        check(status == 0, f"stile_respond returned {status}")
        seen = {f.name.bytes().decode(): f.value.bytes().decode()
                for f in answer.fields[:answer.field_count]}
        return decision, answer.status, seen, answer.body.bytes()


def read_constants(header):
    """The values that the header gives its names, as far as they are numbers."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    return {name: int(value) for name, value in re.findall(r"(STILE_[A-Z0-9_]+) = (-?\d+)", text)}


def main():
    library = ctypes.CDLL(sys.argv[1])
    header = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    constants = read_constants(header)
    library.stile_verdict_name.restype = ctypes.c_char_p
    library.stile_version.restype = ctypes.c_char_p

    # Mistakes are told with their places.
    wrong = Program(library, {"stile.toml": CONFIG.replace("hosts", "hotss"), "keys.toml": KEYS})
    status, engine, report = wrong.open(constants)
    check(status == constants["STILE_ERR_CONFIG"] and not engine, "a wrong configuration is refused")
    check(report.errors == len(wrong.findings) >= 2, f"every mistake is told: {wrong.findings}")
    check(any(place == "stile.toml:4:1" for _, place, _ in wrong.findings), f"{wrong.findings}")

    program = Program(library, {"stile.toml": CONFIG, "policy.toml": POLICY, "keys.toml": KEYS})
    status, engine, report = program.open(constants)
    check(status == 0, f"stile_engine_new returned {status}: {program.findings}")
    check(len(report.digest) == 64, f"the digest is {report.digest}")
    worker = ctypes.c_void_p()
    check(library.stile_worker_new(engine, ctypes.byref(worker)) == 0, "no worker")

    decision, status, _, body = program.request(worker, NOW, "/")
    check((decision.action, status, body) == (constants["STILE_ACTION_ALLOW"], 0, b""),
          "what no rule is about passes")
    decision, status, fields, body = program.request(worker, NOW, "/docs/a?b=c")
    check(decision.action == constants["STILE_ACTION_CHALLENGE"], "the rule challenges")
    check(decision.rule.bytes() == b"docs" and decision.level.bytes() == b"wait", "by its name")
    check(library.stile_verdict_name(decision.verdict) == b"absent", "the verdict has a name")
    check(status == 403 and fields["Cache-Control"] == "no-store" and b"<html" in body,
          f"a browser gets a page: {status} {fields}")

    decision, status, fields, body = program.request(worker, NOW, "/docs/a", accept="*/*")
    check(status == 403 and fields["Content-Type"].startswith("application/json"), "others JSON")
    decision, status, fields, body = program.request(
        worker, NOW, fields["Stile-Challenge"], accept="application/json")
    check(decision.action == constants["STILE_ACTION_SERVE"] and status == 200, "the challenge")
    challenge = json.loads(body)
    check(challenge["alternatives"][0]["puzzle"] == "wait", f"{challenge}")

    solution = json.dumps({"challenge": challenge["challenge"], "solution": "AAA"}).encode()
    redeem = dict(path="/.stile/redeem", method="POST", body=solution,
                  content_type="application/json", accept="application/json")
    decision, status, fields, body = program.request(worker, NOW + 100, **redeem)
    check(decision.body_limit > len(solution), "the body is asked for")
    check(status >= 400 and "Set-Cookie" not in fields, "a wait that is not over earns nothing")
    later = NOW + 6_000
    decision, status, fields, body = program.request(worker, later, **redeem)
    check(status == 200 and json.loads(body)["cleared"], f"the clearance: {status} {body}")
    cookie = fields["Set-Cookie"].split(";")[0]

    decision, status, _, _ = program.request(worker, later, "/docs/a", cookie=cookie)
    check((decision.action, decision.verdict) ==
          (constants["STILE_ACTION_ALLOW"], constants["STILE_VERDICT_VALID"]), "it passes")
    decision, status, _, _ = program.request(worker, later, "/docs/a", cookie=cookie[:-1] + "x")
    check(decision.action == constants["STILE_ACTION_CHALLENGE"], "a forged one doesn't")

    library.stile_worker_free(worker)
    library.stile_engine_free(engine)
    print(f"stile {library.stile_version().decode()}: challenged, waited, cleared")
    return 0


if __name__ == "__main__":
    sys.exit(main())
