// What happens to a site's effort control, in any order and at any time: its price keeps within its
// bounds and is told in steps of 15 % or at its ends, and so does whatever else it says.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"
#include "verifier/effort/effort_control.h"

namespace stile {
namespace {

constexpr UnixMillis kStart{1'790'000'000'000};
constexpr std::size_t kEvent = 4;

// Three bytes of an input say what the options are.
EffortOptions OptionsOf(FuzzInput input) {
  EffortOptions options;
  options.admissions = input[0] % 4 == 0 ? 0 : input[0] * kLeastAdmissions * (input[1] + 1);
  options.held = (input[2] & 1) != 0;
  options.quiet = (input[2] & 2) != 0 ? QuietAsk::kNone : QuietAsk::kLight;
  options.prefix_share = (input[2] >> 2) / 64.0 + kLeastPrefixShare;
  return options;
}

class Site {
 public:
  explicit Site(FuzzInput head)
      : table_(*EffortTable::Create()),
        most_(100 + head[1] * 25U),
        control_(table_, 1, OptionsOf(head), most_) {}

  void Play(FuzzInput event) {
    const unsigned a = event[1];
    const unsigned b = event[2];
    const unsigned c = event[3];
    const IpAddress address = IpAddress::V4({10, event[1], event[2], event[3]});
    switch (event[0] % 8) {
      case 0:
        now_ = UnixMillis{now_.value + (a << 8 | b)};
        break;
      case 1:  // The clock leaps, either way.
        now_ =
            UnixMillis{now_.value + (std::int64_t{event[1]} - 128) * (std::int64_t{1} << c % 44)};
        break;
      case 2:
      case 3:
        for (unsigned i = 0; i <= b; ++i) {
          control_.NoteRedemption(IpAddress::V4({10, event[3], static_cast<std::uint8_t>(i), 1}),
                                  a * 25, now_);
        }
        break;
      case 4:
        for (unsigned i = 0; i <= b; ++i) control_.NoteRedemption(address, a * 25, now_);
        break;
      case 5:
        for (unsigned i = 0; i <= b; ++i) {
          TokenId id{};
          id.fill(static_cast<std::uint8_t>(i * 37));
          id[0] = static_cast<std::uint8_t>(i);
          control_.NoteOutcome((c & 1) != 0 ? "/" : "/a/b", id, {(c & 2) != 0, a << (c >> 4)},
                               now_);
        }
        break;
      case 6:
        table_->SetQueue(a, b);
        break;
      case 7:
        if (control_.PassesUnasked(now_)) Reach("passed unasked");
        control_.NoteOutcome(control_.UnaskedVisitOf("/", address), {(c & 1) != 0, 0}, now_);
        break;
    }
    Check(address);
  }

 private:
  void Check(const IpAddress& address) {
    const std::uint32_t price = control_.SitePrice(now_);
    STILE_REQUIRE(price >= kConfiguredPrice && price <= most_);
    // Over many periods it may have gone up and come down again.
    const bool at_end = price == kConfiguredPrice || price == most_;
    const bool one_step = now_.value - seen_.value < 2 * EffortControl::kPeriodMillis;
    const double moved = std::fabs(static_cast<double>(price) - told_);
    STILE_REQUIRE(moved == 0 || moved >= told_ * 0.15 - 1 || at_end || !one_step);
    seen_ = now_;
    if (price > told_) Reach("raised");
    if (price < told_) Reach("lowered");
    told_ = price;
    const std::uint32_t asked = control_.PriceFor(address, now_);
    STILE_REQUIRE(asked >= price && asked <= most_);
    if (asked > price) Reach("prefix pays");
    const EffortReading reading = control_.Read(now_);
    STILE_REQUIRE(reading.exact >= kConfiguredPrice && reading.exact <= most_);
    STILE_REQUIRE(reading.trouble >= 0 && reading.trouble <= 1);
    STILE_REQUIRE(reading.held_share >= 0 && reading.held_share <= 1);
    STILE_REQUIRE(std::isfinite(reading.excess) && reading.excess >= 0);
    STILE_REQUIRE(std::isfinite(reading.demand) && std::isfinite(reading.capacity));
    if (reading.trouble > 0) Reach("trouble");
    if (control_.DemandsOfHeld()) Reach("held");
  }

  std::shared_ptr<EffortTable> table_;
  std::uint32_t most_;
  EffortControl control_;
  UnixMillis now_ = kStart;
  UnixMillis seen_ = kStart;
  double told_ = kConfiguredPrice;
};

}  // namespace

void FuzzEffort(FuzzInput input) {
  constexpr std::size_t kMostEvents = 2'000;
  if (input.size() < 3 + kEvent) return Reach("too short");
  Site site(input.first(3));
  input = input.subspan(3);
  for (std::size_t i = 0; i < kMostEvents && input.size() >= kEvent; ++i) {
    site.Play(input.first(kEvent));
    input = input.subspan(kEvent);
  }
}

}  // namespace stile
