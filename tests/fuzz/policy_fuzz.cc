// Policy files, read and compiled. They are accepted, or every mistake has a sentence; compiling
// twice gives one digest; a compiled policy has an answer to every request.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "challenge/ip_address.h"
#include "tests/fuzz/error_property.h"
#include "tests/fuzz/fuzz_target.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/policy_file.h"
#include "verifier/policy/policy_warning.h"
#include "verifier/policy/range_list.h"

namespace stile {
namespace {

Request SomeRequest(std::string_view method, std::string_view target, std::string_view address) {
  Request request;
  request.method = method;
  request.target = target;
  request.host = "www.example.org";
  request.user_agent = "curl/7.88.1";
  request.address = IpAddress::Parse(address);
  return request;
}

// A list is named by what is in it, so that the fuzzer writes lists too.
tl::expected<std::shared_ptr<const RangeList>, Errors> ListNamedByItsRanges(
    const std::string& name) {
  std::string text = name;
  std::replace(text.begin(), text.end(), ' ', '\n');
  auto list = ParseRangeList(text, "policy.toml-list");
  if (!list) return tl::unexpected(std::move(list.error()));
  return std::make_shared<const RangeList>(*std::move(list));
}

void NoteMatchers(const Matchers& matchers) {
  if (!matchers.queries.empty() || !matchers.headers.empty()) Reach("field test");
  if (!matchers.path_regexes.empty()) Reach("regular expression");
  if (!matchers.ip_lists.empty()) Reach("list");
  for (const auto* tables : {&matchers.any, &matchers.all, &matchers.negated}) {
    if (!tables->empty()) Reach("nested matchers");
    for (const Matchers& table : *tables) NoteMatchers(table);
  }
}

void CheckSource(const PolicySource& source) {
  for (const Rule& rule : source.rules) {
    NoteMatchers(rule);
    STILE_REQUIRE((rule.action == Action::kNone) == (rule.weight != 0));
    if (rule.weight != 0) Reach("weight");
  }
  if (!source.agents.empty()) Reach("agent");
  for (const PolicyWarning& warning : WarningsOf(source, UnixMillis{1'795'600'800'000})) {
    Reach("warned policy");
    STILE_REQUIRE(warning.message.size() >= 10 && warning.message == Printable(warning.message));
    STILE_REQUIRE(warning.place.line >= 1 && warning.place.column >= 1);
  }
}

void CheckMatches(const Policy& policy) {
  const std::array requests = {
      SomeRequest("GET", "/", "192.0.2.7"), SomeRequest("POST", "/docs/../%61?b=c", "2001:db8::1"),
      SomeRequest("GET", "/docs/a", "-"), SomeRequest("OPTIONS", "/robots.txt", "192.0.2.7"),
      SomeRequest("GET", "//docs//%2e%2e/x", "203.0.113.9")};
  for (const Request& request : requests) {
    const PolicyMatch match = policy.Match(request);
    const std::uint16_t shadow = match.shadow_rule;
    STILE_REQUIRE(match.action >= Action::kAllow && match.action <= Action::kDeny);
    STILE_REQUIRE(match.rule == 65535 || match.rule < policy.rules().size());
    STILE_REQUIRE(match.threshold == 65535 || match.threshold < policy.thresholds().size());
    STILE_REQUIRE(shadow == 65535 || shadow < policy.rules().size());
    if (match.rule != 65535) {
      Reach("matched rule");
      const Rule& rule = policy.rules()[match.rule];
      STILE_REQUIRE(rule.mode == RuleMode::kEnforce && rule.weight == 0);
      // Where a regular expression gives up, on_fault decides.
      STILE_REQUIRE(rule.action == match.action ||
                    (rule.action != Action::kAllow && match.action != Action::kAllow));
    }
    if (match.action == Action::kChallenge) STILE_REQUIRE(match.rank != 0);
    const PolicyMatch again = policy.Match(request);
    STILE_REQUIRE(again.rule == match.rule && again.action == match.action);
    STILE_REQUIRE(policy.LevelFor(match.rank) != nullptr);
    STILE_REQUIRE(Explain(policy, request).size() <= policy.rules().size());
  }
}

}  // namespace

void FuzzPolicy(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const auto source = ParsePolicyFile(text, "policy.toml", ListNamedByItsRanges);
  if (!source.has_value()) {
    Reach("refused policy file");
    RequireGoodErrors(source.error(), "policy.toml");
    return;
  }
  CheckSource(*source);
  const auto policy = Policy::Compile(*source);
  if (!policy.has_value()) {
    RequireGoodErrors(policy.error(), "");
    return;
  }
  Reach("compiled policy");
  const std::string& digest = (*policy)->digest();
  STILE_REQUIRE(digest.size() == 64 &&
                digest.find_first_not_of("0123456789abcdef") == std::string::npos);
  const auto again = Policy::Compile(*source);
  STILE_REQUIRE(again.has_value() && (*again)->digest() == digest);
  CheckMatches(**policy);
}

}  // namespace stile
