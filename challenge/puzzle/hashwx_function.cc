#include "challenge/puzzle/hashwx_function.h"

#define STILE_INLINE inline __attribute__((always_inline))

namespace stile {
namespace {

// --- the generator of section A

STILE_INLINE uint64_t RotateLeft(uint64_t x, int n) { return (x << n) | (x >> (64 - n)); }

struct SipState {
  uint64_t v0, v1, v2, v3;
};

STILE_INLINE void SipRound(SipState& s) {
  s.v0 += s.v1;
  s.v2 += s.v3;
  s.v1 = RotateLeft(s.v1, 13) ^ s.v0;
  s.v3 = RotateLeft(s.v3, 16) ^ s.v2;
  s.v0 = RotateLeft(s.v0, 32);
  s.v2 += s.v1;
  s.v0 += s.v3;
  s.v1 = RotateLeft(s.v1, 17) ^ s.v2;
  s.v3 = RotateLeft(s.v3, 21) ^ s.v0;
  s.v2 = RotateLeft(s.v2, 32);
}

STILE_INLINE SipState StartSip(uint64_t k0, uint64_t k1, uint64_t salt) {
  SipState s = {0x736f6d6570736575 ^ k0, 0x646f72616e646f6d ^ k1, 0x6c7967656e657261 ^ k0,
                0x7465646279746573 ^ k1 ^ salt};
  SipRound(s);
  s.v0 ^= salt;
  s.v2 ^= 0xbb;
  SipRound(s);
  SipRound(s);
  SipRound(s);
  return s;
}

STILE_INLINE void MixSip(SipState& s, uint64_t k0, uint64_t k1) {
  s.v0 ^= k0;
  s.v1 ^= k1;
  s.v2 ^= k0;
  s.v3 ^= k1;
  SipRound(s);
  SipRound(s);
  SipRound(s);
  SipRound(s);
}

// The next four numbers of the generator: v3 first. The specification's page says v0 first; its
// reference, whose hashes everybody has, does not.
STILE_INLINE void Emit(const SipState& s, uint64_t* numbers) {
  numbers[0] = s.v3;
  numbers[1] = s.v2;
  numbers[2] = s.v1;
  numbers[3] = s.v0;
}

// --- programs (section 2.3)

// A permutation of 0 to 7, each in four bits, the first in the lowest.
using Permutation = uint32_t;

STILE_INLINE uint32_t At(Permutation p, uint32_t i) { return (p >> (4 * i)) & 7; }

constexpr int kSourcePermutations = 625;

// The permitted permutations of section C are those that keep to this, in the order of their
// digits: bit v of kMayStand[i] says that v may stand at place i.
constexpr uint8_t kMayStand[8] = {0xD5, 0xFC, 0xFA, 0xF2, 0xEA, 0xCA, 0xAB, 0x05};

struct SourceTable {
  Permutation of[kSourcePermutations];
};

constexpr int AddSources(SourceTable& table, int count, int place, unsigned used,
                         Permutation permutation) {
  if (place == 8) {
    if (count < kSourcePermutations) table.of[count] = permutation;
    return count + 1;
  }
  for (unsigned v = 0; v < 8; ++v) {
    if ((kMayStand[place] & ~used & (1U << v)) == 0) continue;
    count = AddSources(table, count, place + 1, used | (1U << v), permutation | v << (4 * place));
  }
  return count;
}

constexpr SourceTable MakeSources() {
  SourceTable table{};
  const int count = AddSources(table, 0, 0, 0, 0);
  return count == kSourcePermutations ? table : SourceTable{};
}
constexpr SourceTable kSources = MakeSources();
static_assert(kSources.of[0] == 0x27654130 && kSources.of[624] == 0x20134567);

// Section B, from the upper halves of the first seven numbers. The element that place i takes is
// that of place j, whose own becomes i.
STILE_INLINE Permutation Destinations(const uint64_t* numbers) {
  Permutation p = 0;
#pragma GCC unroll 7
  for (uint32_t i = 1; i < 8; ++i) {
    const uint32_t j = static_cast<uint32_t>(numbers[i - 1] >> 32) % (i + 1);
    const Permutation with = p | i << (4 * i);
    const uint32_t moved = At(with, j);
    p = with ^ (moved ^ i) << (4 * i) ^ (moved ^ i) << (4 * j);
  }
  return p;
}

// Section 2.3.4. Rotations are by 1 to 63, shifts by 1 to 3; 63 is a multiple of 3.
STILE_INLINE uint8_t ShiftCount(uint32_t opcode, uint64_t number) {
  const uint32_t of_63 = static_cast<uint32_t>(number % 63);
  const uint32_t of_3 = of_63 % 3;
  return static_cast<uint8_t>(1 + (opcode <= kHashwxSubRor ? of_63 : of_3));
}

constexpr uint8_t kMulImmediates[3] = {1, 9, 33};

STILE_INLINE void MakeProgram(const uint64_t* numbers, HashwxInstruction* program) {
  const Permutation dst = Destinations(numbers);
  const Permutation src = kSources.of[numbers[7] % kSourcePermutations];
  const auto place = [&](int at, int i, uint32_t opcode, uint8_t imm) {
    const uint32_t source = i == 0 ? 8 + numbers[7] % 2 : At(dst, At(src, i));
    program[at] = {static_cast<uint8_t>(opcode), static_cast<uint8_t>(At(dst, i)),
                   static_cast<uint8_t>(source), imm};
  };
  place(0, 0, kHashwxRmcg, ShiftCount(kHashwxRmcg, numbers[8]));
#pragma GCC unroll 7
  for (int i = 1; i < 8; ++i) {
    const uint32_t select = static_cast<uint32_t>(numbers[i - 1]);
    if (i % 2 == 0) {
      place(i, i, kHashwxMulOr + select % 3, kMulImmediates[numbers[8 + i] % 3]);
    } else {
      const uint32_t opcode = kHashwxXorRor + select % 9;
      place(i < 7 ? i : 8, i, opcode, ShiftCount(opcode, numbers[8 + i]));
    }
  }
  program[7] = {kHashwxBranch, 0, 0, 0};
  program[9] = {kHashwxHalt, 0, 0, 0};
}

STILE_INLINE uint64_t LoadLittleEndian(const uint8_t* bytes) {
  uint64_t x = 0;
  for (int i = 0; i < 8; ++i) x |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return x;
}

// --- the interpreter

// Which of the nine operations it is can't be foreseen, and a jump that is foreseen wrongly costs
// more than the operation: all of them are computed as one, of which masks leave what is wanted.
struct XasMasks {
  uint64_t rotates;   // What leaves below comes in above,
  uint64_t extends;   // or the sign does.
  uint64_t negates;   // The source operand is subtracted,
  uint64_t excludes;  // or what it has in common is taken off twice: an exclusive or.
};
constexpr uint64_t kAll = ~uint64_t{0};
constexpr XasMasks kXasMasks[16] = {
    {},
    {},
    {},
    {},  // Opcodes of other kinds.
    {kAll, 0, 0, kAll},
    {kAll, 0, 0, 0},
    {kAll, 0, kAll, 0},
    {0, kAll, 0, kAll},
    {0, kAll, 0, 0},
    {0, kAll, kAll, 0},
    {0, 0, 0, kAll},
    {0, 0, 0, 0},
    {0, 0, kAll, 0},
};

STILE_INLINE uint64_t Xas(const HashwxInstruction& in, uint64_t x, uint64_t operand) {
  const XasMasks& masks = kXasMasks[in.opcode & 15];
  const uint64_t sign = static_cast<uint64_t>(static_cast<int64_t>(x) >> 63);
  const uint64_t above = (x & masks.rotates) | (sign & masks.extends);
  const uint64_t shifted = (x >> (in.imm & 63)) | (above << (-in.imm & 63));
  return shifted + (operand ^ masks.negates) - masks.negates -
         (((shifted & operand) << 1) & masks.excludes);
}

// x | imm, x ^ imm and x + imm: the last less what they have in common once, twice, never.
struct MulMasks {
  uint64_t once, twice;
};
constexpr MulMasks kMulMasks[4] = {{kAll, 0}, {0, kAll}, {0, 0}, {}};

STILE_INLINE uint64_t Mul(const HashwxInstruction& in, uint64_t x, uint64_t operand) {
  const MulMasks& masks = kMulMasks[in.opcode & 3];
  const uint64_t common = x & in.imm;
  return (x + in.imm - (common & masks.once) - (2 * common & masks.twice)) * operand;
}

// What a source register stands for: itself, or in the second phase the word that it points to.
template <bool kFromMemory>
STILE_INLINE uint64_t Operand(const HashwxInstruction& in, const uint64_t* r,
                              const uint64_t* memory) {
  const uint64_t value = r[in.src & 7];
  if constexpr (kFromMemory) return memory[(value >> 3) & (HashwxFunction::kMemoryWords - 1)];
  return value;
}

// Sections 3.2 and 3.3.
template <bool kFromMemory>
STILE_INLINE void RunPrograms(const HashwxFunction& function, uint64_t* r, uint64_t* memory) {
  uint32_t branches_left = HashwxFunction::kBranches;
  for (int i = 0; i < HashwxFunction::kPrograms; ++i) {
    const HashwxInstruction* program = function.programs[i];
    for (;;) {
      uint64_t& first = r[program[0].dst & 7];
      const uint64_t product = first * r[8 + (program[0].src & 1)];
      first = RotateLeft(product, 64 - (program[0].imm & 63));
      const bool stays = (first & 32) != 0;
#pragma GCC unroll 3
      for (int j = 1; j < 7; j += 2) {
        const HashwxInstruction& xas = program[j];
        uint64_t& of_xas = r[xas.dst & 7];
        of_xas = Xas(xas, of_xas, Operand<kFromMemory>(xas, r, memory));
        const HashwxInstruction& mul = program[j + 1];
        uint64_t& of_mul = r[mul.dst & 7];
        of_mul = Mul(mul, of_mul, Operand<kFromMemory>(mul, r, memory));
      }
      if (stays || branches_left == 0) break;
      --branches_left;
    }
    const HashwxInstruction& last = program[8];
    uint64_t& of_last = r[last.dst & 7];
    of_last = Xas(last, of_last, Operand<kFromMemory>(last, r, memory));
    if constexpr (!kFromMemory) {
      uint64_t* const row = memory + (HashwxFunction::kMemoryWords - 1 - 8 * i);
      for (int j = 0; j < 8; ++j) row[-j] = r[j];
    }
  }
}

}  // namespace

void HashwxFunction::Make(const uint8_t seed[32], HashwxFunction& out) noexcept {
  const uint64_t k0 = LoadLittleEndian(seed);
  const uint64_t k1 = LoadLittleEndian(seed + 8);
  SipState state = StartSip(k0, k1, ~uint64_t{0});
  for (int i = 0; i < kPrograms; ++i) {
    uint64_t numbers[16];
#pragma GCC unroll 4
    for (int j = 0; j < 16; j += 4) {
      Emit(state, numbers + j);
      MixSip(state, k0, k1);
    }
    MakeProgram(numbers, out.programs[i]);
  }
  out.key[0] = LoadLittleEndian(seed + 16);
  out.key[1] = LoadLittleEndian(seed + 24);
}

void HashwxFunction::Start(uint64_t nonce, uint64_t registers[kRegisters]) const noexcept {
  SipState state = StartSip(key[0], key[1], nonce);
  Emit(state, registers);
  MixSip(state, key[0], key[1]);
  Emit(state, registers + 4);
  registers[8] = (registers[4] & ~uint64_t{7}) | 3;
  registers[9] = (registers[7] & ~uint64_t{7}) | 5;
}

uint64_t HashwxFunction::Finish(const uint64_t registers[kRegisters]) noexcept {
  SipState low = {registers[0], registers[1], registers[2], registers[3]};
  SipState high = {registers[4], registers[5], registers[6], registers[7]};
  SipRound(low);
  SipRound(high);
  return low.v3 ^ high.v3 ^ registers[9];
}

uint64_t HashwxFunction::Hash(uint64_t nonce) const noexcept {
  uint64_t registers[kRegisters];
  uint64_t memory[kMemoryWords];
  Start(nonce, registers);
  RunPrograms<false>(*this, registers, memory);
  RunPrograms<true>(*this, registers, memory);
  return Finish(registers);
}

}  // namespace stile

#undef STILE_INLINE
