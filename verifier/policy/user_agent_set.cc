#include "verifier/policy/user_agent_set.h"

#include <algorithm>
#include <utility>

namespace stile {

UserAgentPairs::UserAgentPairs(std::string_view user_agent) noexcept
    : text_(user_agent.substr(0, kMaxUserAgent)) {
  for (std::size_t i = 0; i + 1 < text_.size(); ++i) seen_[Pair(text_[i], text_[i + 1])] = 1;
}

UserAgentSet::UserAgentSet(const std::vector<std::string>& patterns) {
  for (const std::string& text : patterns) {
    Pattern pattern;
    pattern.text = text;
    if (text.size() >= 2) {
      const std::size_t last = text.size() - 2;
      std::size_t i = 0;
      for (const std::size_t at : {std::size_t{0}, last / 2, last}) {
        pattern.pairs[i++] = UserAgentPairs::Pair(text[at], text[at + 1]);
      }
      pattern.filtered = true;
    }
    patterns_.push_back(std::move(pattern));
  }
}

bool UserAgentSet::Matches(const UserAgentPairs& user_agent) const noexcept {
  return std::any_of(patterns_.begin(), patterns_.end(), [&user_agent](const Pattern& pattern) {
    if (pattern.filtered &&
        !(user_agent.Has(pattern.pairs[0]) && user_agent.Has(pattern.pairs[1]) &&
          user_agent.Has(pattern.pairs[2]))) {
      return false;
    }
    return user_agent.text().find(pattern.text) != std::string_view::npos;
  });
}

}  // namespace stile
