#include "tests/simulation/node.h"

#include <algorithm>
#include <span>
#include <utility>

#include "challenge/response_token.h"
#include "tests/simulation/token_desk.h"
#include "verifier/response_check.h"
#include "verifier/tables/idempotency_table.h"
#include "verifier/tables/spend_ring.h"

namespace stile::simulation {
namespace {

constexpr std::uint32_t kLifetime = 300;  // Seconds, of a token.

}  // namespace

Node::Node(World& world, std::size_t index, std::int64_t clock_ahead)
    : world_(world), index_(index), clock_ahead_(clock_ahead) {}

UnixMillis Node::Now() const {
  return UnixMillis{World::kBeginMillis + static_cast<std::int64_t>(world_.agenda.now() / 1000) +
                    clock_ahead_};
}

void Node::MakeSpends(bool memory_is_kept) {
  const std::size_t ring = SpendRing::BytesFor(1);
  const std::size_t attempts = IdempotencyTable::BytesFor(256);
  if (!memory_is_kept) memory_.assign((ring + attempts + 64) / 8, 0);
  const auto start = (reinterpret_cast<std::uintptr_t>(memory_.data()) + 63) / 64 * 64;
  auto* const bytes = reinterpret_cast<std::byte*>(start);
  // Tokens of the store and of the node's own memory differ by their boots.
  spends_ = std::make_shared<LocalSpends>(SpendRing(std::span(bytes, ring)),
                                          IdempotencyTable(std::span(bytes + ring, attempts)),
                                          static_cast<std::uint16_t>(index_), boot_ ^ 1, nullptr);
}

void Node::Start(bool memory_is_kept) {
  const bool kept = memory_is_kept && !memory_.empty() && !UsesStore(world_.mode);
  if (!kept) boot_ = world_.Is(Mutant::kNoBoot) ? 2 + 2 * index_ : world_.random.Next() | 1;
  texts_.clear();
  MakeSpends(kept);
  up_ = true;
  if (!UsesStore(world_.mode)) return;
  courier_ = std::make_unique<StoreCourier>(
      world_, index_, boot_, [this] { return Now(); },
      world_.mode == Mode::kStoreOrLocal ? spends_ : nullptr);
}

void Node::Kill() {
  up_ = false;
  most_waiting_ = most_waiting();
  courier_.reset();
}

bool Node::Issue(std::string& text, SpendGrant& grant) {
  const bool given = courier_ != nullptr ? courier_->Issue(kLifetime, grant)
                                         : spends_->Issue(Now(), kLifetime, grant);
  if (!given) return false;
  text = SealToken(KeysOfStep(key_step_), grant, Now(), world_.random);
  return !text.empty();
}

void Node::Siteverify(const std::string& text, const std::string& attempt, Answered answered) {
  SealedResponseToken sealed;
  std::string_view read = text;
  if (world_.Is(Mutant::kClientChosenKey)) {
    while (read.ends_with('=')) read.remove_suffix(1);
  }
  const ResponseFinding finding =
      CheckResponse(KeysOfStep(key_step_), read, attempt, Now(), sealed);
  if (finding.verdict != Verdict::kValid) return answered({});
  Answered judged = std::move(answered);
  if (world_.Is(Mutant::kUnknownPasses)) {
    judged = [inner = std::move(judged)](SpendAnswer answer) {
      if (answer.result == SpendResult::kUnknown) answer.result = SpendResult::kFresh;
      inner(answer);
    };
  }
  if (world_.Is(Mutant::kSpendAfterMint)) {
    // The credential is on its way before anybody has asked.
    judged({SpendResult::kFresh, false, false});
    judged = [](const SpendAnswer&) {};
  }
  if (courier_ != nullptr) return courier_->Ask(finding.question, text, std::move(judged));
  if (world_.Is(Mutant::kClientChosenKey)) return judged(SpendText(text));
  judged(spends_->Spend(finding.question, Now()));
}

SpendAnswer Node::SpendText(const std::string& text) {
  SpendAnswer answer;
  answer.result = texts_.insert(text).second ? SpendResult::kFresh : SpendResult::kSpent;
  return answer;
}

void Node::Tick() {
  if (up_ && courier_ != nullptr) courier_->Tick();
}

std::size_t Node::most_waiting() const noexcept {
  return std::max(most_waiting_, courier_ == nullptr ? 0 : courier_->most_waiting());
}

}  // namespace stile::simulation
