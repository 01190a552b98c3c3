#include "verifier/local_spends.h"

#include <string>
#include <utility>

#include "verifier/tables/table_memory.h"

namespace stile {
namespace {

// How often an attempt that is open is looked at again.
constexpr int kLooks = 64;

tl::unexpected<Error> Mistake(ErrorCode code, std::string place, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(place), std::move(message)});
}

}  // namespace

LocalSpends::LocalSpends(SpendRing ring, IdempotencyTable attempts, std::uint16_t node,
                         std::uint64_t boot, std::shared_ptr<const void> owner) noexcept
    : ring_(ring), attempts_(attempts), node_(node), boot_(boot), owner_(std::move(owner)) {}

tl::expected<std::shared_ptr<LocalSpends>, Error> LocalSpends::Create(const Options& options) {
  if (options.tokens == 0 || options.tokens > SpendRing::kMaxCapacity) {
    return Mistake(ErrorCode::kOutOfRange, "tokens", "Remember from 1 to 68719476736 tokens.");
  }
  if (options.attempts == 0 || options.attempts > IdempotencyTable::kMaxEntries) {
    return Mistake(ErrorCode::kOutOfRange, "attempts", "Remember from 1 to 1073741824 attempts.");
  }
  const std::size_t ring = SpendRing::BytesFor(options.tokens);
  const std::size_t size = ring + IdempotencyTable::BytesFor(options.attempts);
  auto made = TableMemory::Private(size, {options.tokens, options.attempts});
  if (!made) return tl::unexpected(std::move(made.error()));
  const auto memory = std::make_shared<const TableMemory>(*std::move(made));
  const SpendRing spends(memory->cells().first(ring));
  const IdempotencyTable attempts(memory->cells().subspan(ring));
  return std::make_shared<LocalSpends>(spends, attempts, options.node, memory->header().boot,
                                       memory);
}

bool LocalSpends::Issue(UnixMillis now, std::uint32_t seconds, SpendGrant& out) noexcept {
  SpendRing::Number number;
  if (!ring_.Issue(now, seconds, number)) return false;
  out = SpendGrant{{node_, boot_, 0, number.sequence}, number.expires_at};
  return true;
}

SpendAnswer LocalSpends::Spend(const SpendQuestion& question, UnixMillis now) noexcept {
  const SpendId& id = question.id;
  // Whoever shares the memory, by whatever number its process goes.
  if (id.boot != boot_ || id.epoch != 0) return {};
  if (question.idempotency.empty()) {
    return {ring_.Spend(id.sequence, question.expires_at, now), false, false};
  }

  using State = IdempotencyTable::State;
  IdempotencyTable::Claim claim = attempts_.Find(question.idempotency, question.expires_at, now);
  // Another call for the same attempt is between its claim and its verdict, for less than a
  // microsecond, or was killed there.
  for (int i = 0; i < kLooks && claim.state == State::kOpen; ++i) {
    claim = attempts_.Find(question.idempotency, question.expires_at, now);
  }
  if (claim.state == State::kAccepted) return {SpendResult::kFresh, true, false};
  // Nothing is used up that couldn't be answered for again.
  if (claim.state != State::kClaimed) return {SpendResult::kUnknown, false, true};
  const SpendResult result = ring_.Spend(id.sequence, question.expires_at, now);
  if (result == SpendResult::kFresh) {
    attempts_.Confirm(claim);
  } else {
    attempts_.Withdraw(claim);
  }
  return {result, false, false};
}

}  // namespace stile
