#ifndef STILE_TOOL_SIMULATION_REPORT_H_
#define STILE_TOOL_SIMULATION_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tool/simulation.h"

namespace stile {

// How the reading of a log went.
struct LogReport {
  static constexpr std::size_t kMaxNamed = 10;

  struct BadLine {
    std::uint64_t line = 0;
    std::string reason;
  };
  std::string name;
  std::uint64_t lines = 0;
  std::uint64_t no_requests = 0;
  std::uint64_t unreadable = 0;
  std::vector<BadLine> first_unreadable;  // At most kMaxNamed.
  std::string broken_off;                 // Why it could not be read to its end; empty: it was.
};

struct ReportOptions {
  std::size_t clients = 10;   // Named of each kind.
  bool clients_solve = true;  // As in SimulationOptions.
  std::string before_name;    // What the two policies are called: files.
  std::string after_name;
};

// What a simulation found, for people: text in columns.
[[nodiscard]] std::string SimulationText(const Simulation& simulation, const LogReport& log,
                                         const ReportOptions& options);

// The same for programs: one JSON object, whose members docs/policy-tools.md lists.
[[nodiscard]] std::string SimulationJson(const Simulation& simulation, const LogReport& log,
                                         const ReportOptions& options);

// What the figures leave out: each is a sentence.
[[nodiscard]] std::vector<std::string> SimulationNotes(const Simulation& simulation,
                                                       const LogReport& log,
                                                       const ReportOptions& options);

// The clients that a policy refused or asked most, and those that would notice the other policy
// most, greatest first.
[[nodiscard]] std::vector<const ReplayedClient*> RefusedClients(const Simulation& simulation,
                                                                std::size_t limit);
[[nodiscard]] std::vector<const ReplayedClient*> NoticingClients(const Simulation& simulation,
                                                                 std::size_t limit);

// How many clients met an outcome at least once, under the one policy and under the other.
struct ClientCounts {
  std::uint64_t clients = 0;
  std::uint64_t challenged_before = 0, challenged_after = 0;
  std::uint64_t denied_before = 0, denied_after = 0;
  std::uint64_t worse = 0;  // Would notice.
};
[[nodiscard]] ClientCounts CountClients(const Simulation& simulation);

// The forms that were lost, most often first.
[[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> LostForms(
    const Simulation& simulation, std::size_t limit);

// The changes from one policy to the other, most frequent first.
[[nodiscard]] std::vector<SimulatedChange> SortedChanges(const Simulation& simulation);

}  // namespace stile

#endif  // STILE_TOOL_SIMULATION_REPORT_H_
