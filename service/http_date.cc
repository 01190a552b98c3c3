#include "service/http_date.h"

#include <time.h>

#include <cstdio>

namespace stile {

std::string_view HttpDate::At(std::int64_t unix_seconds) noexcept {
  static constexpr std::size_t kSize = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"
  if (unix_seconds != second_) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto time = static_cast<time_t>(unix_seconds);
    tm parts{};
    gmtime_r(&time, &parts);
    // The remainders tell the compiler that it all fits.
    std::snprintf(text_.data(), text_.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[parts.tm_wday % 7], parts.tm_mday % 32, kMonths[parts.tm_mon % 12],
                  (parts.tm_year + 1900) % 10'000, parts.tm_hour % 24, parts.tm_min % 60,
                  parts.tm_sec % 61);
    second_ = unix_seconds;
  }
  return {text_.data(), kSize};
}

}  // namespace stile
