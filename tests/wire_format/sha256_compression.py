"""The state of SHA-256 after one block (FIPS 180-4), which hashlib does not show."""

import struct

MASK = 0xFFFFFFFF


def primes(count):
    found = []
    candidate = 2
    while len(found) < count:
        if all(candidate % p for p in found):
            found.append(candidate)
        candidate += 1
    return found


def root_fraction(n, root):
    """The first 32 bits of the fraction of the square or cube root of n, exactly."""
    scaled, low, high = n << 32 * root, 0, n << 32
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**root <= scaled else (low, middle - 1)
    return low & MASK


INITIAL = [root_fraction(p, 2) for p in primes(8)]
ROUND = [root_fraction(p, 3) for p in primes(64)]


def rotr(x, n):
    return (x >> n | x << (32 - n)) & MASK


def state_after_block(block, state=None):
    state = state or INITIAL
    w = list(struct.unpack(">16I", block))
    for t in range(16, 64):
        s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3
        s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10
        w.append(w[t - 16] + s0 + w[t - 7] + s1 & MASK)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)
        t1 = h + s1 + (e & f ^ ~e & g) + ROUND[t] + w[t]
        s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)
        t2 = s0 + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = t1 + t2 & MASK, a, b, c, d + t1 & MASK, e, f, g
    return [x + y & MASK for x, y in zip(state, (a, b, c, d, e, f, g, h))]


def digest(message):
    """The whole hash, to prove state_after_block against hashlib."""
    padded = (
        message + b"\x80" + bytes(-(len(message) + 9) % 64) + struct.pack(">Q", 8 * len(message))
    )
    state = None
    for start in range(0, len(padded), 64):
        state = state_after_block(padded[start : start + 64], state)
    return struct.pack(">8I", *state)
