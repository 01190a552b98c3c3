#include "service/config_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stile {
namespace {

const ConfigTexts kTexts = {"a/stile.toml", "config", {{"policy.toml", "text"}}, {{"l", "1"}}};

TEST(ConfigDigest, IsOfTheTextsAndNotOfTheirPlace) {
  ConfigTexts moved = kTexts;
  moved.name = "b/stile.toml";
  EXPECT_EQ(ConfigDigest(moved), ConfigDigest(kTexts));
  EXPECT_THAT(ConfigDigest(kTexts), testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST(ConfigDigest, EachTextCounts) {
  for (const auto change : {+[](ConfigTexts& texts) { texts.config += " "; },
                            +[](ConfigTexts& texts) { texts.policies[0].text += " "; },
                            +[](ConfigTexts& texts) { texts.policies[0].file += "2"; },
                            +[](ConfigTexts& texts) { texts.lists[0].text += " "; },
                            +[](ConfigTexts& texts) { texts.lists[0].file += "2"; },
                            +[](ConfigTexts& texts) { texts.policies.clear(); }}) {
    ConfigTexts other = kTexts;
    change(other);
    EXPECT_NE(ConfigDigest(other), ConfigDigest(kTexts));
  }
}

TEST(ConfigDigest, PolicyIsNoList) {
  const ConfigTexts policy = {"", "c", {{"a", "b"}}, {}};
  const ConfigTexts list = {"", "c", {}, {{"a", "b"}}};
  EXPECT_NE(ConfigDigest(policy), ConfigDigest(list));
}

}  // namespace
}  // namespace stile
