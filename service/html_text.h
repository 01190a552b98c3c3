#ifndef STILE_SERVICE_HTML_TEXT_H_
#define STILE_SERVICE_HTML_TEXT_H_

#include <string>
#include <string_view>

namespace stile {

// `text` as HTML shows it, in an element or a quoted attribute: nothing of it is markup. Bytes
// below a space become spaces.
[[nodiscard]] std::string HtmlText(std::string_view text);

}  // namespace stile

#endif  // STILE_SERVICE_HTML_TEXT_H_
