#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_WASM_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_WASM_H_

// Compiles a HashWX function to a WebAssembly module, which is how a browser runs it. Freestanding,
// like hashwx_function.h: the same source is in the module that a browser gets, which so writes
// further modules for the browser's own compiler.

#include <stdint.h>

#include "challenge/puzzle/hashwx_function.h"

namespace stile {

// What a module works on, in the memory that it imports.
struct HashwxWasmState {
  // In: as HashwxFunction::Start sets them. Out: as Finish wants them.
  uint64_t registers[HashwxFunction::kRegisters];
  uint64_t memory[HashwxFunction::kMemoryWords];
};

// The size of every module.
inline constexpr uint32_t kHashwxModuleSize = 11666;
// Addresses from here on don't fit into what a module has for them.
inline constexpr uint32_t kHashwxStateLimit = uint32_t{1} << 21;

// Writes the module of `function`, which is one that Make has filled, to `out`. Of any other bytes
// it writes as much, and an engine may refuse it. The module imports the memory "m" of "e" and
// exports the function "f" of type () -> (), which runs both phases (sections 3.2 and 3.3) on the
// HashwxWasmState at address `state`. The state is aligned to 8 bytes and ends at or below
// kHashwxStateLimit. The module uses nothing newer than WebAssembly 1.0.
void WriteHashwxModule(const HashwxFunction& function, uint32_t state,
                       uint8_t out[kHashwxModuleSize]) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_WASM_H_
