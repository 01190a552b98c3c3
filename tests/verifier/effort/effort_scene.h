#ifndef STILE_TESTS_VERIFIER_EFFORT_EFFORT_SCENE_H_
#define STILE_TESTS_VERIFIER_EFFORT_EFFORT_SCENE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/ip_address.h"
#include "challenge/unix_millis.h"
#include "verifier/effort/effort_control.h"

namespace stile::fixture {

// A site with a control, and the time that goes on there.
class EffortScene {
 public:
  explicit EffortScene(const EffortOptions& options, std::uint32_t most = 1600);

  // Periods in each of which `each` clients of many prefixes redeem what is asked at their time.
  void Redeem(int periods, int each);
  // The same of one prefix.
  void RedeemFrom(const IpAddress& address, int periods, int each);
  // What was asked at `paid`, of many prefixes.
  void RedeemAt(std::uint32_t paid, int periods, int each);
  // Periods in which `visitors` clearances ask for "/".
  void Visit(int periods, int visitors, bool failed);
  void Wait(std::chrono::milliseconds time) { now = now + time; }

  std::uint32_t Price() { return control->SitePrice(now); }

  UnixMillis now;
  std::shared_ptr<EffortTable> table;
  std::unique_ptr<EffortControl> control;

 private:
  [[nodiscard]] IpAddress NextAddress();
  std::uint32_t next_ = 0;
};

[[nodiscard]] TokenId EffortId(std::uint64_t number);

}  // namespace stile::fixture

#endif  // STILE_TESTS_VERIFIER_EFFORT_EFFORT_SCENE_H_
