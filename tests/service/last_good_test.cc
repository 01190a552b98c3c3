#include "service/last_good.h"

#include <sys/stat.h>

#include <filesystem>
#include <initializer_list>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::HasSubstr;
using testing::Not;

ConfigTexts Texts() {
  ConfigTexts texts;
  texts.name = "/etc/stile/stile.toml";
  texts.config = "a = 1\npolicy 3 4\n";
  texts.policies = {{"policy.toml", std::string("line\n\nwith \0 byte", 17)}, {"", ""}};
  texts.lists = {{"lists/a.json", "{\"prefixes\": []}"}, {"b.txt", "policy 1 1\na\nb\n"}};
  return texts;
}

TEST(LastGoodTest, WhatIsRecordedIsRecalled) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  ASSERT_TRUE(record.Record(Texts()).ok());
  const auto recalled = record.Recall();
  ASSERT_TRUE(recalled.ok()) << recalled.status();
  EXPECT_EQ(recalled->config, Texts().config);
  ASSERT_EQ(recalled->policies.size(), 2U);
  EXPECT_EQ(recalled->policies[0].file, "policy.toml");
  EXPECT_EQ(recalled->policies[0].text, Texts().policies[0].text);
  EXPECT_EQ(recalled->policies[1].text, "");
  ASSERT_EQ(recalled->lists.size(), 2U);
  EXPECT_EQ(recalled->lists[0].file, "lists/a.json");
  EXPECT_EQ(recalled->lists[0].text, Texts().lists[0].text);
  EXPECT_EQ(recalled->lists[1].text, Texts().lists[1].text);
}

TEST(LastGoodTest, NothingRecordedIsNotFound) {
  const ScratchFolder folder;
  EXPECT_TRUE(absl::IsNotFound(LastGood(folder.Path("state")).Recall().status()));
}

TEST(LastGoodTest, NewRecordReplacesTheOld) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  ASSERT_TRUE(record.Record(Texts()).ok());
  ConfigTexts next = Texts();
  next.config = "b = 2\n";
  ASSERT_TRUE(record.Record(next).ok());
  EXPECT_EQ(record.Recall()->config, "b = 2\n");
  EXPECT_FALSE(std::filesystem::exists(record.path() + ".new"));
}

TEST(LastGoodTest, UnchangedRecordIsNotWrittenAgain) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  ASSERT_TRUE(record.Record(Texts()).ok());
  struct stat before = {};
  ASSERT_EQ(::stat(record.path().c_str(), &before), 0);
  ASSERT_TRUE(record.Record(Texts()).ok());
  struct stat after = {};
  ASSERT_EQ(::stat(record.path().c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST(LastGoodTest, RecordIsTheOwnersAlone) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  ASSERT_TRUE(record.Record(Texts()).ok());
  struct stat status = {};
  ASSERT_EQ(::stat(record.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(folder.Path("state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST(LastGoodTest, EveryDamagedByteIsNoticed) {
  const std::string good = FormatRecord(Texts());
  ASSERT_TRUE(ParseRecord(good).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(ParseRecord(damaged).status())) << "byte " << i;
  }
}

TEST(LastGoodTest, EveryCutIsNoticed) {
  const std::string good = FormatRecord(Texts());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(ParseRecord(good.substr(0, size)).status())) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(ParseRecord(good + "x").status()));
}

TEST(LastGoodTest, DirectoryThatCannotBeMadeIsReported) {
  const ScratchFolder folder;
  folder.Write("file", "");
  EXPECT_FALSE(LastGood(folder.Path("file/state")).Record(Texts()).ok());
}

// Records whose configurations are these, one after the other.
void RecordAll(const LastGood& record, std::initializer_list<const char*> configs) {
  for (const char* config : configs) {
    ConfigTexts texts;
    texts.config = config;
    ASSERT_TRUE(record.Record(texts).ok());
  }
}

TEST(LastGoodTest, KeepsSoManyGenerations) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  RecordAll(record, {"a", "b", "c", "d"});
  EXPECT_THAT(folder.Read("state/last-good"), HasSubstr("\nd\n"));
  EXPECT_THAT(folder.Read("state/last-good.1"), HasSubstr("\nc\n"));
  EXPECT_THAT(folder.Read("state/last-good.2"), HasSubstr("\nb\n"));
  EXPECT_FALSE(std::filesystem::exists(record.path(3)));
}

TEST(LastGoodTest, SameAgainRetiresNothing) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  RecordAll(record, {"a", "a"});
  EXPECT_FALSE(std::filesystem::exists(record.path(1)));
}

TEST(LastGoodTest, OlderGenerationIsRecalledForADamagedOne) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  RecordAll(record, {"a", "b"});
  folder.Write("state/last-good", "rubbish");
  EXPECT_EQ(record.Recall()->config, "a");
  EXPECT_EQ(record.Digest(), "");
}

TEST(LastGoodTest, DamagedRecordTakesNoPlaceOfOlderOnes) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  RecordAll(record, {"a", "b"});
  folder.Write("state/last-good", "rubbish");
  RecordAll(record, {"c"});
  EXPECT_THAT(folder.Read("state/last-good.1"), HasSubstr("\na\n"));
}

TEST(LastGoodTest, RecallsWhatWasBeforeADigest) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"));
  RecordAll(record, {"a", "b"});
  EXPECT_EQ(record.Recall(record.Digest())->config, "a");
  RecordAll(record, {"c"});
  EXPECT_EQ(record.Recall()->config, "c");
}

TEST(LastGoodTest, OneGenerationIsKeptAlone) {
  const ScratchFolder folder;
  const LastGood record(folder.Path("state"), 1);
  RecordAll(record, {"a", "b"});
  EXPECT_FALSE(std::filesystem::exists(record.path(1)));
  EXPECT_TRUE(absl::IsNotFound(record.Recall(record.Digest()).status()));
}

const ConfigTexts kDigested = {"a/stile.toml", "config", {{"policy.toml", "text"}}, {{"l", "1"}}};

TEST(LastGoodTest, DigestIsOfTheTextsAndNotOfTheirPlace) {
  ConfigTexts moved = kDigested;
  moved.name = "b/stile.toml";
  EXPECT_EQ(DigestOf(moved), DigestOf(kDigested));
  EXPECT_THAT(DigestOf(kDigested), testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST(LastGoodTest, EachTextCountsInTheDigest) {
  for (const auto change : {+[](ConfigTexts& texts) { texts.config += " "; },
                            +[](ConfigTexts& texts) { texts.policies[0].text += " "; },
                            +[](ConfigTexts& texts) { texts.policies[0].file += "2"; },
                            +[](ConfigTexts& texts) { texts.lists[0].text += " "; },
                            +[](ConfigTexts& texts) { texts.lists[0].file += "2"; },
                            +[](ConfigTexts& texts) { texts.policies.clear(); }}) {
    ConfigTexts other = kDigested;
    change(other);
    EXPECT_NE(DigestOf(other), DigestOf(kDigested));
  }
}

TEST(LastGoodTest, PolicyHasAnotherDigestThanAList) {
  const ConfigTexts policy = {"", "c", {{"a", "b"}}, {}};
  const ConfigTexts list = {"", "c", {}, {{"a", "b"}}};
  EXPECT_NE(DigestOf(policy), DigestOf(list));
}

}  // namespace
}  // namespace stile
