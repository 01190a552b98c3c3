#ifndef STILE_VERIFIER_EFFORT_ORIGIN_TROUBLE_H_
#define STILE_VERIFIER_EFFORT_ORIGIN_TROUBLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/unix_millis.h"
#include "verifier/tables/table_hash.h"

namespace stile {

// How much more of a site's cleared visitors the origin fails than it always does: 0 to 1. A
// failure counts where the path that failed, or if that one is new the first segment of it, fails
// far more visitors in this window than it did before; a path without history or one that always
// fails tells nothing. Counted in distinct clearances, each once in a window and each path once
// for each, so that neither the number of a client's requests nor the pages that it picks matter.
//
// A view of memory that somebody else owns, zeroed before its first use; shared by threads and
// processes, lock-free. What two write at once may count as one.
class OriginTrouble {
 public:
  static constexpr std::int64_t kWindowMillis = 10'000;
  // Failing clearances that count for nothing, and how many must be seen to count as a crowd.
  static constexpr double kFailuresForgiven = 4;
  static constexpr double kLeastCrowd = 16;

  // What one site saw in this window.
  struct Window {
    std::array<std::atomic<std::uint64_t>, 32> seen;    // A bit for each clearance.
    std::array<std::atomic<std::uint64_t>, 32> failed;  // One that was failed.
    std::array<std::atomic<std::uint64_t>, 128> voted;  // A clearance at a path.
  };
  // What is known about one path.
  struct PathCell {
    // Tag (24), window (16), good votes (12), bad votes (12) of that window.
    std::atomic<std::uint64_t> votes;
    // Windows with votes (8), the share of bad ones (16 bits of a fraction) and the usual time.
    std::atomic<std::uint64_t> usual;
  };

  // `paths` are a power of two, and may be shared by many sites.
  OriginTrouble(Window& window, std::span<PathCell> paths, const TableHash& hash,
                std::uint32_t site) noexcept;

  // Notes what the origin made of a request for `path`, which has no query, by the clearance `id`.
  // About 8 ns where the same clearance was served the same path before in this window.
  void Note(std::string_view path, const TokenId& id, bool failed, UnixMillis now) noexcept;

  // The share that is failed, of what this window has seen so far.
  [[nodiscard]] double Measure() const noexcept;
  // Forgets who was seen. The paths keep what they know.
  void BeginWindow() noexcept;

 private:
  struct Judgement;
  [[nodiscard]] std::uint64_t HashOf(std::string_view path) const noexcept;
  [[nodiscard]] bool FirstVote(std::uint64_t who, std::uint64_t path) noexcept;
  // Adds a vote to the path and says what it knows now.
  Judgement Vote(std::uint64_t path, bool first, bool failed, UnixMillis now) noexcept;

  Window& window_;
  std::span<PathCell> paths_;
  TableHash hash_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_ORIGIN_TROUBLE_H_
