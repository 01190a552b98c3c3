#include "verifier/budget_merge.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr int kSettleIntervals = 4;
constexpr int kLateIntervals = 10;
constexpr milliseconds kLeastLate{10'000};

// A mark: 48 bits of milliseconds and 16 of a number.
constexpr int kNumberBits = 16;
constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << kNumberBits) - 1;
constexpr std::uint64_t kMaxMillis = std::numeric_limits<std::uint64_t>::max() >> kNumberBits;

bool Parse(std::string_view text, std::uint64_t& number) noexcept {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end;
}

}  // namespace

BudgetMerge::BudgetMerge(std::shared_ptr<Budgets> budgets, const Options& options)
    : budgets_(std::move(budgets)), options_(options) {
  terms_.settle = options.interval * kSettleIntervals;
  terms_.late = std::max(options.interval * kLateIntervals, kLeastLate);
}

bool BudgetMerge::TakeSeat(UnixMillis now) noexcept {
  return budgets_->seat.Take(options_.who, now);
}

void BudgetMerge::LeaveSeat() noexcept { budgets_->seat.Leave(options_.who); }

std::vector<BudgetMerge::Telling> BudgetMerge::Collect(UnixMillis now, UnixMillis log_now,
                                                       std::size_t room, Forgotten& forgotten) {
  std::vector<BudgetMessage::Charge> charges;
  std::vector<Telling> tellings;
  tellings.reserve(room);
  const std::size_t most = room * BudgetMessage::kMaxCharges;
  charges.reserve(most);
  std::vector<UntoldTaking> takings;
  for (const auto due : {TakingLedger::Due::kWeighty, TakingLedger::Due::kSettled}) {
    for (std::size_t table = 0; table < Budgets::kTables; ++table) {
      takings.clear();
      Add(budgets_->untold(table).CollectDue(due, budgets_->hash, terms_, now,
                                             most - charges.size(), takings),
          forgotten);
      for (const UntoldTaking& taking : takings) {
        charges.push_back({static_cast<std::uint8_t>(table), taking});
      }
    }
  }
  for (std::size_t begin = 0; begin < charges.size(); begin += BudgetMessage::kMaxCharges) {
    const auto part = std::span(charges).subspan(
        begin, std::min(charges.size() - begin, BudgetMessage::kMaxCharges));
    Telling telling{WriteBudgetMessage(options_.boot, log_now, part), 0, part.size()};
    for (const BudgetMessage::Charge& charge : part) telling.cost += charge.taking.cost;
    tellings.push_back(std::move(telling));
  }
  return tellings;
}

void BudgetMerge::Forget(UnixMillis now, Forgotten& forgotten) {
  std::vector<UntoldTaking> none;
  for (std::size_t table = 0; table < Budgets::kTables; ++table) {
    Add(budgets_->untold(table).CollectDue(TakingLedger::Due::kNone, budgets_->hash, terms_, now, 0,
                                           none),
        forgotten);
  }
}

void BudgetMerge::Add(const TakingLedger::Collected& collected, Forgotten& forgotten) noexcept {
  forgotten.late += collected.cost_late;
  forgotten.torn += collected.cost_torn;
  forgotten.unnoted += collected.unnoted;
}

BudgetMerge::Hearing BudgetMerge::Hear(std::string_view bytes, UnixMillis log_now, UnixMillis now,
                                       std::uint64_t& cost) {
  BudgetMessage message;
  if (!ReadBudgetMessage(bytes, message)) return Hearing::kRefused;
  if (message.boot == options_.boot) return Hearing::kOwn;
  const milliseconds age = log_now - message.said_at;
  if (age > terms_.late || age < -terms_.late) return Hearing::kLate;
  for (const BudgetMessage::Charge& charge : message.charges) {
    const UntoldTaking& taking = charge.taking;
    budgets_->table(charge.table)
        .Charge(budgets_->KeyOf(taking.name), taking.pace, taking.cost, now);
    cost += taking.cost;
  }
  return Hearing::kCharged;
}

void BudgetMerge::NoteTime(UnixMillis log_now, milliseconds steady) noexcept {
  const milliseconds ahead = milliseconds{log_now.value} - steady;
  if (log_ahead_ && ahead + terms_.late / 2 < *log_ahead_) went_back_ = steady;
  if (went_back_ && steady - *went_back_ > terms_.late) went_back_.reset();
  log_ahead_ = ahead;
}

std::optional<std::uint64_t> BudgetMerge::ReadFrom(UnixMillis log_now) noexcept {
  const std::uint64_t heard = budgets_->seat.heard();
  const std::uint64_t earliest = MarkAt(log_now + -terms_.late);
  if (heard == 0 || went_back_ || IsStuck(heard, log_now)) return std::nullopt;
  if (heard >= earliest) return heard;
  // Whoever was away has no use for what is late.
  static_cast<void>(budgets_->seat.Hear(heard, earliest));
  return budgets_->seat.heard();
}

std::uint64_t BudgetMerge::Begin(std::uint64_t last, UnixMillis log_now) noexcept {
  const std::uint64_t heard = budgets_->seat.heard();
  if (heard != 0 && heard <= last && !went_back_) return heard;
  went_back_.reset();
  // Whoever begins has charged nothing, and owes nothing to what was before.
  static_cast<void>(budgets_->seat.Hear(heard, last != 0 ? last : MarkAt(log_now)));
  return budgets_->seat.heard();
}

bool BudgetMerge::IsStuck(std::uint64_t last, UnixMillis log_now) const noexcept {
  return last > MarkAt(log_now + terms_.late);
}

bool BudgetMerge::Advance(std::uint64_t from, std::uint64_t to) noexcept {
  return budgets_->seat.Hear(from, to);
}

std::optional<std::uint64_t> BudgetMerge::MarkOf(std::string_view id) noexcept {
  const std::size_t dash = id.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  std::uint64_t millis = 0;
  std::uint64_t number = 0;
  if (!Parse(id.substr(0, dash), millis) || !Parse(id.substr(dash + 1), number)) {
    return std::nullopt;
  }
  if (number > kMaxNumber) {
    number = 0;
    millis += millis <= kMaxMillis ? 1 : 0;
  }
  if (millis > kMaxMillis) return std::numeric_limits<std::uint64_t>::max();
  return millis << kNumberBits | number;
}

std::string BudgetMerge::IdOf(std::uint64_t mark) {
  return std::to_string(mark >> kNumberBits) + "-" + std::to_string(mark & kMaxNumber);
}

std::uint64_t BudgetMerge::MarkAt(UnixMillis log_time) noexcept {
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(log_time.value, 0));
  return std::min(millis, kMaxMillis) << kNumberBits;
}

}  // namespace stile
