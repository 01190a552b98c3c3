#ifndef STILE_VERIFIER_TABLES_MERGE_SEAT_H_
#define STILE_VERIFIER_TABLES_MERGE_SEAT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/unix_millis.h"

namespace stile {

// Which of the processes that share one memory merges its budgets with those of other nodes, and up
// to where it has heard them. A view of memory like the tables: one line of zeros is a free seat,
// and each change is one compare-and-swap of one word. Whoever dies in the seat leaves it once his
// time is over.
class MergeSeat {
 public:
  static constexpr std::size_t kBytes = 64;
  // How long it is taken for.
  static constexpr std::chrono::milliseconds kLasts{5'000};

  // In `memory`, of kBytes, aligned to 8. Borrowed. One without memory can't be taken.
  MergeSeat() = default;
  explicit MergeSeat(std::span<std::byte> memory) noexcept;

  // Takes the seat from `now` on, or keeps it; false while it is another's. `who` is random and not
  // 0. All who share it have one clock; one that goes back frees it.
  [[nodiscard]] bool Take(std::uint32_t who, UnixMillis now) noexcept;
  void Leave(std::uint32_t who) noexcept;

  // The mark up to which others have been heard; 0: from nowhere on.
  [[nodiscard]] std::uint64_t heard() const noexcept;
  // Moves it from `from` to `to`. False if it isn't there.
  [[nodiscard]] bool Hear(std::uint64_t from, std::uint64_t to) noexcept;

 private:
  using Word = std::uint64_t;
  Word* words_ = nullptr;
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_MERGE_SEAT_H_
