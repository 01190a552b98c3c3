#ifndef STILE_ENGINE_REQUEST_FIELDS_H_
#define STILE_ENGINE_REQUEST_FIELDS_H_

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
  void Take(std::string_view name, std::string_view value) noexcept;

 private:
  Request& request_;
  unsigned seen_ = 0;
};

}  // namespace stile

#endif  // STILE_ENGINE_REQUEST_FIELDS_H_
