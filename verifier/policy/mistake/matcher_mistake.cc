#include "verifier/policy/mistake/matcher_mistake.h"

#include <algorithm>
#include <string>
#include <utility>

namespace stile {
namespace {

SourceMistake Wrong(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
SourceMistake TooMuch(std::string message) { return {ErrorCode::kOutOfRange, std::move(message)}; }

// Collects the mistakes of a table of matchers and of those in it.
class MatchersCheck {
 public:
  MatchersCheck(const std::vector<Agent>& agents, SourceTally& tally)
      : agents_(agents), tally_(tally) {}

  void Run(const Matchers& matchers, Reading reading, std::size_t depth) {
    if (depth > Matchers::kMaxDepth) {
      Add(TooMuch("any, all and not are nested more than 8 deep: take some apart into rules"));
      return;
    }
    CheckRequest(matchers, reading);
    CheckClient(matchers);
    for (const Matchers& table : matchers.any) Run(table, reading, depth + 1);
    for (const Matchers& table : matchers.all) Run(table, reading, depth + 1);
    for (const Matchers& table : matchers.negated) Run(table, Opposite(reading), depth + 1);
    if (matchers.negated.size() > 1) Add(Wrong("there is more than one not: put them into all"));
  }

  std::vector<SourceMistake> Take() && { return std::move(mistakes_); }

 private:
  void Add(SourceMistake mistake) { mistakes_.push_back(std::move(mistake)); }
  void Add(std::optional<SourceMistake> mistake) {
    if (mistake) mistakes_.push_back(std::move(*mistake));
  }

  void CheckRegex(std::string_view pattern) {
    Add(MistakeInRegex(pattern));
    Add(tally_.AddRegex());
  }

  void CheckRequest(const Matchers& matchers, Reading reading) {
    for (const std::string& host : matchers.hosts) Add(MistakeInHost(host));
    for (const std::string& path : matchers.paths) Add(MistakeInPath(path, reading));
    for (const std::string& pattern : matchers.path_regexes) CheckRegex(pattern);
    for (const std::string& method : matchers.methods) {
      Add(MistakeInMethod(method));
      Add(tally_.AddMethod(method));
    }
    for (const FieldTest& test : matchers.queries) CheckField(test, false);
    for (const FieldTest& test : matchers.headers) CheckField(test, true);
    for (const std::string& text : matchers.user_agents) Add(MistakeInUserAgent(text));
    for (const std::string& pattern : matchers.user_agent_regexes) CheckRegex(pattern);
  }

  void CheckField(const FieldTest& test, bool is_field) {
    Add(MistakeInFieldTest(test, is_field));
    for (const std::string& value : test.values) {
      if (test.question == FieldQuestion::kRegex) Add(tally_.AddRegex());
      Add(MistakeInFieldValue(test.question, value));
    }
  }

  void CheckClient(const Matchers& matchers) {
    for (const Cidr& range : matchers.ips) Add(MistakeInCidr(range));
    for (const auto& list : matchers.ip_lists) Add(tally_.AddList(list));
    for (const std::string& country : matchers.countries) Add(MistakeInCountry(country));
    for (const std::string& text : matchers.tls_fingerprints) Add(MistakeInTlsFingerprint(text));
    for (const std::string& name : matchers.agents) {
      if (std::none_of(agents_.begin(), agents_.end(),
                       [&name](const Agent& agent) { return agent.name == name; })) {
        Add(Wrong("there is no agent \"" + name + "\": define it or name one that exists"));
      }
    }
    if (matchers.rate && (*matchers.rate == 0 || *matchers.rate > kMaxRate)) {
      Add(TooMuch("the rate must be from 1 to " + std::to_string(kMaxRate)));
    }
    if (matchers.overload && (*matchers.overload == 0 || *matchers.overload > kMaxOverload)) {
      Add(TooMuch("the overload must be from 1 to " + std::to_string(kMaxOverload)));
    }
  }

  const std::vector<Agent>& agents_;
  SourceTally& tally_;
  std::vector<SourceMistake> mistakes_;
};

}  // namespace

std::vector<SourceMistake> MistakesInMatchers(const Matchers& matchers, Reading reading,
                                              const std::vector<Agent>& agents,
                                              SourceTally& tally) {
  MatchersCheck check(agents, tally);
  check.Run(matchers, reading, 0);
  return std::move(check).Take();
}

std::optional<SourceMistake> MistakeInWeight(const Rule& rule) {
  if (rule.action != Action::kNone) {
    if (rule.weight == 0) return std::nullopt;
    return Wrong("only a rule that weighs has a weight: remove it");
  }
  if (rule.weight != 0 && rule.weight >= -kMaxWeight && rule.weight <= kMaxWeight) {
    return std::nullopt;
  }
  return TooMuch("the weight must be from -1000 to 1000, and not 0");
}

std::optional<SourceMistake> MistakeInFieldTest(const FieldTest& test, bool is_field) {
  const bool has_values =
      test.question != FieldQuestion::kPresent && test.question != FieldQuestion::kAbsent;
  if (is_field) {
    if (auto mistake = MistakeInFieldName(test.name)) return mistake;
  } else if (test.name.empty()) {
    if (!has_values) return Wrong("present and absent ask for a parameter: give its name");
  } else if (auto mistake = MistakeInParameterName(test.name)) {
    return mistake;
  }
  if (has_values && test.values.empty()) return Wrong("there is no value to compare with: add one");
  if (!has_values && !test.values.empty()) {
    return Wrong("present and absent compare with no value: remove the values");
  }
  return std::nullopt;
}

std::vector<SourceMistake> MistakesInAgent(const Agent& agent, SourceTally& tally) {
  std::vector<SourceMistake> mistakes;
  const auto add = [&mistakes](std::optional<SourceMistake> mistake) {
    if (mistake) mistakes.push_back(std::move(*mistake));
  };
  add(MistakeInName(agent.name));
  if (agent.user_agents.empty()) {
    add(Wrong("agent \"" + agent.name + "\" needs a user_agent: the texts by which it says so"));
  }
  for (const std::string& text : agent.user_agents) add(MistakeInUserAgent(text));
  for (const auto& list : agent.lists) add(tally.AddList(list));
  for (const std::string& name : agent.reverse_names) add(MistakeInReverseName(name));
  return mistakes;
}

std::optional<SourceMistake> MistakeInThreshold(const std::vector<Threshold>& thresholds,
                                                std::size_t index) {
  if (index >= kMaxThresholds) return TooMuch("there are more than 16 thresholds: remove some");
  const std::int32_t at = thresholds[index].at;
  if (at < -kMaxThreshold || at > kMaxThreshold) {
    return TooMuch("at must be from -1000000 to 1000000");
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (thresholds[i].at == at) {
      return Wrong("there is another threshold at " + std::to_string(at) + ": remove one");
    }
  }
  return std::nullopt;
}

}  // namespace stile
