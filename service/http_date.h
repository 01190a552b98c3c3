#ifndef STILE_SERVICE_HTTP_DATE_H_
#define STILE_SERVICE_HTTP_DATE_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace stile {

// The value of a Date field (RFC 9110 section 5.6.7), formatted once a second. One per thread.
class HttpDate {
 public:
  // Valid until the next call.
  [[nodiscard]] std::string_view At(std::int64_t unix_seconds) noexcept;

 private:
  std::int64_t second_ = -1;
  std::array<char, 32> text_{};
};

}  // namespace stile

#endif  // STILE_SERVICE_HTTP_DATE_H_
