#ifndef STILE_CAPI_REQUEST_VIEW_H_
#define STILE_CAPI_REQUEST_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "capi/stile.h"
#include "verifier/request.h"

namespace stile {

enum class RequestShape : std::uint8_t {
  kWrong = 0,    // The caller's mistake: NULL with a size, no struct_size, no such address family.
  kTooMuch = 1,  // The client's: over the limits of stile.h. Of the request, `out` has what a
                 // refusal needs.
  kGood = 2,
};

// Reads a caller's request into views of it. Where `fields` isn't empty it has room for
// STILE_MAX_FIELDS, and `out` gets every header field, of which `used` says how many. The site is
// left by host. `given` is IsSized.
[[nodiscard]] RequestShape ReadRequest(const stile_request& given, std::span<RequestField> fields,
                                       Request& out, std::size_t& used) noexcept;

}  // namespace stile

#endif  // STILE_CAPI_REQUEST_VIEW_H_
