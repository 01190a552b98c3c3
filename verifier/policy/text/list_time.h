#ifndef STILE_VERIFIER_POLICY_TEXT_LIST_TIME_H_
#define STILE_VERIFIER_POLICY_TEXT_LIST_TIME_H_

#include <optional>
#include <string_view>

#include "challenge/unix_millis.h"

namespace stile {

// Reads the time at which a list was made, as publishers write it: RFC 3339, where the zone may be
// missing (UTC) and the fraction have up to 9 digits or none, or "2026-08-20-14-46-45", or a date
// alone, which means its first moment (UTC). Returns nullopt for anything else.
[[nodiscard]] std::optional<UnixMillis> ParseListTime(std::string_view text) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_LIST_TIME_H_
