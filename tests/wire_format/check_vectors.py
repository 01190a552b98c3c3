#!/usr/bin/env python3
"""Runs the Python checker on tests/vectors and fails on the first difference of each file."""

import hashlib
import pathlib
import sys

import request_head
import sha256_compression
import stile_checker as checker
from deployment import LETTERS, flip
from vector_file import read_records, ring_of

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"


def one(record, key):
    return record[key][0]


def client_of(record):
    address = one(record, "address")
    return checker.Client(None if address == "-" else address, one(record, "user_agent").encode())


def place_of(record):
    return one(record, "site").encode(), int(one(record, "now_ms"))


def flips(record, text, judge):
    letters = [
        LETTERS[judge(flip(text, bit))] for bit in range(len(checker.base64url_decode(text)) * 8)
    ]
    return {"flips": "".join(letters)}


def check_base64url(record, _ring):
    try:
        return {"bytes": checker.base64url_decode(one(record, "text")).hex()}
    except checker.Malformed:
        return {"bytes": "malformed"}


def check_keys(record, ring):
    site = one(record, "site").encode()
    if "epoch" not in record:
        return {"site_id": f"{checker.site_id(site):08x}"}
    master = next(m for m in ring.masters if m.id == int(one(record, "key_id")))
    key = checker.derive_key(
        master.secret, one(record, "purpose").encode(), site, int(one(record, "epoch"))
    )
    tag = checker.hmac_sha256(key, bytes.fromhex(one(record, "body")))[:16]
    return {"key": key.hex(), "tag": tag.hex()}


def check_user_agent_class(record, _ring):
    return {"class": f"{checker.user_agent_class(bytes.fromhex(one(record, 'user_agent'))):08x}"}


def check_binding(record, _ring):
    b = checker.Binding.of(
        client_of(record),
        int(one(record, "ipv4_prefix")),
        int(one(record, "ipv6_prefix")),
        one(record, "bind_user_agent") == "yes",
    )
    return {
        "parts": b.parts,
        "prefix_length": b.prefix_length,
        "prefix": f"{b.prefix:016x}",
        "class_version": b.class_version,
        "class": f"{b.user_agent_class:08x}",
    }


def check_return_path(record, _ring):
    return {"expect": "yes" if checker.is_return_path(bytes.fromhex(one(record, "path"))) else "no"}


def check_solution(record, _ring):
    try:
        s = checker.Solution.parse(one(record, "text"))
    except checker.Malformed:
        return {"index": "malformed"}
    assert s.text() == one(record, "text")
    return {"index": s.index, "nonces": " ".join(f"{n:016x}" for n in s.nonces)}


def check_sha256_puzzle(record, _ring):
    if "target" in record:
        return {
            "target": f"{checker.part_target(int(one(record, 'effort')), int(one(record, 'parts'))):016x}"
        }
    prefix = checker.sha256_prefix(
        bytes.fromhex(one(record, "tag")),
        bytes.fromhex(one(record, "id")),
        int(one(record, "index")),
    )
    if "nonce" not in record:
        state = "".join(f"{w:08x}" for w in sha256_compression.state_after_block(prefix))
        return {"prefix": prefix.hex(), "state": state}
    part, nonce = int(one(record, "part")), int(one(record, "nonce"), 16)
    target = checker.part_target(int(one(record, "effort")), int(one(record, "parts")))
    digest = checker.sha256_digest(prefix, part, nonce)
    assert digest == sha256_compression.digest(
        prefix + part.to_bytes(4, "big") + nonce.to_bytes(8, "big")
    )
    return {
        "digest": digest.hex(),
        "expect": "yes" if checker.is_solved(prefix, part, nonce, target) else "no",
    }


def revoked_in(record):
    return {bytes.fromhex(text) for text in record.get("revoked", [])}


def check_clearance(record, ring):
    site, now_ms = place_of(record)

    def judge(text):
        return checker.check_clearance(
            ring, site, text, client_of(record), now_ms, revoked_in(record)
        )

    if "flips" in record:
        return flips(record, one(record, "token"), lambda text: judge(text).verdict)
    found = judge(one(record, "token"))
    result = {"expect": found.verdict}
    if found.verdict == "valid":
        result["rank"] = found.clearance.rank
    if found.verdict == "expired":
        result["grace"] = "yes" if found.in_grace else "no"
    return result


def check_cookie(record, ring):
    site, now_ms = place_of(record)
    found = checker.check_cookies(
        ring,
        site,
        one(record, "cookie_name"),
        record.get("cookie", []),
        client_of(record),
        now_ms,
        one(record, "method"),
        revoked_in(record),
    )
    result = {"expect": found.verdict, "other_family": found.other_family or "-"}
    if found.verdict == "valid":
        result["rank"] = found.clearance.rank
    return result


def check_hashwx_function(record, _ring):
    function = checker.HashwxFunction(bytes.fromhex(one(record, "seed")))
    code = b"".join(bytes(i) for program in function.programs for i in program)
    for line in record["hash"]:
        nonce, value = (int(field, 16) for field in line.split(" "))
        assert function.hash(nonce) == value, line
    return {"programs": hashlib.sha256(code).hexdigest()}


def check_hashwx_puzzle(record, _ring):
    prefix = checker.hashwx_prefix(
        bytes.fromhex(one(record, "tag")),
        bytes.fromhex(one(record, "id")),
        int(one(record, "index")),
    )
    if "nonce" not in record:
        state = "".join(f"{w:08x}" for w in sha256_compression.state_after_block(prefix))
        return {"prefix": prefix.hex(), "state": state}
    part, nonce = int(one(record, "part")), int(one(record, "nonce"), 16)
    target = checker.part_target(int(one(record, "effort")), int(one(record, "parts")))
    value = checker.hashwx_of_try(prefix, part, nonce)
    return {
        "seed": checker.hashwx_seed(prefix, part, nonce >> 16).hex(),
        "hash": f"{value:016x}",
        "expect": "yes" if value <= target else "no",
    }


def check_redemption(record, ring, state=None):
    site, now_ms = place_of(record)

    def judge(text):
        return checker.redeem(
            ring, site, text, one(record, "solution"), client_of(record), now_ms, state
        )

    if "flips" in record:
        return flips(record, one(record, "challenge"), lambda text: judge(text)[0])
    verdict, clearance = judge(one(record, "challenge"))
    return {"expect": verdict, **({"clearance": clearance} if verdict == "valid" else {})}


class Sequence:
    state = None

    def __call__(self, record, ring):
        if "sequence" in record:
            self.state = checker.RedeemState(
                int(one(record, "waits_per_prefix")), int(one(record, "waits"))
            )
            return {}
        return check_redemption(record, ring, self.state)


def check_context(record, ring):
    site, now_ms = place_of(record)
    if "flips" in record:
        return flips(
            record,
            one(record, "context"),
            lambda text: checker.check_context(ring, site, text, now_ms)[0],
        )
    verdict, c = checker.check_context(ring, site, one(record, "context"), now_ms)
    result = {"expect": verdict}
    if c:
        result |= {
            "rank": c.rank,
            "action": c.action,
            "verdict": c.verdict,
            "roams": c.roams,
            "rule": c.rule,
            "return_path": c.return_path.decode(),
        }
    return result


def check_reference(record, ring):
    site, now_ms = place_of(record)
    verdict, r = checker.check_reference(ring, site, one(record, "reference"), now_ms)
    result = {"expect": verdict}
    if r:
        for key in ("issued_at", "node", "action", "verdict", "rule"):
            result[key] = getattr(r, key)
    if verdict == "valid":
        result["spelling"] = checker.spell_reference(
            *checker.parse_reference(one(record, "reference"))
        )
    return result


def check_response(record, ring):
    site, now_ms = place_of(record)

    def judge(text, attempt):
        return checker.check_response(ring, site, text, attempt, now_ms)

    if "flips" in record:
        return flips(record, one(record, "response"), lambda text: judge(text, b"")[0])
    attempt = one(record, "attempt").replace("-", "") and one(record, "attempt").encode()
    verdict, r, attempt_id = judge(one(record, "response"), attempt or b"")
    result = {"expect": verdict}
    if r:
        for key in ("rank", "issued_at", "expires_at", "cleared_at"):
            result[key] = getattr(r, key)
        result["action"] = r.action.decode() or "-"
        result["host"] = r.host.decode()
        result["spend"] = " ".join(str(n) for n in r.spend)
        result["attempt_id"] = attempt_id.hex()
    return result


CHECKS = {
    "base64url.txt": check_base64url,
    "keys.txt": check_keys,
    "user_agent_class.txt": check_user_agent_class,
    "binding.txt": check_binding,
    "return_path.txt": check_return_path,
    "solution.txt": check_solution,
    "sha256_puzzle.txt": check_sha256_puzzle,
    "clearance.txt": check_clearance,
    "cookie.txt": check_cookie,
    "redemption.txt": check_redemption,
    "redemption_sequence.txt": Sequence(),
    "context.txt": check_context,
    "reference.txt": check_reference,
    "response.txt": check_response,
    "hashwx_function.txt": check_hashwx_function,
    "hashwx_puzzle.txt": check_hashwx_puzzle,
    "hashwx_redemption.txt": check_redemption,
}


def check_file(path, check):
    """Returns how many vectors there are, and what is wrong with them."""
    ring, count, wrong = None, 0, []
    for record in read_records(path):
        if "ring" in record:
            ring = ring_of(record)
            continue
        result = check(record, ring)
        count += "sequence" not in record
        name = next(iter(record.values()))[0]
        for key, value in result.items():
            if one(record, key) != str(value):
                wrong.append(f"{path.name}: {name}: {key} is {value}, not {one(record, key)}")
    return count, wrong


def check_request():
    raw = (VECTORS / "request.txt").read_bytes().decode("ascii")
    head, end, rest = raw.partition("\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    cookies = fields["Cookie"].split("; ")
    facts = [
        ("bytes", len(raw), request_head.HEAD_SIZE),
        ("cookie", len(fields["Cookie"]), 394),
        ("user agent", len(fields["User-Agent"]), 113),
        ("cookies", len(cookies), 7),
        ("ours", len(cookies[-1]), len("stile=") + 92),
        ("content", rest, ""),
    ]
    return [
        f"request.txt: {what} is {is_}, not {ought}" for what, is_, ought in facts if is_ != ought
    ]


def main():
    total, wrong, unread = (
        0,
        check_request(),
        {p.name for p in VECTORS.glob("*.txt")} - {"request.txt", "crawlers.txt", "framing.txt"},
    )
    for name, check in CHECKS.items():
        count, mistakes = check_file(VECTORS / name, check)
        print(f"{name}: {count} vectors")
        total, wrong = total + count, wrong + mistakes
        unread.discard(name)
    wrong += [f"{name}: nothing checks it" for name in sorted(unread)]
    if total < 400:
        wrong.append(f"only {total} vectors were found")
    print(f"{total} vectors, {len(wrong)} wrong")
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
