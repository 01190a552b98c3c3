#ifndef STILE_ENGINE_CONFIG_HOST_PATTERN_H_
#define STILE_ENGINE_CONFIG_HOST_PATTERN_H_

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace stile {

// "example.org", "*.example.org" or "*", in any case and without a port; returned in lower case.
// The error is one sentence that says what to change and fits behind the key's name: "is ...:
// write ...".
[[nodiscard]] tl::expected<std::string, std::string> ParseHostPattern(std::string_view text);

// True for a DNS name or one label of it: letters, digits, hyphens, underscores; 253 bytes at most.
[[nodiscard]] bool IsDnsName(std::string_view text);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_HOST_PATTERN_H_
