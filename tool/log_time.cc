#include "tool/log_time.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace stile {
namespace {

// Reads exactly `digits` decimal digits at `at`; -1 if they aren't there.
int Digits(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  if (text.size() < at + digits) return -1;
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

struct CivilTime {
  int year, month, day, hour, minute, second;
};

std::optional<std::int64_t> ToUnix(const CivilTime& t, std::int64_t offset) noexcept {
  if (t.year < 1970 || t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31 || t.hour < 0 ||
      t.hour > 23 || t.minute < 0 || t.minute > 59 || t.second < 0 || t.second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(t.year),
                                         std::chrono::month(static_cast<unsigned>(t.month)),
                                         std::chrono::day(static_cast<unsigned>(t.day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86'400 + t.hour * 3600 + t.minute * 60 + t.second - offset;
}

// "+02:00", "+0200", "Z", or nothing: seconds east of UTC.
std::optional<std::int64_t> ParseZone(std::string_view text) noexcept {
  if (text.empty() || text == "Z" || text == "z") return 0;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  const bool colon = text.size() == 6 && text[3] == ':';
  if (!colon && text.size() != 5) return std::nullopt;
  const int hours = Digits(text, 1, 2);
  const int minutes = Digits(text, colon ? 4 : 3, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::int64_t offset = hours * 3600 + minutes * 60;
  return text[0] == '-' ? -offset : offset;
}

int MonthOf(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == name) return static_cast<int>(i + 1);
  }
  return 0;
}

// "10/Oct/2026:13:55:36 +0200".
std::optional<std::int64_t> ParseClf(std::string_view text) noexcept {
  if (text.size() != 26 || text[6] != '/' || text[11] != ':' || text[14] != ':' ||
      text[17] != ':' || text[20] != ' ') {
    return std::nullopt;
  }
  const auto offset = ParseZone(text.substr(21));
  if (!offset) return std::nullopt;
  return ToUnix({Digits(text, 7, 4), MonthOf(text.substr(3, 3)), Digits(text, 0, 2),
                 Digits(text, 12, 2), Digits(text, 15, 2), Digits(text, 18, 2)},
                *offset);
}

std::optional<std::int64_t> ParseIso(std::string_view text) noexcept {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  std::size_t end = 19;
  if (end < text.size() && (text[end] == '.' || text[end] == ',')) {
    ++end;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  }
  if (end < text.size() && text[end] == ' ') ++end;
  const auto offset = ParseZone(text.substr(end));
  if (!offset) return std::nullopt;
  return ToUnix({Digits(text, 0, 4), Digits(text, 5, 2), Digits(text, 8, 2), Digits(text, 11, 2),
                 Digits(text, 14, 2), Digits(text, 17, 2)},
                *offset);
}

std::optional<std::int64_t> ParseNumber(std::string_view text) noexcept {
  constexpr std::size_t kMaxDigits = 15;
  std::int64_t number = 0;
  std::size_t at = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    if (at == kMaxDigits) return std::nullopt;
    number = number * 10 + (text[at++] - '0');
  }
  if (at == 0) return std::nullopt;
  if (at < text.size() && (text[at] != '.' || text.substr(at + 1).find_first_not_of("0123456789") !=
                                                  std::string_view::npos)) {
    return std::nullopt;
  }
  constexpr std::int64_t kFirstMillis = 100'000'000'000;
  return number >= kFirstMillis ? number / 1000 : number;
}

}  // namespace

std::optional<std::int64_t> ParseLogTime(std::string_view text) noexcept {
  if (text.size() > 5 && text[2] == '/') return ParseClf(text);
  if (text.size() > 5 && text[4] == '-') return ParseIso(text);
  return ParseNumber(text);
}

std::string UtcText(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 48> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace stile
