#include "verifier/policy/index/path_glob.h"

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

PathGlob::PathGlob(std::string pattern)
    : pattern_(std::move(pattern)),
      begin_(pattern_.find_first_of("*?")),
      end_(pattern_.size() - 1 - pattern_.find_last_of("*?")) {}

}  // namespace stile
