#ifndef STILE_TESTS_SIMULATION_BUDGET_LOG_H_
#define STILE_TESTS_SIMULATION_BUDGET_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/random.h"

namespace stile::simulation {

// What goes wrong in a run of BudgetFleet, by kind.
enum class BudgetFault : std::uint8_t {
  kProcessKilled,
  kMachineRestarted,
  kStoreHung,
  kStoreAway,
  kStoreFull,
  kStoreFlushed,
  kLinkCut,
  kRepliesLost,
  kClockStepped,
  kCount,
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(BudgetFault::kCount)>
    kBudgetFaultNames = {"process killed", "machine restarted", "store hung",
                         "store away",     "store full",        "store flushed",
                         "link cut",       "replies lost",      "clock stepped"};
using BudgetFaultCounts = std::array<std::uint64_t, static_cast<std::size_t>(BudgetFault::kCount)>;

// The stream that nodes tell each other their takings in, as Redis keeps it, and the way there:
// what is said takes its time, is answered late, or never, and while the store hangs, all that was
// said waits, and is done after all.
class BudgetLog {
 public:
  struct Entry {
    std::uint64_t mark;
    std::string bytes;
  };
  // What the store answers; a default one is no answer at all.
  struct Reply {
    bool good = false;
    UnixMillis time;             // Of Now.
    std::vector<Entry> entries;  // Of Read.
    std::uint64_t last = 0;      // Of Last: the last entry's mark.
  };
  using Answered = std::function<void(const Reply&)>;

  BudgetLog(Agenda& agenda, Random& random) : agenda_(agenda), random_(random) {}

  static constexpr std::size_t kLength = 2'048;

  // Each says one thing to the store over a connection; `cut` tells whether that connection's link
  // is cut, at both ends of the way. Calls `answered` once an answer has come.
  void Add(std::string bytes, const bool& cut, Answered answered);
  void Now(const bool& cut, Answered answered);
  void Read(std::uint64_t behind, std::size_t count, const bool& cut, Answered answered);

  void Last(const bool& cut, Answered answered);
  void Forget(const bool& cut, Answered answered);

  void SetHung(bool hung);
  bool away = false;  // Refuses connections.
  bool full = false;  // Refuses what would be added.
  bool loses_replies = false;
  std::int64_t clock_step = 0;  // How far its clock is ahead, in milliseconds.
  void Flush() {
    entries_.clear();
    last_ = 0;
  }

  [[nodiscard]] std::uint64_t commands() const { return commands_; }

 private:
  void Say(const bool& cut, std::function<Reply()> deed, Answered answered);
  void Do(const bool& cut, const std::function<Reply()>& deed, const Answered& answered);
  [[nodiscard]] Span Way();
  [[nodiscard]] UnixMillis Clock() const;

  Agenda& agenda_;
  Random& random_;
  std::vector<Entry> entries_;
  std::uint64_t last_ = 0;
  bool hung_ = false;
  std::vector<std::function<void()>> waiting_;
  std::uint64_t commands_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_BUDGET_LOG_H_
