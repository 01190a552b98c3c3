#include "bench/flood/controlled_price.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "challenge/ip_address.h"

namespace stile::bench {
namespace {

constexpr std::uint32_t kSite = 1;
// From here on challenges don't offer to wait: engine/ask.cc.
constexpr std::uint32_t kPriceWithoutWait = 400;
constexpr std::array<std::string_view, 8> kPaths = {"/",       "/news", "/news/1", "/news/2",
                                                    "/search", "/cart", "/about",  "/help"};

UnixMillis At(double seconds) {
  return UnixMillis{1'800'000'000'000 + static_cast<std::int64_t>(seconds * 1'000)};
}

// An address in the /24 with this number.
IpAddress AddressIn(std::uint32_t prefix) {
  return IpAddress::V4({static_cast<std::uint8_t>(11 + (prefix >> 16)),
                        static_cast<std::uint8_t>(prefix >> 8), static_cast<std::uint8_t>(prefix),
                        7});
}

TokenId IdOf(std::uint64_t clearance) {
  TokenId id{};
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::uint8_t>(clearance >> (8 * (i % 8)));
  }
  return id;
}

std::uint32_t PaidFor(double price, Puzzle puzzle) {
  return puzzle == Puzzle::kWait ? kConfiguredPrice : static_cast<std::uint32_t>(price);
}

}  // namespace

ControlledPrice::ControlledPrice(const EffortOptions& options, const Door::Options& door)
    : door_(door) {
  auto table = EffortTable::Create();
  if (!table) {
    std::fprintf(stderr, "flood_model: %s\n", ToString(table.error()).c_str());
    std::exit(1);
  }
  table_ = *std::move(table);
  const double most = std::max(door.hashwx_greatest / door.hashwx_effort,
                               door.sha256_greatest / door.sha256_effort);
  control_ = std::make_unique<EffortControl>(table_, kSite, options,
                                             static_cast<std::uint32_t>(std::ceil(100 * most)));
}

std::uint64_t ControlledPrice::EffortOf(Puzzle puzzle) const noexcept {
  if (puzzle == Puzzle::kHashwx) return static_cast<std::uint64_t>(door_.hashwx_effort);
  return puzzle == Puzzle::kSha256 ? static_cast<std::uint64_t>(door_.sha256_effort) : 0;
}

double ControlledPrice::PriceFor(std::uint32_t prefix, double now) {
  return control_->PriceFor(AddressIn(prefix), At(now));
}

void ControlledPrice::OnRedeemed(std::uint32_t prefix, double price, Puzzle puzzle, double now) {
  control_->NoteRedemption(AddressIn(prefix), PaidFor(price, puzzle), At(now));
}

double ControlledPrice::TakeTurn(double price, Puzzle puzzle, double now) {
  const std::uint32_t paid = PaidFor(price, puzzle);
  if (control_->TakeTurn(paid, At(now))) return 0;
  return std::max(static_cast<double>(control_->TurnIn(paid, At(now))), 1.0) / 1'000;
}

void ControlledPrice::OnAnswer(std::uint64_t clearance, bool failed, double seconds, double now) {
  const OriginOutcome outcome{failed, static_cast<std::uint32_t>(seconds * 1'000)};
  control_->NoteOutcome(kPaths[clearance % kPaths.size()], IdOf(clearance), outcome, At(now));
}

void ControlledPrice::OnDesk(double share, double) {
  table_->SetQueue(static_cast<std::size_t>(share * door_.desk_places),
                   static_cast<std::size_t>(door_.desk_places));
}

bool ControlledPrice::Offers(Puzzle puzzle, double now) {
  return puzzle != Puzzle::kWait || control_->SitePrice(At(now)) < kPriceWithoutWait;
}

bool ControlledPrice::AsksAgain(std::uint64_t clearance, double price, Puzzle puzzle, double now) {
  if (!control_->DemandsOfHeld()) return false;
  const EffortOptions& options = control_->options();
  const std::uint64_t configured = EffortOf(puzzle);
  const std::uint64_t proven =
      EffortAt(puzzle, configured, static_cast<std::uint32_t>(price), options.longest);
  Clearance held;
  held.id = IdOf(clearance);
  held.puzzle = puzzle;
  held.effort_log2 =
      static_cast<std::uint8_t>(std::bit_width(std::max<std::uint64_t>(proven, 1)) - 1);
  return control_->AsksHeld(held, configured, true, At(now));
}

}  // namespace stile::bench
