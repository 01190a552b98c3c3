#include "engine/admission/shadow_run.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "challenge/alternative.h"
#include "engine/admission/rule_text.h"
#include "engine/admission/traffic_sample.h"

namespace stile {
namespace {

// One sample as two engines see it.
struct Pair {
  Decision before;
  Decision after;
  std::size_t site = 0;  // Of the candidate.
  // The mode is to ask cleared clients again from now on: whoever switches to it means that.
  bool is_attack = false;
};

Request PinnedTo(const Request& request, const RequestSample& sample, const Engine& engine) {
  Request pinned = request;
  if (sample.pinned_site() != 0) pinned.site = engine.SiteOfId(sample.pinned_site());
  return pinned;
}

Pair Compare(const Engine& candidate, const Engine& serving, const RequestSample& sample,
             UnixMillis now) {
  RequestSample::FieldRoom room;
  const Request request = sample.View(room);
  const Request theirs = PinnedTo(request, sample, serving);
  const Request ours = PinnedTo(request, sample, candidate);
  Standing standing = sample.standing();
  // On a quiet site samples outlive their clearances: no key need be kept for one that has ended.
  if (standing.issued_at + std::int64_t{kMaxClearanceSeconds} <= now.Seconds()) standing = {};
  // What serves may have changed since the sample was taken.
  if (standing.rank != 0 && !serving.Honours(serving, theirs, standing, now)) standing = {};
  Pair pair;
  pair.before = serving.Foresee(theirs, standing, now);
  // Temporary keys are to be replaced, whoever holds a clearance of theirs.
  const bool keys_matter = !serving.site_options(serving.SiteOf(theirs)).keys_degraded;
  if (standing.rank != 0 && keys_matter && !candidate.Honours(serving, ours, standing, now))
    standing = {};
  pair.after = candidate.Foresee(ours, standing, now);
  pair.site = candidate.SiteOf(ours);
  pair.is_attack = candidate.site_options(pair.site).mode == GateMode::kAttack &&
                   serving.site_options(serving.SiteOf(theirs)).mode != GateMode::kAttack;
  return pair;
}

TrafficShift& ShiftOf(const Decision& before, AdmissionVerdict& verdict) {
  switch (TrafficSample::KindOf(before)) {
    case TrafficSample::Kind::kCleared:
      return verdict.cleared;
    case TrafficSample::Kind::kPassed:
      return verdict.passed;
    case TrafficSample::Kind::kRefused:
      break;
  }
  return verdict.refused;
}

void Count(const Pair& pair, TrafficShift& shift) {
  ++shift.requests;
  const Action before = pair.before.action;
  const Action after = pair.after.action;
  if (after == before) return;
  if (after == Action::kDeny) ++shift.denied;
  if (after == Action::kChallenge && before == Action::kAllow) ++shift.challenged;
  if (after == Action::kAllow) ++shift.let_in;
}

void Judge(std::string_view who, std::string_view what, const TrafficShift& shift,
           std::size_t turned_away, const AdmissionLimits& limits, AdmissionVerdict& verdict) {
  if (shift.requests < std::max<std::size_t>(limits.min_samples, 1)) return;
  if (shift.ShareOf(turned_away) <= limits.blast_radius) return;
  if (verdict.refusal == AdmissionRefusal::kNone) {
    verdict.refusal = AdmissionRefusal::kBlastRadius;
  }
  std::string message = "it would turn away " + std::to_string(turned_away) + " of " +
                        std::to_string(shift.requests) + " recent requests of " + std::string(who) +
                        " (" + std::string(what) + "), more than the limit of " +
                        PercentText(limits.blast_radius);
  if (!verdict.rules.empty()) message += ": look at " + NameOf(verdict.rules.front());
  verdict.errors.push_back(
      Error{ErrorCode::kFailedPrecondition, "admission.blast_radius", std::move(message)});
}

}  // namespace

void RunShadow(const Engine& candidate, const Engine& serving,
               std::span<const RequestSample> samples, const AdmissionLimits& limits,
               UnixMillis now, AdmissionVerdict& verdict) {
  std::map<std::pair<std::size_t, std::string>, RuleShift> rules;
  for (const RequestSample& sample : samples) {
    const Pair pair = Compare(candidate, serving, sample, now);
    if (pair.is_attack) continue;
    Count(pair, ShiftOf(pair.before, verdict));
    const std::string rule = RuleNameOf(candidate.policy(pair.site), pair.after);
    RuleShift& shift = rules[{pair.site, rule}];
    shift.site = candidate.site_options(pair.site).name;
    shift.rule = rule;
    ++shift.requests;
    if (pair.after.action != pair.before.action) ++shift.changed;
  }
  for (auto& [key, shift] : rules) {
    if (shift.changed != 0) verdict.rules.push_back(std::move(shift));
  }
  std::stable_sort(verdict.rules.begin(), verdict.rules.end(),
                   [](const RuleShift& a, const RuleShift& b) { return a.changed > b.changed; });
  if (verdict.rules.size() > AdmissionVerdict::kMaxRules) {
    verdict.rules.resize(AdmissionVerdict::kMaxRules);
  }
  Judge("cleared clients", "denied or challenged again", verdict.cleared,
        verdict.cleared.denied + verdict.cleared.challenged, limits, verdict);
  Judge("clients that pass without a clearance", "denied", verdict.passed, verdict.passed.denied,
        limits, verdict);
}

}  // namespace stile
