#ifndef STILE_VERIFIER_AGENTS_SHIPPED_LISTS_H_
#define STILE_VERIFIER_AGENTS_SHIPPED_LISTS_H_

#include <span>
#include <string_view>

namespace stile {

// A file of verifier/agents/lists, compiled in.
struct ShippedList {
  std::string_view name;  // "googlebot"
  std::string_view text;  // As ParseRangeList reads it, with the day it was made.
};

// All of them, sorted by name.
[[nodiscard]] std::span<const ShippedList> ShippedLists() noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_AGENTS_SHIPPED_LISTS_H_
