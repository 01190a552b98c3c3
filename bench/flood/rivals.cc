#include "bench/flood/rivals.h"

#include "bench/flood/fixed_price.h"
#include "bench/flood/tor_327_loop.h"

namespace stile::bench {

std::vector<std::string> RivalNames() { return {"fixed", "tor327", "tor327-300s"}; }

std::unique_ptr<PriceLoop> MakeRival(std::string_view name, const Scenario& scenario) {
  if (name == "fixed") return std::make_unique<FixedPrice>();
  Tor327Loop::Options tor;
  tor.admissions = scenario.admissions;
  tor.greatest = 100 * scenario.door.hashwx_greatest / scenario.door.hashwx_effort;
  if (name == "tor327") return std::make_unique<Tor327Loop>(tor);
  tor.period = 300;
  if (name == "tor327-300s") return std::make_unique<Tor327Loop>(tor);
  return nullptr;
}

}  // namespace stile::bench
