#include "challenge/puzzle/hashwx_wasm.h"

#include <stddef.h>

namespace stile {
namespace {

// Opcodes and types, named as the WebAssembly specification names them.
enum Wasm : uint8_t {
  kLoop = 0x03,
  kIf = 0x04,
  kEnd = 0x0B,
  kBr = 0x0C,
  kCall = 0x10,
  kDrop = 0x1A,
  kLocalGet = 0x20,
  kLocalSet = 0x21,
  kI64Load = 0x29,
  kI64Store = 0x37,
  kI32Const = 0x41,
  kI64Const = 0x42,
  kI32Eqz = 0x45,
  kI32Add = 0x6A,
  kI32And = 0x71,
  kI32Or = 0x72,
  kI64Add = 0x7C,
  kI64Sub = 0x7D,
  kI64Mul = 0x7E,
  kI64Or = 0x84,
  kI64Xor = 0x85,
  kI64ShrS = 0x87,
  kI64ShrU = 0x88,
  kI64Rotr = 0x8A,
  kI32WrapI64 = 0xA7,
  kNoResult = 0x40,
  kFunctionType = 0x60,
  kTypeI64 = 0x7E,
  kTypeI32 = 0x7F,
};

constexpr uint8_t kAlignedTo8 = 3;
constexpr uint8_t kBranchBit = 32;  // Of the flag; and what the counter of branches ends at.
static_assert(HashwxFunction::kBranches == kBranchBit);

// The operation on dst and imm, and the one on that and src, by HashwxOpcode. Of kHashwxRmcg they
// are on dst and src, and on that and imm.
struct Operations {
  uint8_t first;
  uint8_t second;
};
constexpr Operations kOperations[16] = {
    {kI64Or, kI64Mul},   {kI64Xor, kI64Mul},  {kI64Add, kI64Mul},  {},
    {kI64Rotr, kI64Xor}, {kI64Rotr, kI64Add}, {kI64Rotr, kI64Sub}, {kI64ShrS, kI64Xor},
    {kI64ShrS, kI64Add}, {kI64ShrS, kI64Sub}, {kI64ShrU, kI64Xor}, {kI64ShrU, kI64Add},
    {kI64ShrU, kI64Sub}};
static_assert(kOperations[kHashwxSubLsr].second == kI64Sub);

// The two functions that run a phase each have the counter of branches as their parameter and
// result, and the registers as locals behind it.
constexpr uint8_t kCounter = 0;
constexpr uint8_t LocalOf(int reg) { return static_cast<uint8_t>(1 + reg); }

enum class Phase { kWrite, kRead };

class Writer {
 public:
  Writer(uint32_t state, uint8_t* out) : state_(state), at_(out) {}

  template <typename... B>
  void Bytes(B... bytes) {
    ((*at_++ = static_cast<uint8_t>(bytes)), ...);
  }

  // A number below 2^21, always in three bytes.
  void Number(uint32_t number) {
    Bytes(0x80 | (number & 0x7F), 0x80 | ((number >> 7) & 0x7F), (number >> 14) & 0x7F);
  }

  void Load(int reg) {
    Bytes(kI32Const, 0, kI64Load, kAlignedTo8);
    Number(RegisterAddress(reg));
    Bytes(kLocalSet, LocalOf(reg));
  }
  void StoreRegister(int reg) { Store(reg, RegisterAddress(reg)); }
  // Section 3.2: from the end of the memory downwards.
  void StoreResult(int program, int reg) {
    Store(reg, MemoryAddress() + 8 * (HashwxFunction::kMemoryWords - 1 - 8 * program - reg));
  }

  // kHashwxRmcg, which begins every program.
  void Generator(const HashwxInstruction& instruction) {
    const uint8_t dst = LocalOf(instruction.dst);
    Bytes(kLocalGet, dst, kLocalGet, LocalOf(instruction.src), kI64Mul);
    Bytes(kI64Const, instruction.imm, kI64Rotr, kLocalSet, dst);
  }

  // Any of the others, with the source operand of `phase`, section 1.4.2. Not repeated for each,
  // for the size of what a browser has to fetch.
  __attribute__((noinline)) void Instruction(const HashwxInstruction& instruction, Phase phase) {
    const Operations& operations = kOperations[instruction.opcode & 15];
    const uint8_t dst = LocalOf(instruction.dst);
    Bytes(kLocalGet, dst, kI64Const, instruction.imm, operations.first);
    Bytes(kLocalGet, LocalOf(instruction.src));
    if (phase == Phase::kRead) LoadFromMemory();
    Bytes(operations.second, kLocalSet, dst);
  }

  // Ends the part of a program that is run again where bit 5 of register `flag` is clear and the
  // counter, which counts up, hasn't reached 32: where neither has the bit.
  void Branch(int flag) {
    Bytes(kLocalGet, LocalOf(flag), kI32WrapI64, kLocalGet, kCounter, kI32Or);
    Bytes(kI32Const, kBranchBit, kI32And, kI32Eqz, kIf, kNoResult);
    Bytes(kLocalGet, kCounter, kI32Const, 1, kI32Add, kLocalSet, kCounter, kBr, 1);
    Bytes(kEnd);
  }

 private:
  [[nodiscard]] uint32_t RegisterAddress(int reg) const {
    return state_ + static_cast<uint32_t>(offsetof(HashwxWasmState, registers)) +
           8 * static_cast<uint32_t>(reg);
  }
  [[nodiscard]] uint32_t MemoryAddress() const {
    return state_ + static_cast<uint32_t>(offsetof(HashwxWasmState, memory));
  }

  __attribute__((noinline)) void Store(int reg, uint32_t address) {
    Bytes(kI32Const, 0, kLocalGet, LocalOf(reg), kI64Store, kAlignedTo8);
    Number(address);
  }

  // The word at the address on the stack, modulo the memory's size and of eight bytes.
  void LoadFromMemory() {
    Bytes(kI32WrapI64, kI32Const, 0xF8, 0x0F, kI32And, kI64Load, kAlignedTo8);  // 2040
    Number(MemoryAddress());
  }

  uint32_t state_;
  uint8_t* at_;
};

// ---- What each piece takes, so that sizes come before what they are the sizes of.

constexpr uint32_t kNumberSize = 3;
constexpr uint32_t kStoreSize = 6 + kNumberSize;
constexpr uint32_t kLoadSize = 6 + kNumberSize;
constexpr uint32_t kInstructionSize = 10;
constexpr uint32_t kFromMemorySize = 7 + kNumberSize;
constexpr uint32_t kBranchSize = 22;
constexpr uint32_t kSources = 7;  // Instructions of a program that take [src].
constexpr uint32_t kWritten = 8;  // Registers that programs write.

constexpr uint32_t ProgramSize(Phase phase) {
  const uint32_t both = 2 + 8 * kInstructionSize + kBranchSize + 1;
  return both + (phase == Phase::kWrite ? kWritten * kStoreSize : kSources * kFromMemorySize);
}
// Without the size itself, as everywhere.
constexpr uint32_t PhaseSize(Phase phase) {
  return 3 + HashwxFunction::kRegisters * kLoadSize +
         HashwxFunction::kPrograms * ProgramSize(phase) + kWritten * kStoreSize + 3;
}
constexpr uint32_t kEntrySize = 12;
constexpr uint32_t kCodeSize =
    2 + kEntrySize + 2 * kNumberSize + PhaseSize(Phase::kWrite) + PhaseSize(Phase::kRead);
constexpr uint32_t kHeadSize = 8 + 11 + 10 + 6 + 7;
static_assert(kHeadSize + 1 + kNumberSize + kCodeSize == kHashwxModuleSize);
static_assert(kHashwxModuleSize < kHashwxStateLimit, "sizes have the width of addresses");

// Types 0: () -> () and 1: (i32) -> i32; the imported memory; functions 0: "f", 1 and 2: a phase.
void WriteHead(Writer& writer) {
  writer.Bytes(0, 'a', 's', 'm', 1, 0, 0, 0);
  writer.Bytes(1, 9, 2, kFunctionType, 0, 0, kFunctionType, 1, kTypeI32, 1, kTypeI32);
  writer.Bytes(2, 8, 1, 1, 'e', 1, 'm', 2, 0, 1);
  writer.Bytes(3, 4, 3, 0, 1, 1);
  writer.Bytes(7, 5, 1, 1, 'f', 0, 0);
}

void WriteEntry(Writer& writer) {
  writer.Bytes(kEntrySize, 0);
  for (int phase = 1; phase <= 2; ++phase) writer.Bytes(kI32Const, 0, kCall, phase, kDrop);
  writer.Bytes(kEnd);
}

void WriteProgram(Writer& writer, const HashwxFunction& function, int program, Phase phase) {
  const HashwxInstruction* instructions = function.programs[program];
  writer.Bytes(kLoop, kNoResult);
  writer.Generator(instructions[0]);
  for (int i = 1; i < 7; ++i) writer.Instruction(instructions[i], phase);
  // No other instruction of a program writes the first one's register.
  writer.Branch(instructions[0].dst);
  writer.Bytes(kEnd);
  writer.Instruction(instructions[8], phase);
  if (phase == Phase::kRead) return;
  for (int reg = 0; reg < static_cast<int>(kWritten); ++reg) writer.StoreResult(program, reg);
}

void WritePhase(Writer& writer, const HashwxFunction& function, Phase phase) {
  writer.Number(PhaseSize(phase));
  writer.Bytes(1, HashwxFunction::kRegisters, kTypeI64);
  for (int reg = 0; reg < HashwxFunction::kRegisters; ++reg) writer.Load(reg);
  for (int program = 0; program < HashwxFunction::kPrograms; ++program) {
    WriteProgram(writer, function, program, phase);
  }
  for (int reg = 0; reg < static_cast<int>(kWritten); ++reg) writer.StoreRegister(reg);
  writer.Bytes(kLocalGet, kCounter, kEnd);
}

}  // namespace

void WriteHashwxModule(const HashwxFunction& function, uint32_t state,
                       uint8_t out[kHashwxModuleSize]) noexcept {
  Writer writer(state, out);
  WriteHead(writer);
  writer.Bytes(10);
  writer.Number(kCodeSize);
  writer.Bytes(3);
  WriteEntry(writer);
  WritePhase(writer, function, Phase::kWrite);
  WritePhase(writer, function, Phase::kRead);
}

}  // namespace stile
