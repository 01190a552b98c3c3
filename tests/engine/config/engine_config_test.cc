#include "engine/config/engine_config.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/table_sizes.h"

namespace stile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSite = "[[site]]\nname = \"main\"\nhosts = [\"*\"]\n";

// What is wrong with `text`, a mistake a line.
std::string MistakesIn(const std::string& text) {
  EngineConfig config;
  const Errors errors = ReadEngineConfig(text, "stile.toml", config);
  return errors.empty() ? std::string() : ToString(errors);
}

EngineConfig Read(const std::string& text) {
  EngineConfig config;
  const Errors errors = ReadEngineConfig(text, "stile.toml", config);
  EXPECT_THAT(errors, IsEmpty()) << ToString(errors);
  return config;
}

TEST(EngineConfigTest, SiteNeedsNeitherListenerNorUpstream) {
  const EngineConfig config = Read(kSite);
  ASSERT_EQ(config.sites.size(), 1U);
  EXPECT_EQ(config.sites[0].options.name, "main");
  EXPECT_THAT(config.sites[0].options.hosts, ElementsAre("*"));
  EXPECT_EQ(config.sites[0].upstream, "");
  EXPECT_EQ(config.sites[0].upstream_place, "");
}

TEST(EngineConfigTest, SaysWhatMakesTheEngine) {
  const EngineConfig config = Read(std::string("public_prefix = \"/gate\"\n") + kSite +
                                   "upstream = \"http://a\"\npolicy = \"policy.toml\"\n"
                                   "keys = \"main.toml\"\n"
                                   "[site.siteverify]\nsecrets_file = \"secrets\"\n"
                                   "[node]\nid = 7\n[keys]\nfile = \"keys.toml\"\n"
                                   "[wait.global]\nrequests = 9\n[budgets]\nclearances = 128\n"
                                   "[spend]\nbackend = \"shared-file\"\ntokens = 2000\n"
                                   "[admission]\ncrashes = 3\n");
  EXPECT_EQ(config.public_prefix, "/gate");
  EXPECT_EQ(config.node, 7);
  EXPECT_EQ(config.keys_file, "keys.toml");
  EXPECT_EQ(config.keys_place, "stile.toml:13:8");
  EXPECT_EQ(config.redeem_limits.wait_global.count, 9U);
  EXPECT_EQ(config.budget_sizes.clearances, 128U);
  EXPECT_EQ(config.spend_backend, SpendBackend::kSharedFile);
  EXPECT_EQ(config.spend_sizes.tokens, 2'000U);
  EXPECT_EQ(config.admission.crashes, 3U);
  ASSERT_EQ(config.sites.size(), 1U);
  const SiteConfig& site = config.sites[0];
  EXPECT_EQ(site.place, "stile.toml:2:1");
  EXPECT_EQ(site.upstream, "http://a");
  EXPECT_EQ(site.upstream_place, "stile.toml:5:12");
  EXPECT_EQ(site.policy_file, "policy.toml");
  EXPECT_EQ(site.policy_place, "stile.toml:6:10");
  EXPECT_EQ(site.keys_file, "main.toml");
  EXPECT_EQ(site.secrets_file, "secrets");
}

// Else a table file would be made anew by each who opens it.
TEST(EngineConfigTest, TablesHaveTheSizesThatMergingNeeds) {
  EngineConfig config;
  ASSERT_TRUE(ReadEngineConfig(std::string(kSite) +
                                   "[budgets]\nclearances = 128\nmerge = \"redis\"\n"
                                   "merge_entries = 64\n",
                               "stile.toml", config)
                  .empty());
  EXPECT_EQ(TableSizesOf(config).untold, 64U);
  EXPECT_EQ(TableSizesOf(config).clearances, 128U);
}

TEST(EngineConfigTest, WhatConcernsTheProcessAloneIsNotJudged) {
  EXPECT_EQ(MistakesIn(std::string("[[listener]]\naddress = 5\nmode = \"tomorrow\"\n") + kSite +
                       "upstream = \"no address\"\n"
                       "[metrics]\naddress = \"x\"\n[control]\nsocket = 1\n[state]\nx = 1\n"
                       "[log]\nlevel = 0\n[limits]\nloops = -1\n[geo]\ncountry = 0\n"
                       "[agents]\nresolver = \"x\"\n[clock]\nadopt_after = 1\n"
                       "[budgets]\nmerge = \"redis\"\n"
                       "[spend]\nbackend = \"redis\"\n[spend.redis]\ntimeout = 0\n"),
            "");
}

TEST(EngineConfigTest, UnknownKeysAreMistakesEverywhereElse) {
  const std::string mistakes =
      MistakesIn(std::string("public_prefx = \"/gate\"\n") + kSite +
                 "polcy = \"p.toml\"\n[budgets]\nclearence = 128\n[spend]\ntoken = 2000\n");
  EXPECT_THAT(mistakes, HasSubstr("stile.toml:1:1: unknown key \"public_prefx\": did you mean "
                                  "\"public_prefix\"?"));
  EXPECT_THAT(mistakes, HasSubstr("stile.toml:5:1: unknown key \"polcy\" in site: did you mean "
                                  "\"policy\"?"));
  EXPECT_THAT(mistakes, HasSubstr("stile.toml:7:1: unknown key \"clearence\" in budgets: did you "
                                  "mean \"clearances\"?"));
  EXPECT_THAT(mistakes, HasSubstr("stile.toml:9:1: unknown key \"token\" in spend: did you mean "
                                  "\"tokens\"?"));
}

TEST(EngineConfigTest, SitesAreComparedWithEachOther) {
  const std::string mistakes = MistakesIn(
      "[[site]]\nname = \"main\"\nhosts = [\"a.org\"]\n"
      "[[site]]\nname = \"main\"\nhosts = [\"a.org\"]\n");
  EXPECT_THAT(mistakes, HasSubstr("site.name \"main\" is used twice"));
  EXPECT_THAT(mistakes, HasSubstr("host \"a.org\" is named twice"));
  EXPECT_THAT(mistakes, HasSubstr("no site has the host \"*\""));
}

TEST(EngineConfigTest, TextThatIsTooLongIsRefusedUnread) {
  EngineConfig config;
  const Errors errors = ReadEngineConfig(std::string(kMaxConfig + 1, '='), "stile.toml", config);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, ErrorCode::kOutOfRange);
  EXPECT_EQ(errors[0].place, "stile.toml");
}

TEST(EngineConfigTest, WhatCouldBeReadIsThereInSpiteOfMistakes) {
  EngineConfig config;
  EXPECT_FALSE(
      ReadEngineConfig(std::string(kSite) + "[node]\nid = -1\n", "stile.toml", config).empty());
  EXPECT_EQ(config.sites.size(), 1U);
}

}  // namespace
}  // namespace stile
