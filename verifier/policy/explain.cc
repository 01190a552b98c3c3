#include <string>
#include <utility>
#include <vector>

#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/explanation.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

// What becomes of a rule whose condition came to `finding`. `weight` is the sum so far, to which
// nothing is added any more once a rule has decided.
RuleTrace TraceOf(const Rule& rule, std::uint16_t index, Finding finding, bool exempt,
                  bool is_decided, std::int32_t& weight) {
  const bool enforced = rule.mode == RuleMode::kEnforce;
  const bool refuses = ReadingOf(rule.action, rule.weight) == Reading::kLenient;
  RuleTrace trace{index, false, std::move(finding.why)};
  if (finding.truth == Truth::kNo) return trace;
  if (finding.truth == Truth::kUnknown) {
    trace.why += ", so the rule can't match";
    return trace;
  }
  if (finding.truth == Truth::kGaveUp) {
    if (!refuses) {
      trace.why += ", so the rule can't match";
      return trace;
    }
    trace.why += ", so the rule matches, since it refuses";
  }
  if (exempt && enforced && rule.action == Action::kChallenge) {
    trace.why = "exempt: a built-in exemption is never challenged";
    return trace;
  }
  trace.matched = true;
  if (rule.weight != 0 && enforced && !is_decided) {
    weight += rule.weight;
    trace.why +=
        "; adds " + std::to_string(rule.weight) + ", which makes " + std::to_string(weight);
  }
  return trace;
}

}  // namespace

std::vector<RuleTrace> Explain(const Policy& policy, const Request& request,
                               const ClientFacts& client) {
  std::vector<RuleTrace> traces;
  RequestFacts facts(request, policy.compiled_->methods);
  const bool too_long = PathOf(request.target).size() > kMaxPath;
  const bool tangled = !too_long && facts.path().tangled;
  const bool exempt = !too_long && ExemptionOf(request, facts) != Exemption::kNone;
  Explanation explanation(policy, facts, client);
  std::int32_t weight = 0;
  bool is_decided = false;
  for (std::size_t i = 0; i < policy.rules().size(); ++i) {
    const Rule& rule = policy.rules()[i];
    const auto index = static_cast<std::uint16_t>(i);
    if (too_long) {
      traces.push_back({index, false, "path: longer than 8192 bytes, so the request is denied"});
    } else if (tangled) {
      traces.push_back({index, false,
                        "path: has dot segments and more that can be read in two ways, so the "
                        "request is denied"});
    } else if (rule.mode == RuleMode::kOff) {
      traces.push_back({index, false, "off: nothing is matched"});
    } else {
      Finding finding = explanation.OfTable(rule, ReadingOf(rule.action, rule.weight));
      traces.push_back(TraceOf(rule, index, std::move(finding), exempt, is_decided, weight));
      is_decided = is_decided ||
                   (traces.back().matched && rule.mode == RuleMode::kEnforce && rule.weight == 0);
    }
  }
  return traces;
}

}  // namespace stile
