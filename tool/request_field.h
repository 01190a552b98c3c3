#ifndef STILE_TOOL_REQUEST_FIELD_H_
#define STILE_TOOL_REQUEST_FIELD_H_

#include <optional>
#include <string_view>

#include "verifier/request.h"

namespace stile {

// "Name: value" as a user types it, taken apart; nullopt if it isn't of that form. Views `line`.
[[nodiscard]] std::optional<RequestField> ParseField(std::string_view line) noexcept;

// Puts a field where the gate looks for it besides Request::fields; one that it doesn't know
// changes nothing.
void TakeField(const RequestField& field, Request& request) noexcept;

}  // namespace stile

#endif  // STILE_TOOL_REQUEST_FIELD_H_
