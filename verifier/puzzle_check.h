#ifndef STILE_VERIFIER_PUZZLE_CHECK_H_
#define STILE_VERIFIER_PUZZLE_CHECK_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "challenge/alternative.h"
#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/part_order.h"
#include "challenge/solution.h"

namespace stile {

// A `hashwx` solution whose parts are to be checked, and what came of it: some 50 us of work that
// can be done on another thread than the one that serves requests, part by part, or left undone.
// Holds all that it needs, some 700 bytes, and borrows nothing. For one thread at a time.
class PuzzleCheck {
 public:
  enum class State : std::uint8_t {
    kNone = 0,  // There is nothing to check.
    kOpen = 1,  // Parts are left.
    kSolved = 2,
    kUnsolved = 3,
    kPutOff = 4,  // Nobody has the time. The same solution is as good later.
  };

  PuzzleCheck() noexcept = default;
  // Of `solution`, for its alternative, which is well-formed, of the challenge with this tag and
  // id. Parts are checked in the order of `order_secret`. `solution` has as many parts as `asked`.
  PuzzleCheck(const Tag& tag, const TokenId& id, const Alternative& asked, const Solution& solution,
              const std::array<std::uint8_t, 16>& order_secret) noexcept;

  // Checks one part, some 5 us. The first that isn't solved ends it. Does nothing unless kOpen.
  void CheckPart() noexcept;
  // Ends it as a copy of it has ended that was checked: kSolved or kUnsolved.
  void Settle(State outcome) noexcept;
  // Ends it unchecked: it may be tried again after `wait`.
  void PutOff(std::chrono::milliseconds wait) noexcept;

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] std::chrono::milliseconds wait() const noexcept { return wait_; }  // With kPutOff.
  [[nodiscard]] const Tag& tag() const noexcept { return tag_; }
  // Whether this is the check of that solution of that challenge.
  [[nodiscard]] bool IsOf(const Tag& tag, const Solution& solution) const noexcept;

 private:
  Tag tag_{};
  std::optional<HashwxPuzzle> puzzle_;
  Solution solution_;
  PartOrder order_{};
  std::uint32_t part_ = 0;  // The next.
  std::uint32_t left_ = 0;
  State state_ = State::kNone;
  std::chrono::milliseconds wait_{0};
};

}  // namespace stile

#endif  // STILE_VERIFIER_PUZZLE_CHECK_H_
