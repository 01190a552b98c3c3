#ifndef STILE_SERVICE_PROBATION_H_
#define STILE_SERVICE_PROBATION_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>

#include "engine/admission/admission_limits.h"
#include "engine/admission/soak.h"
#include "service/engine_loader.h"

namespace stile {

// Keeps the texts of what serves until they have proven good, and then records them as last good.
// For one thread. Times are of the steady clock.
class Probation {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `texts` serve from now on; `requests` is how many were decided so far. What is the latest
  // record already has nothing to prove, and what is on probation already goes on with it. Where
  // nothing usable is recorded at all there is nothing to lose, and they are due at once.
  void Begin(ConfigTexts texts, std::string directory, const AdmissionLimits& limits, Time now,
             std::uint64_t requests);
  // What serves is not to be recorded.
  void Cancel();

  // Records what is due. Returns how that went, and nullopt where nothing was. What can't be
  // written is tried again after kRetry.
  [[nodiscard]] std::optional<absl::Status> Tend(Time now, std::uint64_t requests);
  static constexpr std::chrono::seconds kRetry{5};

  // When Tend may have something to do; nullopt: not by itself.
  [[nodiscard]] std::optional<Time> NextLook(Time now) const;

  // Whether what serves has not been recorded yet, and how much longer that takes at least.
  [[nodiscard]] bool is_on() const { return is_on_; }
  [[nodiscard]] std::chrono::milliseconds Left(Time now) const;

 private:
  bool is_on_ = false;
  bool due_ = false;
  ConfigTexts texts_;
  std::string directory_;
  AdmissionLimits limits_;
  Soak soak_;
  Time next_try_;
};

}  // namespace stile

#endif  // STILE_SERVICE_PROBATION_H_
