#ifndef STILE_VERIFIER_POLICY_TEXT_DURATION_H_
#define STILE_VERIFIER_POLICY_TEXT_DURATION_H_

#include <chrono>
#include <optional>
#include <string_view>

namespace stile {

// Reads a duration as configuration writes it: up to 9 digits and one of "s", "m", "h", "d", as in
// "12h". Returns nullopt for anything else.
[[nodiscard]] std::optional<std::chrono::seconds> ParseDuration(std::string_view text) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_DURATION_H_
