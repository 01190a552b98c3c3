#ifndef STILE_ENGINE_PAGE_LINK_H_
#define STILE_ENGINE_PAGE_LINK_H_

#include <cstddef>
#include <string_view>

namespace stile {

// What an operator may have the page point to. A page never holds HTML of the operator's, and loads
// nothing from another host.

inline constexpr std::size_t kMaxPageLink = 200;  // Bytes.

// What to write instead of a text that isn't one.
inline constexpr std::string_view kPagePathAdvice =
    "Write a path of this site such as \"/logo.svg\", at most 200 bytes: the page loads nothing "
    "from "
    "another host.";
inline constexpr std::string_view kPageLinkAdvice =
    "Write \"https://...\" or a path of this site such as \"/privacy\", at most 200 bytes.";

// True for "/logo.svg" and "/a/b.css?v=2": a path of this host as it stands in a Location field
// (IsReturnPath), of at most kMaxPageLink bytes. "//host/x" is no path of this host.
[[nodiscard]] bool IsPagePath(std::string_view text) noexcept;

// True for a path as above and for "https://example.org/legal", either with a fragment or without:
// a host that isn't empty, no user name, and only bytes that a URL may hold as they are.
[[nodiscard]] bool IsPageLink(std::string_view text) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_PAGE_LINK_H_
