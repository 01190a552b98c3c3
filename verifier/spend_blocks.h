#ifndef STILE_VERIFIER_SPEND_BLOCKS_H_
#define STILE_VERIFIER_SPEND_BLOCKS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "challenge/unix_millis.h"
#include "verifier/spend_store.h"

namespace stile {

// The blocks of numbers that a shared store has agreed to remember, and from which this process
// numbers its tokens. One thread opens and closes blocks; any thread takes numbers, without a lock
// or a system call. A number is a block's number times 2^20 plus a position in it, and no block is
// opened twice, so no number is given twice.
//
// Two blocks are held at a time: the one that numbers come from, and the next, which takes over by
// itself when the first is used up or too old.
class SpendBlocks : public SpendNumbers {
 public:
  static constexpr int kPositionBits = 20;
  // The most positions of one block: a string of 128 KiB with what Redis keeps beside it.
  static constexpr std::uint32_t kMaxPositions = (1u << kPositionBits) - 512;

  // `node` and `boot` go into every number; tokens live at most `max_seconds`.
  SpendBlocks(std::uint16_t node, std::uint64_t boot, std::uint32_t max_seconds) noexcept
      : node_(node), boot_(boot), max_seconds_(max_seconds) {}

  // Also refuses tokens that would live longer than max_seconds.
  [[nodiscard]] bool Issue(UnixMillis now, std::uint32_t seconds,
                           SpendGrant& out) noexcept override;

  struct Block {
    std::uint32_t number = 0;     // Above every earlier one's.
    std::uint32_t epoch = 0;      // What its tokens carry.
    std::uint32_t positions = 0;  // At most kMaxPositions.
    UnixMillis until;             // No number is taken from it from here on.
  };
  // By the one thread. Adds `block` behind the one in use. Call only while WantsBlock.
  void Open(const Block& block) noexcept;
  // Lets the block that waits take over if the one in use gives no number at `now`, so that one
  // that nobody took numbers from doesn't grow old in between.
  void Advance(UnixMillis now) noexcept;
  // Until the next Open no number is given.
  void Close() noexcept;
  // Whether none waits behind the one in use.
  [[nodiscard]] bool WantsBlock() const noexcept;
  // Numbers that are left in the block in use at `now`, and how many it has been asked for.
  [[nodiscard]] std::uint32_t Left(UnixMillis now) const noexcept;
  [[nodiscard]] std::uint32_t Used() const noexcept;

  [[nodiscard]] std::uint16_t node() const noexcept { return node_; }
  [[nodiscard]] std::uint64_t boot() const noexcept { return boot_; }

 private:
  // A block's facts. Blocks that were opened are counted, and take turns at the slots: whatever
  // numbers were lost on the way, the one in use and the next are in different ones. Written before
  // the turn is published.
  struct Slot {
    std::atomic<std::uint32_t> number{0};
    std::atomic<std::uint32_t> epoch{0};
    std::atomic<std::uint32_t> positions{0};
    std::atomic<std::int64_t> until{0};
  };
  static constexpr std::size_t kSlots = 2;
  static constexpr std::uint32_t kShut = 0xFFFFFFFF;  // In place of a position: no more of it.

  [[nodiscard]] const Slot& SlotOf(std::uint64_t turn) const noexcept {
    return slots_[turn % kSlots];
  }

  std::uint16_t node_;
  std::uint64_t boot_;
  std::uint32_t max_seconds_;
  std::uint32_t last_ = 0;  // The turn of the latest that was opened.
  std::array<Slot, kSlots> slots_;
  // Turns, from 1: 0 is none.
  std::atomic<std::uint64_t> current_{kShut};  // Turn << 32 | the position that comes next.
  std::atomic<std::uint32_t> next_{0};
};

}  // namespace stile

#endif  // STILE_VERIFIER_SPEND_BLOCKS_H_
