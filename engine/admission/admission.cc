#include "engine/admission/admission.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "engine/admission/corpus_run.h"
#include "engine/admission/shadow_run.h"

namespace stile {
namespace {

bool MayBeForced(AdmissionRefusal refusal) noexcept {
  return refusal == AdmissionRefusal::kCorpus || refusal == AdmissionRefusal::kLetsIn ||
         refusal == AdmissionRefusal::kBlastRadius;
}

constexpr const char* kForceAdvice =
    "If that is meant, set admission.blast_radius_override = true and insist: `stile reload "
    "--force`.";

void Judge(const Candidate& candidate, const Engine& serving,
           std::span<const RequestSample> samples, const AdmissionLimits& limits, bool forced,
           UnixMillis now, AdmissionVerdict& verdict) {
  verdict.refusal = AdmissionRefusal::kNone;
  RunCorpus(candidate.engine, serving, limits, now, verdict);
  const bool is_unfit = !verdict.admitted() && !MayBeForced(verdict.refusal);
  if (is_unfit) return;
  RunShadow(candidate.engine, serving, samples, limits, now, verdict);
  if (verdict.admitted()) return;
  if (forced && candidate.blast_radius_override) {
    verdict.refusal = AdmissionRefusal::kNone;
    verdict.forced = true;
    return;
  }
  verdict.errors.push_back(Error{ErrorCode::kFailedPrecondition, "", kForceAdvice});
}

// What is left to say where even saying it may fail.
AdmissionVerdict Faulted(const char* what) noexcept {
  AdmissionVerdict verdict;
  verdict.refusal = AdmissionRefusal::kFault;
  try {
    verdict.errors.push_back(Error{ErrorCode::kInternal, "", what});
  } catch (const std::exception&) {
    verdict.errors.clear();
  }
  return verdict;
}

}  // namespace

AdmissionVerdict JudgeCandidate(const Candidate& candidate, const Engine& serving,
                                std::string serving_digest, std::span<const RequestSample> samples,
                                const AdmissionLimits& limits, bool forced,
                                UnixMillis now) noexcept {
  try {
    AdmissionVerdict verdict;
    verdict.candidate = candidate.digest;
    verdict.serving = std::move(serving_digest);
    Judge(candidate, serving, samples, limits, forced, now, verdict);
    return verdict;
  } catch (const std::exception& failure) {
    return Faulted(failure.what());
  } catch (...) {
    return Faulted("it could not be judged");
  }
}

AdmissionVerdict JudgeCandidate(const Candidate& candidate, EngineSlot& slot,
                                std::string serving_digest, const AdmissionLimits& limits,
                                bool forced, UnixMillis now) noexcept {
  AdmissionVerdict verdict;
  try {
    slot.Inspect([&](const Engine& serving, const std::vector<Worker*>& workers, const Counters&) {
      std::vector<RequestSample> samples;
      for (const Worker* worker : workers) worker->samples().AppendTo(samples);
      verdict = JudgeCandidate(candidate, serving, std::move(serving_digest), samples, limits,
                               forced, now);
    });
  } catch (...) {
    return Faulted("it could not be judged");
  }
  return verdict;
}

AdmissionVerdict RefusedForMistakes(Errors errors, std::string digest, std::string serving_digest) {
  AdmissionVerdict verdict;
  const bool is_limit =
      !errors.empty() && std::all_of(errors.begin(), errors.end(), [](const Error& error) {
        return error.code == ErrorCode::kOutOfRange;
      });
  verdict.refusal = is_limit ? AdmissionRefusal::kLimit : AdmissionRefusal::kMistakes;
  verdict.candidate = std::move(digest);
  verdict.serving = std::move(serving_digest);
  verdict.errors = std::move(errors);
  return verdict;
}

}  // namespace stile
