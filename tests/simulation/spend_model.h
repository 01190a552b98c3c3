#ifndef STILE_TESTS_SIMULATION_SPEND_MODEL_H_
#define STILE_TESTS_SIMULATION_SPEND_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "challenge/unix_millis.h"
#include "tests/simulation/interleaving.h"
#include "tests/simulation/random.h"
#include "verifier/local_spends.h"

namespace stile::simulation {

// One machine whose processes share the spends' memory, driven by operations that a seed decides,
// and beside it what must be true: which credential each number's first acceptance earned. Every
// operation's outcome is held against that at once.
class SpendModel {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint64_t operations = 1000;
    // Wrong on purpose, to see that it is noticed.
    bool boot_is_kept = false;    // Memory that was lost comes back under the same boot.
    bool unknown_passes = false;  // An answer of kUnknown is taken for kFresh.
  };
  struct Outcome {
    std::uint64_t operations = 0;
    std::uint64_t issued = 0;
    std::uint64_t refused_full = 0;
    std::uint64_t accepted = 0;
    std::uint64_t doubled = 0;
    std::uint64_t honest = 0;          // First attempts inside the lifetime.
    std::uint64_t honest_refused = 0;  // Of these: the memory, a clock or a process was lost.
    std::uint64_t repeats = 0;         // Verdicts given again to the same attempt.
    std::uint64_t restarts = 0;
    std::uint64_t kills = 0;
    std::uint64_t interleaved = 0;
    std::uint64_t clock_steps = 0;
    std::string mistake;  // The first; empty if there was none.
  };

  explicit SpendModel(const Options& options);

  // Runs all operations, or up to the first mistake.
  [[nodiscard]] Outcome Run();

 private:
  static constexpr std::size_t kProcesses = 4;

  struct Token {
    SpendId id;
    std::uint32_t expires_at = 0;
    bool tried = false;
  };
  // What is known of a sequence of this boot.
  struct Number {
    std::uint64_t credential = 0;  // Of its first acceptance.
    std::uint32_t expires_at = 0;  // 0: never handed out.
    std::uint32_t attempt = 0;     // Which attempt used it up, if that one had an idempotency id.
    bool maybe = false;            // A process that died may have used it up.
  };
  struct Attempt {
    std::size_t process = 0;
    SpendQuestion question;
    std::uint32_t attempt = 0;
    SpendAnswer answer;
    bool ended = false;
  };
  struct Claim {
    std::size_t process = 0;
    std::uint32_t seconds = 0;
    std::int64_t seen = 0;  // The latest time that counts, when it was made.
    SpendGrant grant;
    bool given = false;
    bool ended = false;
  };

  void Boot();
  void Operate();
  void MoveClock();
  void IssueOne();
  void SpendOne(Token& token, std::uint32_t attempt);
  void SpendForgotten();
  void Guess();
  void Interleave();

  [[nodiscard]] Token& AnyToken();
  [[nodiscard]] Attempt AttemptAt(const Token& token, std::uint32_t attempt);
  [[nodiscard]] UnixMillis NowOf(std::size_t process) const;
  void HeedClock(UnixMillis now);
  void JudgeIssue(const Claim& claim);
  void JudgeSpend(const Attempt& attempt, bool honest, bool contended);
  void RaiseLatest(std::uint64_t first, std::uint64_t last);
  void JudgeRefusal(std::int64_t seen);
  [[nodiscard]] Number& Known(std::uint64_t sequence);
  void Mistake(const char* what, const SpendId& id);

  Options options_;
  Random random_;
  Outcome outcome_;
  Interleaving interleaving_;

  std::size_t capacity_ = 0;
  std::uint64_t pace_ = 0;  // Of the clock: a fast one lets tokens expire before the ring is full.
  std::uint64_t boot_ = 0;
  std::vector<std::uint64_t> memory_;
  std::vector<std::unique_ptr<LocalSpends>> processes_;
  std::array<std::int64_t, kProcesses> behind_{};  // How stale a process's idea of now is, in ms.

  std::int64_t now_ = 1'772'366'400'000;
  std::int64_t floor_ = 0;             // The latest time that counts.
  std::uint64_t void_before_ = 0;      // Sequences that a clock's jump made void.
  std::vector<Number> numbers_;        // By sequence, of this boot.
  std::vector<std::uint32_t> latest_;  // Latest expiry by block of sequences.
  std::vector<Token> tokens_;          // The latest ones, of this boot.
  std::size_t next_token_ = 0;
  std::vector<Token> forgotten_;  // Of earlier boots.
  std::uint64_t next_credential_ = 1;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_SPEND_MODEL_H_
