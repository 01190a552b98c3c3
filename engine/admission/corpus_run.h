#ifndef STILE_ENGINE_ADMISSION_CORPUS_RUN_H_
#define STILE_ENGINE_ADMISSION_CORPUS_RUN_H_

#include "challenge/unix_millis.h"
#include "engine/admission/admission_limits.h"
#include "engine/admission/admission_verdict.h"
#include "engine/engine.h"

namespace stile {

// Asks `candidate` about every request of the corpus, for each of its sites, and has it write the
// answer to each that doesn't pass. Each request is asked for a visitor without a clearance and for
// one with what `serving` asks there. Where something is wrong, sets the refusal to one of these
// and adds an error, with the site as its place:
//
//   kFault    an answer that no engine may give: no decision, an empty page, a 5xx
//   kSteps    more work for one request than `limits` allows
//   kCorpus   of the ordinary visitors that `serving` lets pass with a clearance, or doesn't deny,
//             more than limits.corpus_radius are turned away, over IPv4 or over IPv6
//   kLetsIn   of those that it challenges, as many are let in without a challenge by a rule
//
// The last two are about sites that both have, by name, and that enforce. Allocates; charges no
// budget.
void RunCorpus(const Engine& candidate, const Engine& serving, const AdmissionLimits& limits,
               UnixMillis now, AdmissionVerdict& verdict);

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_CORPUS_RUN_H_
