#ifndef STILE_TOOL_CREDENTIAL_LINES_H_
#define STILE_TOOL_CREDENTIAL_LINES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "challenge/unix_millis.h"

namespace stile {

// How `stile inspect` writes things down.

// Prints "  name        value".
void PrintLine(std::string_view name, std::string_view value);

// "2026-03-01T12:00:00Z (5m ago)".
[[nodiscard]] std::string TimeText(std::int64_t seconds, UnixMillis now);

}  // namespace stile

#endif  // STILE_TOOL_CREDENTIAL_LINES_H_
