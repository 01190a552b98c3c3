#ifndef STILE_SERVICE_ADMISSION_STATE_H_
#define STILE_SERVICE_ADMISSION_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "challenge/unix_millis.h"
#include "engine/admission/admission_verdict.h"
#include "service/metric_families.h"

namespace stile {

// What stiled tells of admission.
struct AdmissionState {
  std::string digest;      // Of the files that serve, as DigestOf.
  std::string last_good;   // Of the latest record; empty: none.
  bool soaking = false;    // What serves has yet to prove good.
  UnixMillis soaks_until;  // At least.
  std::string trial;       // The digest of the candidate that serves some clients; empty: none.
  double trial_share = 0;  // Of the clients with a clearance.
  // How trials have ended: served everybody, rolled back, ended by something else.
  enum class Outcome : std::uint8_t { kPassed = 0, kRolledBack = 1, kDropped = 2 };
  std::array<std::uint64_t, 3> trials{};
  UnixMillis pinned_until;  // 0: the files of the last start are not held back.
  // Of the last candidate that was judged; kNotJudged: none was.
  AdmissionVerdict verdict;
  UnixMillis judged_at;
  // The last one that was refused, whatever was judged since; 0: none was.
  AdmissionRefusal refusal = AdmissionRefusal::kNone;
  UnixMillis refused_at;
};

inline void CountTrial(AdmissionState& state, AdmissionState::Outcome outcome) {
  ++state.trials[static_cast<std::size_t>(outcome)];
}

// A share as a percentage, in JSON and elsewhere: "0.5", "1".
[[nodiscard]] std::string PercentNumber(double share);

void ShowAdmission(const AdmissionState& state, MetricFamilies& families);
// {"digest":...,...}, for /status.
[[nodiscard]] std::string AdmissionJson(const AdmissionState& state);

}  // namespace stile

#endif  // STILE_SERVICE_ADMISSION_STATE_H_
