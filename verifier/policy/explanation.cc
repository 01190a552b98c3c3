#include "verifier/policy/explanation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "verifier/policy/index/field_match.h"
#include "verifier/policy/index/path_glob.h"
#include "verifier/policy/index/regex_set.h"
#include "verifier/policy/index/reversed_host.h"

namespace stile {
namespace {

// An explanation that nests is cut where nobody would read on.
constexpr std::size_t kMaxWhy = 1000;

std::string Cut(std::string text) {
  if (text.size() <= kMaxWhy) return text;
  text.resize(kMaxWhy - 3);
  return text + "...";
}

std::string NameOf(const Cidr& range) {
  return range.address.ToString() + "/" + std::to_string(range.length);
}

bool IsIn(const Cidr& range, const IpAddress& address) {
  if (range.address.is_v6() != address.is_v6()) return false;
  const IpAddress::Bytes16& a = range.address.bytes();
  const IpAddress::Bytes16& b = address.bytes();
  const auto whole = static_cast<std::size_t>(range.length / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  if (range.length % 8 == 0) return true;
  return ((a[whole] ^ b[whole]) >> (8 - range.length % 8)) == 0;
}

// The first range of the lists that holds the address, as "name (range)".
std::optional<std::string> ListWith(const IpAddress& address,
                                    const std::vector<std::shared_ptr<const RangeList>>& lists) {
  for (const auto& list : lists) {
    for (const Cidr& range : list->ranges) {
      if (IsIn(range, address)) return Readable(list->name) + " (" + NameOf(range) + ")";
    }
  }
  return std::nullopt;
}

Finding Yes(std::string_view matcher, std::string_view value, std::string_view subject) {
  return {Truth::kYes,
          std::string(matcher) + " " + Readable(value) + " matches " + std::string(subject)};
}

Finding No(std::string_view matcher, std::string_view subject, std::size_t count,
           std::string_view plural) {
  return {Truth::kNo, std::string(matcher) + ": " + std::string(subject) + " is in none of " +
                          std::to_string(count) + " " + std::string(plural)};
}

Finding Unknown(std::string_view matcher) {
  return {Truth::kUnknown, std::string(matcher) + ": unknown"};
}

// One of `values` is `actual`; "unknown" is there for what is not known.
Finding OfKnown(std::string_view matcher, std::string_view plural,
                const std::vector<std::string>& values, std::string_view actual) {
  const std::string_view sought = actual.empty() ? std::string_view("unknown") : actual;
  const bool asks_unknown = std::find(values.begin(), values.end(), "unknown") != values.end();
  if (actual.empty()) {
    if (!asks_unknown) return Unknown(matcher);
    return {Truth::kYes, std::string(matcher) + ": unknown, as asked"};
  }
  const bool found =
      sought != "unknown" && std::find(values.begin(), values.end(), sought) != values.end();
  if (found) return Yes(matcher, sought, Readable(actual));
  return No(matcher, Readable(actual), values.size(), plural);
}

// A number that must be reached.
template <typename Fact, typename Bound>
Finding OfLeast(std::string_view matcher, const std::optional<Fact>& fact, Bound bound) {
  if (!fact) return Unknown(matcher);
  const bool reached = *fact >= bound;
  return {TruthOf(reached), std::string(matcher) + ": " + std::to_string(*fact) +
                                (reached ? " is at least " : " is less than ") +
                                std::to_string(bound)};
}

Truth FindRegex(const std::string& regex, std::string_view text) {
  const auto set = RegexSet::Create({regex});
  return set ? set->Find(text) : Truth::kGaveUp;
}

std::string_view QuestionName(FieldQuestion question) {
  switch (question) {
    case FieldQuestion::kPresent:
      return "present";
    case FieldQuestion::kAbsent:
      return "absent";
    case FieldQuestion::kEquals:
      return "equals";
    case FieldQuestion::kContains:
      return "contains";
    case FieldQuestion::kRegex:
      return "regex";
  }
  return "";
}

std::string TestText(std::string_view matcher, const FieldTest& test) {
  std::string text(matcher);
  if (!test.name.empty()) text += " " + Readable(test.name);
  text += " " + std::string(QuestionName(test.question));
  if (!test.values.empty()) text += " " + Readable(test.values[0]);
  if (test.values.size() > 1) text += " (or " + std::to_string(test.values.size() - 1) + " more)";
  return text;
}

std::string_view TruthText(Truth truth) {
  switch (truth) {
    case Truth::kNo:
      return "is not so";
    case Truth::kUnknown:
      return "is unknown";
    case Truth::kGaveUp:
      return "gave up";
    case Truth::kYes:
      return "is so";
  }
  return "";
}

}  // namespace

std::string Readable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  constexpr std::size_t kMaxShown = 200;
  std::string readable;
  for (const char c : text.substr(0, kMaxShown)) {
    if (c >= 0x20 && c < 0x7F) {
      readable += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      readable += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  if (text.size() > kMaxShown) readable += "...";
  return readable.empty() ? "nothing" : readable;
}

Finding Explanation::OfTable(const Matchers& table, Reading reading) {
  std::vector<Finding> findings = OfMatchers(table, reading);
  for (const Truth decisive : {Truth::kNo, Truth::kGaveUp, Truth::kUnknown}) {
    const auto at = std::find_if(findings.begin(), findings.end(),
                                 [decisive](const Finding& f) { return f.truth == decisive; });
    if (at != findings.end()) return std::move(*at);
  }
  Finding all;
  for (const Finding& finding : findings) {
    all.why += (all.why.empty() ? "" : ", ") + finding.why;
  }
  if (all.why.empty()) all.why = "no matcher: matches every request";
  all.why = Cut(std::move(all.why));
  return all;
}

std::vector<Finding> Explanation::OfMatchers(const Matchers& table, Reading reading) {
  std::vector<Finding> findings;
  AddWhatIsAsked(table, reading, findings);
  AddWhoAsks(table, findings);
  AddFields(table, reading, findings);
  AddTables(table, reading, findings);
  return findings;
}

void Explanation::AddWhatIsAsked(const Matchers& table, Reading reading,
                                 std::vector<Finding>& findings) {
  if (!table.methods.empty()) {
    const auto at = std::find(table.methods.begin(), table.methods.end(), request_.method);
    findings.push_back(at != table.methods.end() ? Yes("method", *at, Readable(request_.method))
                                                 : No("method", Readable(request_.method),
                                                      table.methods.size(), "methods"));
  }
  if (!table.paths.empty()) findings.push_back(OfPaths(table.paths, reading));
  if (!table.path_regexes.empty()) findings.push_back(OfPathRegexes(table.path_regexes, reading));
  if (!table.hosts.empty()) findings.push_back(OfHosts(table.hosts));
}

void Explanation::AddWhoAsks(const Matchers& table, std::vector<Finding>& findings) {
  if (!table.ips.empty() || !table.ip_lists.empty()) findings.push_back(OfRanges(table));
  if (!table.countries.empty()) {
    findings.push_back(OfKnown("country", "countries", table.countries, request_.country));
  }
  if (!table.asns.empty()) {
    std::vector<std::string> numbers;
    for (const std::uint32_t asn : table.asns) {
      numbers.push_back(asn == 0 ? "unknown" : std::to_string(asn));
    }
    const std::string actual = request_.asn == 0 ? "" : std::to_string(request_.asn);
    findings.push_back(OfKnown("asn", "numbers", numbers, actual));
  }
  if (!table.agents.empty()) findings.push_back(OfAgents(table.agents));
  if (!table.user_agents.empty()) {
    const std::string_view text = facts_.user_agent();
    const auto at = std::find_if(
        table.user_agents.begin(), table.user_agents.end(),
        [text](const std::string& value) { return text.find(value) != std::string_view::npos; });
    findings.push_back(at != table.user_agents.end()
                           ? Yes("user agent", *at, Readable(text))
                           : No("user agent", Readable(text), table.user_agents.size(), "texts"));
  }
  if (!table.user_agent_regexes.empty()) {
    findings.push_back(OfUserAgentRegexes(table.user_agent_regexes));
  }
  if (!table.tls_fingerprints.empty()) {
    findings.push_back(OfKnown("tls_fingerprint", "fingerprints", table.tls_fingerprints,
                               request_.tls_fingerprint));
  }
  if (table.rank_held) {
    findings.push_back(
        OfLeast("rank", std::optional<int>(client_.rank_held), int{*table.rank_held}));
  }
  if (table.rate) findings.push_back(OfLeast("rate", client_.rate, *table.rate));
  if (table.overload) {
    std::optional<int> overload;
    if (client_.overload) overload = *client_.overload;
    findings.push_back(OfLeast("overload", overload, int{*table.overload}));
  }
}

void Explanation::AddFields(const Matchers& table, Reading reading,
                            std::vector<Finding>& findings) {
  const auto add = [&](std::string_view matcher, const std::vector<FieldTest>& tests,
                       const auto& ask) {
    if (tests.empty()) return;
    Finding best{Truth::kNo, {}};
    for (const FieldTest& test : tests) {
      RegexSet regexes;
      if (test.question == FieldQuestion::kRegex) {
        if (auto set = RegexSet::Create(test.values)) regexes = *std::move(set);
      }
      const Truth truth = ask(FieldMatch(test, std::move(regexes)));
      if (!best.why.empty() && truth <= best.truth) continue;
      best = {truth, TestText(matcher, test) + ": " + std::string(TruthText(truth))};
    }
    if (best.truth == Truth::kNo && tests.size() > 1) {
      best.why = std::string(matcher) + ": none of " + std::to_string(tests.size()) + " is so";
    }
    findings.push_back(std::move(best));
  };
  add("header", table.headers,
      [&](const FieldMatch& field) { return field.InHeader(request_.fields, reading); });
  add("query", table.queries,
      [&](const FieldMatch& field) { return field.InQuery(QueryOf(request_.target), reading); });
}

void Explanation::AddTables(const Matchers& table, Reading reading,
                            std::vector<Finding>& findings) {
  if (!table.any.empty()) findings.push_back(OfAny(table.any, reading));
  for (const Matchers& one : table.all) {
    Finding finding = OfTable(one, reading);
    finding.why = "all (" + finding.why + ")";
    findings.push_back(std::move(finding));
  }
  for (const Matchers& one : table.negated) {
    Finding finding = OfTable(one, Opposite(reading));
    findings.push_back({Not(finding.truth), Cut("not (" + finding.why) + ")"});
  }
}

Finding Explanation::OfAny(const std::vector<Matchers>& tables, Reading reading) {
  Finding best{Truth::kNo, {}};
  std::string all;
  for (const Matchers& one : tables) {
    Finding finding = OfTable(one, reading);
    if (all.size() < kMaxWhy) all += (all.empty() ? "" : "; ") + finding.why;
    if (finding.truth > best.truth) best = std::move(finding);
    if (best.truth == Truth::kYes) break;
  }
  if (best.truth == Truth::kNo) return {Truth::kNo, Cut("none of any (" + all) + ")"};
  best.why = Cut("any (" + best.why) + ")";
  return best;
}

Finding Explanation::OfHosts(const std::vector<std::string>& hosts) const {
  const ReversedHost reversed(request_.host);
  const std::string host(reversed.view().rbegin(), reversed.view().rend());
  for (const std::string& pattern : hosts) {
    const bool matches =
        pattern == "*" || (pattern[0] == '*' ? host.ends_with(pattern.substr(1)) : host == pattern);
    if (matches) return Yes("host", pattern, Readable(request_.host));
  }
  return No("host", Readable(request_.host), hosts.size(), "hosts");
}

Finding Explanation::OfPaths(const std::vector<std::string>& paths, Reading reading) {
  const PathForm& path = facts_.path();
  std::string subject = Readable(path.sent);
  if (reading == Reading::kStrict) {
    if (!path.normal) {
      return {Truth::kNo, "path: " + subject + " has more than one reading, so nothing allows it"};
    }
    for (const std::string& pattern : paths) {
      if (MatchesGlob(EncodePath(pattern), path.sent)) return Yes("path", pattern, subject);
    }
    return No("path", subject, paths.size(), "paths");
  }
  if (path.resolved != path.sent) subject += " (resolved: " + Readable(path.resolved) + ")";
  for (const std::string& pattern : paths) {
    for (const std::string& spelling : {EncodePath(pattern), DecodePath(pattern)}) {
      if (MatchesGlob(spelling, path.sent) || MatchesGlob(spelling, path.resolved) ||
          MatchesGlob(spelling, path.whole)) {
        return Yes("path", pattern, subject);
      }
    }
  }
  return No("path", subject, paths.size(), "paths");
}

Finding Explanation::OfPathRegexes(const std::vector<std::string>& regexes, Reading reading) {
  const PathForm& path = facts_.path();
  std::string subject = Readable(path.sent);
  const bool strict = reading == Reading::kStrict;
  if (strict && !path.normal) {
    return {Truth::kNo,
            "path_regex: " + subject + " has more than one reading, so nothing allows it"};
  }
  if (!strict && path.resolved != path.sent) {
    subject += " (resolved: " + Readable(path.resolved) + ")";
  }
  Finding best = No("path_regex", subject, regexes.size(), "expressions");
  for (const std::string& regex : regexes) {
    Truth truth = FindRegex(regex, path.sent);
    if (!strict) {
      truth = AnyOf(truth, FindRegex(regex, path.resolved));
      truth = AnyOf(truth, FindRegex(regex, path.whole));
    }
    if (truth == Truth::kYes) return Yes("path_regex", regex, subject);
    if (truth > best.truth) best = {truth, "path_regex " + Readable(regex) + ": gave up"};
  }
  return best;
}

Finding Explanation::OfUserAgentRegexes(const std::vector<std::string>& regexes) const {
  const std::string subject = Readable(facts_.user_agent());
  Finding best = No("user_agent_regex", subject, regexes.size(), "expressions");
  for (const std::string& regex : regexes) {
    const Truth truth = FindRegex(regex, facts_.user_agent());
    if (truth == Truth::kYes) return Yes("user_agent_regex", regex, subject);
    if (truth > best.truth) best = {truth, "user_agent_regex " + Readable(regex) + ": gave up"};
  }
  return best;
}

Finding Explanation::OfRanges(const Matchers& table) const {
  if (!request_.address) return Unknown("ip");
  const std::string subject = request_.address->ToString();
  for (const Cidr& range : table.ips) {
    if (IsIn(range, *request_.address)) return Yes("ip", NameOf(range), subject);
  }
  if (const auto list = ListWith(*request_.address, table.ip_lists)) {
    return Yes("ip_list", *list, subject);
  }
  std::size_t count = table.ips.size();
  for (const auto& list : table.ip_lists) count += list->ranges.size();
  return No("ip", subject, count, "ranges");
}

Finding Explanation::OfAgents(const std::vector<std::string>& names) const {
  Finding best{Truth::kNo, {}};
  for (const std::string& name : names) {
    const auto& agents = policy_.agents();
    const auto at = std::find_if(agents.begin(), agents.end(),
                                 [&name](const Agent& agent) { return agent.name == name; });
    if (at == agents.end()) continue;
    Finding finding = OfAgent(static_cast<std::size_t>(at - agents.begin()));
    // One that is claimed says more than those that aren't.
    if (finding.truth > best.truth || (best.why.empty() && !finding.why.empty())) {
      best = std::move(finding);
    }
    if (best.truth == Truth::kYes) break;
  }
  if (best.why.empty()) {
    return {Truth::kNo, "agent: " + Readable(facts_.user_agent()) + " claims to be none of " +
                            std::to_string(names.size()) + " agents"};
  }
  return best;
}

// Says nothing of an agent that the user agent doesn't claim to be.
Finding Explanation::OfAgent(std::size_t index) const {
  const Agent& agent = policy_.agents()[index];
  const std::string_view text = facts_.user_agent();
  if (std::none_of(agent.user_agents.begin(), agent.user_agents.end(), [text](const auto& claim) {
        return text.find(claim) != std::string_view::npos;
      })) {
    return {Truth::kNo, {}};
  }
  const std::string claimed = "agent " + agent.name + ": claimed, ";
  if (!request_.address) return {Truth::kUnknown, claimed + "and the address is unknown"};
  const std::string address = request_.address->ToString();
  if (const auto list = ListWith(*request_.address, agent.lists)) {
    return {Truth::kYes, claimed + "and " + address + " is in " + *list};
  }
  const std::string unlisted = claimed + address + " is in none of its lists, and ";
  if (agent.reverse_names.empty()) return {Truth::kNo, unlisted + "it has no names to ask for"};
  if (client_.names == nullptr) return {Truth::kNo, unlisted + "reverse DNS isn't asked"};
  switch (client_.names->Find(*request_.address, policy_.AgentKey(index), client_.now)) {
    case NameVerdict::kConfirmed:
      return {Truth::kYes, unlisted + "reverse DNS confirms it"};
    case NameVerdict::kRefuted:
      return {Truth::kNo, unlisted + "reverse DNS refutes it"};
    case NameVerdict::kUnknown:
      break;
  }
  return {Truth::kUnknown, unlisted + "reverse DNS hasn't answered"};
}

}  // namespace stile
