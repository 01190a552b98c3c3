#include "tests/simulation/budget_courier.h"

#include <algorithm>
#include <utility>

#include "verifier/budget_message.h"

namespace stile::simulation {
namespace {

constexpr std::int64_t kBeginMillis = 1'772'366'400'000;
constexpr Span kLook = 100 * kMillisecond;
constexpr Span kPatience = kSecond;
constexpr std::size_t kMessages = 8;

Span SpanOf(std::chrono::milliseconds time) {
  return static_cast<Span>(time.count()) * kMillisecond;
}

}  // namespace

BudgetCourier::BudgetCourier(const Place& place, std::shared_ptr<Budgets> budgets,
                             std::uint64_t boot, std::uint32_t who)
    : place_(place),
      budgets_(std::move(budgets)),
      boot_(boot),
      merge_(budgets_, {.boot = boot, .who = who, .interval = kInterval}),
      other_(budgets_, {.boot = ~boot, .who = who, .interval = kInterval}) {}

UnixMillis BudgetCourier::Now() const {
  return UnixMillis{kBeginMillis + place_.clock_offset +
                    static_cast<std::int64_t>(place_.agenda.now() / kMillisecond)};
}

void BudgetCourier::Start(const std::shared_ptr<BudgetCourier>& self) {
  self_ = self;
  place_.agenda.After(place_.random.Below(kSecond), [self] { self->Round(); });
}

BudgetLog::Answered BudgetCourier::IfStill(std::function<void(const BudgetLog::Reply&)> then) {
  if (open_++ == 0) open_since_ = place_.agenda.now();
  return [self = self_.lock(), connection = connection_,
          act = std::move(then)](const BudgetLog::Reply& reply) {
    if (self->killed_ || self->connection_ != connection) return;
    --self->open_;
    self->open_since_ = self->place_.agenda.now();
    act(reply);
  };
}

void BudgetCourier::Round() {
  if (killed_) return;
  place_.agenda.After(kLook, [self = self_.lock()] { self->Round(); });
  const Instant now = place_.agenda.now();
  if (open_ != 0 && now - open_since_ > kPatience) Drop();
  if (open_ != 0 || now < next_round_) return;
  next_round_ = now + SpanOf(kInterval);
  was_seated_ = seated_;
  seated_ = connected_ && merge_.TakeSeat(Now());
  if (seated_) Tell();
  place_.log.Now(link_cut, IfStill([this](const BudgetLog::Reply& reply) {
                   connected_ = true;
                   log_time_ = reply.time;
                   log_time_at_ = place_.agenda.now();
                   const auto steady = static_cast<std::int64_t>(log_time_at_ / kMillisecond);
                   merge_.NoteTime(log_time_, std::chrono::milliseconds(steady));
                   if (!seated_) return;
                   const auto from = merge_.ReadFrom(log_time_);
                   if (!from) return Begin();
                   read_from_ = *from;
                   if (place_.mutant == BudgetMutant::kHeardTwice && !was_seated_) {
                     const auto late = BudgetMerge::MarkAt(log_time_ + -merge_.terms().late);
                     static_cast<void>(merge_.Advance(read_from_, late));
                     read_from_ = late;
                   }
                   Read();
                 }));
}

void BudgetCourier::Tell() {
  const Instant now = place_.agenda.now();
  std::erase_if(outbox_, [&](const Letter& letter) {
    return now - letter.collected > SpanOf(merge_.terms().late);
  });
  if (outbox_.size() < kMessages) {
    BudgetMerge::Forgotten forgotten;
    const auto log_now = log_time_ + std::chrono::milliseconds((now - log_time_at_) / kMillisecond);
    for (auto& telling : merge_.Collect(Now(), log_now, kMessages - outbox_.size(), forgotten)) {
      outbox_.push_back({std::move(telling), now, false});
    }
  }
  for (Letter& letter : outbox_) {
    letter.sent = true;
    place_.log.Add(letter.telling.bytes, link_cut, IfStill([this](const BudgetLog::Reply& reply) {
                     const auto first = std::find_if(outbox_.begin(), outbox_.end(),
                                                     [](const Letter& one) { return one.sent; });
                     if (reply.good || place_.mutant == BudgetMutant::kUnsentIsTold) {
                       outbox_.erase(first);
                     } else {
                       first->sent = false;
                     }
                   }));
  }
}

void BudgetCourier::Begin() {
  place_.log.Last(link_cut, IfStill([this](const BudgetLog::Reply& reply) {
                    if (!merge_.IsStuck(reply.last, log_time_) ||
                        place_.mutant == BudgetMutant::kHeardByClock) {
                      return BeginBehind(reply.last);
                    }
                    place_.log.Forget(link_cut,
                                      IfStill([this](const BudgetLog::Reply&) { BeginBehind(0); }));
                  }));
}

void BudgetCourier::BeginBehind(std::uint64_t last) {
  read_from_ = merge_.Begin(last, log_time_);
  const auto now = BudgetMerge::MarkAt(log_time_);
  if (place_.mutant == BudgetMutant::kHeardByClock && read_from_ > now) {
    static_cast<void>(merge_.Advance(read_from_, now));
    read_from_ = now;
  }
  Read();
}

void BudgetCourier::Read() {
  place_.log.Read(read_from_, kMessages, link_cut, IfStill([this](const BudgetLog::Reply& reply) {
                    for (const BudgetLog::Entry& entry : reply.entries) {
                      if (!merge_.Advance(read_from_, entry.mark)) return;
                      read_from_ = entry.mark;
                      Hear(entry);
                    }
                    if (reply.entries.size() == kMessages) Read();
                  }));
}

void BudgetCourier::Hear(const BudgetLog::Entry& entry) {
  const Span since = place_.agenda.now() - log_time_at_;
  UnixMillis log_now =
      log_time_ + std::chrono::milliseconds(static_cast<std::int64_t>(since / kMillisecond));
  BudgetMessage message;
  if (!ReadBudgetMessage(entry.bytes, message)) return;
  if (place_.mutant == BudgetMutant::kLateCharged) log_now = message.said_at;
  BudgetMerge& hearer = place_.mutant == BudgetMutant::kOwnCharged ? other_ : merge_;
  std::uint64_t cost = 0;
  if (place_.mutant != BudgetMutant::kCappedAtBurst) {
    static_cast<void>(hearer.Hear(entry.bytes, log_now, Now(), cost));
  } else if (message.boot != boot_) {
    ChargeWhatIsThere(message);
  }
}

void BudgetCourier::ChargeWhatIsThere(const BudgetMessage& message) {
  for (const BudgetMessage::Charge& charge : message.charges) {
    BudgetTable& table = budgets_->table(charge.table);
    const UntoldTaking& taking = charge.taking;
    for (std::uint32_t i = 0; i < taking.cost; ++i) {
      if (!table.Take(budgets_->KeyOf(taking.name), taking.pace, 1, Now()).taken) break;
    }
  }
}

void BudgetCourier::Drop() {
  if (place_.mutant == BudgetMutant::kToldTwice) {
    for (Letter& letter : outbox_) letter.sent = false;
  } else {
    std::erase_if(outbox_, [](const Letter& letter) { return letter.sent; });
  }
  ++connection_;
  open_ = 0;
  connected_ = false;
  seated_ = false;
  merge_.LeaveSeat();
  next_round_ = place_.agenda.now() + place_.random.Between(50, 1'000) * kMillisecond;
}

}  // namespace stile::simulation
