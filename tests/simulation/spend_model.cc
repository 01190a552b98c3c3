#include "tests/simulation/spend_model.h"

#include <algorithm>
#include <span>
#include <utility>

#include "verifier/tables/idempotency_table.h"
#include "verifier/tables/spend_ring.h"

namespace stile::simulation {
namespace {

constexpr std::size_t kTokensHeld = 4096;
constexpr std::size_t kForgottenHeld = 256;
constexpr std::uint64_t kBlock = 56 * 64;  // Sequences that share one latest expiry.
constexpr std::uint16_t kNode = 3;
// How far a clock may be set back and be taken to stand still, in ms.
constexpr std::int64_t kStandsStill = 60'000;

}  // namespace

SpendModel::SpendModel(const Options& options) : options_(options), random_(options.seed) {
  Boot();
}

// Memory of zeros under a boot of its own: what was remembered is gone.
void SpendModel::Boot() {
  constexpr std::array<std::size_t, 4> kCapacities = {1, 5000, 20'000, 20'000};
  capacity_ = kCapacities[random_.Below(kCapacities.size())];
  pace_ = random_.OneIn(2) ? 4000 : 400;
  if (boot_ == 0 || !options_.boot_is_kept) boot_ = random_.Next() | 1;
  const std::size_t ring = SpendRing::BytesFor(capacity_);
  const std::size_t attempts = IdempotencyTable::BytesFor(2048);
  memory_.assign((ring + attempts + 64) / 8, 0);
  const auto start = (reinterpret_cast<std::uintptr_t>(memory_.data()) + 63) / 64 * 64;
  auto* const bytes = reinterpret_cast<std::byte*>(start);
  processes_.clear();
  for (std::size_t i = 0; i < kProcesses; ++i) {
    processes_.push_back(std::make_unique<LocalSpends>(
        SpendRing(std::span(bytes, ring)), IdempotencyTable(std::span(bytes + ring, attempts)),
        kNode, boot_, nullptr));
    behind_[i] = static_cast<std::int64_t>(random_.Below(900));
  }
  capacity_ = processes_[0]->ring().capacity();
  for (const Token& token : tokens_) {
    if (forgotten_.size() < kForgottenHeld) {
      forgotten_.push_back(token);
    } else {
      forgotten_[random_.Below(kForgottenHeld)] = token;
    }
  }
  tokens_.clear();
  numbers_.clear();
  latest_.clear();
  next_token_ = 0;
  void_before_ = 0;
  floor_ = 0;
}

SpendModel::Outcome SpendModel::Run() {
  while (outcome_.operations < options_.operations && outcome_.mistake.empty()) Operate();
  return std::move(outcome_);
}

void SpendModel::Operate() {
  ++outcome_.operations;
  const std::uint64_t draw = random_.Below(1'000'000);
  if (draw < 400'000 || tokens_.empty()) return IssueOne();
  if (draw < 940'000) {
    // Of these attempts, most are somebody's first, and one in eight names itself.
    const auto attempt = static_cast<std::uint32_t>(draw % 8 == 0 ? 1 + draw / 8 % 3 : 0);
    return SpendOne(AnyToken(), attempt);
  }
  if (draw < 955'000) return SpendForgotten();
  if (draw < 965'000) return Guess();
  if (draw < 980'000) return Interleave();
  if (draw < 999'960) return MoveClock();
  ++outcome_.restarts;
  Boot();
}

SpendModel::Token& SpendModel::AnyToken() { return tokens_[random_.Below(tokens_.size())]; }

UnixMillis SpendModel::NowOf(std::size_t process) const {
  return UnixMillis{now_ - behind_[process]};
}

// The documented rule: a clock that is set back a little stands still, one that is set back further
// makes void what was given before.
void SpendModel::HeedClock(UnixMillis now) {
  if (now.value >= floor_) {
    floor_ = now.value;
  } else if (floor_ - now.value > kStandsStill) {
    floor_ = now.value;
    void_before_ = processes_[0]->ring().issued();
  }
}

void SpendModel::MoveClock() {
  const std::uint64_t draw = random_.Below(20'000);
  if (draw < 19'900) {
    now_ += static_cast<std::int64_t>(random_.Below(pace_));
    return;
  }
  ++outcome_.clock_steps;
  const auto span = static_cast<std::int64_t>(random_.Below(40'000));
  if (draw < 19'950) {
    now_ = std::max(floor_, now_ - 30'000) - span / 2;
  } else if (draw < 19'998) {
    now_ += span * 10;
  } else {
    now_ = floor_ - 100'000 - span * 20;
  }
}

SpendModel::Number& SpendModel::Known(std::uint64_t sequence) {
  if (sequence >= numbers_.size()) numbers_.resize(sequence + sequence / 2 + 1024);
  return numbers_[sequence];
}

void SpendModel::Mistake(const char* what, const SpendId& id) {
  if (!outcome_.mistake.empty()) return;
  outcome_.mistake = std::string(what) + ": sequence " + std::to_string(id.sequence) + ", seed " +
                     std::to_string(options_.seed) + ", operation " +
                     std::to_string(outcome_.operations);
}

void SpendModel::IssueOne() {
  Claim claim;
  claim.process = random_.Below(kProcesses);
  claim.seconds = random_.OneIn(8) ? 20 : 300;
  const UnixMillis now = NowOf(claim.process);
  HeedClock(now);
  claim.seen = floor_;
  claim.given = processes_[claim.process]->Issue(now, claim.seconds, claim.grant);
  claim.ended = true;
  JudgeIssue(claim);
}

void SpendModel::JudgeIssue(const Claim& claim) {
  if (!claim.given) {
    ++outcome_.refused_full;
    return JudgeRefusal(claim.seen);
  }
  const SpendGrant& grant = claim.grant;
  ++outcome_.issued;
  if (grant.id.node != kNode || grant.id.boot != boot_) Mistake("foreign number", grant.id);
  if (grant.expires_at < floor_ / 1000) Mistake("given expired", grant.id);
  const std::uint64_t sequence = grant.id.sequence;
  Number& number = Known(sequence);
  if (number.expires_at != 0) return Mistake("given twice", grant.id);
  number.expires_at = grant.expires_at;
  if (sequence >= capacity_ && sequence - capacity_ >= void_before_) {
    const Number& before = numbers_[sequence - capacity_];
    if (before.expires_at > floor_ / 1000 + 1) Mistake("bit of a living token", grant.id);
  }
  const std::uint64_t block = sequence / kBlock;
  if (block >= latest_.size()) latest_.resize(block + 64);
  latest_[block] = std::max(latest_[block], grant.expires_at);
  const Token token{grant.id, grant.expires_at, false};
  if (tokens_.size() < kTokensHeld) {
    tokens_.push_back(token);
  } else {
    tokens_[next_token_++ % kTokensHeld] = token;
  }
}

// As if the latest number of each of these blocks had been given just now.
void SpendModel::RaiseLatest(std::uint64_t first, std::uint64_t last) {
  if (last >= latest_.size()) latest_.resize(last + 64);
  const auto until = static_cast<std::uint32_t>(floor_ / 1000 + 300);
  for (std::uint64_t block = first; block <= last; ++block) {
    latest_[block] = std::max(latest_[block], until);
  }
}

// A number may be refused only while the block that would be taken over has a token that lives at
// `seen`.
void SpendModel::JudgeRefusal(std::int64_t seen) {
  const std::uint64_t next = processes_[0]->ring().issued();
  const SpendId id{kNode, boot_, 0, next};
  if (next < capacity_) return Mistake("refused while there is room", id);
  const std::uint64_t block = (next - capacity_) / kBlock;
  if (block < latest_.size() && latest_[block] <= seen / 1000) {
    Mistake("refused though all have expired", id);
  }
}

SpendModel::Attempt SpendModel::AttemptAt(const Token& token, std::uint32_t attempt) {
  Attempt made;
  made.process = random_.Below(kProcesses);
  made.question.id = token.id;
  made.question.expires_at = token.expires_at;
  made.attempt = attempt;
  if (attempt != 0) {
    made.question.idempotency = {token.id.boot ^ (token.id.sequence * 0x9E3779B97F4A7C15u),
                                 token.id.sequence << 8 | attempt};
  }
  return made;
}

void SpendModel::SpendOne(Token& token, std::uint32_t attempt) {
  Attempt made = AttemptAt(token, attempt);
  const UnixMillis now = NowOf(made.process);
  HeedClock(now);
  made.answer = processes_[made.process]->Spend(made.question, now);
  made.ended = true;
  JudgeSpend(made, !std::exchange(token.tried, true), false);
}

void SpendModel::JudgeSpend(const Attempt& made, bool honest, bool contended) {
  const SpendId& id = made.question.id;
  Number& number = Known(id.sequence);
  const std::int64_t floor = floor_ / 1000;
  const std::int64_t expires_at = made.question.expires_at;
  const bool living = expires_at > floor + 1 && id.sequence >= void_before_;
  const bool may_pass = expires_at > floor - 1 && id.sequence >= void_before_;
  SpendResult result = made.answer.result;
  if (options_.unknown_passes && result == SpendResult::kUnknown) result = SpendResult::kFresh;
  if (honest && expires_at * 1000 > now_) {
    ++outcome_.honest;
    if (result != SpendResult::kFresh) ++outcome_.honest_refused;
  }
  switch (result) {
    case SpendResult::kFresh:
      if (number.expires_at == 0) return Mistake("accepted though never given", id);
      if (made.answer.repeated && (number.credential != 0 || number.maybe)) {
        if (made.attempt == 0) return Mistake("repeated without an idempotency id", id);
        if (number.attempt != made.attempt) return Mistake("repeated to another attempt", id);
        ++outcome_.repeats;
        if (number.credential != 0) return;
      }
      if (number.credential != 0) {
        ++outcome_.doubled;
        return Mistake("accepted twice", id);
      }
      if (!may_pass) return Mistake("accepted after its time", id);
      number.credential = next_credential_++;
      number.attempt = made.attempt;
      ++outcome_.accepted;
      return;
    case SpendResult::kSpent:
      if (number.credential == 0 && !number.maybe) Mistake("spent by nobody", id);
      return;
    case SpendResult::kUnknown:
      // An attempt that names itself may find another of its kind under way, or no room.
      if (!living || contended || made.attempt != 0 || number.maybe) return;
      return Mistake("unknown though it lives", id);
  }
}

void SpendModel::SpendForgotten() {
  if (forgotten_.empty()) return;
  const Token& token = forgotten_[random_.Below(forgotten_.size())];
  const Attempt made = AttemptAt(token, 0);
  const UnixMillis now = NowOf(made.process);
  HeedClock(now);
  const SpendAnswer answer = processes_[made.process]->Spend(made.question, now);
  const bool passes = answer.result == SpendResult::kFresh ||
                      (options_.unknown_passes && answer.result == SpendResult::kUnknown);
  if (passes) Mistake("accepted from memory that is lost", token.id);
}

// Numbers that nobody was given: the codec lets none in, and the ring must not need that.
void SpendModel::Guess() {
  const std::uint64_t next = processes_[0]->ring().issued();
  Token token{{kNode, boot_, 0, next + 1 + random_.Below(3 * capacity_)},
              static_cast<std::uint32_t>(now_ / 1000 + 300)};
  if (random_.OneIn(3)) token.id.sequence = random_.Next();
  const Attempt made = AttemptAt(token, 0);
  const UnixMillis now = NowOf(made.process);
  HeedClock(now);
  const SpendAnswer answer = processes_[made.process]->Spend(made.question, now);
  if (answer.result != SpendResult::kUnknown) Mistake("a guess has an answer", token.id);
}

// Some processes at once, on the same few tokens, one access at a time; sometimes one dies.
void SpendModel::Interleave() {
  ++outcome_.interleaved;
  std::array<Attempt, kProcesses> attempts;
  std::array<Claim, kProcesses> claims;
  std::array<bool, kProcesses> is_spend{};
  const std::size_t count = random_.Between(2, kProcesses);
  Token& contended = AnyToken();
  const std::uint64_t first_block = processes_[0]->ring().issued() / kBlock;
  const std::int64_t floor_before = floor_;
  interleaving_.Clear();
  for (std::size_t i = 0; i < count; ++i) {
    is_spend[i] = !random_.OneIn(3);
    if (is_spend[i]) {
      Token& token = random_.OneIn(4) ? AnyToken() : contended;
      token.tried = true;
      const std::uint32_t attempt =
          random_.OneIn(3) ? static_cast<std::uint32_t>(random_.Between(1, 2)) : 0;
      attempts[i] = AttemptAt(token, attempt);
      attempts[i].process = i;
    } else {
      claims[i].process = i;
      claims[i].seconds = 300;
    }
    const UnixMillis now = NowOf(i);
    HeedClock(now);
    // It may be through before those whose clocks are ahead have begun.
    claims[i].seen = std::min(floor_, std::max(floor_before, now.value));
    interleaving_.Add([this, i, now, &attempts, &claims, &is_spend] {
      if (is_spend[i]) {
        attempts[i].answer = processes_[i]->Spend(attempts[i].question, now);
        attempts[i].ended = true;
      } else {
        claims[i].given = processes_[i]->Issue(now, claims[i].seconds, claims[i].grant);
        claims[i].ended = true;
      }
    });
  }
  outcome_.operations += count - 1;
  std::uint64_t steps_left = random_.OneIn(4) ? random_.Below(20) : 100'000;
  std::size_t victim = random_.Below(count);
  bool alive = true;
  while (alive) {
    alive = false;
    const std::size_t first = random_.Below(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t chosen = (first + i) % count;
      if (interleaving_.Ended(chosen) || (chosen == victim && steps_left == 0)) continue;
      if (chosen == victim) --steps_left;
      interleaving_.Advance(chosen);
      alive = true;
      break;
    }
  }
  if (!interleaving_.Ended(victim)) {
    ++outcome_.kills;
    if (is_spend[victim]) {
      Number& number = Known(attempts[victim].question.id.sequence);
      if (number.credential == 0) {
        number.maybe = true;
        number.attempt = attempts[victim].attempt;
      }
    }
  }
  // A block is marked before a number of it is had, which whoever died or was late has not got.
  if (std::count(is_spend.begin(), is_spend.begin() + count, false) != 0) {
    RaiseLatest(first_block, processes_[0]->ring().issued() / kBlock + 1);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (claims[i].ended) JudgeIssue(claims[i]);
  }
  // Whoever was accepted first, so that a repeat and whoever found it spent have a reason.
  const auto turn = [](const SpendAnswer& answer) {
    return answer.result == SpendResult::kFresh ? (answer.repeated ? 1 : 0) : 2;
  };
  for (int judged = 0; judged <= 2; ++judged) {
    for (std::size_t i = 0; i < count; ++i) {
      if (is_spend[i] && attempts[i].ended && turn(attempts[i].answer) == judged) {
        JudgeSpend(attempts[i], false, true);
      }
    }
  }
}

}  // namespace stile::simulation
