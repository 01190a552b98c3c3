#include <initializer_list>

#include "challenge/puzzle/hashwx_emit.h"

// Where things are:
//
//   r8 to r15  R0 to R7
//   rsi, rbp   R8 and R9
//   rdi        the argument
//   ecx        programs begun in this phase, those begun again included
//   rsp        the word of memory that was written last; all is written once phase 2 begins
//   ebx        all bits but those of an address, for BMI1
//   eax, edx   an address; whether to branch

namespace stile {
namespace {

using Byte = std::uint8_t;

class X86Writer {
 public:
  X86Writer(bool bmi1, Byte* code) : bmi1_(bmi1), start_(code), at_(code) {}

  void Prologue() {
    Put({0xF3, 0x0F, 0x1E, 0xFA});                           // endbr64
    Put({0x53, 0x55});                                       // push rbx; push rbp
    for (int r = 4; r < 8; ++r) Put({0x41, Plus(0x50, r)});  // push r12 .. r15
    for (int r = 0; r < 8; ++r) Put({0x4C, 0x8B, Plus(0x47, r << 3), Plus(0, 8 * r)});
    Put({0x48, 0x8B, 0x77, 0x40, 0x48, 0x8B, 0x6F, 0x48});  // mov rsi, [rdi+64]; mov rbp, [rdi+72]
    if (bmi1_) Put({0xBB, 0x07, 0xF8, 0xFF, 0xFF});         // mov ebx, ~2040
  }

  void Epilogue() {
    Put({0x48, 0x81, 0xC4, 0x00, 0x08, 0x00, 0x00});  // add rsp, 2048
    for (int r = 0; r < 8; ++r) Put({0x4C, 0x89, Plus(0x47, r << 3), Plus(0, 8 * r)});
    for (int r = 7; r >= 4; --r) Put({0x41, Plus(0x58, r)});
    Put({0x5D, 0x5B, 0xC3});  // pop rbp; pop rbx; ret
  }

  void BeginPhase() { Put({0x31, 0xC9}); }  // xor ecx, ecx

  // Program number `number`. Takes its branch while the last product's bit 5 is clear, and so is
  // that of the branches taken before, which are one less than the programs begun, without those
  // that are over.
  void Program(const HashwxInstruction* program, int number, bool from_memory) {
    const Byte* const head = at_;
    Put({0xFF, 0xC1});  // inc ecx
    const HashwxInstruction& first = program[0];
    Put({0x4C, 0x0F, 0xAF, ModRm(first.dst, first.src == 8 ? 6 : 5)});  // imul dst, rsi or rbp
    Shift(kRotate, first);
    // So early, a guess that was wrong is known sooner: 4 % on a Zen 3.
    Put({0x8D, 0x51, Plus(0, -1 - number)});        // lea edx, [rcx - 1 - number]
    Put({0x44, 0x09, Plus(0xC2, first.dst << 3)});  // or edx, dst
    for (int i = 1; i < 7; i += 2) {
      Xas(program[i], from_memory);
      Mul(program[i + 1], from_memory);
    }
    Put({0xF6, 0xC2, 0x20});                                 // test dl, 32
    Put({0x74, Plus(0, static_cast<int>(head - at_) - 2)});  // jz head
    Xas(program[8], from_memory);
  }

  // Pushes R0 to R7: memory is filled from its end.
  void Store() {
    for (int r = 0; r < 8; ++r) Put({0x41, Plus(0x50, r)});
  }

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - start_); }

 private:
  // The field of an opcode that says which operation it is.
  static constexpr int kRotate = 1, kSigned = 7, kLogical = 5;

  static Byte Plus(int base, int more) { return static_cast<Byte>(base + more); }
  static Byte ModRm(int reg, int rm) { return static_cast<Byte>(0xC0 | reg << 3 | rm); }

  void Put(std::initializer_list<Byte> bytes) {
    for (const Byte byte : bytes) *at_++ = byte;
  }

  // Puts into eax the address that register `src` stands for.
  void Address(int src) {
    if (bmi1_) {
      Put({0xC4, 0xC2, 0x60, 0xF2, ModRm(0, src)});  // andn eax, ebx, src
    } else {
      Put({0x44, 0x89, ModRm(src, 0)});     // mov eax, src
      Put({0x25, 0xF8, 0x07, 0x00, 0x00});  // and eax, 2040
    }
  }

  void Shift(int kind, const HashwxInstruction& in) {
    Put({0x49, 0xC1, ModRm(kind, in.dst), in.imm});
  }

  void Xas(const HashwxInstruction& in, bool from_memory) {
    constexpr int kKinds[3] = {kRotate, kSigned, kLogical};
    constexpr Byte kOperations[3] = {0x33, 0x03, 0x2B};  // xor, add, sub
    const int which = in.opcode - kHashwxXorRor;
    const Byte operation = kOperations[which % 3];
    if (from_memory) Address(in.src);
    Shift(kKinds[which / 3], in);
    if (from_memory) {
      Put({0x4C, operation, Plus(0x04, in.dst << 3), 0x04});
    } else {
      Put({0x4D, operation, ModRm(in.dst, in.src)});
    }
  }

  void Mul(const HashwxInstruction& in, bool from_memory) {
    constexpr int kOperations[3] = {1, 6, 0};  // or, xor, add
    if (from_memory) Address(in.src);
    Put({0x49, 0x83, ModRm(kOperations[in.opcode - kHashwxMulOr], in.dst), in.imm});
    if (from_memory) {
      Put({0x4C, 0x0F, 0xAF, Plus(0x04, in.dst << 3), 0x04});
    } else {
      Put({0x4D, 0x0F, 0xAF, ModRm(in.dst, in.src)});
    }
  }

  bool bmi1_;
  const Byte* start_;
  Byte* at_;
};

}  // namespace

std::size_t EmitHashwxX86(const HashwxFunction& function, bool bmi1, std::uint8_t* code) noexcept {
  return EmitHashwxPhases(function, X86Writer(bmi1, code));
}

}  // namespace stile
