// What a Supervisor does about candidates: judges them, watches what serves until it has proven
// good, and keeps the record of this run.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>

#include "engine/admission/admission.h"
#include "engine/admission/decision_count.h"
#include "service/keys.h"
#include "service/last_good.h"
#include "service/log.h"
#include "service/run_record.h"
#include "service/supervisor.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using SteadyClock = std::chrono::steady_clock;

RejectReason ReasonOf(AdmissionRefusal refusal) {
  switch (refusal) {
    case AdmissionRefusal::kLimit:
      return RejectReason::kLimit;
    case AdmissionRefusal::kSteps:
      return RejectReason::kSteps;
    case AdmissionRefusal::kCorpus:
      return RejectReason::kCorpus;
    case AdmissionRefusal::kLetsIn:
      return RejectReason::kLetsIn;
    case AdmissionRefusal::kBlastRadius:
      return RejectReason::kBlastRadius;
    case AdmissionRefusal::kRolledBack:
      return RejectReason::kRolledBack;
    case AdmissionRefusal::kNotJudged:
    case AdmissionRefusal::kNone:
    case AdmissionRefusal::kMistakes:
    case AdmissionRefusal::kFault:
      break;
  }
  return RejectReason::kFault;
}

}  // namespace

// --- Candidates --------------------------------------------------------------------------------

std::optional<std::vector<std::string>> Supervisor::RefusalOf(const Candidate& next, bool force) {
  const UnixMillis now = WallClock();
  const std::string digest = DigestOf(next.loaded.texts);
  if (!force && run_.IsPinned(now) && digest == run_.digest) {
    const std::string until = UtcText(run_.pinned_until);
    return RejectCandidate(RejectReason::kPinned,
                           {"processes that served these files crashed, so that what served before "
                            "is served until " +
                            until + ": change them, or `stile reload --force`"});
  }
  if (!force && digest == rolled_back_) {
    return RejectCandidate(RejectReason::kRolledBack,
                           {"these files were rolled back, for what they did to the clients that "
                            "they served: change them, or `stile reload --force`"});
  }
  const AdmissionConfig& serving = booted_.loaded.config.admission;
  const stile::Candidate candidate{*next.engine, digest,
                                   next.loaded.config.admission.blast_radius_override};
  // The minimal policy is nothing to compare with: whatever is right is better.
  admission_.verdict =
      metrics_->IsDegraded(Degradation::kMinimalPolicy)
          ? JudgeCandidate(candidate, *next.engine, admission_.digest, {}, serving.limits, force,
                           now)
          : JudgeCandidate(candidate, *engines_, admission_.digest, serving.limits, force, now);
  admission_.judged_at = now;
  const AdmissionVerdict& verdict = admission_.verdict;
  if (const std::vector<std::string> shift = DescribeShift(verdict); !shift.empty()) {
    Log(LogLevel::kWarning, "candidate-shift",
        {{"candidate", digest}, {"serving", admission_.digest}, {"changes", shift}});
  }
  if (verdict.admitted()) return std::nullopt;
  admission_.refusal = verdict.refusal;
  admission_.refused_at = now;
  // So that a restart doesn't take what a reload refused. Keys are no part of the digest.
  if (digest != admission_.digest && digest != run_.refused) {
    run_.refused = digest;
    run_.rolled_back = false;
    WriteRunRecord();
  }
  return RejectCandidate(ReasonOf(verdict.refusal), Texts(verdict.errors));
}

std::vector<std::string> Supervisor::RejectCandidate(RejectReason reason,
                                                     std::vector<std::string> errors) {
  metrics_->CountRejected(reason);
  metrics_->SetReload(false, WallClock(), errors);
  TellAdmission();
  Log(LogLevel::kError, "reload-rejected",
      {{"generation", engines_->generation()},
       {"reason", RejectReasonName(reason)},
       {"errors", errors}});
  return errors;
}

// --- What serves -------------------------------------------------------------------------------

// Writes down what is served, if that is what the files say, once it has proven good.
void Supervisor::Record() {
  ConfigTexts texts = std::exchange(booted_.loaded.texts, {});
  admission_.digest = DigestOf(texts);
  const bool from_files = !metrics_->IsDegraded(Degradation::kLastGood) &&
                          !metrics_->IsDegraded(Degradation::kMinimalPolicy) &&
                          !metrics_->IsDegraded(Degradation::kGenerationPinned);
  if (booted_.state_directory.empty() || !from_files) {
    probation_.Cancel();
  } else {
    probation_.Begin(std::move(texts), booted_.state_directory,
                     booted_.loaded.config.admission.limits, SteadyClock::now(),
                     CountDecisions(*engines_));
    // It is recorded already, whatever could not be written of what served meanwhile.
    if (!probation_.is_on()) SetDegraded(Degradation::kState, false);
  }
  TendProbation();
  TellAdmission();
}

void Supervisor::TendProbation() {
  if (!probation_.is_on()) return;
  const std::optional<absl::Status> recorded =
      probation_.Tend(SteadyClock::now(), CountDecisions(*engines_));
  if (!recorded) return;
  const bool was_degraded = metrics_->IsDegraded(Degradation::kState);
  SetDegraded(Degradation::kState, !recorded->ok());
  if (recorded->ok()) {
    Log(LogLevel::kInfo, "recorded-as-good", {{"digest", admission_.digest}});
  } else if (!was_degraded) {
    Log(LogLevel::kError, "degraded",
        {{"reasons", std::vector<std::string>{"state"}}, {"errors", recorded->ToString()}});
  }
  TellAdmission();
}

void Supervisor::TellAdmission() {
  const SteadyClock::time_point now = SteadyClock::now();
  admission_.soaking = probation_.is_on();
  admission_.soaks_until = WallClock() + probation_.Left(now);
  admission_.trial = trial_.is_on() ? trial_.digest() : "";
  admission_.trial_share = booted_.loaded.config.admission.limits.cohort;
  admission_.pinned_until = run_.pinned_until;
  admission_.last_good =
      booted_.state_directory.empty() ? "" : LastGood(booted_.state_directory).Digest();
  metrics_->SetAdmission(admission_);
}

void Supervisor::TendAdmission() {
  TendProbation();
  const UnixMillis now = WallClock();
  if (run_.pinned_until.value == 0 || run_.IsPinned(now)) return;
  // The files get one more chance.
  run_ = NextRun(run_, false, run_.process, run_.digest, now, booted_.loaded.config.admission);
  WriteRunRecord();
  Log(LogLevel::kWarning, "pin-ended", {{"digest", run_.digest}});
  Reload();
}

// --- The record of this run --------------------------------------------------------------------

void Supervisor::BeginRun() {
  run_ = booted_.run;
  WriteRunRecord();
}

void Supervisor::AdoptInRun(const std::string& digest) {
  if (digest != run_.digest) run_.crashes.clear();
  run_.digest = digest;
  run_.pinned_until = UnixMillis{};
  run_.refused.clear();
  run_.rolled_back = false;
  WriteRunRecord();
}

void Supervisor::EndRun() {
  if (booted_.state_directory.empty() || options_.demo) return;
  // A process that takes over has written its own by now.
  const absl::StatusOr<RunRecord> held = ReadRun(booted_.state_directory);
  if (!held.ok() || held->process != run_.process) return;
  run_.ended = true;
  WriteRunRecord();
}

// What can't be written costs the next start what it would have known, and nothing else.
void Supervisor::WriteRunRecord() {
  if (booted_.state_directory.empty() || options_.demo) return;
  const absl::Status written = WriteRun(booted_.state_directory, run_);
  if (written.ok() == run_is_written_) return;
  run_is_written_ = written.ok();
  if (!written.ok()) {
    Log(LogLevel::kWarning, "run-not-recorded",
        {{"error", written.ToString()},
         {"message", "a start after a crash won't know of this run"}});
  }
}

}  // namespace stile
