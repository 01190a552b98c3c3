#ifndef STILE_SERVICE_REVOCATION_ORDER_H_
#define STILE_SERVICE_REVOCATION_ORDER_H_

#include <chrono>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/clearance.h"

namespace stile {

// "revoke this clearance", or "take that back".
struct RevocationOrder {
  // Longer than any clearance can live: a week and its grace.
  static constexpr std::chrono::seconds kDefault{8 * 86'400};
  static constexpr std::chrono::seconds kLongest{30 * 86'400};

  TokenId id{};
  bool undo = false;
  std::chrono::seconds period = kDefault;
  std::string by;  // Who: "uid 0".

  // Reads a form such as "id=00112233445566778899aabbccddeeff&for=1d" or "id=...&undo=true".
  // Returns a sentence that says what to change for anything else.
  [[nodiscard]] static tl::expected<RevocationOrder, std::string> Parse(std::string_view form);
};

}  // namespace stile

#endif  // STILE_SERVICE_REVOCATION_ORDER_H_
