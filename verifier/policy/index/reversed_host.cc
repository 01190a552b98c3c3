#include "verifier/policy/index/reversed_host.h"

namespace stile {

ReversedHost::ReversedHost(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kMaxHost) return;
  for (std::size_t i = host.size(); i-- > 0;) {
    const char c = host[i];
    characters_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

}  // namespace stile
