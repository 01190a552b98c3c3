#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_CODE_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_CODE_H_

#include <cstddef>
#include <cstdint>

#include "challenge/puzzle/hashwx_function.h"

namespace stile {

// A HashWX function as machine code, for solvers. Its memory is never writable and executable at
// once. One thread at a time.
class HashwxCode {
 public:
  // Which instructions to use: those that this CPU has, or those that all of its kind have.
  enum class Instructions : std::uint8_t { kOfThisCpu, kOfEveryCpu };

  // Asks the system for memory. Where it gives none, or this CPU is neither x86-64 nor aarch64, no
  // function can be loaded.
  explicit HashwxCode(Instructions instructions = Instructions::kOfThisCpu) noexcept;
  ~HashwxCode();
  HashwxCode(const HashwxCode&) = delete;
  HashwxCode& operator=(const HashwxCode&) = delete;

  // Compiles `function`, in the place of the one before. Returns false where the system does not
  // let memory be executed: then there is nothing to run. About 20 us.
  [[nodiscard]] bool Load(const HashwxFunction& function) noexcept;

  // What the function that was loaded makes of `nonce`. About 0.5 us.
  [[nodiscard]] std::uint64_t Hash(std::uint64_t nonce) const noexcept {
    std::uint64_t registers[HashwxFunction::kRegisters];
    function_.Start(nonce, registers);
    run_(registers);
    return HashwxFunction::Finish(registers);
  }

 private:
  using Run = void (*)(std::uint64_t registers[HashwxFunction::kRegisters]);

  HashwxFunction function_{};
  Run run_ = nullptr;
  void* memory_ = nullptr;
  Instructions instructions_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_CODE_H_
