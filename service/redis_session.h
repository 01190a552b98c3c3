#ifndef STILE_SERVICE_REDIS_SESSION_H_
#define STILE_SERVICE_REDIS_SESSION_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/secret_bytes.h"
#include "service/redis_connection.h"
#include "service/redis_options.h"
#include "service/redis_question.h"
#include "service/redis_scripts.h"
#include "verifier/spend_epochs.h"

namespace stile {

// What is said over one connection to a shared store, from its first word to its last: the
// password, the contract, the scripts, then orders of SpendEpochs and questions, many at a time.
//
// For one thread, which polls the connection's descriptor. Each call that returns false says that
// the connection must be given up: `why` tells the reason, and everything that has no answer gets
// none of the store's from it.
class RedisSession {
 public:
  using Clock = std::chrono::steady_clock;
  // Called for each question that was given to Ask, once.
  using Answered =
      std::function<void(const RedisQuestion&, SpendEpochs::SpendReply, bool confirmed)>;

  static constexpr std::size_t kBatch = 64;    // Questions of one script.
  static constexpr std::size_t kInFlight = 8;  // Scripts of questions that wait for replies.

  RedisSession(std::unique_ptr<RedisConnection> connection, const RedisOptions& options,
               SpendEpochs& epochs, Answered answered);
  // Answers what has no answer yet with SpendReply::kNone.
  ~RedisSession();
  RedisSession(const RedisSession&) = delete;
  RedisSession& operator=(const RedisSession&) = delete;

  // Says the first words. An empty password isn't sent.
  void Greet(const SecretBytes& password, Clock::time_point now);
  // What is due: orders, the contract once more, a word to one that has been silent, questions that
  // waited for too long.
  [[nodiscard]] bool Tend(UnixMillis wall, Clock::time_point now);
  // Whether there is room for another batch.
  [[nodiscard]] bool can_ask() const noexcept { return batches_ < kInFlight && epochs_.serving(); }
  void Ask(std::vector<RedisQuestion> questions, Clock::time_point now);
  // Moves bytes, and acts on the replies that came.
  [[nodiscard]] bool Exchange(bool readable, bool writable, UnixMillis wall, Clock::time_point now);

  [[nodiscard]] const RedisConnection& connection() const noexcept { return *connection_; }
  [[nodiscard]] bool has_open_ends() const noexcept { return !sent_.empty(); }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  // The kind of error with which it refuses what needs more memory or disk ("OOM"), though it
  // answers; empty from the next that it does.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }
  [[nodiscard]] bool broke_contract() const noexcept { return broke_contract_; }

 private:
  enum class Kind : std::uint8_t { kAuth, kInfo, kLoad, kAdopt, kOpen, kSpend, kWait, kProbe };
  // A command whose reply is yet to come.
  struct Sent {
    Kind kind = Kind::kInfo;
    Clock::time_point at;
    RedisScript script = RedisScript::kAdopt;
    std::vector<std::string>
        words{};  // Of a script, without its name: it may have to be said again.
    std::vector<RedisQuestion> questions{};
    std::string letters{};  // kWait: what the script answered about the questions.
    int tries = 1;
  };

  void Say(std::initializer_list<std::string_view> words);
  void Send(Sent&& command, Clock::time_point now);
  void LoadScripts(Clock::time_point now);
  [[nodiscard]] RedisScript WriteQuestions(const std::vector<RedisQuestion>& questions,
                                           std::vector<std::string>& words) const;
  void AskContract(Clock::time_point now);
  void SendOrder(UnixMillis wall, Clock::time_point now);
  [[nodiscard]] bool OnReply(Sent command, RedisReply reply, UnixMillis wall,
                             Clock::time_point now);
  [[nodiscard]] bool OnInfo(const RedisReply& reply, UnixMillis wall);
  [[nodiscard]] bool OnLoad(RedisScript script, const RedisReply& reply);
  [[nodiscard]] bool OnSpend(Sent command, const RedisReply& reply);
  void OnWait(Sent command, const RedisReply& reply);
  void Answer(const std::vector<RedisQuestion>& questions, std::string_view letters,
              bool confirmed);
  void Expire(Clock::time_point now);
  void NoteWrite(const RedisReply& reply);
  [[nodiscard]] bool GiveUp(std::string why);

  std::unique_ptr<RedisConnection> connection_;
  const RedisOptions& options_;
  SpendEpochs& epochs_;
  Answered answered_;
  std::deque<Sent> sent_;
  std::size_t batches_ = 0;
  Clock::time_point answered_at_;                     // The last time that anything was.
  std::array<std::string, kRedisScriptCount> names_;  // SHA-1s, as the server calls the scripts.
  std::string sentinel_;
  bool greeted_ = false;
  bool asks_contract_ = false;
  Clock::time_point recheck_at_;
  std::string why_;
  std::string refusal_;
  bool broke_contract_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_SESSION_H_
