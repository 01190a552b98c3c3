#ifndef STILE_SERVICE_REVERSE_DNS_H_
#define STILE_SERVICE_REVERSE_DNS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "service/config.h"
#include "service/name_questions.h"
#include "verifier/agents/reverse_names.h"

namespace stile {

// By Policy::AgentKey: Agent::reverse_names.
using AgentMasks = std::map<std::uint64_t, std::vector<std::string>>;

// Those of every policy of `config`.
[[nodiscard]] AgentMasks MasksOf(const Config& config);

// Forward-confirmed reverse DNS on a thread of its own: takes questions, asks a resolver and writes
// what it says to a table that requests read. No request ever waits for it, and without any answer
// all goes on as before: what isn't known is unknown.
//
// An address is confirmed for an agent if one of its names (PTR) matches one of the agent's masks
// and that very name resolves back to the address (A, AAAA); that is remembered for 24 hours. A
// name that doesn't match, none, or one that resolves to other addresses: refuted, for an hour. No
// answer, or an error: unknown, for five minutes.
class ReverseDns {
 public:
  // Starts the thread. `table` is written by nobody else meanwhile. Returns what c-ares said.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ReverseDns>> Create(
      const ReverseDnsConfig& config, AgentMasks masks, std::shared_ptr<NameQuestions> questions,
      std::shared_ptr<ReverseNames> table);

  // Gives up what is being asked, and ends the thread.
  ~ReverseDns();
  ReverseDns(const ReverseDns&) = delete;
  ReverseDns& operator=(const ReverseDns&) = delete;

 private:
  struct State;
  explicit ReverseDns(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_REVERSE_DNS_H_
