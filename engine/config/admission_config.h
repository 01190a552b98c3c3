#ifndef STILE_ENGINE_CONFIG_ADMISSION_CONFIG_H_
#define STILE_ENGINE_CONFIG_ADMISSION_CONFIG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/admission/admission_limits.h"

namespace stile {

// What a reload must keep to, and how long what it brings is watched.
struct AdmissionConfig {
  static constexpr std::size_t kMostGenerations = 10;  // That limits.generations may say.

  AdmissionLimits limits;
  bool blast_radius_override = false;
  // So many ends of the process that were none of its own doing, within crash_window of each other
  // and with the same files, have a start serve what served before them, for pin_for.
  std::uint32_t crashes = 2;
  std::chrono::milliseconds pin_for{std::chrono::hours{1}};

  [[nodiscard]] std::chrono::milliseconds crash_window() const {
    constexpr std::chrono::milliseconds kShortest = std::chrono::minutes{10};
    return limits.soak_for > kShortest ? limits.soak_for : kShortest;
  }
};

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_ADMISSION_CONFIG_H_
