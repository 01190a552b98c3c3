#include "tests/engine/admission/admission_fixture.h"

#include <gtest/gtest.h>

#include <utility>

namespace stile::fixture {

Rule PathRule(std::string name, std::string path, Action action, std::uint8_t rank) {
  Rule rule;
  rule.name = std::move(name);
  rule.paths = {std::move(path)};
  rule.action = action;
  rule.rank = rank;
  return rule;
}

std::unique_ptr<const Engine> EngineWith(std::vector<Rule> rules) {
  PolicySource source = Source();
  source.rules.insert(source.rules.begin(), rules.begin(), rules.end());
  SiteOptions site = Site();
  site.policy = PolicyOf(std::move(source));
  return MakeEngine(OneSite(std::move(site)));
}

AdmissionVerdict VerdictOn(std::vector<Rule> rules, const std::vector<RequestSample>& samples,
                           const AdmissionLimits& limits) {
  const auto candidate = EngineWith(std::move(rules));
  const auto serving = MakeEngine();
  return JudgeCandidate({*candidate, "candidate"}, *serving, "serving", samples, limits, false,
                        kNow);
}

RequestSample SampleOf(std::string_view target, std::uint8_t rank) {
  RequestSample sample;
  const Standing standing{rank, rank == 0 ? Puzzle::kNone : Puzzle::kSha256,
                          rank == 0 ? std::uint8_t{0} : std::uint8_t{20}, 1, kNowSeconds};
  EXPECT_TRUE(sample.Take(Navigate(target), standing, 0));
  return sample;
}

std::vector<RequestSample> SamplesOf(std::size_t count, std::string_view target,
                                     std::uint8_t rank) {
  return std::vector<RequestSample>(count, SampleOf(target, rank));
}

}  // namespace stile::fixture
