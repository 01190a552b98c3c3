#include "verifier/policy/text/cidr_text.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

namespace stile {
namespace {

// The length after the slash; -1 if it is not a number of at most 3 digits.
int ParseLength(std::string_view digits) {
  int length = -1;
  if (digits.empty() || digits.size() > 3) return -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return error == std::errc() && end == digits.data() + digits.size() ? length : -1;
}

}  // namespace

tl::expected<Cidr, SourceMistake> ParseCidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view base = text.substr(0, slash);
  const auto address = IpAddress::Parse(base);
  if (!address) {
    return tl::unexpected(SourceMistake{ErrorCode::kInvalidArgument,
                                        "an ip is an address or a range such as \"192.0.2.0/24\" "
                                        "or \"2001:db8::/32\""});
  }
  Cidr range{*address, address->is_v6() ? 128 : 32};
  if (slash != std::string_view::npos) {
    range.length = ParseLength(text.substr(slash + 1));
    // An IPv4-mapped range is the IPv4 range, 96 bits further on.
    const bool is_mapped = !address->is_v6() && base.find(':') != std::string_view::npos;
    if (is_mapped) range.length = range.length < 96 ? -1 : range.length - 96;
  }
  if (auto mistake = MistakeInCidr(range)) return tl::unexpected(std::move(*mistake));
  return range;
}

}  // namespace stile
