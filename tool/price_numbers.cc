#include "tool/price_numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "challenge/concat.h"
#include "tool/text_table.h"

namespace stile {
namespace {

// Three figures, of which those behind the point may be left out at the end.
std::string ThreeFigures(double number) {
  std::array<char, 32> text{};
  const int behind = number >= 99.95 ? 0 : number >= 9.995 ? 1 : number >= 0.9995 ? 2 : 3;
  std::snprintf(text.data(), text.size(), "%.*f", behind, number);
  std::string out = text.data();
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

}  // namespace

std::string MagnitudeText(double number) {
  static constexpr std::array<std::pair<double, const char*>, 4> kUnits = {
      {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}}};
  for (const auto& [size, unit] : kUnits) {
    if (number >= size * 0.9995) return ThreeFigures(number / size) + unit;
  }
  return ThreeFigures(number);
}

std::string SecondsText(double seconds) {
  if (seconds >= 86400) return ThreeFigures(seconds / 86400) + " d";
  if (seconds >= 3600) return ThreeFigures(seconds / 3600) + " h";
  if (seconds >= 120) return ThreeFigures(seconds / 60) + " min";
  if (seconds >= 0.9995) return ThreeFigures(seconds) + " s";
  if (seconds >= 0.9995e-3) return ThreeFigures(seconds * 1e3) + " ms";
  return ThreeFigures(seconds * 1e6) + " us";
}

std::string DollarsText(double dollars) {
  if (dollars >= 1000)
    return Concat("$", GroupedText(static_cast<std::uint64_t>(std::llround(dollars))));
  std::array<char, 32> text{};
  // Two figures of what is less than a cent, so that little doesn't look like nothing.
  const int behind =
      dollars <= 0 || dollars >= 0.095 ? 2 : 1 - static_cast<int>(std::floor(std::log10(dollars)));
  std::snprintf(text.data(), text.size(), "$%.*f", behind, dollars);
  return text.data();
}

std::string FactorText(double factor) {
  if (factor >= 1000) return GroupedText(static_cast<std::uint64_t>(std::llround(factor))) + "x";
  return ThreeFigures(factor) + "x";
}

std::optional<double> ParseMagnitude(std::string_view text) {
  double scale = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
        scale = 1e3;
        break;
      case 'M':
        scale = 1e6;
        break;
      case 'G':
        scale = 1e9;
        break;
      case 'T':
        scale = 1e12;
        break;
      default:
        break;
    }
    if (scale != 1) text.remove_suffix(1);
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number) || number <= 0) return std::nullopt;
  return number * scale;
}

}  // namespace stile
