#ifndef STILE_CHALLENGE_RETURN_PATH_H_
#define STILE_CHALLENGE_RETURN_PATH_H_

#include <cstddef>
#include <string_view>

namespace stile {

inline constexpr std::size_t kMaxReturnPath = 768;

// True if `path` may stand in a Location field and keeps every browser on this origin: it begins
// with one '/', not followed by '/' or '\', and holds only the bytes that docs/wire-format.md
// lists, 1 to 768 of them. Checked when a token is sealed and again where a Location is emitted.
[[nodiscard]] bool IsReturnPath(std::string_view path) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_RETURN_PATH_H_
