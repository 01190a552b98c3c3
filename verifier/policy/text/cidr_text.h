#ifndef STILE_VERIFIER_POLICY_TEXT_CIDR_TEXT_H_
#define STILE_VERIFIER_POLICY_TEXT_CIDR_TEXT_H_

#include <string_view>

#include <tl/expected.hpp>

#include "verifier/policy/cidr.h"
#include "verifier/policy/mistake/source_mistake.h"

namespace stile {

// Reads "192.0.2.0/24", "2001:db8::/32" or an address alone. "::ffff:192.0.2.0/120" is the IPv4
// range. Fails for any other text, a length out of bounds, and bits set after the prefix.
[[nodiscard]] tl::expected<Cidr, SourceMistake> ParseCidr(std::string_view text);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_CIDR_TEXT_H_
