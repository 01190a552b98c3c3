"""A gRPC client that is none of Stile's (grpc/client.js), and requests as Envoy describes them."""

import base64
import itertools
import json
import os
import pathlib
import queue
import subprocess
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent / "grpc"
NODE = os.environ.get("STILE_NODE", "")
MODULES = os.environ.get("STILE_NODE_MODULES", "")
DEADLINE = 60
needs_client = unittest.skipUnless(NODE and pathlib.Path(MODULES, "@grpc/grpc-js").is_dir(),
                                   "Node.js or the packages of tests/integration/grpc are missing")

OK, CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 0, 1, 3, 4, 5
RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 8, 12, 13, 14


class GrpcClient:
    """One channel to `address`, a pair or the path of a unix socket."""

    def __init__(self, address):
        target = f"unix:{address}" if isinstance(address, str) else f"{address[0]}:{address[1]}"
        self._process = subprocess.Popen([NODE, str(HERE / "client.js"), target], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = itertools.count()
        self._outcomes = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            outcome = json.loads(line)
            self._outcomes[outcome["id"]].put(outcome["results"])

    def begin(self, do, **order):
        """Gives an order; what is returned gives its results."""
        number = next(self._numbers)
        results = self._outcomes[number] = queue.Queue()
        self._process.stdin.write(json.dumps({"id": number, "do": do, **order}) + "\n")
        self._process.stdin.flush()
        return lambda: results.get(timeout=DEADLINE)

    def run(self, do, **order):
        return self.begin(do, **order)()

    def check(self, request, **options):
        """Asks once; returns the outcome."""
        return self.run("check", request=request, **options)[0]

    def raw(self, method, message):
        return self.run("raw", method=method, message=base64.b64encode(message).decode())[0]

    def close(self):
        self._process.stdin.close()
        self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def check_request(path="/private", method="GET", fields=(), host="example.test", scheme="http",
                  forwarded_for="192.0.2.5", source="127.0.0.9", raw=True):
    """A CheckRequest about this request as Envoy 1.31 writes it; without `raw`, as it does without
    encode_raw_headers: with fields of one name joined by commas."""
    sent = [(":authority", host), (":method", method), (":path", path), (":scheme", scheme),
            ("x-forwarded-proto", scheme), ("x-request-id", "3f1b6c1e-0000-4000-8000-000000000000")]
    if forwarded_for is not None:
        sent.append(("x-forwarded-for", forwarded_for))
    sent += [(name.lower(), value) for name, value in fields]
    http = {"id": "1234567890", "method": method, "path": path, "host": host, "scheme": scheme,
            "protocol": "HTTP/1.1"}
    if raw:
        http["header_map"] = {"headers": [
            {"key": name, "raw_value": list(value.encode("latin-1"))} for name, value in sent]}
    else:
        joined = {}
        for name, value in sent:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        http["headers"] = joined
    return {"attributes": {
        "source": {"address": {"socket_address": {"address": source, "port_value": 40000}}},
        "destination": {"address": {"socket_address": {"address": "127.0.0.1",
                                                       "port_value": 8080}}},
        "request": {"time": {"seconds": 1800000000, "nanos": 5}, "http": http},
        "metadata_context": {}, "route_metadata_context": {}}}


class Verdict:
    """A CheckResponse, as Envoy acts on it."""

    def __init__(self, outcome):
        assert outcome["code"] == OK, outcome
        response = outcome["response"]
        code = response.get("status", {}).get("code", 0)
        self.passes = "ok_response" in response
        assert self.passes == (code == 0), response
        shown = response["ok_response" if self.passes else "denied_response"]
        self.headers = _options(shown.get("headers", []))
        self.removed = shown.get("headers_to_remove", [])
        self.added = _options(shown.get("response_headers_to_add", []))
        self.status = shown.get("status", {}).get("code")
        self.body = shown.get("body", "")

    def get(self, name):
        values = [value for key, value in self.headers if key == name]
        return values[0] if values else None


def _options(options):
    return [(option["header"]["key"].lower(), option["header"].get("value", ""))
            for option in options]
