#ifndef STILE_ENGINE_ADMISSION_ADMISSION_LIMITS_H_
#define STILE_ENGINE_ADMISSION_ADMISSION_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stile {

// What a candidate must keep to, to serve and to be remembered as good.
struct AdmissionLimits {
  std::size_t max_source = std::size_t{128} << 20;  // Bytes of a candidate's source.
  // What Policy::StepsOf may say of any request of the corpus.
  std::size_t max_steps = 4'096;

  // The share of the sampled requests of one kind, of cleared clients or of others that pass, that
  // a candidate may turn away: 0 to 1. A kind with fewer than `min_samples` is not judged.
  double blast_radius = 0.01;
  std::size_t min_samples = 50;
  // The same of the ordinary requests of the corpus. What a rule on one path or for one kind of
  // program does stays far below; what a rule that matches everything does is 1.
  double corpus_radius = 0.5;

  // How long a candidate serves, and how many requests, before it is remembered as good. Where
  // there are fewer requests, kPatience times as long suffices.
  std::chrono::milliseconds soak_for{std::chrono::minutes{5}};
  std::uint64_t soak_requests = 1'000;
  static constexpr int kPatience = 12;

  // The share of the clients with a clearance that a candidate serves first, and how long: 0 and 1
  // mean everybody at once. It takes kTrialPatience times as long where the candidate has met fewer
  // than kTrialClients of them by then.
  double cohort = 0;
  std::chrono::milliseconds cohort_for{std::chrono::seconds{60}};
  static constexpr double kTrialClients = 20;
  static constexpr int kTrialPatience = 5;
  [[nodiscard]] bool HasCohort() const noexcept { return cohort > 0 && cohort < 1; }

  std::size_t generations = 3;  // How many are remembered as good, the latest included.
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_ADMISSION_LIMITS_H_
