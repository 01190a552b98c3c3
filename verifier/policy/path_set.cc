#include "verifier/policy/path_set.h"

#include <algorithm>
#include <utility>

namespace stile {

bool MatchesGlob(std::string_view pattern, std::string_view text) noexcept {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNone;   // The last '*' seen,
  std::size_t star_text = 0;  // and where in the text what follows it was tried.
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

PathSet::PathSet(const std::vector<std::string>& patterns) {
  std::vector<std::string> whole;
  std::vector<std::string> beginnings;
  for (const std::string& pattern : patterns) {
    const std::size_t wildcard = pattern.find_first_of("*?");
    if (wildcard == std::string::npos) {
      whole.push_back(pattern);
    } else if (pattern[wildcard] == '*' && wildcard + 1 == pattern.size()) {
      beginnings.push_back(pattern.substr(0, wildcard));
    } else {
      globs_.push_back(pattern);
    }
  }
  literals_ = LiteralSet(std::move(whole), std::move(beginnings));
}

bool PathSet::Matches(std::string_view path) const noexcept {
  return literals_.Matches(path) ||
         std::any_of(globs_.begin(), globs_.end(),
                     [path](const std::string& glob) { return MatchesGlob(glob, path); });
}

}  // namespace stile
