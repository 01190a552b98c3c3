#include "bench/flood/rivals.h"

#include "bench/flood/controlled_price.h"
#include "bench/flood/fixed_price.h"
#include "bench/flood/tor_327_loop.h"

namespace stile::bench {
namespace {

constexpr std::string_view kOwn = "stile";
constexpr std::string_view kOwnHeld = "stile-held";    // With held = true.
constexpr std::string_view kOwnUnset = "stile-unset";  // Without admissions.

}  // namespace

std::vector<std::string> RivalNames() {
  return {"fixed", "tor327", std::string(kOwn), std::string(kOwnHeld), std::string(kOwnUnset)};
}

std::unique_ptr<PriceLoop> MakeRival(std::string_view name, Scenario& scenario) {
  if (name == "fixed") return std::make_unique<FixedPrice>();
  if (name == kOwn || name == kOwnHeld || name == kOwnUnset) {
    EffortOptions options;
    options.admissions = name == kOwnUnset ? 0 : scenario.admissions;
    options.held = name == kOwnHeld;
    return std::make_unique<ControlledPrice>(options, scenario.door);
  }
  Tor327Loop::Options tor;
  tor.admissions = scenario.admissions;
  tor.greatest = 100 * scenario.door.hashwx_greatest / scenario.door.hashwx_effort;
  if (name == "tor327") return std::make_unique<Tor327Loop>(tor);
  tor.period = 300;
  if (name == "tor327-300s") return std::make_unique<Tor327Loop>(tor);
  return nullptr;
}

}  // namespace stile::bench
