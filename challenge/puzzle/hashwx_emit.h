#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_EMIT_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_EMIT_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "challenge/puzzle/hashwx_function.h"

namespace stile {

// From a HashWX function's programs to machine code. Pure: bytes are written, nothing is mapped or
// run, and each emitter works on every machine. What they write is
//
//   void run(std::uint64_t registers[HashwxFunction::kRegisters])
//
// by the CPU's usual calling convention of Unix: sections 3.2 and 3.3 of HashWX, from the registers
// that HashwxFunction::Start has filled to those that Finish reads. It keeps 2 KiB and a little
// more on the stack, and touches nothing else.

// Room for any function, for either CPU.
inline constexpr std::size_t kHashwxCodeBytes = 16'384;

// Returns how many bytes were written to `code`, at most kHashwxCodeBytes. `function` is one that
// Make has filled. With `bmi1` the code needs a CPU that has BMI1.
std::size_t EmitHashwxX86(const HashwxFunction& function, bool bmi1, std::uint8_t* code) noexcept;
std::size_t EmitHashwxAarch64(const HashwxFunction& function, std::uint8_t* code) noexcept;

// What both emit, each by the writer of its CPU: the phase that fills the memory, and the one that
// reads it. Returns how many bytes the writer has written.
template <typename Writer>
std::size_t EmitHashwxPhases(const HashwxFunction& function, Writer writer) noexcept {
  writer.Prologue();
  for (const bool from_memory : {false, true}) {
    writer.BeginPhase();
    for (int i = 0; i < HashwxFunction::kPrograms; ++i) {
      writer.Program(function.programs[i], i, from_memory);
      if (!from_memory) writer.Store();
    }
  }
  writer.Epilogue();
  return writer.size();
}

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_EMIT_H_
