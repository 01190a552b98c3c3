#ifndef STILE_ENGINE_ADMISSION_SHADOW_RUN_H_
#define STILE_ENGINE_ADMISSION_SHADOW_RUN_H_

#include <span>

#include "challenge/unix_millis.h"
#include "engine/admission/admission_limits.h"
#include "engine/admission/admission_verdict.h"
#include "engine/admission/request_sample.h"
#include "engine/engine.h"

namespace stile {

// Asks both engines about every sample, and fills in what `candidate` would change: the shifts of
// each kind of client, and the rules that make them. A clearance that `candidate` doesn't honour,
// since a key or a cookie's name is another there, counts for nothing with it.
//
// Where more than limits.blast_radius of a kind would be turned away, sets the refusal to
// kBlastRadius and adds an error: of cleared clients those that are denied or challenged again, of
// others that pass those that are denied. Allocates; charges no budget.
void RunShadow(const Engine& candidate, const Engine& serving,
               std::span<const RequestSample> samples, const AdmissionLimits& limits,
               UnixMillis now, AdmissionVerdict& verdict);

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_SHADOW_RUN_H_
