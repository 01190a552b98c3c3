#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_FUNCTION_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_FUNCTION_H_

// HashWX (github.com/tevador/hashwx, doc/specification.md; sections below are that page's): a
// family of hash functions, each a random program. Freestanding: the same source runs in the
// verifier, in the native solver and, built for WebAssembly, in a browser. It therefore needs the
// compiler's own headers and nothing of a library.

#include <stdint.h>

namespace stile {

// Section 1.4.2. The arithmetic of each is modulo 2^64.
enum HashwxOpcode : uint8_t {
  kHashwxMulOr = 0,  // dst = (dst | imm) * src, and so on for the next two.
  kHashwxMulXor = 1,
  kHashwxMulAdd = 2,
  kHashwxRmcg = 3,    // dst = (dst * src) >>>> imm; whether to branch is bit 5 of dst.
  kHashwxXorRor = 4,  // dst = (dst >>>> imm) ^ src, and so on: xor, add, sub of a rotation,
  kHashwxAddRor = 5,
  kHashwxSubRor = 6,
  kHashwxXorAsr = 7,  // of an arithmetic shift,
  kHashwxAddAsr = 8,
  kHashwxSubAsr = 9,
  kHashwxXorLsr = 10,  // of a logical shift.
  kHashwxAddLsr = 11,
  kHashwxSubLsr = 12,
  kHashwxBranch = 13,
  kHashwxHalt = 14,
};

struct HashwxInstruction {
  uint8_t opcode;
  uint8_t dst;  // 0 to 7.
  uint8_t src;  // 0 to 7; of kHashwxRmcg 8 or 9.
  uint8_t imm;  // 1 to 63.
};

// One hash function. Plain data, so that compilers can read it; what Make has filled is inside the
// limits above, and every program has the form of section 2.2.
struct HashwxFunction {
  static constexpr int kPrograms = 32;
  static constexpr int kInstructions = 10;
  static constexpr int kRegisters = 10;
  static constexpr int kMemoryWords = 256;
  static constexpr uint32_t kBranches = 32;  // That a phase may take.

  // Section 2. About 2 us.
  static void Make(const uint8_t seed[32], HashwxFunction& out) noexcept;

  // Section 3, interpreted: maps no memory and runs nothing but its own code. About 2 us, whatever
  // the function; keeps 2 KiB on the stack.
  [[nodiscard]] uint64_t Hash(uint64_t nonce) const noexcept;

  // Sections 3.1 and 3.4, which compiled programs leave to this code.
  void Start(uint64_t nonce, uint64_t registers[kRegisters]) const noexcept;
  [[nodiscard]] static uint64_t Finish(const uint64_t registers[kRegisters]) noexcept;

  HashwxInstruction programs[kPrograms][kInstructions];
  uint64_t key[2];
};

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_FUNCTION_H_
