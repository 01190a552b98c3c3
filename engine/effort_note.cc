#include "engine/effort_note.h"

#include <cstdint>

#include "verifier/effort/effort_control.h"
#include "verifier/effort/price_paid.h"

namespace stile {

void NoteRedemption(const Site& site, const Request& request, const Redemption& redemption,
                    UnixMillis now) noexcept {
  EffortControl* effort = site.effort();
  if (effort == nullptr || redemption.verdict != Verdict::kValid || redemption.repeated) return;
  const Challenge& challenge = redemption.challenge;
  const std::uint32_t paid =
      PricePaidFor(challenge, redemption.alternative, site.policy(), effort->SitePrice(now));
  effort->NoteRedemption(request.address, paid, now);
}

}  // namespace stile
