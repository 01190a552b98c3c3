#ifndef STILE_VERIFIER_BUDGET_MERGE_H_
#define STILE_VERIFIER_BUDGET_MERGE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"
#include "verifier/budget_message.h"
#include "verifier/budgets.h"

namespace stile {

// One machine's part in budgets that a fleet counts together: what it tells the other nodes of its
// own takings, and what becomes of theirs here. The messages travel through a log that all nodes
// append to and read from, such as a stream in Redis; how, and over which clock, is the caller's.
//
// Everybody counts for himself and charges later what others have told. So a fleet of N nodes lets
// pass, of one budget and over any time t, no more than
//
//   burst + rate * t + (N - 1) * (what one node lets pass in the delay + a sixteenth of the burst)
//
// where the delay is from a taking to its being charged everywhere. An entry may wait for
// Terms().settle until it is told, so whoever spends no more than the budget on all nodes together
// is charged at most rate * (that + the delay) too much. What is older than Terms().late is
// never told, and what comes that late is never charged; a message is told once at most.
// docs/state.md says what that costs when something fails.
//
// For one thread of a process. The processes that share the budgets' memory take turns by its seat.
class BudgetMerge {
 public:
  struct Options {
    std::uint64_t boot = 0;  // Of the tables' memory; not 0. Messages of it are one's own.
    std::uint32_t who = 0;   // Of this process; random, not 0.
    std::chrono::milliseconds interval{1'000};  // How often it tells.
  };
  BudgetMerge(std::shared_ptr<Budgets> budgets, const Options& options);

  // When entries of ledgers are due: after four intervals at most, and late after ten, or 10 s.
  [[nodiscard]] const TakingLedger::Terms& terms() const noexcept { return terms_; }

  // Whether this process is the one to merge, from `now` on for MergeSeat::kLasts.
  [[nodiscard]] bool TakeSeat(UnixMillis now) noexcept;
  void LeaveSeat() noexcept;

  // A message to be told once at most, and what it says was spent.
  struct Telling {
    std::string bytes;
    std::uint64_t cost = 0;
    std::size_t charges = 0;
  };
  // What was forgotten instead; see TakingLedger::Collected.
  struct Forgotten {
    std::uint64_t late = 0;     // Cost.
    std::uint64_t torn = 0;     // Cost.
    std::uint64_t unnoted = 0;  // Takings.
  };
  // Takes what is due out of the ledgers, in at most `room` messages: first what weighs, whichever
  // table it is of. `log_now`: what the log's clock says meanwhile.
  [[nodiscard]] std::vector<Telling> Collect(UnixMillis now, UnixMillis log_now, std::size_t room,
                                             Forgotten& forgotten);

  // For a process that can't tell anybody anything: what is late is forgotten, and nothing is
  // taken.
  void Forget(UnixMillis now, Forgotten& forgotten);

  enum class Hearing : std::uint8_t {
    kRefused = 0,  // It isn't a message. Nothing is charged.
    kOwn = 1,      // This machine's. Nothing is charged.
    kLate = 2,     // It was made long ago, or is yet to be. Nothing is charged.
    kCharged = 3,
  };
  // Charges what `bytes`, whoever wrote them, say; adds what it is to `cost`. `log_now`: what the
  // log's clock says now. Where in the log they stand tells nothing about how old they are: a clock
  // that went back leaves its marks ahead of it.
  [[nodiscard]] Hearing Hear(std::string_view bytes, UnixMillis log_now, UnixMillis now,
                             std::uint64_t& cost);

  // What the log's clock says, whenever it is asked, where a clock that never steps says `steady`.
  // Messages that were made before it went back can't be told from new ones, and are given up.
  void NoteTime(UnixMillis log_now, std::chrono::milliseconds steady) noexcept;

  // Where to go on reading the log, whose clock says `log_now`: behind the last message that was
  // heard here, by any process; but where that is late, only as far back as messages aren't late.
  // Nothing if that can't be told without the log's last mark, which Begin takes: nobody has heard
  // anything here yet, or the log's clock went back, or its content is another.
  [[nodiscard]] std::optional<std::uint64_t> ReadFrom(UnixMillis log_now) noexcept;
  // The same, where the log's last mark is `last`, or 0 if there is none. Nothing is ever heard
  // again that the log still has.
  [[nodiscard]] std::uint64_t Begin(std::uint64_t last, UnixMillis log_now) noexcept;
  // True if the log's marks are so far ahead of its clock that it must be emptied, so that they
  // begin anew: its clock went back, or somebody has written such a mark. They would run out.
  [[nodiscard]] bool IsStuck(std::uint64_t last, UnixMillis log_now) const noexcept;
  // Notes that the log was read up to the mark `to`, before the message there is heard. False if
  // another process has moved on from `from`: then it is that one's to hear.
  [[nodiscard]] bool Advance(std::uint64_t from, std::uint64_t to) noexcept;

  // A place in the log, MILLIS-NUMBER as Redis's streams have it, and back. A number over 65,535
  // counts as the next millisecond.
  [[nodiscard]] static std::optional<std::uint64_t> MarkOf(std::string_view id) noexcept;
  [[nodiscard]] static std::string IdOf(std::uint64_t mark);
  [[nodiscard]] static std::uint64_t MarkAt(UnixMillis log_time) noexcept;

 private:
  void Add(const TakingLedger::Collected& collected, Forgotten& forgotten) noexcept;

  std::shared_ptr<Budgets> budgets_;
  Options options_;
  TakingLedger::Terms terms_;
  std::optional<std::chrono::milliseconds> log_ahead_;  // Of the clock that never steps.
  std::optional<std::chrono::milliseconds> went_back_;  // When, by that clock. Not read since.
};

}  // namespace stile

#endif  // STILE_VERIFIER_BUDGET_MERGE_H_
