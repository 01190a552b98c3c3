#include "verifier/puzzle_check.h"

#include <algorithm>

namespace stile {

PuzzleCheck::PuzzleCheck(const Tag& tag, const TokenId& id, const Alternative& asked,
                         const Solution& solution,
                         const std::array<std::uint8_t, 16>& order_secret) noexcept
    : tag_(tag),
      puzzle_(std::in_place, tag, id, solution.alternative, asked.effort, asked.parts),
      solution_(solution),
      order_(PartOrder::Of(order_secret, asked.parts)),
      part_(order_.start),
      left_(asked.parts),
      state_(State::kOpen) {}

void PuzzleCheck::CheckPart() noexcept {
  if (state_ != State::kOpen) return;
  if (!puzzle_->IsSolvedBy(part_, solution_.nonces[part_])) {
    state_ = State::kUnsolved;
    return;
  }
  part_ = order_.Next(part_, solution_.parts);
  if (--left_ == 0) state_ = State::kSolved;
}

void PuzzleCheck::Settle(State outcome) noexcept {
  if (state_ != State::kOpen) return;
  if (outcome == State::kSolved || outcome == State::kUnsolved) state_ = outcome;
}

void PuzzleCheck::PutOff(std::chrono::milliseconds wait) noexcept {
  if (state_ != State::kOpen) return;
  state_ = State::kPutOff;
  wait_ = wait;
}

bool PuzzleCheck::IsOf(const Tag& tag, const Solution& solution) const noexcept {
  return state_ != State::kNone && tag_.bytes == tag.bytes &&
         solution_.alternative == solution.alternative && solution_.parts == solution.parts &&
         std::equal(solution.nonces.begin(), solution.nonces.begin() + solution.parts,
                    solution_.nonces.begin());
}

}  // namespace stile
