#include "verifier/policy/text/duration.h"

#include <cstddef>
#include <cstdint>

namespace stile {

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) noexcept {
  constexpr std::size_t kMaxDigits = 9;
  if (text.size() < 2 || text.size() > kMaxDigits + 1) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  switch (text.back()) {
    case 's':
      return std::chrono::seconds(number);
    case 'm':
      return std::chrono::minutes(number);
    case 'h':
      return std::chrono::hours(number);
    case 'd':
      return std::chrono::hours(number * 24);
    default:
      return std::nullopt;
  }
}

}  // namespace stile
