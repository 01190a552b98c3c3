#include "service/redis_budgets.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "service/budget_session.h"
#include "service/log.h"
#include "service/redis_connection.h"
#include "service/redis_password.h"
#include "service/retry_pause.h"
#include "service/wall_clock.h"
#include "service/woken_thread.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using Clock = BudgetSession::Clock;

constexpr milliseconds kTick{100};
constexpr std::string_view kNoMemory = "there is no memory for it";

}  // namespace

struct RedisBudgets::State {
  State(Options given, std::shared_ptr<Budgets> given_budgets)
      : options(std::move(given)),
        budgets(std::move(given_budgets)),
        merge(budgets, options.merge) {}

  void Run();
  void Turn();
  void Poll();
  void Connect(Clock::time_point now);
  void ForgetLate(Clock::time_point now);
  void Drop(Clock::time_point now, std::string_view why) noexcept;
  void TellState();
  void SetTrouble(std::string_view why);

  Options options;
  std::shared_ptr<Budgets> budgets;
  BudgetMerge merge;
  BudgetTotals totals;

  // The thread's.
  BudgetOutbox outbox;
  std::unique_ptr<BudgetSession> session;
  RetryPause pause;
  Clock::time_point forget_at;

  mutable std::mutex mutex;  // Of what follows.
  RedisTrouble trouble{"the store has not been reached yet", WallClock()};
  WokenThread thread;  // Ends before what it uses.
};

void RedisBudgets::State::Run() {
  while (!thread.ending()) {
    try {
      Turn();
    } catch (const std::exception&) {
      Drop(Clock::now(), kNoMemory);
    }
    Poll();
  }
  session.reset();
  merge.LeaveSeat();
}

void RedisBudgets::State::Turn() {
  const Clock::time_point now = Clock::now();
  if (!session && pause.IsOver(now)) Connect(now);
  if (!totals.up.load(std::memory_order_relaxed) && now >= forget_at) ForgetLate(now);
  if (!session) return;
  if (!session->Tend(WallClock(), now) ||
      (session->connection().wants_write() && !session->Exchange(false, true, WallClock(), now))) {
    return Drop(now, session->why());
  }
  TellState();
}

void RedisBudgets::State::Poll() {
  const WokenThread::Ready ready = thread.Sleep(session ? &session->connection() : nullptr,
                                                std::min(kTick, options.merge.interval / 4));
  if (!ready.any) return;
  const Clock::time_point now = Clock::now();
  try {
    if (!session->Exchange(ready.readable, ready.writable, WallClock(), now)) {
      Drop(now, session->why());
    }
  } catch (const std::exception&) {
    Drop(now, kNoMemory);
  }
}

// The password is read each time, so that a new one needs no restart.
void RedisBudgets::State::Connect(Clock::time_point now) {
  auto password = LoadRedisPassword(options.redis);
  if (!password) return Drop(now, ToString(password.error()));
  std::string error;
  std::unique_ptr<RedisConnection> connection = RedisConnection::Open(options.redis.address, error);
  if (connection == nullptr) return Drop(now, error);
  session = std::make_unique<BudgetSession>(std::move(connection), options.redis,
                                            options.merge.interval, merge, outbox, totals);
  session->Greet(*password, now);
}

// While nobody is told anything: the age of an entry comes round after some hours.
void RedisBudgets::State::ForgetLate(Clock::time_point now) {
  forget_at = now + merge.terms().late / 2;
  BudgetMerge::Forgotten forgotten;
  merge.Forget(WallClock(), forgotten);
  totals.late.fetch_add(forgotten.late);
  totals.torn.fetch_add(forgotten.torn);
  totals.unnoted.fetch_add(forgotten.unnoted);
}

// Also without memory, which may be why.
void RedisBudgets::State::Drop(Clock::time_point now, std::string_view why) noexcept {
  try {
    SetTrouble(why.empty() ? "the connection is broken" : why);
  } catch (const std::exception&) {  // Then nobody hears it, and that is all.
  }
  session.reset();
  totals.seated.store(false);
  merge.LeaveSeat();  // Another process of this machine may reach it.
  pause.Fail(now);
}

void RedisBudgets::State::TellState() {
  if (!session->refusal().empty()) return SetTrouble(session->refusal());
  if (!session->serving() || totals.up.load(std::memory_order_relaxed)) return;
  pause.Succeed();
  totals.up.store(true);
  totals.connects.fetch_add(1);
  const std::lock_guard lock(mutex);
  trouble.why.clear();
  Log(LogLevel::kInfo, "budget-merge-up", {{"stream", BudgetStreamKey(options.redis.key_prefix)}});
}

void RedisBudgets::State::SetTrouble(std::string_view why) {
  const bool was_up = totals.up.exchange(false);
  const std::lock_guard lock(mutex);
  if (was_up) trouble.since = WallClock();
  const bool is_new = was_up || trouble.why != why;
  trouble.why = why;
  if (is_new) {
    Log(LogLevel::kError, "budget-merge-down",
        {{"reason", why}, {"message", "this machine counts budgets for itself meanwhile"}});
  }
}

absl::StatusOr<std::unique_ptr<RedisBudgets>> RedisBudgets::Create(
    Options options, std::shared_ptr<Budgets> budgets) {
  auto state = std::make_unique<State>(std::move(options), std::move(budgets));
  if (absl::Status started =
          state->thread.Start("stile-budgets", [&served = *state] { served.Run(); });
      !started.ok()) {
    return started;
  }
  return std::unique_ptr<RedisBudgets>(new RedisBudgets(std::move(state)));
}

RedisBudgets::RedisBudgets(std::unique_ptr<State> state) : state_(std::move(state)) {}
RedisBudgets::~RedisBudgets() = default;

const BudgetTotals& RedisBudgets::totals() const noexcept { return state_->totals; }

RedisBudgets::Ledgers RedisBudgets::LookAtLedgers() const {
  Ledgers ledgers;
  for (std::size_t table = 0; table < Budgets::kTables; ++table) {
    const TakingLedger& ledger = state_->budgets->untold(table);
    ledgers.entries += ledger.entries();
    ledgers.in_use += ledger.EntriesInUse();
  }
  return ledgers;
}

RedisTrouble RedisBudgets::Trouble() const {
  const std::lock_guard lock(state_->mutex);
  RedisTrouble trouble = state_->trouble;
  trouble.up = state_->totals.up.load();
  return trouble;
}

}  // namespace stile
