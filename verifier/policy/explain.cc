#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "verifier/policy/compiled_policy.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

struct Finding {
  bool matched;
  std::string why;
};

// The rule as it would be with this one value in one of its matchers.
bool MatchesAlone(Rule rule, RequestFacts& facts, const std::vector<std::string>& methods) {
  return CompiledRule(rule, methods).Matches(facts);
}

// Says which of `values` matches `subject`, or that none does. `put` makes a rule of one value.
template <typename Values, typename Name, typename Put>
Finding FindValue(std::string_view matcher, const std::string& subject, std::string_view plural,
                  const Values& values, RequestFacts& facts,
                  const std::vector<std::string>& methods, Name name, Put put) {
  for (const auto& value : values) {
    Rule alone;
    put(alone, value);
    if (MatchesAlone(std::move(alone), facts, methods)) {
      return {true, std::string(matcher) + " " + name(value) + " matches " + subject};
    }
  }
  return {false, std::string(matcher) + ": " + subject + " is in none of " +
                     std::to_string(values.size()) + " " + std::string(plural)};
}

std::string Printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  constexpr std::size_t kMaxShown = 200;
  std::string printable;
  for (const char c : text.substr(0, kMaxShown)) {
    if (c >= 0x20 && c < 0x7F) {
      printable += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      printable += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  if (text.size() > kMaxShown) printable += "...";
  return printable.empty() ? "nothing" : printable;
}

std::string NameOf(const std::string& text) { return Printable(text); }
std::string NameOf(const Cidr& range) {
  return range.address.ToString() + "/" + std::to_string(range.length);
}

// Explains one request against the rules of one policy.
class Explanation {
 public:
  Explanation(const Request& request, RequestFacts& facts, const std::vector<std::string>& methods)
      : request_(request), facts_(facts), methods_(methods) {}

  RuleTrace Trace(const Rule& rule, std::uint16_t index) {
    if (rule.mode == RuleMode::kOff) return {index, false, "off: nothing is matched"};
    std::string why;
    for (Finding& finding : Findings(rule)) {
      if (!finding.matched) return {index, false, std::move(finding.why)};
      why += (why.empty() ? "" : ", ") + finding.why;
    }
    if (why.empty()) why = "no matcher: matches every request";
    return {index, true, std::move(why)};
  }

 private:
  template <typename Values, typename Put>
  void Find(std::string_view matcher, const std::string& subject, std::string_view plural,
            const Values& values, Put put, std::vector<Finding>& findings) {
    if (values.empty()) return;
    findings.push_back(FindValue(
        matcher, subject, plural, values, facts_, methods_,
        [](const auto& value) { return NameOf(value); }, put));
  }

  // In the order in which rules are matched.
  std::vector<Finding> Findings(const Rule& rule) {
    std::vector<Finding> findings;
    Find(
        "method", Printable(request_.method), "methods", rule.methods,
        [](Rule& alone, const std::string& value) { alone.methods = {value}; }, findings);
    FindPath(rule, findings);
    Find(
        "host", Printable(request_.host), "hosts", rule.hosts,
        [](Rule& alone, const std::string& value) { alone.hosts = {value}; }, findings);
    const auto& address = facts_.address();
    Find(
        "ip", address ? address->ToString() : "unknown", "ranges", rule.ips,
        [](Rule& alone, const Cidr& value) { alone.ips = {value}; }, findings);
    Find(
        "user agent", Printable(request_.user_agent), "texts", rule.user_agents,
        [](Rule& alone, const std::string& value) { alone.user_agents = {value}; }, findings);
    return findings;
  }

  void FindPath(const Rule& rule, std::vector<Finding>& findings) {
    if (rule.paths.empty()) return;
    const PathForm& path = facts_.path();
    std::string subject = Printable(path.sent);
    if (rule.action == Action::kAllow && !path.normal) {
      findings.push_back(
          {false, "path: " + subject + " has more than one reading, so nothing allows it"});
      return;
    }
    if (rule.action != Action::kAllow && path.resolved != path.sent) {
      subject += " (resolved: " + Printable(path.resolved) + ")";
    }
    Find(
        "path", subject, "paths", rule.paths,
        [action = rule.action](Rule& alone, const std::string& value) {
          alone.paths = {value};
          alone.action = action;
        },
        findings);
  }

  const Request& request_;
  RequestFacts& facts_;
  const std::vector<std::string>& methods_;
};

}  // namespace

std::vector<RuleTrace> Explain(const Policy& policy, const Request& request,
                               const ClientFacts& facts_of_client) {
  static_cast<void>(facts_of_client);
  std::vector<RuleTrace> traces;
  const auto& methods = policy.compiled_->methods;
  RequestFacts facts(request, methods);
  const bool too_long = PathOf(request.target).size() > kMaxPath;
  const bool exempt = !too_long && ExemptionOf(request, facts) != Exemption::kNone;
  Explanation explanation(request, facts, methods);
  for (std::size_t i = 0; i < policy.rules().size(); ++i) {
    const Rule& rule = policy.rules()[i];
    const auto index = static_cast<std::uint16_t>(i);
    if (too_long) {
      traces.push_back({index, false, "path: longer than 8192 bytes, so the request is denied"});
    } else if (exempt && rule.mode == RuleMode::kEnforce && rule.action == Action::kChallenge) {
      traces.push_back({index, false, "exempt: a built-in exemption is never challenged"});
    } else {
      traces.push_back(explanation.Trace(rule, index));
    }
  }
  return traces;
}

}  // namespace stile
