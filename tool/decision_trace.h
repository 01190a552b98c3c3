#ifndef STILE_TOOL_DECISION_TRACE_H_
#define STILE_TOOL_DECISION_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "verifier/gate.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"

namespace stile {

// The path of one request through a policy, from its first rule to what is done.
struct DecisionTrace {
  const Policy& policy;
  const Request& request;
  std::string site;
  Decision decision;
  PolicyMatch match;              // What the policy says to the rank that is held.
  std::vector<RuleTrace> traces;  // Empty for Stile's own endpoints.
};

// For people: a line a step.
[[nodiscard]] std::string DecisionTraceText(const DecisionTrace& trace);
// For programs: one JSON object, whose members docs/policy-tools.md lists.
[[nodiscard]] std::string DecisionTraceJson(const DecisionTrace& trace);

}  // namespace stile

#endif  // STILE_TOOL_DECISION_TRACE_H_
