#ifndef STILE_ENGINE_ADMISSION_ADMISSION_H_
#define STILE_ENGINE_ADMISSION_ADMISSION_H_

#include <span>
#include <string>

#include "challenge/unix_millis.h"
#include "engine/admission/admission_limits.h"
#include "engine/admission/admission_verdict.h"
#include "engine/admission/request_sample.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"

namespace stile {

// A candidate that was made, and what it is to be known by.
struct Candidate {
  const Engine& engine;
  std::string digest;
  // Its own configuration says that it may turn away as many as it does.
  bool blast_radius_override = false;
};

// Judges `candidate` against what serves, in this order: RunCorpus, then RunShadow over `samples`.
// What is wrong with a candidate that it was refused for is in the verdict, with both digests;
// what it would change is there in any case.
//
// kCorpus, kLetsIn and kBlastRadius don't refuse a candidate that has blast_radius_override if
// `forced` says that somebody insists besides; the other refusals always do. Never throws: where
// memory runs out meanwhile, or anything else fails, the verdict is kFault. Changes neither engine.
[[nodiscard]] AdmissionVerdict JudgeCandidate(const Candidate& candidate, const Engine& serving,
                                              std::string serving_digest,
                                              std::span<const RequestSample> samples,
                                              const AdmissionLimits& limits, bool forced,
                                              UnixMillis now) noexcept;

// The same against the engine and with the samples of `slot`. Holds its lock meanwhile, which
// requests don't take. `slot` publishes what `candidate` was compared with until it returns.
[[nodiscard]] AdmissionVerdict JudgeCandidate(const Candidate& candidate, EngineSlot& slot,
                                              std::string serving_digest,
                                              const AdmissionLimits& limits, bool forced,
                                              UnixMillis now) noexcept;

// A verdict on a candidate that could not be made: kLimit if each of `errors` is kOutOfRange, else
// kMistakes.
[[nodiscard]] AdmissionVerdict RefusedForMistakes(Errors errors, std::string digest,
                                                  std::string serving_digest);

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_ADMISSION_H_
