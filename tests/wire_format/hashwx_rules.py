"""HashWX (github.com/tevador/hashwx, doc/specification.md) and the puzzle `hashwx`, plainly."""

import hashlib
import itertools
import struct

U64 = (1 << 64) - 1
MULOR, MULXOR, MULADD, RMCG, XORROR, SUBROR, XORASR, XORLSR = 0, 1, 2, 3, 4, 6, 7, 10
BRANCH, HALT = 13, 14
PHASE_BRANCHES = 32
NONCES_PER_FUNCTION = 65_536

# Which destinations may stand at each place of a source permutation.
MAY_STAND = ("02467", "234567", "134567", "14567", "13567", "1367", "01357", "02")
SOURCE_PERMUTATIONS = [
    p
    for p in itertools.permutations(range(8))
    if all(str(v) in MAY_STAND[i] for i, v in enumerate(p))
]


def ror(x, n):
    return (x >> n | x << (64 - n)) & U64


def asr(x, n):
    return (x >> n) | (U64 << (64 - n) & U64 if x >> 63 else 0)


def sip_round(v0, v1, v2, v3):
    v0, v2 = (v0 + v1) & U64, (v2 + v3) & U64
    v1, v3 = ror(v1, 51) ^ v0, ror(v3, 48) ^ v2
    v0 = ror(v0, 32)
    v2, v0 = (v2 + v1) & U64, (v0 + v3) & U64
    v1, v3 = ror(v1, 47) ^ v2, ror(v3, 43) ^ v0
    return v0, v1, ror(v2, 32), v3


def sip_numbers(k0, k1, salt):
    """The numbers of a generator: of each state its last word first."""
    v0, v1 = 0x736F6D6570736575 ^ k0, 0x646F72616E646F6D ^ k1
    v2, v3 = 0x6C7967656E657261 ^ k0, 0x7465646279746573 ^ k1
    v0, v1, v2, v3 = sip_round(v0, v1, v2, v3 ^ salt)
    state = v0 ^ salt, v1, v2 ^ 0xBB, v3
    for _ in range(3):
        state = sip_round(*state)
    while True:
        yield from reversed(state)
        state = state[0] ^ k0, state[1] ^ k1, state[2] ^ k0, state[3] ^ k1
        for _ in range(4):
            state = sip_round(*state)


def immediate(opcode, number):
    if opcode <= MULADD:
        return (1, 9, 33)[number % 3]
    return 1 + number % (63 if opcode <= SUBROR else 3)


def make_program(numbers):
    """One program: ten of (opcode, dst, src, imm)."""
    gen = [next(numbers) for _ in range(16)]
    dst = [0] * 8
    for i in range(1, 8):
        j = (gen[i - 1] >> 32) % (i + 1)
        dst[i] = i
        dst[i], dst[j] = dst[j], i
    opcodes = [RMCG]
    for i in range(1, 8):
        low = gen[i - 1] & 0xFFFFFFFF
        opcodes.append(low % 3 if i % 2 == 0 else XORROR + low % 9)
    places = SOURCE_PERMUTATIONS[gen[7] % len(SOURCE_PERMUTATIONS)]
    src = [8 + gen[7] % 2] + [dst[place] for place in places[1:]]
    code = [
        (opcode, dst[i], src[i], immediate(opcode, gen[8 + i])) for i, opcode in enumerate(opcodes)
    ]
    return [*code[:7], (BRANCH, 0, 0, 0), code[7], (HALT, 0, 0, 0)]


def step(r, opcode, dst, operand, imm):
    x = r[dst]
    if opcode == MULOR:
        x = (x | imm) * operand
    elif opcode == MULXOR:
        x = (x ^ imm) * operand
    elif opcode == MULADD:
        x = (x + imm) * operand
    elif opcode == RMCG:
        x = ror(x * operand & U64, imm)
    else:
        kind, combination = divmod(opcode - XORROR, 3)
        x = (ror, asr, lambda x, n: x >> n)[kind](x, imm)
        x = (x ^ operand, x + operand, x - operand)[combination]
    r[dst] = x & U64


class HashwxFunction:
    def __init__(self, seed):
        k0, k1, *self.key = struct.unpack("<4Q", seed)
        numbers = sip_numbers(k0, k1, U64)
        self.programs = [make_program(numbers) for _ in range(32)]

    def hash(self, nonce):
        numbers = sip_numbers(*self.key, nonce)
        r = [next(numbers) for _ in range(8)]
        r += [r[4] & ~7 | 3, r[7] & ~7 | 5]
        memory = [0] * 256
        for from_memory in (False, True):
            self.run(r, memory, from_memory)
        low, high = sip_round(*r[0:4]), sip_round(*r[4:8])
        return low[3] ^ high[3] ^ r[9]

    def run(self, r, memory, from_memory):
        branches = PHASE_BRANCHES
        for number, program in enumerate(self.programs):
            at = 0
            while program[at][0] != HALT:
                opcode, dst, src, imm = program[at]
                at += 1
                if opcode == BRANCH:
                    if branches and not flag:
                        branches, at = branches - 1, 0
                    continue
                operand = r[src]
                if from_memory and opcode != RMCG:
                    operand = memory[operand // 8 % 256]
                step(r, opcode, dst, operand, imm)
                if opcode == RMCG:
                    flag = r[dst] >> 5 & 1
            if not from_memory:
                for i in range(8):
                    memory[255 - 8 * number - i] = r[i]


def hashwx_prefix(tag, id_, index):
    return b"stile-hashwx-v1\0" + tag + id_ + bytes([index]) + bytes(15)


def hashwx_seed(prefix, part, function):
    return hashlib.sha256(prefix + struct.pack(">IQ", part, function)).digest()


def hashwx_of_try(prefix, part, nonce):
    return HashwxFunction(hashwx_seed(prefix, part, nonce // NONCES_PER_FUNCTION)).hash(nonce)
