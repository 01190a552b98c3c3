#include "engine/admission/trial.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/admission/rule_text.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

// How unlikely it must be that chance alone did it. It is asked some hundred times in a trial.
constexpr double kChance = 1e-5;
constexpr double kFewest = 3;  // One client, or a pair of them, never decides.

struct Share {
  double all;
  double hit;
};

// The chance of `share.hit` or more hits where each of `share.all` is one with the chance `each`.
double ChanceOf(const Share& share, double each) {
  if (each >= 1) return 1;
  double chance = 0;
  for (double hit = share.hit; hit <= share.all; ++hit) {
    const double ways =
        std::lgamma(share.all + 1) - std::lgamma(hit + 1) - std::lgamma(share.all - hit + 1);
    const double one =
        std::exp(ways + hit * std::log(each) + (share.all - hit) * std::log1p(-each));
    chance += one;
    if (chance > kChance || one < kChance * 1e-9) break;  // Past the middle they only get less.
  }
  return chance;
}

bool IsWorse(const Share& inside, const Share& outside, double radius) {
  // Counts of two sets are estimates: a part may come out larger than its whole.
  const Share share{inside.all, std::min(inside.hit, inside.all)};
  if (share.hit < kFewest) return false;
  // What is known of few clients may be chance too.
  const double usual = (std::min(outside.hit, outside.all) + 1) / (outside.all + 2);
  const double allowed = usual + radius;
  return share.hit > share.all * allowed && ChanceOf(share, allowed) <= kChance;
}

std::string Number(double count) { return std::to_string(static_cast<long long>(count)); }

Error Worse(std::string_view what, const Share& inside, const Share& outside, double radius) {
  return Error{ErrorCode::kFailedPrecondition, "admission.cohort",
               std::string(what) + " of " + Number(inside.hit) + " of the " + Number(inside.all) +
                   " clients that it served, and what served before those of " +
                   Number(outside.hit) + " of " + Number(outside.all) +
                   ", more than the limit of " + PercentText(radius) + " above that"};
}

}  // namespace

Errors WhyWorse(const CohortComparison& comparison, const AdmissionLimits& limits) {
  const auto& [inside, outside] = comparison;
  Errors errors;
  const auto judge = [&](std::string_view what, const Share& in, const Share& out) {
    if (!IsWorse(in, out, limits.blast_radius)) return;
    errors.push_back(Worse(what, in, out, limits.blast_radius));
  };
  judge("it denied or challenged again the clearances", {inside.cleared, inside.turned_away},
        {outside.cleared, outside.turned_away});
  judge("it didn't honour the clearances", {inside.bearers, inside.unhonoured},
        {outside.bearers, outside.unhonoured});
  return errors;
}

std::uint64_t CohortSeed(std::string_view digest) noexcept {
  std::uint64_t seed = 0;
  for (const char c : digest) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return seed;
}

void Trial::Begin(std::string digest, milliseconds now) {
  if (is_on_ && digest == digest_) return;
  is_on_ = true;
  digest_ = std::move(digest);
  begun_ = now;
}

Trial::State Trial::Look(const AdmissionLimits& limits, milliseconds now,
                         const CohortComparison& comparison) const {
  if (!is_on_) return State::kNone;
  if (!WhyWorse(comparison, limits).empty()) return State::kWorse;
  const milliseconds served = now - begun_;
  if (served < limits.cohort_for) return State::kGoesOn;
  const bool met_enough = comparison.inside.cleared >= AdmissionLimits::kTrialClients;
  return met_enough || served >= limits.cohort_for * AdmissionLimits::kTrialPatience
             ? State::kPassed
             : State::kGoesOn;
}

}  // namespace stile
