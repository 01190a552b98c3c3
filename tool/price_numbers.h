#ifndef STILE_TOOL_PRICE_NUMBERS_H_
#define STILE_TOOL_PRICE_NUMBERS_H_

#include <optional>
#include <string>
#include <string_view>

namespace stile {

// Three figures and a unit: "1.32 M", "987", "12.3 G".
[[nodiscard]] std::string MagnitudeText(double number);
// "46 ms", "3.5 s", "10 min", "12 h".
[[nodiscard]] std::string SecondsText(double seconds);
// "$0.00", "$0.0037", "$12.34", "$1,234".
[[nodiscard]] std::string DollarsText(double dollars);
// "1.4x", "150x".
[[nodiscard]] std::string FactorText(double factor);

// A positive number with an optional k, M, G or T behind it: "1.9M". nullopt of anything else.
[[nodiscard]] std::optional<double> ParseMagnitude(std::string_view text);

}  // namespace stile

#endif  // STILE_TOOL_PRICE_NUMBERS_H_
