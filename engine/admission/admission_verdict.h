#ifndef STILE_ENGINE_ADMISSION_ADMISSION_VERDICT_H_
#define STILE_ENGINE_ADMISSION_ADMISSION_VERDICT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"

namespace stile {

// Why a candidate is not admitted. A default one is not.
enum class AdmissionRefusal : std::uint8_t {
  kNotJudged = 0,
  kNone = 1,         // It is admitted.
  kLimit = 2,        // Its source is larger than a candidate may be.
  kMistakes = 3,     // It can't be made: `errors` has every mistake.
  kFault = 4,        // It gave no usable answer to a request of the corpus.
  kSteps = 5,        // It takes too much work for one.
  kCorpus = 6,       // It turns away ordinary visitors of the corpus that are served now.
  kLetsIn = 7,       // It lets everybody in who is challenged now.
  kBlastRadius = 8,  // It turns away too many of the clients that are served now.
  kRolledBack = 9,   // It served some, and turned away too many of them.
};
inline constexpr std::size_t kAdmissionRefusalCount = 10;
// The name that metrics and logs use, such as "blast-radius".
[[nodiscard]] std::string_view AdmissionRefusalName(AdmissionRefusal refusal) noexcept;

// What became of some requests of one kind.
struct TrafficShift {
  std::size_t requests = 0;
  std::size_t denied = 0;      // Of those, newly denied,
  std::size_t challenged = 0;  // newly challenged,
  std::size_t let_in = 0;      // and newly let in.

  [[nodiscard]] double ShareOf(std::size_t count) const noexcept {
    return requests == 0 ? 0 : static_cast<double>(count) / static_cast<double>(requests);
  }
};

// What one rule of a candidate would do to the sampled requests: of `requests` that it decides, the
// engine that serves decides `changed` otherwise.
struct RuleShift {
  std::string site;
  std::string rule;  // "default" where no rule decides.
  std::size_t requests = 0;
  std::size_t changed = 0;
};

// What was found out about a candidate, whether or not it is admitted.
struct AdmissionVerdict {
  static constexpr std::size_t kMaxRules = 32;

  AdmissionRefusal refusal = AdmissionRefusal::kNotJudged;
  std::string candidate;  // Digests of their sources.
  std::string serving;
  Errors errors;          // Why it is refused: never empty then.
  bool forced = false;    // It is admitted only because somebody insisted.
  bool on_trial = false;  // It is admitted, and serves some clients first.

  std::size_t corpus_requests = 0;  // How many of the corpus it was asked about.
  std::size_t most_steps = 0;       // For any of them.
  // The sampled requests, by what the engine that serves makes of them.
  TrafficShift cleared;  // They pass with a clearance.
  TrafficShift passed;   // They pass without one. Those that are newly challenged do no harm.
  TrafficShift refused;  // They are challenged or denied.
  // The rules that change most, most first; at most kMaxRules.
  std::vector<RuleShift> rules;

  [[nodiscard]] bool admitted() const noexcept { return refusal == AdmissionRefusal::kNone; }
};

// Sentences about what a candidate would change, for a log and for people: the shares of each kind
// of client, then one for each rule, "rule \"block\" would change 12 of 40 requests".
[[nodiscard]] std::vector<std::string> DescribeShift(const AdmissionVerdict& verdict);

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_ADMISSION_VERDICT_H_
