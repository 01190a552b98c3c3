#include "service/redis_spends.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "service/log.h"
#include "service/own_spends.h"
#include "service/redis_connection.h"
#include "service/redis_password.h"
#include "service/redis_session.h"
#include "service/retry_pause.h"
#include "service/wall_clock.h"
#include "service/woken_thread.h"
#include "verifier/spend_epochs.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using Clock = RedisSession::Clock;
using SpendReply = SpendEpochs::SpendReply;

constexpr milliseconds kTick{20};         // Blocks run out, and clocks are looked at.
constexpr milliseconds kTickInFlight{5};  // Questions run out of time.
constexpr std::string_view kNoMemory = "there is no memory for its answers";

SpendAnswer Passing() {
  SpendAnswer answer;
  answer.passing = true;
  return answer;
}

SpendEpochs::Options EpochOptions(const RedisOptions& options) {
  SpendEpochs::Options made;
  made.node = options.node;
  made.boot = options.boot;
  made.token_lifetime = options.token_lifetime;
  made.skew = options.skew;
  return made;
}

}  // namespace

struct RedisSpends::State {
  State(RedisOptions given, std::shared_ptr<LocalSpends> given_local)
      : options(std::move(given)),
        local(std::move(given_local)),
        epochs(EpochOptions(options)),
        queue(options.room),
        own(options.token_lifetime * 2 + options.skew) {}

  void Run();
  void Turn();
  void Poll();
  void TakeQuestions(Clock::time_point now);
  void Hold(const RedisQuestion& question) noexcept;
  void AskStore(Clock::time_point now);
  void Connect(Clock::time_point now);
  void Drop(Clock::time_point now, std::string_view why) noexcept;
  void TellWhy(std::string_view why, bool was_up);
  void TellRefusal();
  void OnServing();
  void Answer(const RedisQuestion& question, SpendReply reply, bool confirmed);
  void Deliver(const RedisQuestion& question, const SpendAnswer& answer) noexcept;
  [[nodiscard]] SpendAnswer Alone(const RedisQuestion& question) noexcept;
  [[nodiscard]] SpendAnswer OwnAnswer(const RedisQuestion& question) noexcept;

  [[nodiscard]] bool IsLocal() const noexcept {
    return options.config.on_store_error == OnStoreError::kLocal && local != nullptr;
  }

  RedisOptions options;
  std::shared_ptr<LocalSpends> local;
  SpendEpochs epochs;
  RedisQuestionQueue queue;
  RedisTotals totals;
  OwnSpends own;  // Only where IsLocal.
  std::atomic<bool> asleep{false};

  // The thread's.
  std::unique_ptr<RedisSession> session;
  std::deque<RedisQuestion> waiting;
  RetryPause pause;

  mutable std::mutex mutex;  // Of what follows.
  RedisTrouble trouble{"it has not been reached yet", WallClock()};
  WokenThread thread;  // Ends before what it uses.
};

void RedisSpends::State::Run() {
  while (!thread.ending()) {
    try {
      Turn();
    } catch (const std::exception&) {  // No memory: what was asked over it has no answer.
      session.reset();
      Drop(Clock::now(), kNoMemory);
    }
    Poll();
  }
  session.reset();
  for (const RedisQuestion& left : waiting) Deliver(left, Passing());
  waiting.clear();
  RedisQuestion question;
  while (queue.Take(question)) Deliver(question, Passing());
}

void RedisSpends::State::Turn() {
  const Clock::time_point now = Clock::now();
  if (!session && pause.IsOver(now)) Connect(now);
  if (session && !session->Tend(WallClock(), now)) Drop(now, session->why());
  OnServing();
  TellRefusal();
  TakeQuestions(now);
  AskStore(now);
}

void RedisSpends::State::Poll() {
  milliseconds wait = kTick;
  if (session && (session->has_open_ends() || !waiting.empty())) wait = kTickInFlight;
  asleep.store(true);
  if (!queue.empty()) wait = milliseconds{0};
  const WokenThread::Ready ready = thread.Sleep(session ? &session->connection() : nullptr, wait);
  asleep.store(false);
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

void RedisSpends::State::TakeQuestions(Clock::time_point now) {
  RedisQuestion question;
  while (waiting.size() < options.room && queue.Take(question)) {
    switch (epochs.Admit(question.question.id)) {
      case SpendEpochs::Admission::kRefuse:
        totals.refused.fetch_add(1, std::memory_order_relaxed);
        Deliver(question, SpendAnswer());
        break;
      case SpendEpochs::Admission::kAway:
        // With a connection it is a matter of milliseconds.
        if (session && totals.up.load(std::memory_order_relaxed)) {
          Hold(question);
        } else {
          totals.away.fetch_add(1, std::memory_order_relaxed);
          Deliver(question, Alone(question));
        }
        break;
      case SpendEpochs::Admission::kAsk:
        Hold(question);
        break;
    }
  }
  while (!waiting.empty() && now - waiting.front().asked >= options.config.timeout) {
    totals.timed_out.fetch_add(1, std::memory_order_relaxed);
    Deliver(waiting.front(), Passing());
    waiting.pop_front();
  }
  totals.waiting.store(waiting.size() + queue.size(), std::memory_order_relaxed);
}

void RedisSpends::State::Hold(const RedisQuestion& question) noexcept {
  try {
    waiting.push_back(question);
  } catch (const std::exception&) {
    Deliver(question, Passing());
  }
}

// Those with an idempotency id and those without are different scripts.
void RedisSpends::State::AskStore(Clock::time_point now) {
  while (session && session->can_ask() && !waiting.empty()) {
    const bool attempts = !waiting.front().question.idempotency.empty();
    std::vector<RedisQuestion> questions;
    questions.reserve(RedisSession::kBatch);  // Before any is taken: there may be no memory.
    while (!waiting.empty() && questions.size() < RedisSession::kBatch &&
           attempts != waiting.front().question.idempotency.empty()) {
      questions.push_back(waiting.front());
      waiting.pop_front();
    }
    session->Ask(std::move(questions), now);
  }
  // What was said goes out now, not after the next poll.
  if (session && session->connection().wants_write() &&
      !session->Exchange(false, true, WallClock(), now)) {
    Drop(now, session->why());
  }
}

void RedisSpends::State::Connect(Clock::time_point now) {
  // Whoever replaces the password need not start anew.
  const auto password = LoadRedisPassword(options.config);
  if (!password) return Drop(now, ToString(password.error()));
  std::string error;
  std::unique_ptr<RedisConnection> connection =
      RedisConnection::Open(options.config.address, error);
  if (connection == nullptr) return Drop(now, error);
  session = std::make_unique<RedisSession>(
      std::move(connection), options, epochs,
      [this](const RedisQuestion& question, SpendReply reply, bool confirmed) {
        Answer(question, reply, confirmed);
      });
  session->Greet(*password, now);
}

// Also without memory, which may be why.
void RedisSpends::State::Drop(Clock::time_point now, std::string_view why) noexcept {
  epochs.OnDisconnect();
  const bool was_up = totals.up.exchange(false);
  totals.refuses.store(false);
  totals.broken_contract.store(session && session->broke_contract());
  try {
    TellWhy(why, was_up);
  } catch (const std::exception&) {  // Then nobody hears it, and that is all.
  }
  session.reset();
  for (const RedisQuestion& question : waiting) Deliver(question, Alone(question));
  waiting.clear();
  pause.Fail(now);
}

void RedisSpends::State::TellWhy(std::string_view why, bool was_up) {
  const std::lock_guard lock(mutex);
  if (was_up) trouble.since = WallClock();
  const bool is_new = was_up || trouble.why != why;
  trouble.why = why;
  if (is_new) Log(LogLevel::kError, "spend-store-down", {{"reason", why}});
}

void RedisSpends::State::OnServing() {
  totals.epoch.store(epochs.epoch(), std::memory_order_relaxed);
  totals.epoch_changes.store(epochs.epoch_changes(), std::memory_order_relaxed);
  if (!epochs.serving() || totals.up.load(std::memory_order_relaxed)) return;
  pause.Succeed();
  totals.up.store(true);
  totals.broken_contract.store(false);
  totals.connects.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex);
  trouble.why.clear();
  Log(LogLevel::kInfo, "spend-store-up", {{"epoch", epochs.epoch()}});
}

// Once when a store that is asked begins to refuse, and once when it no longer does.
void RedisSpends::State::TellRefusal() {
  if (!session || !totals.up.load(std::memory_order_relaxed)) return;
  const bool refuses = !session->refusal().empty();
  if (totals.refuses.exchange(refuses) == refuses) return;
  const std::lock_guard lock(mutex);
  if (refuses) {
    trouble.why = Concat("it refuses to write: ", session->refusal());
    trouble.since = WallClock();
    Log(LogLevel::kError, "spend-store-refuses", {{"reason", session->refusal()}});
  } else {
    trouble.why.clear();
    Log(LogLevel::kInfo, "spend-store-writes");
  }
}

// What the store's reply, or its lack, comes to.
void RedisSpends::State::Answer(const RedisQuestion& question, SpendReply reply, bool confirmed) {
  totals.replies[static_cast<std::size_t>(reply)].fetch_add(1, std::memory_order_relaxed);
  SpendAnswer answer = SpendEpochs::Meaning(reply, confirmed);
  if (reply == SpendReply::kNone) totals.timed_out.fetch_add(1, std::memory_order_relaxed);
  if (!confirmed && (reply == SpendReply::kFresh || reply == SpendReply::kRepeated)) {
    totals.unconfirmed.fetch_add(1, std::memory_order_relaxed);
  }
  if (answer.result == SpendResult::kFresh && IsLocal() &&
      question.question.id.boot == options.boot) {
    // So that it doesn't pass here once more when the store is away; or now, if it has passed here
    // while it was, of which the store has not heard: it may take a later attempt for the first.
    const SpendAnswer known = OwnAnswer(question);
    if (!answer.repeated || known.result != SpendResult::kFresh) answer = known;
  } else if (answer.result == SpendResult::kSpent && IsLocal() &&
             question.question.id.boot == options.boot && own.HasPassed(question.question)) {
    // The store has taken a later attempt for the first.
    answer = {SpendResult::kFresh, true, false};
  }
  const auto took = Clock::now() - question.asked;
  const double seconds = std::chrono::duration<double>(took).count();
  const auto& bounds = RedisTotals::kBounds;
  const auto bucket = static_cast<std::size_t>(
      std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
  totals.took[bucket].fetch_add(1, std::memory_order_relaxed);
  totals.took_micros.fetch_add(static_cast<std::uint64_t>(seconds * 1e6),
                               std::memory_order_relaxed);
  Deliver(question, answer);
}

// The answer without the store.
SpendAnswer RedisSpends::State::Alone(const RedisQuestion& question) noexcept {
  const SpendId& id = question.question.id;
  if (!IsLocal() || id.boot != options.boot || id.node != options.node) return Passing();
  totals.local.fetch_add(1, std::memory_order_relaxed);
  return OwnAnswer(question);
}

// What this node knows by itself. What it can't remember doesn't pass.
SpendAnswer RedisSpends::State::OwnAnswer(const RedisQuestion& question) noexcept {
  try {
    return own.Spend(question.question, WallClock());
  } catch (const std::exception&) {
    return Passing();
  }
}

void RedisSpends::State::Deliver(const RedisQuestion& question,
                                 const SpendAnswer& answer) noexcept {
  question.receiver->OnSpendAnswer(question.ticket, answer);
}

absl::StatusOr<std::unique_ptr<RedisSpends>> RedisSpends::Create(
    RedisOptions options, std::shared_ptr<LocalSpends> local) {
  auto state = std::make_unique<State>(std::move(options), std::move(local));
  if (absl::Status started =
          state->thread.Start("stile-redis", [&served = *state] { served.Run(); });
      !started.ok()) {
    return started;
  }
  return std::unique_ptr<RedisSpends>(new RedisSpends(std::move(state)));
}

RedisSpends::RedisSpends(std::unique_ptr<State> state) : state_(std::move(state)) {}
RedisSpends::~RedisSpends() = default;
void RedisSpends::Close() noexcept { state_->thread.End(); }

bool RedisSpends::Issue(UnixMillis now, std::uint32_t seconds, SpendGrant& out) noexcept {
  if (state_->epochs.blocks().Issue(now, seconds, out)) return true;
  if (!state_->IsLocal() || state_->totals.up.load(std::memory_order_relaxed)) return false;
  return state_->local->Issue(now, seconds, out);
}

std::optional<SpendAnswer> RedisSpends::Ask(const SpendQuestion& question, UnixMillis now,
                                            SpendReceiver& receiver,
                                            std::uint64_t ticket) noexcept {
  State& state = *state_;
  if (state.IsLocal() && question.id.boot == state.local->boot()) {
    return state.local->Spend(question, now);
  }
  if (state.thread.ending()) return Passing();
  if (!state.queue.Put({question, &receiver, ticket, Clock::now()})) {
    state.totals.overflowed.fetch_add(1, std::memory_order_relaxed);
    return Passing();
  }
  if (state.asleep.load() && state.asleep.exchange(false)) state.thread.Wake();
  return std::nullopt;
}

const RedisTotals& RedisSpends::totals() const noexcept { return state_->totals; }

RedisTrouble RedisSpends::Trouble() const {
  const std::lock_guard lock(state_->mutex);
  RedisTrouble trouble = state_->trouble;
  trouble.up = state_->totals.up.load();
  return trouble;
}

}  // namespace stile
