#include "tool/policy_replay.h"

#include <gtest/gtest.h>

#include <string>

#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

std::shared_ptr<const Policy> Compiled(const std::string& text) {
  auto source = ParsePolicyFile(text, "policy.toml");
  EXPECT_TRUE(source.has_value()) << ToString(source.error());
  auto policy = Policy::Compile(*std::move(source));
  EXPECT_TRUE(policy.has_value()) << ToString(policy.error());
  return *policy;
}

Request Get(std::string_view target, std::string_view method = "GET") {
  Request request;
  request.method = method;
  request.target = target;
  request.host = "example.org";
  request.user_agent = "Mozilla/5.0";
  return request;
}

TEST(PolicyReplayTest, ClientAnswersOnceAndIsClearedForTheLifetime) {
  PolicyReplay replay(Compiled("[level.light]\nlifetime = \"1h\"\n"), true);
  ClientStanding client;
  EXPECT_EQ(replay.Take(Get("/"), 1000, &client).outcome, ReplayOutcome::kChallenged);
  EXPECT_EQ(replay.Take(Get("/"), 1001, &client).outcome, ReplayOutcome::kCleared);
  EXPECT_EQ(replay.Take(Get("/"), 4599, &client).outcome, ReplayOutcome::kCleared);
  EXPECT_EQ(replay.Take(Get("/"), 4600, &client).outcome, ReplayOutcome::kChallenged);
  EXPECT_EQ(client.challenged, 2U);
  EXPECT_EQ(client.cleared, 2U);
}

TEST(PolicyReplayTest, FormJustAfterTheLifetimeIsNotLost) {
  PolicyReplay replay(Compiled("[level.light]\nlifetime = \"1h\"\n"), true);
  ClientStanding client;
  (void)replay.Take(Get("/"), 1000, &client);
  EXPECT_EQ(replay.Take(Get("/", "POST"), 4700, &client).outcome, ReplayOutcome::kCleared);
  EXPECT_EQ(replay.Take(Get("/", "POST"), 5201, &client).outcome, ReplayOutcome::kChallenged);
}

TEST(PolicyReplayTest, WithoutTimesWhatIsEarnedLasts) {
  PolicyReplay replay(Compiled(""), true);
  ClientStanding client;
  (void)replay.Take(Get("/"), std::nullopt, &client);
  EXPECT_EQ(replay.Take(Get("/"), std::nullopt, &client).outcome, ReplayOutcome::kCleared);
}

TEST(PolicyReplayTest, ClientsThatNeverAnswerAreChallengedEachTime) {
  PolicyReplay replay(Compiled(""), false);
  ClientStanding client;
  (void)replay.Take(Get("/"), 1, &client);
  EXPECT_EQ(replay.Take(Get("/"), 2, &client).outcome, ReplayOutcome::kChallenged);
}

TEST(PolicyReplayTest, ClientThatIsNotRememberedIsChallengedEachTime) {
  PolicyReplay replay(Compiled(""), true);
  (void)replay.Take(Get("/"), 1, nullptr);
  EXPECT_EQ(replay.Take(Get("/"), 2, nullptr).outcome, ReplayOutcome::kChallenged);
}

TEST(PolicyReplayTest, HigherLevelIsAskedOfWhoHoldsALowerOne) {
  PolicyReplay replay(Compiled("[[rule]]\nname = \"x\"\npath = [\"/x\"]\naction = \"challenge\"\n"
                               "level = \"standard\"\n"),
                      true);
  ClientStanding client;
  (void)replay.Take(Get("/"), 1, &client);
  EXPECT_EQ(replay.Take(Get("/x"), 2, &client).outcome, ReplayOutcome::kChallenged);
  EXPECT_EQ(replay.Take(Get("/x"), 3, &client).outcome, ReplayOutcome::kCleared);
  EXPECT_EQ(replay.Take(Get("/"), 4, &client).outcome, ReplayOutcome::kCleared);
}

TEST(PolicyReplayTest, RowsSayWhatDecided) {
  PolicyReplay replay(
      Compiled("[[threshold]]\nat = 5\naction = \"deny\"\n"
               "[[rule]]\nname = \"a\"\npath = [\"/a\"]\naction = \"allow\"\n"
               "[[rule]]\nname = \"w\"\npath = [\"/w*\"]\naction = \"weigh\"\nweight = 5\n"),
      true);
  const auto name = [&](const Request& request) {
    return replay.rows()[replay.Take(request, 1, nullptr).row].name;
  };
  EXPECT_EQ(name(Get("/a")), "a");
  EXPECT_EQ(name(Get("/w")), "weight from 5");
  EXPECT_EQ(name(Get("/")), "default");
  EXPECT_EQ(name(Get("/robots.txt")), "built-in exemptions");
  const std::string longer = "/" + std::string(9000, 'a');
  EXPECT_EQ(name(Get(longer)), "paths over 8192 bytes");
  EXPECT_EQ(name(Get("/a/%2e%2e/b")), "paths read in too many ways");
  EXPECT_EQ(replay.rows().back().kind, std::string("path"));
  EXPECT_EQ(replay.rows()[1].matched, 1U);
  EXPECT_EQ(replay.rows()[1].action, "weigh +5");
}

TEST(PolicyReplayTest, ShadowRulesAreCountedUpToTheOneThatDecides) {
  PolicyReplay replay(
      Compiled(
          "[[rule]]\nname = \"s\"\npath = [\"/s*\"]\naction = \"deny\"\nmode = \"shadow\"\n"
          "[[rule]]\nname = \"t\"\npath = [\"/s*\"]\naction = \"challenge\"\nlevel = \"light\"\n"
          "mode = \"shadow\"\n"
          "[[rule]]\nname = \"a\"\npath = [\"/s/a\"]\naction = \"allow\"\n"
          "[[rule]]\nname = \"u\"\naction = \"deny\"\nmode = \"shadow\"\n"),
      true);
  (void)replay.Take(Get("/s/a"), 1, nullptr);
  (void)replay.Take(Get("/s/b"), 2, nullptr);
  EXPECT_EQ(replay.rows()[0].matched, 2U);
  EXPECT_EQ(replay.rows()[1].matched, 2U);
  EXPECT_EQ(replay.rows()[2].counts[0], 1U);
  EXPECT_EQ(replay.rows()[3].matched, 1U);
}

}  // namespace
}  // namespace stile
