#ifndef STILE_VERIFIER_RATE_H_
#define STILE_VERIFIER_RATE_H_

#include <chrono>
#include <cstdint>

namespace stile {

// `count` per `period`, of which `burst` may come at once.
struct Rate {
  std::uint32_t count = 0;
  std::chrono::milliseconds period{0};
  std::uint32_t burst = 0;

  friend bool operator==(const Rate&, const Rate&) noexcept = default;
};

}  // namespace stile

#endif  // STILE_VERIFIER_RATE_H_
