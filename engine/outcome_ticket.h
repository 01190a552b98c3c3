#ifndef STILE_ENGINE_OUTCOME_TICKET_H_
#define STILE_ENGINE_OUTCOME_TICKET_H_

#include <cstdint>

#include "verifier/effort/origin_trouble.h"

namespace stile {

// A request that was let pass, until its origin's outcome is known: whose it was and for which
// path, without either. Good for every engine that has the same effort table. A default one counts
// for nothing.
struct OutcomeTicket {
  OriginVisit visit;
  std::uint32_t site_id = 0;
  std::uint16_t site = 0;  // Where it is, unless the sites have changed.
  bool counts = false;
};

}  // namespace stile

#endif  // STILE_ENGINE_OUTCOME_TICKET_H_
