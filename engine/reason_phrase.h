#ifndef STILE_ENGINE_REASON_PHRASE_H_
#define STILE_ENGINE_REASON_PHRASE_H_

#include <cstdint>
#include <string_view>

namespace stile {

// What stands behind the status in an answer's first line: RFC 9110 section 15. "Status" for one
// that no answer of ours has.
[[nodiscard]] std::string_view ReasonPhrase(std::uint16_t status) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_REASON_PHRASE_H_
