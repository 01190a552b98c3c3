#ifndef STILE_ENGINE_ASK_H_
#define STILE_ENGINE_ASK_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/alternative.h"
#include "engine/exchange.h"
#include "verifier/effort/effort_options.h"
#include "verifier/effort/price_paid.h"
#include "verifier/level.h"

namespace stile {

// What a client is asked, before it is sealed into a challenge or a context.
struct Ask {
  std::uint8_t level_rank = 0;  // Of the level demanded; LevelFor finds it.
  std::uint8_t roams = 0;
  std::string_view return_path = "/";
  // The client's addresses have spent their budget: the price is raised, and what is bought at it
  // passes where the others of these addresses don't.
  bool dearer = false;
  // The request that is answered has been charged already. If not, ChargeAsk does.
  bool charged = false;
};

// The highest level there is while the site is under attack, else the one of this rank.
[[nodiscard]] const Level& LevelOf(const Site& site, std::uint8_t level_rank) noexcept;

// The ask of a client about which nothing is known but its cookies: the default level, and "/".
[[nodiscard]] Ask BareAsk(const Exchange& exchange) noexcept;

// Charges the challenge that is about to be issued for `ask` to the client's addresses, unless the
// gate has charged the request that it answers. What isn't there makes it dearer, and so does a
// spent budget of all clearances of these addresses, which the client need not have named.
void ChargeAsk(const Exchange& exchange, Ask& ask) noexcept;

// Where the client of `request` goes after redeeming: what it asked for if it can be asked for
// again, else "/".
[[nodiscard]] std::string_view ReturnPathOf(const Request& request) noexcept;

// What a challenge offers.
struct Offer {
  std::array<Alternative, kMaxAlternatives> alternatives{};
  std::size_t count = 0;
  bool unbound = false;  // No address binds what it earns.

  [[nodiscard]] std::span<const Alternative> view() const noexcept {
    return {alternatives.data(), count};
  }
};

// By what the effort of an offer is raised, beside what its client gives reason for.
struct EffortPrice {
  std::uint32_t percent = kConfiguredPrice;
  std::chrono::milliseconds longest = EffortOptions{}.longest;  // As in EffortOptions.
};

// The alternatives of `level` for a client that roamed this often. A price is raised by
// kUnboundPriceFactor, but a search never over the format's limit, and a wait not over half the
// life of the challenge or of the clearance that it earns. A `dear_price` other than 0 raises it by
// that factor besides, and what is bought carries kBoughtDear. What `price` then adds to a search
// goes to what takes the slowest phone `longest`; a wait it leaves alone.
[[nodiscard]] Offer OfferOf(const Level& level, std::uint8_t roams, std::int64_t challenge_seconds,
                            std::uint32_t dear_price = 0, const EffortPrice& price = {}) noexcept;
// The alternatives of `ask` at the price of now, without the fallbacks that the site or the worker
// withdraws. One always remains, of no lower a rank than those left out.
[[nodiscard]] Offer OfferOf(const Exchange& exchange, const Ask& ask) noexcept;

// Issues the challenge of `ask` into the exchange's challenge_text, and counts it. Returns false if
// there is none.
[[nodiscard]] bool IssueChallenge(Exchange& exchange, const Ask& ask, const Offer& offer) noexcept;

// Writes the address of the challenge page of `ask` to `out`: "<prefix>/challenge?c=<context>".
// Returns an empty view if there is no key to seal the context with, or it doesn't fit.
[[nodiscard]] std::string_view WriteChallengeAddress(Exchange& exchange, const Ask& ask,
                                                     std::span<char> out) noexcept;

// Reads a context that WriteChallengeAddress sealed. Returns false, with `out` untouched, if it is
// anything else, of another site or expired. The return path borrows from the exchange's space.
// What was decided then becomes what the exchange's reference says.
[[nodiscard]] bool OpenContext(Exchange& exchange, std::string_view text, Ask& out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_ASK_H_
