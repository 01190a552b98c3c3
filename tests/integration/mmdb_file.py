"""Writes databases in MaxMind's format, version 2, small ones for tests."""

import ipaddress
import struct

_MARKER = b"\xab\xcd\xefMaxMind.com"
_UINT16, _UINT32, _UINT64 = 5, 6, 9
_IPV4_BEGINS = 96  # Bits of zeros in front of an IPv4 address in a tree of IPv6.


def _control(kind, size):
    low = size if size < 29 else 29 if size < 285 else 30
    head = bytes([(kind << 5 if kind < 8 else 0) | low])
    if kind >= 8:
        head += bytes([kind - 7])
    if low == 29:
        return head + bytes([size - 29])
    return head + struct.pack(">H", size - 285) if low == 30 else head


def value(thing):
    """The bytes of a dict, list, str, unsigned number, or (type, number)."""
    if isinstance(thing, dict):
        pairs = (value(key) + value(inner) for key, inner in thing.items())
        return _control(7, len(thing)) + b"".join(pairs)
    if isinstance(thing, list):
        return _control(11, len(thing)) + b"".join(map(value, thing))
    if isinstance(thing, str):
        text = thing.encode()
        return _control(2, len(text)) + text
    kind, number = thing if isinstance(thing, tuple) else (_UINT32, thing)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return _control(kind, len(data)) + data


def _bits(network):
    network = ipaddress.ip_network(network)
    bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[:network.prefixlen]
    return bits if network.version == 6 else "0" * _IPV4_BEGINS + bits


def database(records, kind="Test"):
    """The bytes of a database; `records` maps networks to what it says of them."""
    tree = [[None, None]]  # Each side: None, the index of a node, or the bytes of a record.
    for network, thing in records.items():
        bits, node = _bits(network), 0
        for bit in map(int, bits[:-1]):
            if not isinstance(tree[node][bit], int):
                tree.append([None, None])
                tree[node][bit] = len(tree) - 1
            node = tree[node][bit]
        tree[node][int(bits[-1])] = value(thing)
    nodes, data = bytearray(), bytearray()
    for sides in tree:
        for side in sides:
            record = len(tree) if side is None else side
            if isinstance(record, bytes):
                record, data = len(tree) + 16 + len(data), data + side
            nodes += struct.pack(">I", record)
    metadata = {"node_count": len(tree), "record_size": (_UINT16, 32),
                "ip_version": (_UINT16, 6), "database_type": kind, "languages": ["en"],
                "binary_format_major_version": (_UINT16, 2),
                "binary_format_minor_version": (_UINT16, 0),
                "build_epoch": (_UINT64, 1772366400), "description": {"en": "a test"}}
    return bytes(nodes) + bytes(16) + bytes(data) + _MARKER + value(metadata)


def country(code, key="country"):
    return {"continent": {"code": "EU", "names": {"de": "Europa"}},
            key: {"geoname_id": 3144096, "iso_code": code}}


def asn(number):
    return {"autonomous_system_number": number, "autonomous_system_organization": "Example"}
