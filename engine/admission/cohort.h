#ifndef STILE_ENGINE_ADMISSION_COHORT_H_
#define STILE_ENGINE_ADMISSION_COHORT_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/admission/client_set.h"
#include "engine/counters.h"
#include "verifier/gate.h"

namespace stile {

class Engine;

// What becomes of the clients of one of two engines that serve side by side. Counts clients, not
// requests: whoever comes often, to have a candidate look bad or good, is still one, and more cost
// a clearance each. Engines note in it from any thread; nothing of it allocates or locks.
class Cohort {
 public:
  struct Counts {
    // Clients with a valid clearance, and those that were denied or challenged with it.
    double cleared = 0;
    double turned_away = 0;
    // Clients with what looks like a clearance, and those whose signature wasn't honoured. Most
    // that are not were forged, as many in either cohort.
    double bearers = 0;
    double unhonoured = 0;
  };

  explicit Cohort(bool is_trial) noexcept : is_trial_(is_trial) {}

  // Forgets all that was noted, for another trial of `trial` beside `serving`.
  void Begin(const Engine& trial, const Engine& serving, std::uint64_t seed) noexcept;

  // `bearer`: the ClientHash of what the request claims; 0: nothing. Requests for Stile's own
  // endpoints don't count, nor those that nobody's clearance was looked at for.
  void Note(const Decision& decision, std::uint64_t bearer) noexcept;
  [[nodiscard]] Counts counts() const noexcept;

  // True for the engine that is tried.
  [[nodiscard]] bool is_trial() const noexcept { return is_trial_; }
  // The cell of Counters in which the engine that serves counts the site with this index in the
  // trial; the last one if it has none of the name.
  [[nodiscard]] std::size_t CellOf(std::size_t site) const noexcept;

 private:
  const bool is_trial_;
  std::atomic<std::uint64_t> seed_{0};
  // The trial asks cleared clients again because its mode is to: whoever switches to it means that.
  std::atomic<bool> skips_attack_{false};
  std::array<std::atomic<std::uint8_t>, Counters::kSites> cells_{};
  ClientSet cleared_;
  ClientSet turned_away_;
  ClientSet bearers_;
  ClientSet unhonoured_;
};

// Both of a trial.
struct CohortComparison {
  Cohort::Counts inside;   // Of the candidate.
  Cohort::Counts outside;  // Of what serves.
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_COHORT_H_
