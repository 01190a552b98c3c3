#ifndef STILE_ENGINE_REQUEST_FIELDS_H_
#define STILE_ENGINE_REQUEST_FIELDS_H_

#include <cstdint>
#include <string_view>

#include "verifier/request.h"

namespace stile {

// Puts the header fields of one request where the engine looks for them, one after the other. A
// field that decides something and came twice is left empty; Cookie may come up to kMaxCookieFields
// times, and what comes after is left out. Borrows the request.
class RequestFields {
 public:
  explicit RequestFields(Request& request) noexcept : request_(request) {}

  // Takes the next field in the order sent; its name in any case.
  void Take(std::string_view name, std::string_view value) noexcept {
    if (name.size() < 64 && (kKnownSizes >> name.size() & 1) != 0) TakeKnown(name, value);
  }

 private:
  // The sizes that names which matter have, as bits: most of a head's fields end here.
  static constexpr std::uint64_t kKnownSizes = std::uint64_t{1} << 6 | std::uint64_t{1} << 10 |
                                               std::uint64_t{1} << 12 | std::uint64_t{1} << 14 |
                                               std::uint64_t{1} << 15 | std::uint64_t{1} << 29;
  void TakeKnown(std::string_view name, std::string_view value) noexcept;

  Request& request_;
  unsigned seen_ = 0;
};

}  // namespace stile

#endif  // STILE_ENGINE_REQUEST_FIELDS_H_
