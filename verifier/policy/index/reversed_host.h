#ifndef STILE_VERIFIER_POLICY_INDEX_REVERSED_HOST_H_
#define STILE_VERIFIER_POLICY_INDEX_REVERSED_HOST_H_

#include <array>
#include <cstddef>
#include <string_view>

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

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_REVERSED_HOST_H_
