#ifndef STILE_ENGINE_COUNTERS_H_
#define STILE_ENGINE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "challenge/puzzle/puzzle.h"
#include "verifier/verdict.h"

namespace stile {

// A number that one thread writes and others read. Not a read-modify-write: no locked instruction.
class Counter {
 public:
  void Add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t Get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What one worker counts. Sites past the fixed number share the last cell, and so do rules.
struct Counters {
  static constexpr std::size_t kSites = 64;
  static constexpr std::size_t kRules = 256;  // Cells of one site: a rule's index, capped, and...
  static constexpr std::size_t kLaterRules = kRules - 4;  // ...rules past those before,
  static constexpr std::size_t kExempt = kRules - 3;      // built-in exemptions,
  static constexpr std::size_t kThreshold = kRules - 2;   // sums of weights,
  static constexpr std::size_t kDefault = kRules - 1;     // and what no rule matched.
  static constexpr std::size_t kPuzzles = 4;

  // [site][action][verdict]. A request for Stile's own endpoint is kServe with kNone.
  std::array<std::array<std::array<Counter, kVerdictCount>, kActionCount>, kSites> decisions;
  // A shadow rule that matched before the decision counts too.
  std::array<std::array<Counter, kRules>, kSites> rule_matches;
  // [puzzle][verdict]. A body that can't be read is kNone's kMalformed, and one that another origin
  // sent is kNone's kWrongSite.
  std::array<std::array<Counter, kVerdictCount>, kPuzzles> redeems;
  Counter challenges_issued;
  Counter issue_failures;
  Counter clearances_renewed;
  Counter client_address_unknown;

  // Adds what `other` has counted. `other` may be counting.
  void Add(const Counters& other) noexcept;
};

}  // namespace stile

#endif  // STILE_ENGINE_COUNTERS_H_
