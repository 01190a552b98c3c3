#include "engine/challenge_json.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/engine/door.h"

namespace stile {
namespace {

TEST(ChallengeJson, NamesEveryAlternativeAndWhereToRedeem) {
  const auto policy = fixture::PolicyOf(fixture::Source());
  const Level& light = *policy->LevelFor(2);
  std::array<char, 1024> out;
  EXPECT_EQ(
      WriteChallengeJson("AQE", std::span(light.alternatives).first(2), *policy, 17, "/.stile",
                         out),
      R"({"challenge":"AQE","alternatives":[)"
      R"({"puzzle":"sha256","effort":64,"parts":2,"level":"light","lifetime":43200},)"
      R"({"puzzle":"wait","effort":5000,"parts":0,"seconds":5,"level":"wait","lifetime":600}],)"
      R"("expires_at":17,"redeem":"/.stile/redeem"})");
}

TEST(ChallengeJson, IsEmptyWhereItDoesNotFit) {
  const auto policy = fixture::PolicyOf(fixture::Source());
  std::array<char, 64> out;
  EXPECT_EQ(WriteChallengeJson("AQE", {}, *policy, 17, "/.stile", out), "");
  EXPECT_EQ(WriteClearedJson("light", 17, "/a-path-that-is-too-long-for-it", out), "");
}

TEST(ChallengeJson, GatedDropsALevelNameThatLeavesNoRoom) {
  std::array<char, 1024> out;
  const std::string name(80, '"');
  EXPECT_EQ(WriteGatedJson(name, "/.stile/challenge?c=x", "2A-B", out),
            R"({"error":"challenge","challenge":"/.stile/challenge?c=x","reference":"2A-B"})");
}

TEST(ChallengeJson, GatedEscapesALevelName) {
  std::array<char, 1024> out;
  EXPECT_EQ(WriteGatedJson("a\"b", "/c", "2A-B", out),
            R"({"error":"challenge","level":"a\u0022b","challenge":"/c","reference":"2A-B"})");
}

TEST(ChallengeJson, GatedIsEmptyRatherThanOverlong) {
  std::array<char, 1024> out;
  EXPECT_EQ(WriteGatedJson("light", std::string(500, 'a'), "2A-B", out), "");
}

TEST(ChallengeJson, ClearedSaysLevelExpiryAndPath) {
  std::array<char, 1024> out;
  EXPECT_EQ(WriteClearedJson("light", 17, "/a&b", out),
            R"({"cleared":true,"level":"light","expires_at":17,"return_path":"/a\u0026b"})");
}

}  // namespace
}  // namespace stile
