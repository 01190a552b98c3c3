#ifndef STILE_ENGINE_MEDIA_RANGE_H_
#define STILE_ENGINE_MEDIA_RANGE_H_

#include <string_view>

#include "verifier/request.h"

namespace stile {

// The "type/subtype" of a Content-Type field or of one element of an Accept field (RFC 9110
// section 8.3.1), without parameters and the white space around it.
[[nodiscard]] std::string_view MediaTypeOf(std::string_view field) noexcept;

// True if an Accept field names text/html with a weight that isn't 0. A wildcard doesn't name it:
// every program sends one. Reads at most 1,024 bytes.
[[nodiscard]] bool AcceptsHtml(std::string_view accept) noexcept;

// True for a POST whose content is of a type that an HTML form has.
[[nodiscard]] bool IsSubmittedForm(const Request& request) noexcept;

// True if the answer to `request` will be shown to a person as a page of its own. Where a browser
// says what it is doing (Sec-Fetch-Mode), that decides. Older ones, and all of them on plain http,
// don't say: there it is GET and HEAD that accept HTML, and a submitted form that does.
[[nodiscard]] bool IsNavigation(const Request& request) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_MEDIA_RANGE_H_
