#ifndef STILE_TOOL_LOG_TIME_H_
#define STILE_TOOL_LOG_TIME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stile {

// The times that access logs write, as Unix seconds; nullopt for anything else. Fractions are cut.
//   10/Oct/2026:13:55:36 +0200
//   2026-10-10T13:55:36+02:00, also with a space, a fraction, "+0200", "Z" or, as UTC, no zone
//   1791633336 or 1791633336.123; from 100,000,000,000 on milliseconds
[[nodiscard]] std::optional<std::int64_t> ParseLogTime(std::string_view text) noexcept;

// "2026-10-10T11:55:36Z".
[[nodiscard]] std::string UtcText(std::int64_t seconds);

}  // namespace stile

#endif  // STILE_TOOL_LOG_TIME_H_
