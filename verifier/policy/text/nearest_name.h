#ifndef STILE_VERIFIER_POLICY_TEXT_NEAREST_NAME_H_
#define STILE_VERIFIER_POLICY_TEXT_NEAREST_NAME_H_

#include <span>
#include <string_view>

namespace stile {

// Returns the name in `names` that differs from `text` by the fewest inserted, removed, replaced or
// swapped bytes; empty if even that one differs by more than one and more than a third of the
// longer one's length.
[[nodiscard]] std::string_view NearestName(std::string_view text,
                                           std::span<const std::string_view> names);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_NEAREST_NAME_H_
