#ifndef STILE_SERVICE_CLEARANCE_ID_TEXT_H_
#define STILE_SERVICE_CLEARANCE_ID_TEXT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "challenge/clearance.h"

namespace stile {

// Two hexadecimal digits a byte.
[[nodiscard]] std::string HexText(std::span<const std::uint8_t> bytes);

// The 32 hexadecimal digits of an id.
[[nodiscard]] std::string IdText(const TokenId& id);
[[nodiscard]] std::optional<TokenId> ParseIdText(std::string_view text);

}  // namespace stile

#endif  // STILE_SERVICE_CLEARANCE_ID_TEXT_H_
