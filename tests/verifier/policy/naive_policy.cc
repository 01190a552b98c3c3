#include "tests/verifier/policy/naive_policy.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>

#include "verifier/policy/index/path_form.h"

namespace stile {
namespace {

constexpr std::size_t kLongestText = 8192;

bool Glob(const std::string& pattern, std::size_t p, const std::string& text, std::size_t t) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == '*') {
    for (std::size_t i = t; i <= text.size(); ++i) {
      if (Glob(pattern, p + 1, text, i)) return true;
    }
    return false;
  }
  return t < text.size() && (pattern[p] == '?' || pattern[p] == text[t]) &&
         Glob(pattern, p + 1, text, t + 1);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool HostMatches(const std::string& pattern, std::string_view sent) {
  if (pattern == "*") return true;
  std::string host = LowerCase(sent);
  if (!host.empty() && host.back() == '.') host.pop_back();
  if (host.size() > 253) return false;
  if (pattern[0] == '*') return host.ends_with(pattern.substr(1));
  return host == pattern;
}

bool InRange(const Cidr& range, const IpAddress& address) {
  if (range.address.is_v6() != address.is_v6()) return false;
  for (int bit = 0; bit < range.length; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 128 >> (bit % 8);
    if ((range.address.bytes()[byte] & mask) != (address.bytes()[byte] & mask)) return false;
  }
  return true;
}

std::string DecodeOnce(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
        std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0) {
      decoded += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

struct NaivePolicy::Question {
  const Request& request;
  const ClientFacts& facts;
  PathForm path;
};

NaivePolicy::NaivePolicy(PolicySource source, std::vector<std::uint64_t> agent_keys)
    : source_(std::move(source)), agent_keys_(std::move(agent_keys)) {}
NaivePolicy::~NaivePolicy() = default;

NaivePolicy::Value NaivePolicy::See(const char* what, bool strict, Value value) const {
  static const char* const kNames[] = {" no", " unknown", " gave up", " yes"};
  ++seen_[std::string(what) + (strict ? " strict" : " lenient") +
          kNames[static_cast<std::size_t>(value)]];
  return value;
}

NaivePolicy::Value NaivePolicy::OfRegex(const std::string& expression,
                                        const std::string& text) const {
  auto& regex = regexes_[expression];
  if (regex == nullptr) {
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_dot_nl(true);
    regex = std::make_unique<re2::RE2>(expression, options);
  }
  return re2::RE2::PartialMatch(text, *regex) ? Value::kYes : Value::kNo;
}

NaivePolicy::Value NaivePolicy::OfText(const FieldTest& test, const std::string& text) const {
  for (const std::string& value : test.values) {
    bool is = false;
    if (test.question == FieldQuestion::kEquals) is = text == value;
    if (test.question == FieldQuestion::kContains) is = text.find(value) != std::string::npos;
    if (test.question == FieldQuestion::kRegex) is = OfRegex(value, text) == Value::kYes;
    if (is) return Value::kYes;
  }
  return Value::kNo;
}

NaivePolicy::Value NaivePolicy::OfPath(const Matchers& table, bool strict,
                                       const Question& q) const {
  const std::string sent(q.path.sent);
  const std::string resolved(q.path.resolved);
  const std::string whole(q.path.whole);
  for (const std::string& path : table.paths) {
    const std::string encoded = EncodePath(path);
    if (strict) {
      if (q.path.normal && Glob(encoded, 0, sent, 0)) return Value::kYes;
      continue;
    }
    for (const std::string& spelling : {encoded, DecodePath(path)}) {
      if (Glob(spelling, 0, sent, 0) || Glob(spelling, 0, resolved, 0)) return Value::kYes;
      if (Glob(spelling, 0, whole, 0)) return Value::kYes;
    }
  }
  return Value::kNo;
}

NaivePolicy::Value NaivePolicy::OfPathRegex(const Matchers& table, bool strict,
                                            const Question& q) const {
  for (const std::string& expression : table.path_regexes) {
    const bool sent = OfRegex(expression, std::string(q.path.sent)) == Value::kYes;
    if (strict && q.path.normal && sent) return Value::kYes;
    if (strict) continue;
    if (sent || OfRegex(expression, std::string(q.path.resolved)) == Value::kYes ||
        OfRegex(expression, std::string(q.path.whole)) == Value::kYes) {
      return Value::kYes;
    }
  }
  return Value::kNo;
}

NaivePolicy::Value NaivePolicy::OfRanges(const Matchers& table, const Question& q) const {
  if (!q.request.address) return Value::kUnknown;
  for (const Cidr& range : table.ips) {
    if (InRange(range, *q.request.address)) return Value::kYes;
  }
  for (const auto& list : table.ip_lists) {
    for (const Cidr& range : list->ranges) {
      if (InRange(range, *q.request.address)) return Value::kYes;
    }
  }
  return Value::kNo;
}

NaivePolicy::Value NaivePolicy::OfAgent(const std::string& name, const Question& q) const {
  for (std::size_t i = 0; i < source_.agents.size(); ++i) {
    const Agent& agent = source_.agents[i];
    if (agent.name != name) continue;
    const std::string_view text = q.request.user_agent.substr(0, 512);
    bool claims = false;
    for (const std::string& claim : agent.user_agents) {
      claims = claims || text.find(claim) != std::string_view::npos;
    }
    if (!claims) return Value::kNo;
    if (!q.request.address) return Value::kUnknown;
    for (const auto& list : agent.lists) {
      for (const Cidr& range : list->ranges) {
        if (InRange(range, *q.request.address)) return Value::kYes;
      }
    }
    if (agent.reverse_names.empty() || q.facts.names == nullptr) return Value::kNo;
    const auto said = q.facts.names->Find(*q.request.address, agent_keys_[i], q.facts.now);
    if (said == NameVerdict::kConfirmed) return Value::kYes;
    return said == NameVerdict::kRefuted ? Value::kNo : Value::kUnknown;
  }
  return Value::kNo;
}

NaivePolicy::Value NaivePolicy::OfHeader(const FieldTest& test, bool strict,
                                         const Question& q) const {
  std::vector<std::string> values;
  for (const RequestField& field : q.request.fields) {
    if (LowerCase(field.name) == test.name) values.emplace_back(field.value);
  }
  if (test.question == FieldQuestion::kPresent) return values.empty() ? Value::kNo : Value::kYes;
  if (test.question == FieldQuestion::kAbsent) return values.empty() ? Value::kYes : Value::kNo;
  Value some = Value::kNo;
  bool all = !values.empty();
  for (const std::string& value : values) {
    Value one = Value::kGaveUp;
    if (value.size() <= kLongestText) one = OfText(test, value);
    some = std::max(some, one);
    all = all && one == Value::kYes;
  }
  if (strict) return all ? Value::kYes : Value::kNo;
  return some;
}

NaivePolicy::Value NaivePolicy::OfQuery(const FieldTest& test, bool strict,
                                        const Question& q) const {
  const std::string target(q.request.target);
  const std::size_t mark = target.find('?');
  const std::string query = mark == std::string::npos ? "" : target.substr(mark + 1);
  const bool is_about_value =
      test.question != FieldQuestion::kPresent && test.question != FieldQuestion::kAbsent;
  if (is_about_value && query.size() > kLongestText) return strict ? Value::kNo : Value::kGaveUp;
  if (test.name.empty()) {
    const std::string decoded = DecodeOnce(query);
    const bool sent = OfText(test, query) == Value::kYes;
    if (strict) return sent && decoded == query ? Value::kYes : Value::kNo;
    return sent || OfText(test, decoded) == Value::kYes ? Value::kYes : Value::kNo;
  }
  bool as_sent = false;
  bool in_any_reading = false;
  bool some = false;
  bool all = true;
  for (const std::string& parameter : Split(query, '&')) {
    const std::size_t equals = parameter.find('=');
    const std::string name = parameter.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : parameter.substr(equals + 1);
    as_sent = as_sent || name == test.name;
    if (name != test.name && DecodeOnce(name) != test.name) continue;
    in_any_reading = true;
    if (!is_about_value) continue;
    const bool satisfies = OfText(test, value) == Value::kYes;
    const std::string decoded = DecodeOnce(value);
    some = some || satisfies || OfText(test, decoded) == Value::kYes;
    all = all && satisfies && decoded == value && DecodeOnce(name) == name;
  }
  bool yes = false;
  if (test.question == FieldQuestion::kPresent) {
    yes = strict ? as_sent : in_any_reading;
  } else if (test.question == FieldQuestion::kAbsent) {
    yes = strict ? !in_any_reading : !as_sent;
  } else {
    yes = strict ? in_any_reading && all : some;
  }
  return yes ? Value::kYes : Value::kNo;
}

std::vector<NaivePolicy::Value> NaivePolicy::OfMatchers(const Matchers& table, bool strict,
                                                        const Question& q) const {
  std::vector<Value> values;
  const auto add = [&](const char* what, Value value) {
    values.push_back(See(what, strict, value));
  };
  const auto any = [](const auto& list, const auto& holds) {
    return std::any_of(list.begin(), list.end(), holds) ? Value::kYes : Value::kNo;
  };
  const std::string agent(q.request.user_agent.substr(0, 512));
  if (!table.hosts.empty()) {
    add("host", any(table.hosts, [&](const auto& h) { return HostMatches(h, q.request.host); }));
  }
  if (!table.paths.empty()) add("path", OfPath(table, strict, q));
  if (!table.path_regexes.empty()) add("path_regex", OfPathRegex(table, strict, q));
  if (!table.methods.empty()) {
    add("method", any(table.methods, [&](const auto& m) { return m == q.request.method; }));
  }
  if (!table.user_agents.empty()) {
    add("user_agent", any(table.user_agents,
                          [&](const auto& text) { return agent.find(text) != std::string::npos; }));
  }
  if (!table.user_agent_regexes.empty()) {
    add("user_agent_regex", any(table.user_agent_regexes, [&](const auto& expression) {
          return OfRegex(expression, agent) == Value::kYes;
        }));
  }
  if (!table.ips.empty() || !table.ip_lists.empty()) add("ip", OfRanges(table, q));
  const auto known = [&](const auto& list, const auto& actual, const auto& unknown, bool is_known) {
    if (std::find(list.begin(), list.end(), is_known ? actual : unknown) != list.end()) {
      return Value::kYes;
    }
    return is_known ? Value::kNo : Value::kUnknown;
  };
  if (!table.countries.empty()) {
    add("country", known(table.countries, std::string(q.request.country), std::string("unknown"),
                         !q.request.country.empty()));
  }
  if (!table.asns.empty()) add("asn", known(table.asns, q.request.asn, 0u, q.request.asn != 0));
  if (!table.tls_fingerprints.empty()) {
    add("tls", known(table.tls_fingerprints, std::string(q.request.tls_fingerprint),
                     std::string("unknown"), !q.request.tls_fingerprint.empty()));
  }
  const auto greatest = [](const auto& list, const auto& value_of) {
    Value value = Value::kNo;
    for (const auto& one : list) value = std::max(value, value_of(one));
    return value;
  };
  if (!table.agents.empty()) {
    add("agent", greatest(table.agents, [&](const auto& name) { return OfAgent(name, q); }));
  }
  if (!table.headers.empty()) {
    add("header", greatest(table.headers, [&](const auto& t) { return OfHeader(t, strict, q); }));
  }
  if (!table.queries.empty()) {
    add("query", greatest(table.queries, [&](const auto& t) { return OfQuery(t, strict, q); }));
  }
  const auto least = [&](const auto& fact, auto bound) {
    if (!fact) return Value::kUnknown;
    return *fact >= bound ? Value::kYes : Value::kNo;
  };
  if (table.rank_held)
    add("rank", q.facts.rank_held >= *table.rank_held ? Value::kYes : Value::kNo);
  if (table.rate) add("rate", least(q.facts.rate, *table.rate));
  if (table.overload) add("overload", least(q.facts.overload, *table.overload));
  if (!table.any.empty()) {
    add("any", greatest(table.any, [&](const auto& t) { return OfTable(t, strict, q); }));
  }
  for (const Matchers& one : table.all) add("all", OfTable(one, strict, q));
  for (const Matchers& one : table.negated) {
    Value value = OfTable(one, !strict, q);
    if (value == Value::kYes) {
      value = Value::kNo;
    } else if (value == Value::kNo) {
      value = Value::kYes;
    }
    add("not", value);
  }
  return values;
}

NaivePolicy::Value NaivePolicy::OfTable(const Matchers& table, bool strict,
                                        const Question& q) const {
  const std::vector<Value> values = OfMatchers(table, strict, q);
  for (const Value first : {Value::kNo, Value::kGaveUp, Value::kUnknown}) {
    if (std::find(values.begin(), values.end(), first) != values.end()) return first;
  }
  return Value::kYes;
}

std::uint16_t NaivePolicy::AgentToAsk(std::size_t last, const Question& q) const {
  if (q.facts.names == nullptr || !q.request.address) return 65535;
  std::vector<std::string> named;
  const std::function<void(const Matchers&)> collect = [&](const Matchers& table) {
    named.insert(named.end(), table.agents.begin(), table.agents.end());
    for (const auto* below : {&table.any, &table.all, &table.negated}) {
      for (const Matchers& one : *below) collect(one);
    }
  };
  for (std::size_t i = 0; i < source_.rules.size() && i <= last; ++i) {
    if (source_.rules[i].mode != RuleMode::kOff) collect(source_.rules[i]);
  }
  for (const std::string& name : named) {
    for (std::size_t i = 0; i < source_.agents.size(); ++i) {
      if (source_.agents[i].name != name || source_.agents[i].reverse_names.empty()) continue;
      Agent listed = source_.agents[i];
      listed.reverse_names.clear();
      const std::string_view text = q.request.user_agent.substr(0, 512);
      const bool claims = std::any_of(
          listed.user_agents.begin(), listed.user_agents.end(),
          [text](const std::string& claim) { return text.find(claim) != std::string_view::npos; });
      bool in_list = false;
      for (const auto& list : listed.lists) {
        for (const Cidr& range : list->ranges) in_list |= InRange(range, *q.request.address);
      }
      if (claims && !in_list &&
          !q.facts.names->IsRecorded(*q.request.address, agent_keys_[i], q.facts.now)) {
        return static_cast<std::uint16_t>(i);
      }
    }
  }
  return 65535;
}

PolicyMatch NaivePolicy::Match(const Request& request, const ClientFacts& facts) const {
  PolicyMatch match;
  const std::string target(request.target);
  const std::string path = target.substr(0, target.find('?'));
  if (path.size() > 8192) return match;
  const auto buffer = std::make_unique<PathBuffer>();
  const Question q{request, facts, FormOfPath(request.target, *buffer)};
  if (q.path.tangled) return match;
  const std::string method(request.method);
  bool exempt = method == "OPTIONS" && !request.origin.empty() &&
                !request.access_control_request_method.empty();
  if (method == "GET" || method == "HEAD" || method == "OPTIONS") {
    exempt = exempt || path == "/robots.txt" || path == "/favicon.ico" ||
             (path.starts_with("/.well-known/") && q.path.normal);
  }
  const auto decide = [&](Action action, std::uint8_t level, OnFault on_fault) {
    match.action = action;
    match.on_fault = on_fault;
    if (action != Action::kChallenge) return;
    for (const Level& one : source_.levels) {
      if (one.rank == level) match.rank = one.AcceptedRank();
    }
    match.level_rank = level;
  };
  for (std::size_t i = 0; i < source_.rules.size(); ++i) {
    const Rule& rule = source_.rules[i];
    if (rule.mode == RuleMode::kOff) continue;
    const bool weighs = rule.weight != 0;
    const bool strict = rule.action == Action::kAllow || rule.weight < 0;
    const Value value = OfTable(rule, strict, q);
    const bool refuses = rule.action == Action::kDeny || rule.action == Action::kChallenge;
    See(weighs ? "weigh" : "rule", strict, value);
    if (value == Value::kNo || value == Value::kUnknown) continue;
    if (value == Value::kGaveUp && !refuses && rule.weight <= 0) continue;
    if (rule.mode == RuleMode::kShadow) {
      if (match.shadow_rule == 65535) match.shadow_rule = static_cast<std::uint16_t>(i);
      continue;
    }
    if (weighs) {
      match.weight += rule.weight;
      continue;
    }
    if (exempt && rule.action == Action::kChallenge) continue;
    decide(rule.action, rule.rank, rule.on_fault);
    match.rule = static_cast<std::uint16_t>(i);
    match.agent_to_ask = AgentToAsk(i, q);
    return match;
  }
  match.agent_to_ask = AgentToAsk(source_.rules.size(), q);
  std::optional<std::size_t> reached;
  for (std::size_t i = 0; i < source_.thresholds.size(); ++i) {
    const Threshold& threshold = source_.thresholds[i];
    if (match.weight < threshold.at) continue;
    if (!reached || threshold.at > source_.thresholds[*reached].at) reached = i;
  }
  if (reached) {
    const Threshold& threshold = source_.thresholds[*reached];
    if (!exempt || threshold.action != Action::kChallenge) {
      decide(threshold.action, threshold.rank, OnFault::kStale);
      match.threshold = static_cast<std::uint16_t>(*reached);
      ++seen_["threshold"];
      return match;
    }
  }
  if (exempt) {
    match.action = Action::kAllow;
    match.exempt = true;
  } else {
    decide(source_.default_action, source_.default_rank, OnFault::kStale);
  }
  return match;
}

}  // namespace stile
