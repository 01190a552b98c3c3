#ifndef STILE_VERIFIER_POLICY_MISTAKE_SOURCE_MISTAKE_H_
#define STILE_VERIFIER_POLICY_MISTAKE_SOURCE_MISTAKE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"
#include "verifier/level.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/policy.h"
#include "verifier/rate.h"

namespace stile {

inline constexpr std::size_t kMaxRegex = 512;
// Of a header's or parameter's value, and of a fingerprint.
inline constexpr std::size_t kMaxFieldText = 256;

// What may be wrong with the parts of a policy. The compiler and the file reader share it; each
// says in its own way where the mistake is.
struct SourceMistake {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;  // One sentence that says what to change.
};

// Each returns the mistake in one value, or nothing.
[[nodiscard]] std::optional<SourceMistake> MistakeInName(std::string_view name);
[[nodiscard]] std::optional<SourceMistake> MistakeInHost(std::string_view pattern);
[[nodiscard]] std::optional<SourceMistake> MistakeInPath(std::string_view pattern, Reading reading);
[[nodiscard]] std::optional<SourceMistake> MistakeInMethod(std::string_view method);
[[nodiscard]] std::optional<SourceMistake> MistakeInCidr(const Cidr& range);
[[nodiscard]] std::optional<SourceMistake> MistakeInUserAgent(std::string_view pattern);
// A regular expression is one of RE2, has at most kMaxRegex bytes, and names at least one text of 3
// bytes or more without which nothing matches it, so that a request rarely meets it.
[[nodiscard]] std::optional<SourceMistake> MistakeInRegex(std::string_view pattern);
// "NO" or "unknown".
[[nodiscard]] std::optional<SourceMistake> MistakeInCountry(std::string_view country);
[[nodiscard]] std::optional<SourceMistake> MistakeInTlsFingerprint(std::string_view fingerprint);
// A header field's name, in lower case.
[[nodiscard]] std::optional<SourceMistake> MistakeInFieldName(std::string_view name);
[[nodiscard]] std::optional<SourceMistake> MistakeInParameterName(std::string_view name);
// One of the values that a field or a parameter is compared with.
[[nodiscard]] std::optional<SourceMistake> MistakeInFieldValue(FieldQuestion question,
                                                               std::string_view value);
// What reverse DNS may answer: "*.search.msn.com", "crawl-*.googlebot.com" or a whole name.
[[nodiscard]] std::optional<SourceMistake> MistakeInReverseName(std::string_view name);

// A budget that limits can be told from none, and is refilled within a day.
[[nodiscard]] std::optional<SourceMistake> MistakeInBudget(const Rate& rate);
// An extension of static assets: 1 to 8 letters and digits, in lower case.
[[nodiscard]] std::optional<SourceMistake> MistakeInExtension(std::string_view extension);
// A cost or a budget of its own at a rule that charges nothing.
[[nodiscard]] std::optional<SourceMistake> MistakeInCharge(const Rule& rule);

// Returns "<what> is empty" or "<what> has N bytes" unless `text` has 1 to `max` bytes.
[[nodiscard]] std::optional<SourceMistake> WrongLength(std::string_view what, std::string_view text,
                                                       std::size_t max);

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

#endif  // STILE_VERIFIER_POLICY_MISTAKE_SOURCE_MISTAKE_H_
