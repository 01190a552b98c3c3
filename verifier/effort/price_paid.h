#ifndef STILE_VERIFIER_EFFORT_PRICE_PAID_H_
#define STILE_VERIFIER_EFFORT_PRICE_PAID_H_

#include <cstddef>
#include <cstdint>

#include "challenge/sealed_challenge.h"
#include "verifier/policy/policy.h"

namespace stile {

// A client whose clearances were met at another address this often is asked for one that no
// address binds, and pays more for it. Mobile networks and carrier NAT move people; asking them
// for the same again and again would be a loop.
inline constexpr std::uint8_t kRoamsUntilUnbound = 2;
inline constexpr std::uint64_t kUnboundPriceFactor = 4;

// By what a client that roamed this often pays more than others, and one that bought dear.
[[nodiscard]] std::uint64_t FactorOf(std::uint8_t roams, std::uint32_t dear_price) noexcept;

// The price in percent at which alternative `index` of `challenge` was issued, where the price is
// `current` now and `policy` says what is asked at 100. What the client paid for its own reasons,
// such as roaming, is not part of it. At most `current`. `index` is below alternative_count.
[[nodiscard]] std::uint32_t PricePaidFor(const Challenge& challenge, std::size_t index,
                                         const Policy& policy, std::uint32_t current) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_PRICE_PAID_H_
