#include "service/boot.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/keys.h"
#include "service/last_good.h"
#include "service/run_record.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

class BootTest : public testing::Test {
 protected:
  BootTest() {
    unsetenv("CREDENTIALS_DIRECTORY");
    options_.config_path = folder_.Write("stile.toml", kGoodConfig);
    folder_.Write("policy.toml", kGoodPolicy);
    folder_.Write("keys.toml", kGoodKeys);
  }

  // As a process that served the files would have done.
  void RecordFiles() {
    const LoadedConfig loaded = LoadConfig(options_.config_path);
    ASSERT_TRUE(loaded.good());
    ASSERT_TRUE(LastGood(folder_.Path("state")).Record(loaded.texts).ok());
  }
  tl::expected<Booted, Errors> Boot() { return stile::Boot(options_, kNow); }

  static std::string RuleOf(const Booted& booted) {
    const auto& policy = booted.loaded.config.sites.at(0).options.policy;
    return policy == nullptr ? "minimal" : policy->rules().at(0).name;
  }

  ScratchFolder folder_;
  BootOptions options_;
};

TEST_F(BootTest, GoodFilesAreServed) {
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, IsEmpty());
  EXPECT_THAT(booted->mistakes, IsEmpty());
  EXPECT_FALSE(booted->keys.degraded);
  EXPECT_EQ(booted->keys.masters.at(0).id, 7);
  EXPECT_EQ(booted->state_directory, folder_.Path("state"));
}

TEST_F(BootTest, BadPolicyWithoutRecordIsRefused) {
  folder_.Write("policy.toml", kBadPolicy);
  const auto booted = Boot();
  ASSERT_FALSE(booted);
  EXPECT_THAT(ToString(booted.error()), HasSubstr("policy.toml:3:10: "));
}

TEST_F(BootTest, BadPolicyWithRecordServesTheRecord) {
  RecordFiles();
  folder_.Write("policy.toml", kBadPolicy);
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood));
  EXPECT_EQ(RuleOf(*booted), "all");
  EXPECT_THAT(ToString(booted->mistakes), HasSubstr("policy.toml:3:10: "));
  EXPECT_EQ(booted->keys.masters.at(0).id, 7);
}

// With a crawler of bot.txt.
std::string CrawlerPolicy() {
  return std::string(kGoodPolicy) +
         "[agent.examplebot]\nuser_agent = [\"Examplebot/\"]\nip_list = [\"bot.txt\"]\n";
}

TEST_F(BootTest, ListThatHoldsMuchOfTheInternetServesTheRecord) {
  folder_.Write("policy.toml", CrawlerPolicy());
  folder_.Write("bot.txt", "192.0.2.0/24\n");
  RecordFiles();
  folder_.Write("bot.txt", "0.0.0.0/1\n");
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood));
  ASSERT_EQ(booted->loaded.lists.size(), 1U);
  EXPECT_EQ(booted->loaded.lists[0]->ranges.at(0).length, 24);
  EXPECT_THAT(ToString(booted->mistakes), HasSubstr("0.0.0.0/1"));
}

TEST_F(BootTest, RecordedListThatHoldsMuchOfTheInternetLeavesTheMinimalPolicy) {
  folder_.Write("policy.toml", CrawlerPolicy());
  folder_.Write("bot.txt", "0.0.0.0/1\n");
  const LoadedConfig loaded = LoadConfig(options_.config_path);
  ASSERT_TRUE(LastGood(folder_.Path("state")).Record(loaded.texts).ok());
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kMinimalPolicy));
  EXPECT_EQ(RuleOf(*booted), "minimal");
}

TEST_F(BootTest, CheckRefusesAListThatHoldsMuchOfTheInternet) {
  folder_.Write("policy.toml", CrawlerPolicy());
  folder_.Write("bot.txt", "0.0.0.0/1\n");
  std::vector<std::string> warnings;
  EXPECT_THAT(ToString(CheckFiles(options_.config_path, kNow, warnings)), HasSubstr("0.0.0.0/1"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(BootTest, ListOfTheFutureIsNew) {
  RangeList list;
  list.name = "bot.txt";
  list.created = UnixMillis{kNow.value + std::int64_t{40} * 86'400'000};
  EXPECT_THAT(ListAgeText(list, kNow), HasSubstr(", 0 days ago"));
}

TEST_F(BootTest, ConfigurationThatIsNotTomlServesTheRecordOfItsStateSection) {
  RecordFiles();
  folder_.Write("stile.toml", "[[listener\n" + std::string(kGoodConfig));
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood));
}

TEST_F(BootTest, OversizedConfigurationServesTheRecord) {
  RecordFiles();
  folder_.Write("stile.toml", std::string(kGoodConfig) + std::string(kMaxConfig, '#'));
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood));
}

TEST_F(BootTest, MissingConfigurationServesTheRecordOfTheGivenDirectory) {
  RecordFiles();
  std::filesystem::remove(options_.config_path);
  options_.state_directory = folder_.Path("state");
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood));
}

TEST_F(BootTest, DamagedRecordLeavesTheMinimalPolicy) {
  RecordFiles();
  folder_.Write("state/last-good", "stile-last-good 1 rubbish");
  folder_.Write("policy.toml", kBadPolicy);
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kMinimalPolicy));
  EXPECT_EQ(RuleOf(*booted), "minimal");
  EXPECT_THAT(ToString(booted->mistakes), HasSubstr("damaged"));
}

TEST_F(BootTest, DamagedRecordDoesNotMatterWhereFilesAreGood) {
  std::filesystem::create_directory(folder_.Path("state"));
  folder_.Write("state/last-good", "rubbish");
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, IsEmpty());
}

TEST_F(BootTest, DamagedRecordBesideBadConfigurationIsRefused) {
  RecordFiles();
  folder_.Write("state/last-good", "stile-last-good 1 rubbish");
  folder_.Write("stile.toml", "[state]\ndirectory = \"state\"\n");
  EXPECT_FALSE(Boot());
}

TEST_F(BootTest, BadKeysAreReplacedByTemporaryOnes) {
  folder_.Write("keys.toml", "[[key]]\nid = 7\n");
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_TRUE(booted->keys.degraded);
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kKeys));
  EXPECT_EQ(booted->keys.file, "");
  EXPECT_THAT(ToString(booted->mistakes), HasSubstr("keys.toml:1:1"));
}

TEST_F(BootTest, ExpiredKeysAreReplacedByTemporaryOnes) {
  folder_.Write("keys.toml", std::string(kGoodKeys) + "verify_until = 2026-02-01T00:00:00Z\n");
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kKeys));
}

TEST_F(BootTest, MissingKeysSectionIsReplacedByTemporaryKeys) {
  std::string config(kGoodConfig);
  config.replace(config.find("[keys]\nfile = \"keys.toml\"\n"), 26, "");
  folder_.Write("stile.toml", config);
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kKeys));
}

TEST_F(BootTest, BadPolicyAndBadKeysDegradeTogether) {
  RecordFiles();
  folder_.Write("policy.toml", kBadPolicy);
  std::filesystem::remove(folder_.Path("keys.toml"));
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood, Degradation::kKeys));
}

TEST_F(BootTest, StrictBootRefusesBadPolicyDespiteTheRecord) {
  RecordFiles();
  folder_.Write("policy.toml", kBadPolicy);
  folder_.Write("keys.toml", "[[key]]\nid = 0\n");
  options_.strict = true;
  const auto booted = Boot();
  ASSERT_FALSE(booted);
  EXPECT_THAT(ToString(booted.error()), HasSubstr("policy.toml:3:10: "));
  EXPECT_THAT(ToString(booted.error()), HasSubstr("keys.toml:2:6: "));
}

TEST_F(BootTest, StrictBootRefusesBadKeys) {
  std::filesystem::remove(folder_.Path("keys.toml"));
  options_.strict = true;
  const auto booted = Boot();
  ASSERT_FALSE(booted);
  EXPECT_THAT(ToString(booted.error()), HasSubstr("stile.toml:9:8: key file"));
}

TEST_F(BootTest, RecordHoldsNoKey) {
  RecordFiles();
  EXPECT_THAT(folder_.Read("state/last-good"), Not(HasSubstr("AAECAwQF")));
  EXPECT_THAT(folder_.Read("state/last-good"), HasSubstr("[[listener]]"));
}

// The files have changed since something was recorded.
class ChangedBootTest : public BootTest {
 protected:
  ChangedBootTest() {
    RecordFiles();
    folder_.Write("policy.toml", std::string(kGoodPolicy) + "# changed\n");
    digest_ = DigestOf(LoadConfig(options_.config_path).texts);
  }
  void WriteLastRun(const RunRecord& run) {
    ASSERT_TRUE(WriteRun(folder_.Path("state"), run).ok());
  }
  // Two runs over the files have crashed a minute ago.
  [[nodiscard]] RunRecord Crashed() const {
    RunRecord run;
    run.digest = digest_;
    run.crashes = {kNow - std::chrono::minutes{1}};
    return run;
  }

  std::string digest_;
};

TEST_F(ChangedBootTest, ChangedFilesAreServed) {
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, IsEmpty());
  EXPECT_EQ(booted->run.digest, digest_);
}

TEST_F(ChangedBootTest, FilesThatCrashedTwiceAreHeldBack) {
  WriteLastRun(Crashed());
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kGenerationPinned));
  EXPECT_NE(DigestOf(booted->loaded.texts), digest_);
  EXPECT_EQ(booted->run.digest, digest_);
  EXPECT_TRUE(booted->run.IsPinned(kNow));
  EXPECT_THAT(ToString(booted->mistakes), HasSubstr("crashed"));
}

TEST_F(ChangedBootTest, FilesThatCrashedAreServedWhereNothingElseIs) {
  WriteLastRun(Crashed());
  std::filesystem::remove(folder_.Path("state/last-good"));
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, IsEmpty());
  EXPECT_FALSE(booted->run.IsPinned(kNow));
}

TEST_F(ChangedBootTest, RecordOfTheRunThatIsDamagedStopsNothing) {
  folder_.Write("state/run", "rubbish");
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, IsEmpty());
}

TEST_F(ChangedBootTest, WhatAReloadRefusedIsNotServedByAStart) {
  RunRecord run;
  run.refused = digest_;
  WriteLastRun(run);
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kLastGood));
  EXPECT_THAT(ToString(booted->mistakes), HasSubstr("a reload refused these files"));
}

TEST_F(ChangedBootTest, StrictBootServesWhatTheFilesSay) {
  WriteLastRun(Crashed());
  options_.strict = true;
  const auto booted = Boot();
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, IsEmpty());
}

}  // namespace
}  // namespace stile
