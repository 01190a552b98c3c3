#include "verifier/spend_blocks.h"

namespace stile {
namespace {

constexpr std::uint64_t TurnOf(std::uint64_t word) { return word >> 32; }
constexpr std::uint32_t PositionOf(std::uint64_t word) { return static_cast<std::uint32_t>(word); }

}  // namespace

bool SpendBlocks::Issue(UnixMillis now, std::uint32_t seconds, SpendGrant& out) noexcept {
  if (seconds > max_seconds_) return false;
  std::uint64_t word = current_.load(std::memory_order_acquire);
  while (true) {
    const std::uint64_t turn = TurnOf(word);
    const std::uint32_t position = PositionOf(word);
    std::uint64_t then = 0;
    std::uint64_t number = 0;
    std::uint32_t epoch = 0;
    bool takes = false;
    if (turn != 0 && position != kShut) {
      // Where these are a later block's already, current_ has moved, and so the exchange fails.
      const Slot& slot = SlotOf(turn);
      number = slot.number.load(std::memory_order_relaxed);
      epoch = slot.epoch.load(std::memory_order_relaxed);
      takes = position < slot.positions.load(std::memory_order_relaxed) &&
              now.value < slot.until.load(std::memory_order_relaxed);
      then = word + 1;
    }
    if (!takes) {
      const std::uint64_t next = next_.load(std::memory_order_acquire);
      if (next <= turn) return false;
      then = next << 32;
    }
    if (!current_.compare_exchange_weak(word, then, std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
      continue;
    }
    if (!takes) {
      word = then;
      continue;
    }
    out.id = {node_, boot_, epoch, (number << kPositionBits) | position};
    // Rounded up: a token lives for as long as was asked for at least.
    out.expires_at =
        static_cast<std::uint32_t>((now + std::chrono::milliseconds{999}).Seconds()) + seconds;
    return true;
  }
}

void SpendBlocks::Open(const Block& block) noexcept {
  ++last_;
  Slot& slot = slots_[last_ % kSlots];
  slot.number.store(block.number, std::memory_order_relaxed);
  slot.epoch.store(block.epoch, std::memory_order_relaxed);
  slot.positions.store(block.positions, std::memory_order_relaxed);
  slot.until.store(block.until.value, std::memory_order_relaxed);
  next_.store(last_, std::memory_order_release);
}

void SpendBlocks::Advance(UnixMillis now) noexcept {
  std::uint64_t word = current_.load(std::memory_order_acquire);
  const std::uint64_t next = next_.load(std::memory_order_relaxed);
  if (next <= TurnOf(word) || Left(now) != 0) return;
  // It fails where somebody who wanted a number was faster.
  current_.compare_exchange_strong(word, next << 32, std::memory_order_acq_rel);
}

void SpendBlocks::Close() noexcept {
  // With the latest turn, so that nobody who has read next_ meanwhile goes on to it.
  next_.store(0, std::memory_order_relaxed);
  current_.store(std::uint64_t{last_} << 32 | kShut, std::memory_order_release);
}

bool SpendBlocks::WantsBlock() const noexcept {
  return next_.load(std::memory_order_acquire) <= TurnOf(current_.load(std::memory_order_acquire));
}

std::uint32_t SpendBlocks::Left(UnixMillis now) const noexcept {
  const std::uint64_t word = current_.load(std::memory_order_acquire);
  if (TurnOf(word) == 0 || PositionOf(word) == kShut) return 0;
  const Slot& slot = SlotOf(TurnOf(word));
  if (now.value >= slot.until.load(std::memory_order_relaxed)) return 0;
  const std::uint32_t positions = slot.positions.load(std::memory_order_relaxed);
  return PositionOf(word) < positions ? positions - PositionOf(word) : 0;
}

std::uint32_t SpendBlocks::Used() const noexcept {
  const std::uint64_t word = current_.load(std::memory_order_acquire);
  return TurnOf(word) == 0 || PositionOf(word) == kShut ? 0 : PositionOf(word);
}

}  // namespace stile
