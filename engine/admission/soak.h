#ifndef STILE_ENGINE_ADMISSION_SOAK_H_
#define STILE_ENGINE_ADMISSION_SOAK_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/admission/admission_limits.h"

namespace stile {

// How long what serves has served, until it counts as good. For one thread. Times are of a clock
// that never goes back, from whatever origin; requests are how many were decided since any point.
class Soak {
 public:
  enum class State : std::uint8_t {
    kNone = 0,     // Nothing has begun, or what has is over and was noted.
    kSoaking = 1,  // It goes on.
    kDone = 2,     // It is over: what serves is good.
  };

  // Begins for what has this digest, whatever went on before.
  void Begin(std::string digest, std::chrono::milliseconds now, std::uint64_t requests);

  // kDone once limits.soak_for and limits.soak_requests are reached, or kPatience times the first;
  // and again each time until End.
  [[nodiscard]] State Look(const AdmissionLimits& limits, std::chrono::milliseconds now,
                           std::uint64_t requests) const;
  // How long it still goes on at least; 0 if it doesn't.
  [[nodiscard]] std::chrono::milliseconds Left(const AdmissionLimits& limits,
                                               std::chrono::milliseconds now) const;

  // What is good was noted, or what serves is not to be.
  void End() { is_on_ = false; }

  // Of what serves.
  [[nodiscard]] const std::string& digest() const { return digest_; }

 private:
  bool is_on_ = false;
  std::string digest_;
  std::chrono::milliseconds begun_{0};
  std::uint64_t requests_ = 0;
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_SOAK_H_
