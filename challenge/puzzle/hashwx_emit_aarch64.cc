#include "challenge/puzzle/hashwx_emit.h"

// Where things are:
//
//   x0        the argument
//   x1 to x8  R0 to R7
//   x9, x10   R8 and R9
//   w11       programs begun in this phase, those begun again included
//   x12, x13  9 and 33, which no logical instruction can name
//   x14, x15  an operand; whether to branch
//   sp        the word of memory that was written last; all is written once phase 2 begins
//
// None of them belongs to the caller.

namespace stile {
namespace {

using Word = std::uint32_t;

class Aarch64Writer {
 public:
  explicit Aarch64Writer(std::uint8_t* code) : start_(code), at_(code) {}

  void Prologue() {
    Put(0xD503245F);                                                                       // bti c
    for (Word r = 0; r < 10; r += 2) Put(0xA9400000 | r << 15 | (r + 2) << 10 | (r + 1));  // ldp
    Put(0xD2800000 | 9 << 5 | kNine);          // mov x12, 9
    Put(0xD2800000 | 33 << 5 | kThirtyThree);  // mov x13, 33
  }

  void Epilogue() {
    Put(0x912003FF);  // add sp, sp, 2048
    for (Word r = 0; r < 8; r += 2) Put(0xA9000000 | r << 15 | (r + 2) << 10 | (r + 1));  // stp
    Put(0xD65F03C0);                                                                      // ret
  }

  void BeginPhase() { Put(0x52800000 | kBegun); }  // mov w11, 0

  // Program number `number`. Takes its branch while the last product's bit 5 is clear, and so is
  // that of the branches taken before, which are one less than the programs begun, without those
  // that are over.
  void Program(const HashwxInstruction* program, int number, bool from_memory) {
    const std::uint8_t* const head = at_;
    Put(0x11000400 | kBegun << 5 | kBegun);  // add w11, w11, 1
    const HashwxInstruction& first = program[0];
    const Word product = Register(first.dst);
    Put(0x9B007C00 | Register(first.src) << 16 | product << 5 | product);  // mul
    Rotate(product, first.imm);
    Put(0x51000000 | static_cast<Word>(number + 1) << 10 | kBegun << 5 | kFlag);  // sub
    Put(0x2A000000 | product << 16 | kFlag << 5 | kFlag);                         // orr
    for (int i = 1; i < 7; i += 2) {
      Xas(program[i], from_memory);
      Mul(program[i + 1], from_memory);
    }
    const auto back = static_cast<Word>((head - at_) / 4);
    Put(0x36000000 | 5 << 19 | (back & 0x3FFF) << 5 | kFlag);  // tbz w15, 5, head
    Xas(program[8], from_memory);
  }

  // Memory is filled from its end, so of each pair the second comes first.
  void Store() {
    for (Word r = 0; r < 8; r += 2) {
      Put(0xA9BF0000 | (r + 1) << 10 | kStack << 5 | (r + 2));  // stp r+1, r, [sp, -16]!
    }
  }

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - start_); }

 private:
  static constexpr Word kBegun = 11, kNine = 12, kThirtyThree = 13, kOperand = 14, kFlag = 15,
                        kStack = 31;

  static Word Register(int number) { return static_cast<Word>(number + 1); }

  void Put(Word word) {
    for (int shift = 0; shift < 32; shift += 8) *at_++ = static_cast<std::uint8_t>(word >> shift);
  }

  // Returns the register that holds what `src` stands for.
  Word Operand(int src, bool from_memory) {
    if (!from_memory) return Register(src);
    Put(0x927D1C00 | Register(src) << 5 | kOperand);            // and x14, src, 2040
    Put(0xF8606800 | kOperand << 16 | kStack << 5 | kOperand);  // ldr x14, [sp, x14]
    return kOperand;
  }

  void Rotate(Word dst, Word count) {
    Put(0x93C00000 | dst << 16 | count << 10 | dst << 5 | dst);  // ror (extr)
  }

  // Shifted operands come second, and neither rotate in a sum nor are what is subtracted from.
  void Xas(const HashwxInstruction& in, bool from_memory) {
    constexpr Word kXor = 0, kAdd = 1, kSub = 2;
    constexpr Word kCodes[3] = {0xCA000000, 0x8B000000, 0xCB000000};
    constexpr Word kShifts[3] = {3, 2, 1};  // ror, asr, lsr
    const auto which = static_cast<Word>(in.opcode - kHashwxXorRor);
    const Word combination = which % 3;
    const Word shift = kShifts[which / 3];
    const Word dst = Register(in.dst);
    const Word operand = Operand(in.src, from_memory);
    const bool rotates = shift == 3;
    if (combination == kXor || (combination == kAdd && !rotates)) {
      Put(kCodes[combination] | shift << 22 | dst << 16 | Word{in.imm} << 10 | operand << 5 | dst);
      return;
    }
    if (rotates) {
      Rotate(dst, in.imm);
    } else {
      // asr or lsr: a bitfield up to bit 63, extended by its sign or by zeros.
      Put((shift == 2 ? 0x9340FC00 : 0xD340FC00) | Word{in.imm} << 16 | dst << 5 | dst);
    }
    Put(kCodes[combination == kSub ? 2 : 1] | operand << 16 | dst << 5 | dst);
  }

  void Mul(const HashwxInstruction& in, bool from_memory) {
    const Word dst = Register(in.dst);
    const Word operand = Operand(in.src, from_memory);
    if (in.opcode == kHashwxMulAdd) {
      Put(0x91000000 | Word{in.imm} << 10 | dst << 5 | dst);  // add dst, dst, imm
    } else {
      const bool excludes = in.opcode == kHashwxMulXor;
      if (in.imm == 1) {
        Put((excludes ? 0xD2400000 : 0xB2400000) | dst << 5 | dst);  // eor or orr dst, dst, 1
      } else {
        const Word constant = in.imm == 9 ? kNine : kThirtyThree;
        Put((excludes ? 0xCA000000 : 0xAA000000) | constant << 16 | dst << 5 | dst);
      }
    }
    Put(0x9B007C00 | operand << 16 | dst << 5 | dst);  // mul
  }

  const std::uint8_t* start_;
  std::uint8_t* at_;
};

}  // namespace

std::size_t EmitHashwxAarch64(const HashwxFunction& function, std::uint8_t* code) noexcept {
  return EmitHashwxPhases(function, Aarch64Writer(code));
}

}  // namespace stile
