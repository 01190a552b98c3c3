#include "tests/simulation/fleet_report.h"

#include <sys/resource.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace stile::simulation {
namespace {

double Share(std::uint64_t part, std::uint64_t of) {
  return of == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(of);
}

void Sum(FleetOutcome& sum, const FleetOutcome& one) {
  sum.events += one.events;
  sum.commands += one.commands;
  sum.issued += one.issued;
  sum.not_issued += one.not_issued;
  sum.submitted += one.submitted;
  sum.accepted += one.accepted;
  sum.repeats += one.repeats;
  sum.doubled += one.doubled;
  sum.most = std::max(sum.most, one.most);
  sum.honest += one.honest;
  sum.honest_refused += one.honest_refused;
  sum.quiet += one.quiet;
  sum.quiet_refused += one.quiet_refused;
  sum.most_keys = std::max(sum.most_keys, one.most_keys);
  sum.most_bytes = std::max(sum.most_bytes, one.most_bytes);
  sum.most_waiting = std::max(sum.most_waiting, one.most_waiting);
}

}  // namespace

void FleetReport::Add(std::uint64_t seed, Mode mode, const FleetOutcome& outcome) {
  const auto index = static_cast<std::size_t>(mode);
  ++seeds_[index];
  Sum(sums_[index], outcome);
  for (std::size_t i = 0; i < faults_.size(); ++i) faults_[i] += outcome.faults[i];
  if (outcome.mistake.empty()) return;
  if (++mistakes_ > 20) return;
  std::printf("seed %" PRIu64 ", mode %s: %s\n  again: simulate_spends --seed %" PRIu64
              " --mode %s --trace\n",
              seed, kModeNames[index].data(), outcome.mistake.c_str(), seed,
              kModeNames[index].data());
}

void FleetReport::Print() const {
  std::printf(
      "mode          seeds     events   tokens  requests accepted repeated twice most  "
      "honest       eps   quiet  eps quiet  keys   bytes waiting\n");
  for (std::size_t i = 0; i < kModes; ++i) {
    const FleetOutcome& sum = sums_[i];
    if (seeds_[i] == 0) continue;
    std::printf("%-12s %6" PRIu64 " %10" PRIu64 " %8" PRIu64 " %9" PRIu64 " %8" PRIu64 " %8" PRIu64
                " %5" PRIu64 " %4" PRIu64 " %7" PRIu64 "  %.6f %7" PRIu64 "   %.6f %5" PRIu64
                " %7" PRIu64 " %7" PRIu64 "\n",
                kModeNames[i].data(), seeds_[i], sum.events, sum.issued, sum.submitted,
                sum.accepted, sum.repeats, sum.doubled, sum.most, sum.honest,
                Share(sum.honest_refused, sum.honest), sum.quiet,
                Share(sum.quiet_refused, sum.quiet), sum.most_keys, sum.most_bytes,
                sum.most_waiting);
  }
  std::printf("faults:");
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i] != 0) std::printf(" %s %" PRIu64 ";", kFaultNames[i].data(), faults_[i]);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("\nmistakes: %" PRIu64 "; max RSS %ld KiB\n", mistakes_, usage.ru_maxrss);
}

}  // namespace stile::simulation
