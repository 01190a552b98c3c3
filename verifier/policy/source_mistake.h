#ifndef STILE_VERIFIER_POLICY_SOURCE_MISTAKE_H_
#define STILE_VERIFIER_POLICY_SOURCE_MISTAKE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"
#include "verifier/level.h"
#include "verifier/policy/policy.h"

namespace stile {

// What may be wrong with the parts of a policy. The compiler and the file reader share it; each
// says in its own way where the mistake is.
struct SourceMistake {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;  // One sentence that says what to change.
};

// Each returns the mistake in one value, or nothing.
[[nodiscard]] std::optional<SourceMistake> MistakeInName(std::string_view name);
[[nodiscard]] std::optional<SourceMistake> MistakeInHost(std::string_view pattern);
[[nodiscard]] std::optional<SourceMistake> MistakeInPath(std::string_view pattern, Action action);
[[nodiscard]] std::optional<SourceMistake> MistakeInMethod(std::string_view method);
[[nodiscard]] std::optional<SourceMistake> MistakeInCidr(const Cidr& range);
[[nodiscard]] std::optional<SourceMistake> MistakeInUserAgent(std::string_view pattern);

// A mistake in a list of levels: in the level at `level`, in its alternative at `alternative` if
// there is one.
struct LevelMistake {
  std::size_t level = 0;
  std::optional<std::size_t> alternative;
  SourceMistake mistake;
};

// Returns every mistake in levels that CompleteLevels has seen: a bad name, a rank 0, a built-in
// level's name with another rank, a name or rank used twice, no or too many alternatives, and an
// alternative that lies outside the limits of docs/wire-format.md, earns an unknown level, or
// earns any but its own level or the one directly below (docs/decisions/002).
[[nodiscard]] std::vector<LevelMistake> MistakesInLevels(const std::vector<Level>& levels);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_SOURCE_MISTAKE_H_
