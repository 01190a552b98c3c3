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

// What the origin made of one request.
struct OriginOutcome {
  bool failed = false;       // A status of 500 or more, or no answer.
  std::uint32_t millis = 0;  // Until its answer began; 0: not measured.
};

// One clearance's request for one path, before the origin has answered it: numbers that only the
// table which they are of understands. A default one is nobody's.
struct OriginVisit {
  std::uint64_t path = 0;
  std::uint64_t segment = 0;  // The path's first.
  std::uint64_t who = 0;
  bool unasked = false;  // By nobody's clearance: a client that passed unasked.
};

// How much more of a site's cleared visitors the origin fails than it always does: 0 to 1. A
// failure counts where the path that failed, or if that one is new the first segment of it, fails
// far more visitors in this window than it did before; a path without history or one that always
// fails tells nothing. An answer that takes a second or more, and kLateFactor times what is usual
// for its path, is a failure too. Counted in distinct clearances, each once in a window and each
// path once for each, so that neither the number of a client's requests nor the pages that it picks
// matter.
//
// A view of memory that somebody else owns, zeroed before its first use; shared by threads and
// processes, lock-free. What two write at once may count as one.
class OriginTrouble {
 public:
  static constexpr std::int64_t kWindowMillis = 10'000;
  // Failing clearances that count for nothing, and how many must be seen to count as a crowd.
  static constexpr double kFailuresForgiven = 4;
  static constexpr double kLeastCrowd = 16;
  static constexpr std::uint32_t kNeverLateMillis = 1'000;
  static constexpr std::uint32_t kLateFactor = 4;
  static constexpr std::size_t kMostPath = 256;  // Of a longer path the start counts.

  // What one site saw in this window.
  struct Window {
    std::array<std::atomic<std::uint64_t>, 32> seen;    // A bit for each clearance,
    std::array<std::atomic<std::uint64_t>, 32> failed;  // and one for each that was failed.
    // 32 bits for each clearance, 16 of them for paths that served it and 16 for those that failed
    // it: so that one clearance can use up nobody's votes but its own.
    std::array<std::atomic<std::uint64_t>, 256> voted;
  };
  // What is known about one path.
  struct PathCell {
    // Tag (24 bits), window (16), good votes (12) and bad ones (12) of that window.
    std::atomic<std::uint64_t> votes;
    // Windows with votes (8 bits), the usual time (24) and the usual share of bad votes (16).
    std::atomic<std::uint64_t> usual;
  };

  // `paths` are a power of two, and may be shared by many sites.
  OriginTrouble(Window& window, std::span<PathCell> paths, const TableHash& hash,
                std::uint32_t site) noexcept;

  // Notes what the origin made of a request for `path`, which has no query, by the clearance `id`.
  // About 8 ns where the same clearance was served the same path before in this window.
  void Note(std::string_view path, const TokenId& id, const OriginOutcome& outcome,
            UnixMillis now) noexcept;

  // The same in two steps, where the path is gone by the time that the origin answers.
  [[nodiscard]] OriginVisit VisitOf(std::string_view path, const TokenId& id) const noexcept;
  void Note(const OriginVisit& visit, const OriginOutcome& outcome, UnixMillis now) noexcept;

  // The share that is failed, of what this window has seen so far.
  [[nodiscard]] double Measure() const noexcept;
  // Forgets who was seen. The paths keep what they know.
  void BeginWindow() noexcept;

 private:
  struct Judgement;
  // True if there is nothing to learn: the path has served this clearance in this window before.
  [[nodiscard]] bool IsKnown(std::uint64_t who, std::uint64_t path,
                             const OriginOutcome& outcome) const noexcept;
  // What Note does where there may be something to learn.
  void Learn(std::string_view path, std::uint64_t hash, std::uint64_t who,
             const OriginOutcome& outcome, UnixMillis now) noexcept;
  // One clearance's vote on two paths: that of the request, and its first segment.
  void Vote(const OriginVisit& visit, const OriginOutcome& outcome, UnixMillis now) noexcept;
  void Cast(std::uint64_t path, const OriginOutcome& outcome, bool late, UnixMillis now) noexcept;
  [[nodiscard]] Judgement Judge(std::uint64_t path, UnixMillis now) const noexcept;
  [[nodiscard]] PathCell& CellOf(std::uint64_t path) const noexcept;
  [[nodiscard]] std::uint64_t HashOf(std::string_view path) const noexcept;
  // Which bit of the clearance's word is its vote on the path.
  [[nodiscard]] static int BallotOf(std::uint64_t who, std::uint64_t path, bool bad) noexcept;

  Window& window_;
  std::span<PathCell> paths_;
  const TableHash& hash_;
  std::uint32_t site_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_ORIGIN_TROUBLE_H_
