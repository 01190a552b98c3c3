#include "verifier/policy/host_set.h"

#include <utility>

namespace stile {

ReversedHost::ReversedHost(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kMaxHost) return;
  for (std::size_t i = host.size(); i-- > 0;) {
    const char c = host[i];
    characters_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

HostSet::HostSet(const std::vector<std::string>& patterns) {
  std::vector<std::string> whole;
  std::vector<std::string> beginnings;
  for (const std::string& pattern : patterns) {
    if (pattern == "*") {
      any_ = true;
      continue;
    }
    const std::string reversed(pattern.rbegin(), pattern.rend());
    if (reversed.ends_with('*')) {
      beginnings.push_back(reversed.substr(0, reversed.size() - 1));
    } else {
      whole.push_back(reversed);
    }
  }
  names_ = LiteralSet(std::move(whole), std::move(beginnings));
}

}  // namespace stile
