#include "verifier/spend_epochs.h"

#include <algorithm>

namespace stile {
namespace {

// A block of size n, with the 64 bytes at most that Redis and its allocator keep beside it, is one
// of the allocator's own sizes.
constexpr int kSizes = 6;
constexpr std::uint32_t BytesOf(int size) { return (4096u << size) - 64; }
static_assert(BytesOf(kSizes - 1) * 8 == SpendBlocks::kMaxPositions);

constexpr std::chrono::milliseconds kRetryAfter{500};
constexpr std::chrono::milliseconds kClockNoise{1000};

}  // namespace

SpendEpochs::SpendEpochs(const Options& options) noexcept
    : options_(options),
      blocks_(options.node, options.boot,
              static_cast<std::uint32_t>(options.token_lifetime.count())) {}

SpendEpochs::Order SpendEpochs::Next(UnixMillis now) noexcept {
  if (phase_ == Phase::kAway || sent_.step != Step::kNone) return {};
  if (now < opened_at_ - kClockNoise) {  // The clock was set back: `until` is too far away.
    blocks_.Close();
    opened_at_ = now;
    not_before_ = now;
  }
  if (phase_ == Phase::kAdopting || recheck_) {
    recheck_ = false;
    sent_.step = Step::kAdopt;
    sent_.epoch = epoch_;
    sent_at_ = now;
    return sent_;
  }
  blocks_.Advance(now);
  if (now < not_before_ || !NeedsBlock(now)) return {};
  size_ = NextSize(now);
  sent_.step = Step::kOpen;
  sent_.epoch = epoch_;
  sent_.block = next_block_++;
  sent_.bytes = BytesOf(size_);
  sent_.keep = options_.issue_window + options_.token_lifetime + options_.skew;
  sent_at_ = now;
  return sent_;
}

bool SpendEpochs::NeedsBlock(UnixMillis now) const noexcept {
  if (!blocks_.WantsBlock() || next_block_ == 0xFFFFFFFF) return false;
  return blocks_.Left(now) < BytesOf(size_) * 8 / 2 ||
         now - opened_at_ >= options_.issue_window / 2;
}

// Twice the size where half a block didn't last for half of its time, half where little was used.
int SpendEpochs::NextSize(UnixMillis now) const noexcept {
  const bool early = now - opened_at_ < options_.issue_window / 2;
  const std::uint32_t used = blocks_.Used();
  if (early && used >= BytesOf(size_) * 8 / 2) return std::min(size_ + 1, kSizes - 1);
  if (!early && used < BytesOf(size_)) return std::max(size_ - 1, 0);
  return size_;
}

void SpendEpochs::OnConnect() noexcept {
  if (phase_ == Phase::kAway) phase_ = Phase::kAdopting;
}

void SpendEpochs::OnDisconnect() noexcept {
  blocks_.Close();
  phase_ = Phase::kAway;
  sent_ = {};
  not_before_ = {};
}

void SpendEpochs::Readopt() noexcept {
  if (phase_ != Phase::kServing) return;
  blocks_.Close();
  phase_ = Phase::kAdopting;
}

bool SpendEpochs::OnAdopted(std::uint32_t epoch) noexcept {
  if (sent_.step != Step::kAdopt || epoch == 0 || epoch < sent_.epoch) return false;
  sent_ = {};
  if (epoch != epoch_) {
    blocks_.Close();
    if (epoch_ != 0) ++epoch_changes_;
    epoch_ = epoch;
  }
  phase_ = Phase::kServing;
  return true;
}

void SpendEpochs::OnOpen(OpenReply reply, UnixMillis now) noexcept {
  if (sent_.step != Step::kOpen) return;
  const Order order = sent_;
  sent_ = {};
  switch (reply) {
    case OpenReply::kOpened:
      // Meanwhile the epoch may have been found to be over.
      if (phase_ != Phase::kServing || order.epoch != epoch_) return;
      // From when it was asked for: the store has counted from then on at the earliest.
      opened_at_ = sent_at_;
      blocks_.Open({order.block, order.epoch, order.bytes * 8,
                    sent_at_ + std::chrono::milliseconds(options_.issue_window)});
      blocks_.Advance(now);
      return;
    case OpenReply::kStale:
      return Readopt();
    case OpenReply::kTaken:
      return;  // The next number is asked for at once.
    case OpenReply::kNone:
      break;
  }
  not_before_ = now + kRetryAfter;
}

SpendEpochs::Admission SpendEpochs::Admit(const SpendId& id) const noexcept {
  if (!PlaceOf(id.sequence).possible || id.epoch == 0) return Admission::kRefuse;
  // One that another node has seen first may be above this node's; the store knows.
  if (id.epoch < epoch_) return Admission::kRefuse;
  return phase_ == Phase::kServing ? Admission::kAsk : Admission::kAway;
}

SpendEpochs::SpendReply SpendEpochs::SpendReplyOf(char letter) noexcept {
  switch (letter) {
    case 'f':
      return SpendReply::kFresh;
    case 's':
      return SpendReply::kSpent;
    case 'r':
      return SpendReply::kRepeated;
    case 'm':
      return SpendReply::kNoBlock;
    case 'e':
      return SpendReply::kOtherEpoch;
    default:
      return SpendReply::kNone;
  }
}

SpendAnswer SpendEpochs::Meaning(SpendReply reply, bool confirmed) noexcept {
  SpendAnswer answer;
  switch (reply) {
    case SpendReply::kFresh:
    case SpendReply::kRepeated:
      if (!confirmed) {
        answer.passing = true;
        return answer;
      }
      answer.result = SpendResult::kFresh;
      answer.repeated = reply == SpendReply::kRepeated;
      return answer;
    case SpendReply::kSpent:
      answer.result = SpendResult::kSpent;
      return answer;
    case SpendReply::kNoBlock:
    case SpendReply::kOtherEpoch:
      return answer;
    case SpendReply::kStale:
    case SpendReply::kNone:
      break;
  }
  answer.passing = true;
  return answer;
}

void SpendEpochs::OnStoreEpoch(std::uint32_t epoch) noexcept {
  if (epoch == 0 || epoch != epoch_) Readopt();
}

SpendEpochs::Place SpendEpochs::PlaceOf(std::uint64_t sequence) noexcept {
  Place place;
  const std::uint64_t block = sequence >> SpendBlocks::kPositionBits;
  place.position = static_cast<std::uint32_t>(sequence & ((1u << SpendBlocks::kPositionBits) - 1));
  place.block = static_cast<std::uint32_t>(block);
  place.possible = block < 0xFFFFFFFF && place.position < SpendBlocks::kMaxPositions;
  return place;
}

}  // namespace stile
