#include "challenge/puzzle/hashwx_code.h"

#include <sys/mman.h>

#include <bit>

#include "challenge/puzzle/hashwx_emit.h"

namespace stile {
namespace {

// Whole pages of any size that is in use, so that a page is never shared with anything else.
constexpr std::size_t kMapped = 65'536;
static_assert(kMapped >= kHashwxCodeBytes);

// Returns false on a CPU for which there is no emitter.
bool Emit(const HashwxFunction& function, HashwxCode::Instructions instructions,
          std::uint8_t* code) noexcept {
#if defined(__x86_64__)
  const bool bmi1 =
      instructions == HashwxCode::Instructions::kOfThisCpu && __builtin_cpu_supports("bmi") != 0;
  EmitHashwxX86(function, bmi1, code);
  return true;
#elif defined(__aarch64__)
  static_cast<void>(instructions);
  const std::size_t size = EmitHashwxAarch64(function, code);
  __builtin___clear_cache(reinterpret_cast<char*>(code), reinterpret_cast<char*>(code) + size);
  return true;
#else
  static_cast<void>(function);
  static_cast<void>(instructions);
  static_cast<void>(code);
  return false;
#endif
}

}  // namespace

HashwxCode::HashwxCode(Instructions instructions) noexcept : instructions_(instructions) {
  void* const memory =
      mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) memory_ = memory;
}

HashwxCode::~HashwxCode() {
  if (memory_ != nullptr) munmap(memory_, kMapped);
}

bool HashwxCode::Load(const HashwxFunction& function) noexcept {
  if (memory_ == nullptr) return false;
  if (run_ != nullptr && mprotect(memory_, kMapped, PROT_READ | PROT_WRITE) != 0) return false;
  run_ = nullptr;
  if (!Emit(function, instructions_, static_cast<std::uint8_t*>(memory_))) return false;
  if (mprotect(memory_, kMapped, PROT_READ | PROT_EXEC) != 0) return false;
  function_ = function;
  run_ = std::bit_cast<Run>(memory_);
  return true;
}

}  // namespace stile
