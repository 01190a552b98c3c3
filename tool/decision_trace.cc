#include "tool/decision_trace.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "challenge/concat.h"
#include "tool/text_table.h"
#include "tool/utf8_text.h"
#include "verifier/policy/index/path_form.h"

namespace stile {
namespace {

namespace json = boost::json;

constexpr std::uint16_t kNone = 65535;

const char* ModeName(RuleMode mode) {
  switch (mode) {
    case RuleMode::kEnforce:
      return "enforce";
    case RuleMode::kShadow:
      return "shadow";
    case RuleMode::kOff:
      return "off";
  }
  return "enforce";
}

std::string ActionText(const Policy& policy, Action action, std::uint8_t rank) {
  std::string text(ActionName(action));
  if (action == Action::kChallenge) text += Concat(" at level ", policy.LevelFor(rank)->name);
  return text;
}

// Which of a policy's parts decided.
enum class Decider : std::uint8_t {
  kRule,
  kThreshold,
  kDefault,
  kExemption,
  kLimit,
  kPath,
  kEndpoint
};

Decider DeciderOf(const DecisionTrace& e) {
  if (e.decision.action == Action::kServe) return Decider::kEndpoint;
  if (e.match.rule < e.policy.rules().size()) return Decider::kRule;
  if (e.match.threshold < e.policy.thresholds().size()) return Decider::kThreshold;
  if (e.match.exempt) return Decider::kExemption;
  if (PathOf(e.request.target).size() > kMaxPath) return Decider::kLimit;
  PathBuffer buffer;
  return FormOfPath(e.request.target, buffer).tangled ? Decider::kPath : Decider::kDefault;
}

// True if `trace` is of a rule that adds to the sum of weights.
bool Weighs(const DecisionTrace& e, const RuleTrace& trace) {
  const Rule& rule = e.policy.rules()[trace.rule];
  const bool comes_first = e.match.rule == kNone || trace.rule < e.match.rule;
  return trace.matched && rule.weight != 0 && rule.mode == RuleMode::kEnforce && comes_first;
}

std::string RequestText(const Request& request) {
  std::string text =
      Concat(OneLine(request.method, 40), " ", request.https ? "https://" : "http://",
             OneLine(request.host, 255), OneLine(request.target, 200));
  text += Concat(", from ", request.address ? request.address->ToString() : "an unknown address");
  if (!request.country.empty()) text += Concat(" in ", OneLine(request.country, 16));
  if (request.asn != 0) text += Concat(" of network ", request.asn);
  return text;
}

std::string RulesText(const DecisionTrace& e) {
  std::string text;
  for (const RuleTrace& trace : e.traces) {
    const Rule& rule = e.policy.rules()[trace.rule];
    std::string number = std::to_string(trace.rule + 1);
    number.resize(std::max<std::size_t>(number.size(), 5), ' ');
    text += Concat("rule ", number, " ", rule.name);
    if (rule.mode != RuleMode::kEnforce) text += Concat(" (", ModeName(rule.mode), ")");
    text += Concat(": ", trace.matched ? "yes" : "no", ": ", trace.why);
    if (trace.rule == e.match.rule) text += "  <- decides";
    text += "\n";
  }
  return text;
}

std::string WeightText(const DecisionTrace& e) {
  if (e.policy.thresholds().empty() && e.match.weight == 0) return "";
  std::string text = Concat("weight     ", e.match.weight, "\n");
  if (e.match.rule != kNone) return text;
  for (std::size_t i = 0; i < e.policy.thresholds().size(); ++i) {
    const Threshold& threshold = e.policy.thresholds()[i];
    text += Concat("threshold  from ", threshold.at, ": ",
                   e.match.weight >= threshold.at ? "yes" : "no", ": ",
                   ActionText(e.policy, threshold.action, threshold.rank),
                   i == e.match.threshold ? "  <- decides\n" : "\n");
  }
  return text;
}

std::string DecisionText(const DecisionTrace& e) {
  const Decision& decision = e.decision;
  std::string text = ActionText(e.policy, decision.action, decision.level_rank);
  if (decision.action == Action::kServe) return text + ": one of Stile's own endpoints";
  if (decision.rank_needed != 0) text += Concat("; rank ", decision.rank_needed, " must be held");
  if (decision.by_grace) text += "; an expired clearance carries this method";
  if (decision.by_mode) text += "; only the site's mode lets it pass";
  switch (DeciderOf(e)) {
    case Decider::kDefault:
      return text + "; no rule matched: the default";
    case Decider::kExemption:
      return text + "; no rule matched: a built-in exemption";
    case Decider::kThreshold:
      return text + "; no rule matched: the weight";
    case Decider::kLimit:
      return text + "; the path is longer than 8192 bytes: denied whatever the rules say";
    case Decider::kPath:
      return text + "; the path can be read in too many ways: denied whatever the rules say";
    case Decider::kRule:
    case Decider::kEndpoint:
      break;
  }
  return text;
}

std::string AgentText(const DecisionTrace& e) {
  if (e.match.agent_to_ask >= e.policy.agents().size()) return "";
  return Concat("agent      the client claims to be ", e.policy.agents()[e.match.agent_to_ask].name,
                ": a running stiled asks reverse DNS, until then it is not known\n");
}

const char* DeciderName(Decider decider) {
  switch (decider) {
    case Decider::kRule:
      return "rule";
    case Decider::kThreshold:
      return "threshold";
    case Decider::kDefault:
      return "default";
    case Decider::kExemption:
      return "exemption";
    case Decider::kLimit:
      return "limit";
    case Decider::kPath:
      return "path";
    case Decider::kEndpoint:
      return "endpoint";
  }
  return "default";
}

json::string Text(std::string_view text) { return json::string(ValidUtf8(text)); }

json::value LevelJson(const Policy& policy, Action action, std::uint8_t rank) {
  if (action != Action::kChallenge) return nullptr;
  return Text(policy.LevelFor(rank)->name);
}

json::array RulesJson(const DecisionTrace& e) {
  json::array rules;
  for (const RuleTrace& trace : e.traces) {
    const Rule& rule = e.policy.rules()[trace.rule];
    rules.push_back(json::object{
        {"rule", trace.rule + 1},
        {"name", Text(rule.name)},
        {"line", rule.place.line},
        {"mode", ModeName(rule.mode)},
        {"action", rule.weight != 0 ? "weigh" : ActionName(rule.action)},
        {"level", LevelJson(e.policy, rule.weight != 0 ? Action::kNone : rule.action, rule.rank)},
        {"weight", rule.weight},
        {"matched", trace.matched},
        {"why", Text(trace.why)},
        {"weighs", Weighs(e, trace)},
        {"decides", trace.rule == e.match.rule}});
  }
  return rules;
}

json::array ThresholdsJson(const DecisionTrace& e) {
  json::array thresholds;
  for (std::size_t i = 0; i < e.policy.thresholds().size(); ++i) {
    const Threshold& threshold = e.policy.thresholds()[i];
    thresholds.push_back(
        json::object{{"at", threshold.at},
                     {"action", ActionName(threshold.action)},
                     {"level", LevelJson(e.policy, threshold.action, threshold.rank)},
                     {"decides", i == e.match.threshold}});
  }
  return thresholds;
}

}  // namespace

std::string DecisionTraceText(const DecisionTrace& trace) {
  const Decision& decision = trace.decision;
  std::string text = Concat("site       ", trace.site, "\n");
  text += Concat("request    ", RequestText(trace.request), "\n");
  if (decision.action != Action::kServe) {
    text += RulesText(trace) + WeightText(trace) + AgentText(trace);
  }
  text += Concat("clearance  ", VerdictName(decision.verdict));
  if (decision.rank_held != 0) text += Concat(", rank ", decision.rank_held, " is held");
  return text + Concat("\ndecision   ", DecisionText(trace), "\n");
}

std::string DecisionTraceJson(const DecisionTrace& e) {
  const Request& request = e.request;
  const Decision& decision = e.decision;
  json::object report;
  report["site"] = Text(e.site);
  report["request"] =
      json::object{{"method", Text(request.method)},
                   {"host", Text(request.host)},
                   {"target", Text(request.target)},
                   {"https", request.https},
                   {"address", request.address ? json::value(request.address->ToString())
                                               : json::value(nullptr)},
                   {"country", Text(request.country)},
                   {"asn", request.asn},
                   {"tls_fingerprint", Text(request.tls_fingerprint)}};
  report["rules"] = RulesJson(e);
  report["weight"] = e.match.weight;
  report["thresholds"] = ThresholdsJson(e);
  report["clearance"] =
      json::object{{"verdict", VerdictName(decision.verdict)}, {"rank", decision.rank_held}};
  const Decider decider = DeciderOf(e);
  report["decision"] = json::object{
      {"action", ActionName(decision.action)},
      {"level", LevelJson(e.policy, decision.action, decision.level_rank)},
      {"rank_needed", decision.rank_needed},
      {"decided_by", DeciderName(decider)},
      {"rule", decider == Decider::kRule ? json::value(Text(e.policy.rules()[e.match.rule].name))
                                         : json::value(nullptr)},
      {"by_grace", decision.by_grace},
      {"by_mode", decision.by_mode}};
  const bool asks = e.match.agent_to_ask < e.policy.agents().size();
  report["agent_to_ask"] =
      asks ? json::value(Text(e.policy.agents()[e.match.agent_to_ask].name)) : json::value(nullptr);
  return json::serialize(report) + "\n";
}

}  // namespace stile
