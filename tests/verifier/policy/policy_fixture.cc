#include "tests/verifier/policy/policy_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "verifier/policy/policy_file.h"

namespace stile {

Request RequestFor(std::string_view target) {
  Request request;
  request.method = "GET";
  request.target = target;
  request.host = "example.org";
  request.user_agent =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/125.0 Safari/537.36";
  request.address = AddressOf("198.51.100.7");
  return request;
}

IpAddress AddressOf(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress::V4({0, 0, 0, 0}));
}

Cidr RangeOf(std::string_view address, int length) { return {AddressOf(address), length}; }

Rule AllowPath(std::string path) {
  Rule rule;
  rule.action = Action::kAllow;
  rule.paths = {std::move(path)};
  return rule;
}

Rule DenyPath(std::string path) {
  Rule rule = AllowPath(std::move(path));
  rule.action = Action::kDeny;
  return rule;
}

Rule ChallengePath(std::string path, std::uint8_t rank) {
  Rule rule = AllowPath(std::move(path));
  rule.action = Action::kChallenge;
  rule.rank = rank;
  return rule;
}

std::shared_ptr<const Policy> Compiled(PolicySource source) {
  auto policy = Policy::Compile(std::move(source));
  if (policy) return *policy;
  ADD_FAILURE() << ToString(policy.error());
  return Policy::Minimal();
}

std::shared_ptr<const Policy> CompiledRules(std::vector<Rule> rules) {
  PolicySource source;
  source.rules = std::move(rules);
  return Compiled(std::move(source));
}

std::shared_ptr<const Policy> CompiledFile(std::string_view text) {
  auto source = ParsePolicyFile(text, "policy.toml", ListNamedByItsRanges);
  if (source) return Compiled(std::move(*source));
  ADD_FAILURE() << ToString(source.error());
  return Policy::Minimal();
}

tl::expected<std::shared_ptr<const RangeList>, Errors> ListNamedByItsRanges(
    const std::string& name) {
  if (name == "missing") {
    return tl::unexpected(
        Errors{Error{ErrorCode::kFailedPrecondition, name, "there is no such file"}});
  }
  std::string text = name;
  if (name.starts_with('#')) {
    text += "\n192.0.2.0/24\n";
  } else {
    std::replace(text.begin(), text.end(), ' ', '\n');
  }
  auto list = ParseRangeList(text, name);
  if (!list) return tl::unexpected(std::move(list.error()));
  return std::make_shared<const RangeList>(*std::move(list));
}

std::string FileMistakes(std::string_view text) {
  const auto source = ParsePolicyFile(text, "policy.toml", ListNamedByItsRanges);
  return source ? std::string() : ToString(source.error());
}

std::string SourceMistakes(PolicySource source) {
  const auto policy = Policy::Compile(std::move(source));
  return policy ? std::string() : ToString(policy.error());
}

std::string OutcomeText(const Policy& policy, const Request& request, const ClientFacts& facts) {
  const PolicyMatch match = policy.Match(request, facts);
  std::string text(ActionName(match.action));
  if (match.exempt) return text + " exempt";
  if (match.threshold != kNoRule) {
    text += " threshold at=" + std::to_string(policy.thresholds()[match.threshold].at);
  } else {
    text += " " + (match.rule == kNoRule ? "default" : policy.rules()[match.rule].name);
  }
  if (match.action == Action::kChallenge) {
    text += " level=" + std::string(policy.LevelName(match.level_rank));
    text += " held=" + std::to_string(match.rank);
  }
  return text;
}

}  // namespace stile
