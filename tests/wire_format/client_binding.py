"""What ties a token to a client (docs/wire-format.md, Binding)."""

import ipaddress
import struct
from dataclasses import dataclass

from token_encoding import BIND_ADDRESS, BIND_IPV6, BIND_USER_AGENT, U64


def rotl(x, n):
    return (x << n | x >> (64 - n)) & U64


def user_agent_class(user_agent):
    data = bytes(0x30 if 0x30 <= b <= 0x39 else b for b in user_agent[:512])
    a = 0x9E3779B97F4A7C15 ^ len(data)
    b = 0xC2B2AE3D27D4EB4F
    data += bytes(-len(data) % 16)
    for x, y in struct.iter_unpack("<QQ", data):
        a = rotl(a ^ x, 29) * 0x9FB21C651E98DF25 & U64
        b = rotl(b ^ y, 31) * 0xD6E8FEB86659FD93 & U64
    h = a ^ rotl(b, 32)
    h = (h ^ h >> 32) * 0x9FB21C651E98DF25 & U64
    return (h ^ h >> 29) & 0xFFFFFFFF


@dataclass
class Client:
    address: str | None
    user_agent: bytes = b""

    def parsed_address(self):
        """None, or an address that is IPv4 where it is IPv4-mapped."""
        if self.address is None:
            return None
        parsed = ipaddress.ip_address(self.address)
        return getattr(parsed, "ipv4_mapped", None) or parsed

    def prefix(self, length):
        """The first `length` bits as the 8 bytes of a token."""
        first = self.parsed_address().packed[:8].ljust(8, b"\0")
        return int.from_bytes(first, "big") >> (64 - length) << (64 - length) if length else 0


@dataclass
class Binding:
    parts: int = 0
    prefix_length: int = 0
    prefix: int = 0
    class_version: int = 0
    user_agent_class: int = 0

    @staticmethod
    def of(client, ipv4_prefix=24, ipv6_prefix=56, user_agent=True):
        binding = Binding()
        address = client.parsed_address()
        length = 0 if address is None else ipv6_prefix if address.version == 6 else ipv4_prefix
        if address is not None and address.version == 6:
            binding.parts |= BIND_IPV6
        if length:
            binding.parts |= BIND_ADDRESS
            binding.prefix_length = length
            binding.prefix = client.prefix(length)
        if user_agent:
            binding.parts |= BIND_USER_AGENT
            binding.class_version = 1
            binding.user_agent_class = user_agent_class(client.user_agent)
        return binding

    def is_ipv6(self):
        return bool(self.parts & BIND_IPV6)

    def matches_family(self, client):
        address = client.parsed_address()
        return address is not None and self.is_ipv6() == (address.version == 6)

    def matches_address(self, client):
        if not self.parts & BIND_ADDRESS:
            return True
        if not self.matches_family(client) or self.prefix_length > (64 if self.is_ipv6() else 32):
            return False
        return self.prefix == client.prefix(self.prefix_length)

    def matches_user_agent(self, client):
        if not self.parts & BIND_USER_AGENT:
            return True
        return (self.class_version, self.user_agent_class) == (
            1,
            user_agent_class(client.user_agent),
        )

    def matches(self, client):
        return self.matches_address(client) and self.matches_user_agent(client)
