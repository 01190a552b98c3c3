// What a Supervisor does while a candidate serves some clients first: compares what becomes of them
// with what becomes of the others, and rolls it back or has it serve everybody.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/admission/trial.h"
#include "service/last_good.h"
#include "service/log.h"
#include "service/supervisor.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

std::chrono::milliseconds SteadyNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

// Of what serves, with those sites of `next` besides that it doesn't have.
Config WithSitesOf(const Config& next, Config serving) {
  for (std::size_t i = 0; i < next.sites.size(); ++i) {
    const SiteConfig& site = next.sites[i];
    const bool is_known = std::any_of(
        serving.sites.begin(), serving.sites.end(),
        [&site](const SiteConfig& one) { return one.options.name == site.options.name; });
    if (is_known) continue;
    serving.sites.push_back(site);
    serving.upstreams.push_back(next.upstreams[i]);
  }
  return serving;
}

}  // namespace

// Two must agree to do without: whoever insists, and the candidate's own file.
bool Supervisor::NeedsTrial(const Candidate& next, bool force) const {
  if (!booted_.loaded.config.admission.limits.HasCohort()) return false;
  if (force && !next.loaded.config.admission.limits.HasCohort()) return false;
  // Whatever is right is better, though it honours none of the clearances that these earned.
  if (metrics_->IsDegraded(Degradation::kMinimalPolicy) ||
      metrics_->IsDegraded(Degradation::kKeys)) {
    return false;
  }
  return DigestOf(next.loaded.texts) != admission_.digest;
}

void Supervisor::BeginTrial(Candidate next, UnixMillis ring_made) {
  std::string digest = DigestOf(next.loaded.texts);
  if (trial_.is_on() && trial_.digest() != digest) DropTrial("a reload");
  std::unique_ptr<const Engine> engine = std::move(next.engine);
  RunRecord before = tried_ != nullptr ? tried_->before : run_;
  auto tried = std::make_unique<OnTrial>(OnTrial{std::move(next), ring_made, std::move(before)});
  const Config& serving = booted_.loaded.config;
  // What only the candidate asks for is there for it; what both do is as what serves says.
  LookUps look_ups = LookUpsFor(serving);
  const GeoDatabases& geo = tried->next.geo;
  if (look_ups.databases.country == nullptr) look_ups.databases.country = geo.country;
  if (look_ups.databases.asn == nullptr) look_ups.databases.asn = geo.asn;
  server_->UseConfig(WithSitesOf(tried->next.loaded.config, serving), std::move(look_ups));
  switches_->Try(std::move(engine), {serving.admission.limits.cohort, CohortSeed(digest)});
  collecting_ = true;
  tried_ = std::move(tried);
  trial_.Begin(digest, SteadyNow());
  AdoptInRun(digest);  // If it crashes, it was this.
  Log(LogLevel::kInfo, "trial-begun",
      {{"candidate", digest},
       {"serving", admission_.digest},
       {"percent", PercentNumber(serving.admission.limits.cohort)}});
  TellAdmission();
}

void Supervisor::TendTrial() {
  if (!trial_.is_on()) return;
  const std::optional<CohortComparison> comparison = engines_->CompareCohorts();
  if (!comparison || tried_ == nullptr) return DropTrial("another engine");
  const AdmissionLimits& limits = booted_.loaded.config.admission.limits;
  switch (trial_.Look(limits, SteadyNow(), *comparison)) {
    case Trial::State::kNone:
    case Trial::State::kGoesOn:
      return;
    case Trial::State::kWorse:
      return RollBack(*comparison);
    case Trial::State::kPassed:
      return PassTrial();
  }
}

void Supervisor::PassTrial() {
  const std::unique_ptr<OnTrial> passed = std::move(tried_);
  ring_made_ = passed->ring_made;
  Log(LogLevel::kInfo, "trial-passed", {{"candidate", trial_.digest()}});
  CountTrial(admission_, AdmissionState::Outcome::kPassed);
  Adopt(std::move(passed->next));
  trial_.End();
  TellAdmission();
}

void Supervisor::RollBack(const CohortComparison& comparison) {
  engines_->EndTrial();
  trial_.End();
  const std::unique_ptr<OnTrial> rolled = std::move(tried_);
  const UnixMillis now = WallClock();
  ResetDoors();
  AdmissionVerdict& verdict = admission_.verdict;
  verdict.refusal = admission_.refusal = AdmissionRefusal::kRolledBack;
  verdict.candidate = rolled_back_ = trial_.digest();
  verdict.serving = admission_.digest;
  verdict.errors = WhyWorse(comparison, booted_.loaded.config.admission.limits);
  admission_.refused_at = now;
  CountTrial(admission_, AdmissionState::Outcome::kRolledBack);
  const std::vector<std::string> errors = Texts(verdict.errors);
  metrics_->CountRejected(RejectReason::kRolledBack);
  metrics_->SetReload(false, now, errors);
  run_ = rolled->before;
  run_.refused = rolled_back_;
  run_.rolled_back = true;
  TellAdmission();  // Whoever reads the line finds the numbers that go with it.
  Log(LogLevel::kError, "rolled-back",
      {{"candidate", rolled_back_}, {"serving", admission_.digest}, {"errors", errors}});
  WriteRunRecord();
  notify_.Status(StatusLine());
}

void Supervisor::DropTrial(std::string_view by) {
  if (!trial_.is_on()) return;
  engines_->EndTrial();
  trial_.End();
  tried_.reset();
  ResetDoors();
  CountTrial(admission_, AdmissionState::Outcome::kDropped);
  Log(LogLevel::kWarning, "trial-dropped", {{"candidate", trial_.digest()}, {"by", by}});
  TellAdmission();
}

void Supervisor::ResetDoors() {
  const Config& serving = booted_.loaded.config;
  // A loop without requests lets go of the engine that was tried.
  server_->UseConfig(serving, LookUpsFor(serving));
  collecting_ = true;
}

}  // namespace stile
