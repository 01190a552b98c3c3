#ifndef STILE_VERIFIER_POLICY_PATH_SET_H_
#define STILE_VERIFIER_POLICY_PATH_SET_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/literal_set.h"

namespace stile {

// Bounds the work that one glob can cause.
inline constexpr std::size_t kMaxPathPattern = 512;
inline constexpr std::size_t kMaxStars = 8;

// True if `text` is `pattern`, in which '*' stands for any bytes, also none and also '/', and '?'
// for any one byte. Takes at most pattern.size() * text.size() steps.
[[nodiscard]] bool MatchesGlob(std::string_view pattern, std::string_view text) noexcept;

// The path patterns of one rule. A pattern without wildcard is a whole path; one whose only
// wildcard is a '*' at its end is a beginning; any other is a glob. Immutable.
class PathSet {
 public:
  PathSet() = default;
  explicit PathSet(const std::vector<std::string>& patterns);

  [[nodiscard]] bool Matches(std::string_view path) const noexcept;

 private:
  LiteralSet literals_;
  std::vector<std::string> globs_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_PATH_SET_H_
