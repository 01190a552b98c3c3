#ifndef STILE_TOOL_POLICY_REPLAY_H_
#define STILE_TOOL_POLICY_REPLAY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tool/client_table.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"

namespace stile {

// What becomes of one replayed request, from the best to the worst.
enum class ReplayOutcome : std::uint8_t {
  kAllowed = 0,     // Nothing was asked.
  kCleared = 1,     // A challenge, and the client held an answer to an earlier one.
  kChallenged = 2,  // A challenge, and the client held none.
  kDenied = 3,
};
inline constexpr std::size_t kReplayOutcomes = 4;
[[nodiscard]] std::string_view ReplayOutcomeName(ReplayOutcome outcome) noexcept;

using OutcomeCounts = std::array<std::uint64_t, kReplayOutcomes>;

// What decides about requests: a rule, a threshold, the default, what is built in.
struct ReplayRow {
  std::string name;
  const char* kind = "rule";  // rule, threshold, default, exemption, limit, path
  std::string action;         // "challenge light", "weigh +5".
  RuleMode mode = RuleMode::kEnforce;
  FilePlace place;
  OutcomeCounts counts{};
  // Requests that it matched without deciding: of a rule that weighs or only counts.
  std::uint64_t matched = 0;
};

// Puts a log's requests before one policy, and counts. Clients answer the first challenge that they
// get and hold what it earns for its lifetime, as far as the log says what time it is; or they
// never do.
class PolicyReplay {
 public:
  // Rules beyond this many that weigh or only count are not counted one by one.
  static constexpr std::size_t kMaxProbes = 256;

  PolicyReplay(std::shared_ptr<const Policy> policy, bool clients_solve);

  struct Step {
    ReplayOutcome outcome = ReplayOutcome::kDenied;
    std::uint32_t row = 0;  // Which of rows() decided.
  };
  // `standing` is the client's, null for one that isn't remembered; `seconds` when it was. Counts.
  Step Take(const Request& request, std::optional<std::int64_t> seconds, ClientStanding* standing);

  [[nodiscard]] const Policy& policy() const noexcept { return *policy_; }
  // The rules, then the thresholds, the default, the exemptions and what is denied for its path.
  [[nodiscard]] const std::vector<ReplayRow>& rows() const noexcept { return rows_; }
  // True if some rule that weighs or only counts is not counted.
  [[nodiscard]] bool lacks_probes() const noexcept { return lacks_probes_; }

 private:
  // One rule alone, to see what it matches although it doesn't decide.
  struct Probe {
    std::uint32_t row;
    std::shared_ptr<const Policy> alone;
  };
  void AddProbe(std::uint32_t row);
  [[nodiscard]] std::uint32_t RowOf(const Request& request,
                                    const PolicyMatch& match) const noexcept;
  [[nodiscard]] ReplayOutcome Meet(const Request& request, const PolicyMatch& match,
                                   std::optional<std::int64_t> seconds,
                                   ClientStanding* standing) const noexcept;

  std::shared_ptr<const Policy> policy_;
  bool clients_solve_;
  bool lacks_probes_ = false;
  std::vector<ReplayRow> rows_;
  std::vector<Probe> probes_;
};

// A policy of `rule` alone, with the levels and agents of `policy`: a request that the rule matches
// is denied, any other is allowed; the readings are those of the rule. Null if it can't be made.
[[nodiscard]] std::shared_ptr<const Policy> RuleAlone(const Policy& policy, const Rule& rule);

}  // namespace stile

#endif  // STILE_TOOL_POLICY_REPLAY_H_
