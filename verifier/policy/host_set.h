#ifndef STILE_VERIFIER_POLICY_HOST_SET_H_
#define STILE_VERIFIER_POLICY_HOST_SET_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/literal_set.h"

namespace stile {

// The longest name that DNS carries. A longer host matches "*" only.
inline constexpr std::size_t kMaxHost = 253;

// A request's host in lower case, without a dot at its end, and back to front, so that names of
// one domain begin alike. Empty if the host is too long.
class ReversedHost {
 public:
  explicit ReversedHost(std::string_view host) noexcept;

  [[nodiscard]] std::string_view view() const noexcept { return {characters_.data(), size_}; }

 private:
  std::array<char, kMaxHost> characters_;
  std::size_t size_ = 0;
};

// The host patterns of one rule: "example.org", or "*.example.org" for every name below it, or
// "*". Immutable.
class HostSet {
 public:
  HostSet() = default;
  explicit HostSet(const std::vector<std::string>& patterns);

  [[nodiscard]] bool Matches(const ReversedHost& host) const noexcept {
    return any_ || names_.Matches(host.view());
  }

 private:
  LiteralSet names_;
  bool any_ = false;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_HOST_SET_H_
