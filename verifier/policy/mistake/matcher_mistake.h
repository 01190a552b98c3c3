#ifndef STILE_VERIFIER_POLICY_MISTAKE_MATCHER_MISTAKE_H_
#define STILE_VERIFIER_POLICY_MISTAKE_MATCHER_MISTAKE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "verifier/policy/index/reading.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/mistake/source_tally.h"
#include "verifier/policy/policy.h"

namespace stile {

inline constexpr std::size_t kMaxAgents = 256;
inline constexpr std::size_t kMaxThresholds = 16;
inline constexpr std::int32_t kMaxWeight = 1000;
inline constexpr std::int32_t kMaxThreshold = 1'000'000;
inline constexpr std::uint32_t kMaxRate = 1'000'000;
inline constexpr std::uint8_t kMaxOverload = 100;

// Returns every mistake in a table of matchers and the tables in it: values, names of agents that
// are not among `agents`, which are all that the policy knows, tables nested deeper than
// Matchers::kMaxDepth, and what `tally` finds to be too much. `reading` is that of the table.
[[nodiscard]] std::vector<SourceMistake> MistakesInMatchers(const Matchers& matchers,
                                                            Reading reading,
                                                            const std::vector<Agent>& agents,
                                                            SourceTally& tally);

// Whether a rule has a weight if it weighs, and only then.
[[nodiscard]] std::optional<SourceMistake> MistakeInWeight(const Rule& rule);

// Whether a test asks what can be asked of a field (`is_field`) or of the query.
[[nodiscard]] std::optional<SourceMistake> MistakeInFieldTest(const FieldTest& test, bool is_field);

// Returns every mistake in one agent; its name may be another's too.
[[nodiscard]] std::vector<SourceMistake> MistakesInAgent(const Agent& agent, SourceTally& tally);

// Too many, out of its limits, or the same `at` twice. Says nothing of actions and levels.
[[nodiscard]] std::optional<SourceMistake> MistakeInThreshold(
    const std::vector<Threshold>& thresholds, std::size_t index);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_MATCHER_MISTAKE_H_
