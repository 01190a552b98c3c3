#include "verifier/effort/effort_control.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <utility>

#include "verifier/effort/effort_cell.h"
#include "verifier/effort/effort_state.h"
#include "verifier/rate_table.h"

namespace stile {
namespace {

constexpr std::int64_t kMaxNowMillis = 4'000'000'000'000'000;
// Empty periods that one step catches up on. After these nothing changes any more.
constexpr std::int64_t kMostEmpty = 256;
constexpr std::int64_t kWindowPeriods = OriginTrouble::kWindowMillis / EffortControl::kPeriodMillis;
constexpr double kMicrosInPeriod = EffortControl::kPeriodMillis * 1000.0;
constexpr std::uint64_t kOneCame = std::uint64_t{1} << 32;
constexpr std::uint64_t kLow = 0xFFFF'FFFF;
constexpr std::uint64_t kHeldShares = 256;

static_assert(EffortState::kPeriodSeconds * 1000 == EffortControl::kPeriodMillis);

std::int64_t Bounded(UnixMillis now) noexcept {
  return std::clamp<std::int64_t>(now.value, 1, kMaxNowMillis);
}

EffortState Load(const EffortCell& cell, std::uint32_t most) noexcept {
  std::array<std::uint64_t, EffortState::kWords> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = cell.state[i].load(std::memory_order_relaxed);
  }
  return EffortState::Of(words, most);
}

void SetPrefixShare(double share, EffortCell& cell) noexcept {
  if (share > 0) {
    cell.each_us.store(static_cast<std::int64_t>(kMicrosInPeriod / share) + 1,
                       std::memory_order_relaxed);
  } else {
    const std::int64_t before = cell.each_us.load(std::memory_order_relaxed);
    cell.each_us.store(before > 0 ? -before : before, std::memory_order_relaxed);
  }
}

void Store(const EffortState& state, const EffortOptions& options, EffortCell& cell) noexcept {
  const auto words = state.Words();
  for (std::size_t i = 0; i < words.size(); ++i) {
    cell.state[i].store(words[i], std::memory_order_relaxed);
  }
  cell.published.store(state.published, std::memory_order_relaxed);
  const auto share = static_cast<std::uint64_t>(state.held_share * kHeldShares);
  cell.held.store(share << 32 | state.HeldPrice(), std::memory_order_relaxed);
  cell.unasked_most.store(state.MostUnasked(options), std::memory_order_relaxed);
  cell.quiet.store(state.quiet != 0 ? 1 : 0, std::memory_order_relaxed);
  SetPrefixShare(state.PrefixShare(options), cell);
}

}  // namespace

EffortControl::EffortControl(std::shared_ptr<EffortTable> table, std::uint32_t site,
                             const EffortOptions& options, std::uint32_t most)
    : table_(std::move(table)),
      options_(options),
      site_(site),
      most_(std::clamp(most, kConfiguredPrice, kMostPrice)),
      own_(table_->CellOf(site) == nullptr ? std::make_unique<EffortCell>() : nullptr),
      cell_(own_ == nullptr ? table_->CellOf(site) : own_.get()),
      trouble_(cell_->window, table_->paths(), table_->hash(), site) {
  if (options_.admissions <= 0) return;
  rush_ = TurnRate::Of(options_.admissions * kRush, kRushBurstSeconds);
  stock_ = TurnRate::Of(options_.admissions, kStockBurstSeconds);
  // The first period has its shares too.
  SetPrefixShare(EffortState{}.PrefixShare(options_), *cell_);
}

EffortControl::~EffortControl() = default;

inline void EffortControl::Turn(UnixMillis now) noexcept {
  const std::int64_t start = cell_->start_ms.load(std::memory_order_relaxed);
  const std::int64_t passed = Bounded(now) - start;
  if (start != 0 && passed < kPeriodMillis && passed > -kPeriodMillis) [[likely]]
    return;
  Step(start, now);
}

void EffortControl::Step(std::int64_t start, UnixMillis now) noexcept {
  const std::int64_t passed = Bounded(now) - start;
  if (start == 0 || passed < 0) {
    // The first period begins, or the clock went back: so does the period.
    cell_->start_ms.compare_exchange_strong(start, Bounded(now), std::memory_order_relaxed);
    return;
  }
  const std::int64_t periods = passed / kPeriodMillis;
  if (!cell_->start_ms.compare_exchange_strong(start, start + periods * kPeriodMillis,
                                               std::memory_order_relaxed)) {
    return;  // Another takes this step.
  }
  const std::uint64_t demand = cell_->demand.exchange(0, std::memory_order_relaxed);
  EffortState state = Load(*cell_, most_);
  EffortInput input;
  input.came = static_cast<double>(demand >> 32);
  input.paid = static_cast<double>(demand & kLow);
  input.unasked = static_cast<double>(cell_->unasked.exchange(0, std::memory_order_relaxed));
  input.queue = table_->queue();
  // What a window has seen so far can only add to what the one before it had seen.
  input.trouble = trouble_.Measure();
  const std::int64_t windows_before = start / kPeriodMillis / kWindowPeriods;
  const std::int64_t windows_after =
      (start + periods * kPeriodMillis) / kPeriodMillis / kWindowPeriods;
  if (windows_before != windows_after) {
    trouble_.BeginWindow();
  } else {
    input.trouble = std::max(input.trouble, state.last_trouble);
  }
  state.Advance(input, options_, most_);
  for (std::int64_t i = 1; i < std::min(periods, kMostEmpty); ++i) {
    state.Advance(EffortInput{}, options_, most_);
  }
  Store(state, options_, *cell_);
}

std::uint64_t EffortControl::PrefixKey(const IpAddress& address) const noexcept {
  return table_->hash().Of(site_, RateTable::PrefixKey(address, kIpv4Prefix, kIpv6Prefix));
}

std::uint32_t EffortControl::Published() const noexcept {
  const std::uint64_t price = cell_->published.load(std::memory_order_relaxed);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(price, kConfiguredPrice, most_));
}

std::uint32_t EffortControl::SitePrice(UnixMillis now) noexcept {
  if (!options_.control) return kConfiguredPrice;
  Turn(now);
  return options_.pin != 0 ? options_.pin : Published();
}

std::uint32_t EffortControl::PriceFor(const std::optional<IpAddress>& address,
                                      UnixMillis now) noexcept {
  const std::uint32_t price = SitePrice(now);
  const std::int64_t each_us = cell_->each_us.load(std::memory_order_relaxed);
  if (!address.has_value() || each_us == 0 || !options_.control || options_.pin != 0) return price;
  const std::int64_t each = each_us < 0 ? -each_us : each_us;
  return std::max(price, table_->prefixes().PriceOf(PrefixKey(*address), each, most_, now));
}

void EffortControl::NoteRedemption(const std::optional<IpAddress>& address, std::uint32_t paid,
                                   UnixMillis now) noexcept {
  if (!options_.control) return;
  Turn(now);
  const std::int64_t each_us = cell_->each_us.load(std::memory_order_relaxed);
  if (address.has_value() && each_us > 0 &&
      !table_->prefixes().Note(PrefixKey(*address), each_us, most_, now)) {
    return;  // The prefix pays for it, and nobody else.
  }
  const std::uint64_t one = paid >= Published() ? 1 : 0;
  cell_->demand.fetch_add(kOneCame | one, std::memory_order_relaxed);
}

std::int64_t EffortControl::TurnIn(std::uint32_t paid, UnixMillis now) noexcept {
  if (!LimitsTurns()) return 0;
  const std::int64_t now_us = Bounded(now) * 1000;
  std::int64_t left_us = rush_.LeftIn(cell_->rush_until_us.load(std::memory_order_relaxed), now_us);
  if (IsStock(paid, now)) {
    left_us = std::max(
        left_us, stock_.LeftIn(cell_->stock_until_us.load(std::memory_order_relaxed), now_us));
  }
  return (left_us + 999) / 1000;
}

bool EffortControl::TakeTurn(std::uint32_t paid, UnixMillis now) noexcept {
  if (!LimitsTurns()) return true;
  // Whoever has none of the one takes none of the other.
  if (TurnIn(paid, now) > 0) return false;
  const std::int64_t now_us = Bounded(now) * 1000;
  if (IsStock(paid, now) && !stock_.Take(cell_->stock_until_us, now_us)) return false;
  return rush_.Take(cell_->rush_until_us, now_us);
}

void EffortControl::NoteOutcome(std::string_view path, const TokenId& id,
                                const OriginOutcome& outcome, UnixMillis now) noexcept {
  if (!options_.control) return;
  Turn(now);
  trouble_.Note(path, id, outcome, now);
}

OriginVisit EffortControl::VisitOf(std::string_view path, const TokenId& id) const noexcept {
  return trouble_.VisitOf(path, id);
}

OriginVisit EffortControl::UnaskedVisitOf(std::string_view path,
                                          const IpAddress& address) const noexcept {
  OriginVisit visit = trouble_.VisitOf(path, TokenId{});
  visit.who = PrefixKey(address);  // Nobody is told apart but by their prefix.
  visit.unasked = true;
  return visit;
}

void EffortControl::NoteOutcome(const OriginVisit& visit, const OriginOutcome& outcome,
                                UnixMillis now) noexcept {
  if (!options_.control) return;
  if (visit.unasked && cell_->quiet.load(std::memory_order_relaxed) == 0) return;
  Turn(now);
  trouble_.Note(visit, outcome, now);
}

bool EffortControl::DemandsOfHeld() const noexcept {
  return cell_->held.load(std::memory_order_relaxed) >> 32 != 0;
}

bool EffortControl::AsksHeld(const Clearance& held, std::uint64_t configured, bool safe_method,
                             UnixMillis now) noexcept {
  if (!options_.held || !options_.control || options_.pin != 0) return false;
  Turn(now);
  const std::uint64_t demand = cell_->held.load(std::memory_order_relaxed);
  const std::uint64_t share = demand >> 32;
  if (held.id.back() >= share || configured == 0) return false;
  if (!safe_method && share < kHeldShares) return false;
  if (MostEffort(held.puzzle, options_.longest) == 0) return false;
  const auto price = static_cast<std::uint32_t>(demand & kLow);
  const std::uint64_t half = EffortAt(held.puzzle, configured, price, options_.longest) / 2;
  return held.effort_log2 + 1 < static_cast<int>(std::bit_width(half));
}

bool EffortControl::PassesUnasked(UnixMillis now) noexcept {
  if (cell_->quiet.load(std::memory_order_relaxed) == 0) return false;
  if (options_.quiet != QuietAsk::kNone || !options_.control || options_.pin != 0) return false;
  Turn(now);
  if (cell_->quiet.load(std::memory_order_relaxed) == 0) return false;
  const std::uint64_t passed = cell_->unasked.fetch_add(1, std::memory_order_relaxed);
  if (passed < cell_->unasked_most.load(std::memory_order_relaxed)) return true;
  cell_->quiet.store(0, std::memory_order_relaxed);
  return false;
}

EffortReading EffortControl::Read(UnixMillis now) noexcept {
  EffortReading reading;
  reading.price = SitePrice(now);
  if (!options_.control) return reading;
  const EffortState state = Load(*cell_, most_);
  reading.pin = options_.pin;
  reading.exact = state.exact;
  reading.trouble = state.last_trouble;
  reading.queue = table_->queue();
  reading.demand = state.last_came / EffortState::kPeriodSeconds;
  reading.capacity = state.last_capacity / EffortState::kPeriodSeconds;
  const double each_second = options_.admissions > 0 ? options_.admissions : reading.capacity;
  reading.excess = each_second > 0 ? state.excess / each_second : 0;
  reading.held_share = state.held_share;
  reading.held_price = state.HeldPrice();
  reading.quiet = cell_->quiet.load(std::memory_order_relaxed) != 0;
  return reading;
}

}  // namespace stile
