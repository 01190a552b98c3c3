#ifndef STILE_ENGINE_RENEWAL_H_
#define STILE_ENGINE_RENEWAL_H_

#include <cstdint>
#include <vector>

#include "challenge/clearance.h"
#include "challenge/puzzle/puzzle.h"
#include "verifier/gate.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"

namespace stile {

// Which clearances of one site are extended while they are in use, and until when.
//
// A clearance's life is what the policy gives today for what it has proven: the shortest lifetime
// among the alternatives that earn its rank by its puzzle for no more effort than its own. Where no
// alternative is left, since the price went up or the level is gone, it is not extended. One that
// was earned by waiting never is.
//
// With less than a quarter of its life left it is due, and then lives for a whole life from now,
// but never longer than kMaxLives lives, nor kMaxClearanceSeconds, from its issue. Its issue time
// stays what it was, and with it the key epoch that any checker needs: no token lives longer than
// docs/wire-format.md says.
class Renewal {
 public:
  static constexpr std::uint32_t kMaxLives = 14;

  // Extends nothing.
  Renewal() = default;
  explicit Renewal(const Policy& policy);

  // No clearance with this many seconds left, or more, is due.
  [[nodiscard]] std::int64_t reach() const noexcept { return reach_; }

  // The later expiry of `clearance`, which is valid at `now_seconds`; its own if it isn't due, or
  // has reached its bound. A function of the clearance, the policy and the second: requests side by
  // side get the same, or clearances that differ by seconds and are all valid.
  [[nodiscard]] std::uint32_t ExpiryOf(const Clearance& clearance,
                                       std::int64_t now_seconds) const noexcept;

 private:
  struct Life {
    std::uint8_t rank;
    Puzzle puzzle;
    std::uint8_t effort_log2;
    std::uint32_t seconds;
  };
  // 0: none.
  [[nodiscard]] std::uint32_t LifeOf(const Clearance& clearance) const noexcept;

  std::vector<Life> lives_;
  std::int64_t reach_ = 0;
};

// True if `decision` let `request` pass on the strength of a valid clearance, and the answer to
// such a request may carry a cookie: neither a mode, nor a grace, nor a rule that asks nothing let
// it pass. HEAD is left out because a cache may update what it stored for GET with its answer,
// OPTIONS and TRACE because they carry no cookies.
[[nodiscard]] bool IsPassOfClearance(const Request& request, const Decision& decision) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_RENEWAL_H_
