#ifndef STILE_SERVICE_DEGRADATION_H_
#define STILE_SERVICE_DEGRADATION_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile {

// Why stiled does something else, or less, than its files say. Each has a row in degradation.cc,
// without which this room doesn't compile, and an alert in examples/monitoring.
enum class Degradation : std::uint8_t {
  kLastGood = 0,           // The files are wrong: what was recorded last is served.
  kMinimalPolicy = 1,      // A policy is wrong and nothing usable was recorded: all is challenged.
  kKeys = 2,               // The keys can't be used: temporary ones took their place.
  kState = 3,              // What is served can't be recorded.
  kGeo = 4,                // A database can't be used: countries or networks are unknown.
  kCertificates = 5,       // A certificate can't be used: its listener goes without.
  kSpendStore = 6,         // The shared store of spends can't be asked.
  kSpendContract = 7,      // It could, and is not set up as it must be.
  kTables = 8,             // This process counts for itself, though tables to share are configured.
  kBudgetMerge = 9,        // Budgets aren't merged with those of other nodes.
  kOverload = 10,          // An event loop is later than limits.overload.
  kModeFile = 11,          // The mode file can't be understood: what it said last holds.
  kModeRecord = 12,        // Orders about modes can't be kept over a restart, or were lost by one.
  kGenerationPinned = 13,  // Processes that served the files crashed: what was before is served.
  kMemory = 14,            // Something found no memory a moment ago.
  kClock = 15,             // The system's clock leapt, and isn't believed yet.
};
inline constexpr std::size_t kDegradationCount = 16;

// Which requests a degradation touches.
enum class Touched : std::uint8_t {
  kNone = 0,        // None: what it threatens is the next start.
  kRequests = 1,    // Every one that is decided about.
  kTokens = 2,      // Those that buy a response token, or ask about one.
  kHandshakes = 3,  // TLS handshakes that find no certificate.
  kShed = 4,        // Those that are refused in short form.
};
inline constexpr std::size_t kTouchedCount = 5;

// What an operator is told about a degradation: plain sentences without an end, of which the first
// says what is so, the second what Stile does about it by itself, the third what to do.
struct DegradationText {
  Degradation degradation = Degradation::kLastGood;
  std::string_view name;  // That metrics and logs use, such as "last-good".
  std::string_view message;
  std::string_view doing;
  std::string_view advice;
  Touched touched = Touched::kRequests;
  bool has_own_events = false;  // Whoever finds it logs its beginning, and its end if it has one.
};
[[nodiscard]] const DegradationText& TextOf(Degradation degradation) noexcept;

[[nodiscard]] inline std::string_view DegradationName(Degradation degradation) noexcept {
  return TextOf(degradation).name;
}

}  // namespace stile

#endif  // STILE_SERVICE_DEGRADATION_H_
