#ifndef STILE_ENGINE_ADMISSION_TRIAL_H_
#define STILE_ENGINE_ADMISSION_TRIAL_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "challenge/error.h"
#include "engine/admission/admission_limits.h"
#include "engine/admission/cohort.h"

namespace stile {

// Why the candidate of a trial does worse than what serves: of its clients with a clearance it
// turns away, or of those that claim one it doesn't honour, more than the other by
// limits.blast_radius, and too many for it to be chance. Empty: it doesn't, as far as can be told.
[[nodiscard]] Errors WhyWorse(const CohortComparison& comparison, const AdmissionLimits& limits);

// What EngineSlot::Try picks clients by: a candidate of the same digest meets the same clients on
// every machine, and another one meets others.
[[nodiscard]] std::uint64_t CohortSeed(std::string_view digest) noexcept;

// How far a candidate has come that serves some clients first. For one thread; times as Soak's.
class Trial {
 public:
  enum class State : std::uint8_t {
    kNone = 0,    // Nothing is tried.
    kGoesOn = 1,  // It is too early to tell.
    kWorse = 2,   // WhyWorse has something to say: end it.
    kPassed = 3,  // It may serve everybody.
  };

  // Begins, for the candidate of this digest. That which is tried already keeps its time.
  void Begin(std::string digest, std::chrono::milliseconds now);
  [[nodiscard]] State Look(const AdmissionLimits& limits, std::chrono::milliseconds now,
                           const CohortComparison& comparison) const;
  void End() { is_on_ = false; }

  [[nodiscard]] bool is_on() const { return is_on_; }
  // Of the candidate.
  [[nodiscard]] const std::string& digest() const { return digest_; }

 private:
  bool is_on_ = false;
  std::string digest_;
  std::chrono::milliseconds begun_{0};
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_TRIAL_H_
