// Functions of any seed, compiled for a browser: the module fills its size and not a byte more,
// wherever its state lies, and its parts are as long as they say.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_wasm.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

constexpr std::uint8_t kGuard = 0xC5;
constexpr std::size_t kGuardSize = 16;
constexpr std::uint8_t kEnd = 0x0B;
// The last state that still fits.
constexpr std::uint32_t kHighest = (kHashwxStateLimit - sizeof(HashwxWasmState)) / 8 * 8;

using Bytes = std::span<const std::uint8_t>;

std::uint32_t TakeNumber(Bytes& from) {
  std::uint32_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    STILE_REQUIRE(!from.empty() && shift < 32);
    const std::uint8_t byte = from.front();
    from = from.subspan(1);
    number |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return number;
  }
}

Bytes Take(Bytes& from, std::uint32_t size) {
  STILE_REQUIRE(size <= from.size());
  const Bytes taken = from.first(size);
  from = from.subspan(size);
  return taken;
}

void CheckParts(Bytes module) {
  Bytes left = module.subspan(8);
  Bytes code;
  while (!left.empty()) {
    Take(left, 1);
    code = Take(left, TakeNumber(left));
  }
  const std::uint32_t functions = TakeNumber(code);
  for (std::uint32_t i = 0; i < functions; ++i) {
    STILE_REQUIRE(Take(code, TakeNumber(code)).back() == kEnd);
  }
  STILE_REQUIRE(code.empty());
}

// A module between two guards that stand.
using Guarded = std::array<std::uint8_t, kGuardSize + kHashwxModuleSize + kGuardSize>;
Guarded Write(const HashwxFunction& function, std::uint32_t state) {
  Guarded out;
  out.fill(kGuard);
  WriteHashwxModule(function, state, out.data() + kGuardSize);
  for (std::size_t i = 0; i < kGuardSize; ++i) {
    STILE_REQUIRE(out[i] == kGuard && out[out.size() - 1 - i] == kGuard);
  }
  return out;
}

}  // namespace

void FuzzHashwxModule(FuzzInput input) {
  std::array<std::uint8_t, 32 + 4> bytes{};
  std::copy_n(input.begin(), std::min(input.size(), bytes.size()), bytes.begin());
  HashwxFunction function;
  HashwxFunction::Make(bytes.data(), function);
  std::uint32_t state = 0;
  std::memcpy(&state, bytes.data() + 32, sizeof state);
  state = state % (kHighest / 8 + 1) * 8;

  const Guarded written = Write(function, state);
  CheckParts(Bytes(written).subspan(kGuardSize, kHashwxModuleSize));
  // And a function that nobody made.
  if (!input.empty()) {
    auto* bytes_of = reinterpret_cast<std::uint8_t*>(function.programs);
    for (std::size_t i = 0; i < sizeof function.programs; ++i) {
      bytes_of[i] ^= input[i % input.size()];
    }
    Write(function, state);
  }
  if (state == kHighest) Reach("highest state");
  Reach("module");
}

}  // namespace stile
