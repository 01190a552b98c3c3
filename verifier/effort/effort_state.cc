#include "verifier/effort/effort_state.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "verifier/effort/effort_law.h"

namespace stile {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// Whole numbers for the law: prices in thousandths of a percent, clients in 256ths.
constexpr double kPriceUnit = 1000;
constexpr double kClientUnit = 256;
constexpr double kMostClients = 1 << 24;  // In a period. The law's sums stay below 2^63.

// What is kept of the price in a period that nobody comes in: half in 27 seconds.
constexpr double kDecay = 0.95;
constexpr double kMostRise = 4;         // In one period.
constexpr double kPublishShare = 0.15;  // Of the published price, as in the proposal.

// Demand below this share of the capacity lets the price fall,
constexpr double kBusy = 0.8;
// and one over it raises it once it is ahead by this many clients, and by half a period's.
constexpr double kBurst = 8;
constexpr double kBurstPeriods = 0.5;
// What is remembered of an excess: a minute of the capacity.
constexpr double kMostExcessPeriods = 30;

// The usual is a mean over the last hour or so.
constexpr double kUsualPeriods = 2048;
// While the origin is in trouble though no more come than twice the usual, which an hour's mean
// says little less of: how long that isn't held against those who come, and by when it is
// altogether.
constexpr double kUsualPeak = 2;
constexpr double kPatience = 30;
constexpr double kPatienceOver = 150;

constexpr double kMinute = 30;  // Periods.
constexpr double kHeldPrice = 200;
constexpr double kHeldRise = 1.0 / 150;  // A period: all of them after five minutes.

constexpr double kCalm = 150;        // Periods until it is quiet.
constexpr double kCalmLoad = 0.5;    // Of the capacity.
constexpr double kUnaskedEach = 20;  // Requests that a client's visit may begin with.
constexpr double kLeastUnasked = 200;

// A quarter of the queue may be used at any time.
constexpr double kFreeQueue = 0.25;
constexpr double kMostPressure = 0.99;
// A prefix may send one redemption in four seconds, however small the capacity, but for half of it.
constexpr double kLeastShare = 0.5;

double Pressure(double queue) noexcept {
  return std::clamp((queue - kFreeQueue) / (1 - kFreeQueue), 0.0, kMostPressure);
}

std::uint64_t Units(double value, double unit) noexcept {
  return static_cast<std::uint64_t>(std::clamp(value, 0.0, kMostClients) * unit + 0.5);
}

double Bounded(double value, double least, double most) noexcept {
  return value >= least && value <= most ? value : (value > most ? most : least);
}

}  // namespace

// How many clients the origin can take in this period, as far as anything is known about it.
double EffortState::CapacityFor(const EffortInput& input,
                                const EffortOptions& options) const noexcept {
  const double trouble = std::min(input.trouble, kMostPressure);
  const double queue = Pressure(input.queue);
  if (options.admissions > 0) {
    return options.admissions * kPeriodSeconds * (1 - std::max(trouble, queue));
  }
  double capacity = kNoLimit;
  if (trouble > 0) {
    // It has always borne the usual, so that what fails now fails for another reason. For a while.
    const double left = 1 - Bounded((troubled - kPatience) / (kPatienceOver - kPatience), 0, 1);
    capacity = std::max(input.came * (1 - trouble), kUsualPeak * usual * left);
  }
  if (queue > 0) capacity = std::min(capacity, input.came * (1 - queue));
  return capacity;
}

void EffortState::Advance(const EffortInput& input, const EffortOptions& options,
                          std::uint32_t most) noexcept {
  last_came = std::min(input.came, kMostClients);
  last_trouble = input.trouble;
  troubled = input.trouble > 0 ? troubled + 1 : 0;
  Weigh(input, options, most);
  Publish(most);
  Learn(input);
  Hold(options);
  Quieten(input, options);
}

// The law: StepEffort, on what stands for its terms here.
void EffortState::Weigh(const EffortInput& input, const EffortOptions& options,
                        std::uint32_t most) noexcept {
  const double limit = CapacityFor(input, options);
  const bool limited = limit < kNoLimit;
  last_capacity = limited ? limit : 0;
  const double came = last_came;
  const double waiting = excess;
  if (limited) {
    const double room = std::max(options.admissions * kPeriodSeconds, came) * kMostExcessPeriods;
    excess = std::clamp(waiting + came - limit, 0.0, room);
  } else {
    excess = std::max(0.0, waiting - std::max({usual, waiting / 16, 1.0}));
  }
  const bool over = limited && came > limit && excess > std::max(kBurst, limit * kBurstPeriods);
  const bool busy = excess > 0 || (limited && came > 0 && came >= limit * kBusy);

  double next = exact * kDecay;  // Where nothing is served, or as much as comes.
  bool raised = false;
  if (limited && came > 0 && limit > 0) {
    const double served = std::min(came + waiting, limit);
    EffortPeriod period;
    period.length = kPeriodSeconds;
    period.idle = kPeriodSeconds * (1 - served / limit);
    period.dequeued = std::max<std::uint64_t>(Units(served, kClientUnit), 1);
    period.enqueued = Units(std::min(input.paid, came), kClientUnit);
    period.enqueued_effort = period.enqueued * Units(published, kPriceUnit);
    const NextEffort step = StepEffort(Units(exact, kPriceUnit), period, kDecay);
    raised = step.step == EffortStep::kRaised;
    next = static_cast<double>(step.effort) / kPriceUnit;
  }
  if (raised ? !over : busy) return;
  if (raised) next = std::min(next, exact * kMostRise);
  exact = std::clamp<double>(next, kConfiguredPrice, most);
}

// A change of less than 15 % isn't worth telling, but for the ends.
void EffortState::Publish(std::uint32_t most) noexcept {
  const double told = published;
  const bool at_end = exact <= kConfiguredPrice || exact >= most;
  if (!at_end && std::fabs(exact - told) < told * kPublishShare) return;
  published = static_cast<std::uint32_t>(exact + 0.5);
}

void EffortState::Learn(const EffortInput& input) noexcept {
  if (input.trouble > 0 || input.queue > kFreeQueue || exact > kConfiguredPrice) return;
  learned = std::min(learned + 1, kUsualPeriods);
  usual += (last_came - usual) / learned;
}

std::uint32_t EffortState::HeldPrice() const noexcept {
  return static_cast<std::uint32_t>(least == 0 ? least_before : std::min(least, least_before));
}

void EffortState::Hold(const EffortOptions& options) noexcept {
  least = least == 0 ? published : std::min<double>(least, published);
  if (++minute >= kMinute) {
    least_before = least;
    least = 0;
    minute = 0;
  }
  const bool lasts = options.held && HeldPrice() >= kHeldPrice;
  held_share = std::clamp(held_share + (lasts ? kHeldRise : -kHeldRise), 0.0, 1.0);
}

void EffortState::Quieten(const EffortInput& input, const EffortOptions& options) noexcept {
  if (quiet != 0) usual_unasked += (input.unasked - usual_unasked) / kUsualPeriods;
  const double bearable = options.admissions > 0 ? options.admissions * kPeriodSeconds * kCalmLoad
                                                 : std::max(kUsualPeak * usual, kBurst);
  const bool is_calm = exact <= kConfiguredPrice && excess == 0 && input.trouble == 0 &&
                       input.queue <= kFreeQueue && last_came <= bearable &&
                       input.unasked <= static_cast<double>(MostUnasked(options));
  calm = is_calm ? std::min(calm + 1, kCalm) : 0;
  quiet = options.quiet == QuietAsk::kNone && calm >= kCalm ? 1 : 0;
}

std::uint64_t EffortState::MostUnasked(const EffortOptions& options) const noexcept {
  if (options.admissions > 0) {
    return static_cast<std::uint64_t>(options.admissions * kPeriodSeconds * kUnaskedEach) + 1;
  }
  return static_cast<std::uint64_t>(std::max(4 * usual_unasked, kLeastUnasked));
}

double EffortState::PrefixShare(const EffortOptions& options) const noexcept {
  double whole = options.admissions * kPeriodSeconds;
  if (options.admissions <= 0) {
    if (last_capacity <= 0) return 0;
    whole = std::max(last_capacity, 1.0);
  }
  const double share = whole * options.prefix_share;
  return std::max(share, std::min(kLeastShare, whole / 2));
}

std::array<std::uint64_t, EffortState::kWords> EffortState::Words() const noexcept {
  const auto word = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  return {word(exact),     published,           word(excess),        word(usual),
          word(learned),   word(troubled),      word(least),         word(least_before),
          word(minute),    word(held_share),    word(calm),          word(quiet),
          word(last_came), word(usual_unasked), word(last_capacity), word(last_trouble)};
}

EffortState EffortState::Of(const std::array<std::uint64_t, kWords>& words,
                            std::uint32_t most) noexcept {
  const auto number = [&words](std::size_t i, double least, double most_of_it) {
    return Bounded(std::bit_cast<double>(words[i]), least, most_of_it);
  };
  EffortState state;
  state.exact = number(0, kConfiguredPrice, most);
  state.published =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(words[1], kConfiguredPrice, most));
  state.excess = number(2, 0, kMostClients * kMostExcessPeriods);
  state.usual = number(3, 0, kMostClients);
  state.learned = number(4, 0, kUsualPeriods);
  state.troubled = number(5, 0, kPatienceOver);
  state.least = number(6, 0, kMostPrice);
  state.least_before = number(7, 0, kMostPrice);
  state.minute = number(8, 0, kMinute);
  state.held_share = number(9, 0, 1);
  state.calm = number(10, 0, kCalm);
  state.quiet = number(11, 0, 1);
  state.last_came = number(12, 0, kMostClients);
  state.usual_unasked = number(13, 0, kMostClients);
  state.last_capacity = number(14, 0, kMostClients);
  state.last_trouble = number(15, 0, 1);
  return state;
}

}  // namespace stile
