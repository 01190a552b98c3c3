#include "challenge/puzzle/part_order.h"

#include <numeric>

#include "challenge/token_fields.h"

namespace stile {

PartOrder PartOrder::Of(const std::array<std::uint8_t, 16>& secret, std::uint32_t parts) noexcept {
  PartOrder order;
  order.start = static_cast<std::uint32_t>(LoadU64(secret.data()) % parts);
  order.stride = 1 + static_cast<std::uint32_t>(LoadU64(secret.data() + 8) % parts);
  while (std::gcd(order.stride, parts) != 1) ++order.stride;
  order.stride %= parts;
  return order;
}

}  // namespace stile
