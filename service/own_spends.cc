#include "service/own_spends.h"

#include <algorithm>

#include "verifier/spend_epochs.h"

namespace stile {

SpendAnswer OwnSpends::Spend(const SpendQuestion& question, UnixMillis now) {
  constexpr SpendAnswer kSpent{SpendResult::kSpent, false, false};
  const SpendId& id = question.id;
  const SpendEpochs::Place place = SpendEpochs::PlaceOf(id.sequence);
  if (!place.possible) return kSpent;
  const Key key(id.epoch, place.block);
  auto found = blocks_.find(key);
  if (found == blocks_.end()) {
    Forget(now);
    if (forgotten_ && key <= *forgotten_) return kSpent;
    found = blocks_.emplace(key, Block()).first;
  }
  Block& block = found->second;
  block.until = std::max(block.until, now + keep_);
  const std::size_t word = place.position / 64;
  if (block.bits.size() <= word) block.bits.resize(word + 1);
  const std::uint64_t bit = std::uint64_t{1} << (place.position % 64);
  const bool fresh = (block.bits[word] & bit) == 0;
  const IdempotencyId& attempt = question.idempotency;
  // First, so that nothing is used up if there is no memory for it.
  if (fresh && !attempt.empty()) block.attempts.emplace(place.position, attempt);
  block.bits[word] |= bit;
  if (fresh) return {SpendResult::kFresh, false, false};
  const auto known = block.attempts.find(place.position);
  const bool repeated =
      !attempt.empty() && known != block.attempts.end() && known->second == attempt;
  return repeated ? SpendAnswer{SpendResult::kFresh, true, false} : kSpent;
}

bool OwnSpends::HasPassed(const SpendQuestion& question) const {
  const SpendEpochs::Place place = SpendEpochs::PlaceOf(question.id.sequence);
  const auto found = blocks_.find(Key(question.id.epoch, place.block));
  if (question.idempotency.empty() || found == blocks_.end()) return false;
  const auto known = found->second.attempts.find(place.position);
  return known != found->second.attempts.end() && known->second == question.idempotency;
}

void OwnSpends::Forget(UnixMillis now) {
  std::erase_if(blocks_, [this, now](const auto& entry) {
    if (entry.second.until >= now) return false;
    forgotten_ = forgotten_ ? std::max(*forgotten_, entry.first) : entry.first;
    return true;
  });
}

}  // namespace stile
