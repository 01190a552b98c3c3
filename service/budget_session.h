#ifndef STILE_SERVICE_BUDGET_SESSION_H_
#define STILE_SERVICE_BUDGET_SESSION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "challenge/secret_bytes.h"
#include "challenge/unix_millis.h"
#include "service/budget_totals.h"
#include "service/config.h"
#include "service/redis_connection.h"
#include "verifier/budget_merge.h"

namespace stile {

// The stream that the nodes of a fleet tell each other their takings in.
[[nodiscard]] std::string BudgetStreamKey(std::string_view prefix);

// What this node has yet to tell.
struct BudgetOutbox {
  struct Letter {
    BudgetMerge::Telling telling;
    std::chrono::steady_clock::time_point collected;
    bool sent = false;  // Over the present connection, and not answered yet.
  };
  std::deque<Letter> letters;
};

// What is said over one connection to the store about budgets: once an interval, what this machine
// has taken since, then what others have. A message is said once at most: one whose answer doesn't
// come is given up, one that the store refuses is said again until it is late.
//
// For one thread, which polls the connection's descriptor. Each call that returns false says that
// the connection must be given up, and `why` tells the reason.
class BudgetSession {
 public:
  using Clock = std::chrono::steady_clock;

  // Messages of one interval, and how many are read at a time.
  static constexpr std::size_t kMessages = 8;
  // Messages that the stream keeps, and for how long after the last one.
  static constexpr std::string_view kStreamLength = "2048";
  static constexpr std::string_view kStreamLifeMillis = "60000";

  BudgetSession(std::unique_ptr<RedisConnection> connection, const RedisConfig& config,
                std::chrono::milliseconds interval, BudgetMerge& merge, BudgetOutbox& outbox,
                BudgetTotals& totals);
  // Gives up what has no answer.
  ~BudgetSession();
  BudgetSession(const BudgetSession&) = delete;
  BudgetSession& operator=(const BudgetSession&) = delete;

  // Says the first words; an empty password isn't sent.
  void Greet(const SecretBytes& password, Clock::time_point now);
  // What is due.
  [[nodiscard]] bool Tend(UnixMillis wall, Clock::time_point now);
  // Moves bytes, and acts on the replies that came.
  [[nodiscard]] bool Exchange(bool readable, bool writable, UnixMillis wall, Clock::time_point now);

  [[nodiscard]] const RedisConnection& connection() const noexcept { return *connection_; }
  // It has been let in, and its last message, if it had one, was taken.
  [[nodiscard]] bool serving() const noexcept { return greeted_ && refusal_.empty(); }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  // Why the store takes no messages though it answers; empty: it does.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

 private:
  enum class Kind : std::uint8_t { kAuth, kTime, kAdd, kExpire, kLast, kRead };
  // A command whose reply is yet to come.
  struct Sent {
    Kind kind = Kind::kTime;
    Clock::time_point at;
  };

  void Say(Kind kind, std::initializer_list<std::string_view> words, Clock::time_point now);
  void Tell(UnixMillis wall, Clock::time_point now);
  void AskForMessages(Clock::time_point now);
  [[nodiscard]] bool OnReply(const Sent& command, const RedisReply& reply, UnixMillis wall,
                             Clock::time_point now);
  [[nodiscard]] bool OnTime(const RedisReply& reply, Clock::time_point now);
  void OnAdd(const RedisReply& reply);
  [[nodiscard]] bool OnLast(const RedisReply& reply, Clock::time_point now);
  [[nodiscard]] bool OnRead(const RedisReply& reply, UnixMillis wall, Clock::time_point now);
  [[nodiscard]] bool Hear(const RedisReply& entry, UnixMillis wall, Clock::time_point now);
  // What the store's clock says now.
  [[nodiscard]] UnixMillis LogTime(Clock::time_point now) const noexcept;
  [[nodiscard]] bool GiveUp(std::string why);

  std::unique_ptr<RedisConnection> connection_;
  std::string key_;
  std::chrono::milliseconds interval_;
  BudgetMerge& merge_;
  BudgetOutbox& outbox_;
  BudgetTotals& totals_;
  std::deque<Sent> sent_;
  bool greeted_ = false;
  bool merges_ = false;  // In this round.
  UnixMillis log_time_;  // As the store said at log_time_at_.
  Clock::time_point log_time_at_;
  std::uint64_t read_from_ = 0;
  Clock::time_point next_round_;
  Clock::time_point next_merge_;
  std::string why_;
  std::string refusal_;
  std::string username_;
};

}  // namespace stile

#endif  // STILE_SERVICE_BUDGET_SESSION_H_
