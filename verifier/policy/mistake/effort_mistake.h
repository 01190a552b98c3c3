#ifndef STILE_VERIFIER_POLICY_MISTAKE_EFFORT_MISTAKE_H_
#define STILE_VERIFIER_POLICY_MISTAKE_EFFORT_MISTAKE_H_

#include <optional>

#include "verifier/effort/effort_options.h"
#include "verifier/policy/mistake/source_mistake.h"

namespace stile {

// What is wrong with `options`: the first number outside its limits (kOutOfRange).
[[nodiscard]] std::optional<SourceMistake> MistakeInEffort(const EffortOptions& options);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_EFFORT_MISTAKE_H_
