#include "verifier/policy/text/list_time.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stile {
namespace {

// Takes exactly `count` digits off the front of `text`.
std::optional<std::int64_t> TakeNumber(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool TakeOneOf(std::string_view& text, std::string_view signs) noexcept {
  if (text.empty() || signs.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "14:46:45"; the signs in between are those of `separator`.
std::optional<std::int64_t> TakeSecondOfDay(std::string_view& text,
                                            std::string_view separator) noexcept {
  const auto hour = TakeNumber(text, 2);
  if (!hour || *hour > 23 || !TakeOneOf(text, separator)) return std::nullopt;
  const auto minute = TakeNumber(text, 2);
  if (!minute || *minute > 59 || !TakeOneOf(text, separator)) return std::nullopt;
  const auto second = TakeNumber(text, 2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second.
  return (*hour * 60 + *minute) * 60 + *second;
}

// Milliseconds of ".123456", or 0 if there is no fraction.
std::optional<std::int64_t> TakeFraction(std::string_view& text) noexcept {
  if (!TakeOneOf(text, ".")) return 0;
  std::int64_t millis = 0;
  std::int64_t unit = 100;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (++digits > 9) return std::nullopt;
    millis += (text.front() - '0') * unit;
    unit /= 10;
  }
  return millis;
}

// How many seconds the rest, a zone or nothing, is east of UTC.
std::optional<std::int64_t> TakeZone(std::string_view& text) noexcept {
  if (text.empty()) return 0;
  if (TakeOneOf(text, "Zz")) return text.empty() ? std::optional<std::int64_t>(0) : std::nullopt;
  const bool is_west = text.front() == '-';
  if (!TakeOneOf(text, "+-")) return std::nullopt;
  const auto hour = TakeNumber(text, 2);
  if (!hour || *hour > 23 || !TakeOneOf(text, ":")) return std::nullopt;
  const auto minute = TakeNumber(text, 2);
  if (!minute || *minute > 59 || !text.empty()) return std::nullopt;
  return (is_west ? -60 : 60) * (*hour * 60 + *minute);
}

}  // namespace

std::optional<UnixMillis> ParseListTime(std::string_view text) noexcept {
  const auto year = TakeNumber(text, 4);
  if (!year || !TakeOneOf(text, "-")) return std::nullopt;
  const auto month = TakeNumber(text, 2);
  if (!month || !TakeOneOf(text, "-")) return std::nullopt;
  const auto day = TakeNumber(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  if (text.empty()) return UnixMillis{days * 86'400 * 1000};
  const bool has_dashes = !text.empty() && text.front() == '-';
  if (!TakeOneOf(text, "Tt -")) return std::nullopt;
  const auto second = TakeSecondOfDay(text, has_dashes ? "-" : ":");
  if (!second) return std::nullopt;
  const auto millis = TakeFraction(text);
  if (!millis) return std::nullopt;
  const auto zone = TakeZone(text);
  if (!zone) return std::nullopt;
  return UnixMillis{(days * 86'400 + *second - *zone) * 1000 + *millis};
}

}  // namespace stile
