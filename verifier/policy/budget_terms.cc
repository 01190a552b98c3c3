#include "verifier/policy/budget_terms.h"

#include <algorithm>

namespace stile {
namespace {

// A text of at most kMaxExtension bytes as a number, in lower case. Only '.', '/' and longer texts
// can't be had this way.
std::uint64_t Packed(std::string_view extension) noexcept {
  std::uint64_t packed = 0;
  for (const char c : extension) {
    const auto byte = static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    packed = packed << 8 | byte;
  }
  return packed;
}

Rate DividedBy(std::uint32_t divisor, const Rate& rate) noexcept {
  if (rate.count == 0) return rate;
  const std::uint32_t burst = std::max<std::uint32_t>(rate.burst / divisor, 1);
  // The same interval times the divisor, so that nothing is lost where the count is no multiple.
  const auto longer = rate.period * divisor;
  if (longer <= std::chrono::hours{24}) return {rate.count, longer, burst};
  return {std::max<std::uint32_t>(rate.count / divisor, 1), rate.period, burst};
}

}  // namespace

StaticAssets::StaticAssets(const std::vector<std::string>& extensions) {
  for (const std::string& extension : extensions) {
    if (!extension.empty() && extension.size() <= kMaxExtension) {
      extensions_.push_back(Packed(extension));
    }
  }
  std::sort(extensions_.begin(), extensions_.end());
}

bool StaticAssets::Has(const Request& request) const noexcept {
  if (request.method != "GET" && request.method != "HEAD") return false;
  const std::string_view path = PathOf(request.target);
  const std::size_t reach = std::min(path.size(), kMaxExtension + 1);
  for (std::size_t length = 0; length < reach; ++length) {
    const char c = path[path.size() - 1 - length];
    if (c == '/') return false;
    if (c != '.') continue;
    const std::uint64_t packed = Packed(path.substr(path.size() - length));
    return length > 0 && std::binary_search(extensions_.begin(), extensions_.end(), packed);
  }
  return false;
}

Rate TenthOf(const Rate& rate) noexcept { return DividedBy(10, rate); }

Rate HalfOf(const Rate& rate) noexcept { return DividedBy(2, rate); }

}  // namespace stile
