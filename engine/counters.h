#ifndef STILE_ENGINE_COUNTERS_H_
#define STILE_ENGINE_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "challenge/puzzle/puzzle.h"
#include "engine/siteverify.h"
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
  static constexpr std::size_t kLaterRules = kRules - 5;  // ...rules past those before,
  static constexpr std::size_t kTrial = kRules - 4;       // all rules of an engine on trial,
  static constexpr std::size_t kExempt = kRules - 3;      // built-in exemptions,
  static constexpr std::size_t kThreshold = kRules - 2;   // sums of weights,
  static constexpr std::size_t kDefault = kRules - 1;     // and what no rule matched.
  static constexpr std::size_t kPuzzles = 4;

  // [site][action][verdict]. A request for Stile's own endpoint is kServe with kNone.
  std::array<std::array<std::array<Counter, kVerdictCount>, kActionCount>, kSites> decisions;
  // A shadow rule that matched before the decision counts too.
  std::array<std::array<Counter, kRules>, kSites> rule_matches;
  // Requests that came to a rule which a switch has killed.
  std::array<std::array<Counter, kRules>, kSites> rule_kills;
  // [puzzle][verdict]. A body that can't be read is kNone's kMalformed, and one that another origin
  // sent is kNone's kWrongSite.
  std::array<std::array<Counter, kVerdictCount>, kPuzzles> redeems;
  // What became of requests for a response token.
  enum class TokenSale : std::uint8_t {
    kSold = 0,
    kMalformed = 1,
    kCrossOrigin = 2,
    kNotCleared = 3,
    kLimited = 4,
    kUnavailable = 5,  // No number, key or randomness.
  };
  static constexpr std::size_t kTokenSales = 6;
  std::array<Counter, kTokenSales> token_sales;
  // What the store of spends answered.
  enum class Spend : std::uint8_t {
    kFresh = 0,
    kRepeated = 1,  // Fresh once, and asked again with the same idempotency key.
    kSpent = 2,
    kUnknown = 3,  // Of another boot or epoch.
    kUnavailable = 4,
  };
  static constexpr std::size_t kSpends = 5;
  std::array<Counter, kSpends> spends;
  // Why backends were refused; kNone: they were not.
  std::array<Counter, kSiteverifyErrorCount> siteverifies;
  Counter challenges_issued;
  Counter issue_failures;
  Counter clearances_renewed;
  Counter client_address_unknown;
  Counter passed_unasked;  // While it was quiet.
  Counter held_asked;      // Clearances that had to prove more.

  // Adds what `other` has counted. `other` may be counting.
  void Add(const Counters& other) noexcept;
};

}  // namespace stile

#endif  // STILE_ENGINE_COUNTERS_H_
