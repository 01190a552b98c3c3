#include "engine/config/config_source.h"

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/engine_build.h"
#include "engine/config/policy_loader.h"
#include "engine/config/site_secrets.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/range_list.h"

namespace stile {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

// Files by their names.
class Files : public ConfigSource {
 public:
  explicit Files(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}

  tl::expected<std::string_view, Error> Read(std::string_view name, std::size_t limit) override {
    asked_.emplace(name, limit);
    const auto text = texts_.find(std::string(name));
    if (text != texts_.end()) return text->second;
    return tl::unexpected(Error{ErrorCode::kFailedPrecondition, "nowhere", "it was not handed in"});
  }

  std::string& operator[](const std::string& name) { return texts_[name]; }
  void Remove(const std::string& name) { texts_.erase(name); }
  // The limits, by file, that were asked for.
  [[nodiscard]] const std::multimap<std::string, std::size_t>& asked() const { return asked_; }

 private:
  std::map<std::string, std::string> texts_;
  std::multimap<std::string, std::size_t> asked_;
};

std::string KeyText(int id, const std::string& secret) {
  return "[[key]]\nid = " + std::to_string(id) + "\nsecret = \"" + secret +
         "\"\nsign_from = 2026-01-01T00:00:00Z\n";
}
constexpr const char* kSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
constexpr const char* kOtherSecret = "BBBCAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

// Two sites with a policy that names a list: "main" on the common keys, "shop" on its own and with
// secrets.
Files GoodFiles() {
  return Files({
      {"stile.toml",
       "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policies/main.toml\"\n"
       "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\npolicy = \"policies/main.toml\"\n"
       "keys = \"shop.toml\"\n[site.siteverify]\nsecrets_file = \"shop.secrets\"\n"
       "[keys]\nfile = \"keys.toml\"\n"},
      {"policies/main.toml",
       "[[rule]]\nname = \"friends\"\nip_list = [\"../lists/friends.txt\"]\naction = \"allow\"\n"},
      {"lists/friends.txt", "192.0.2.0/24\n"},
      {"keys.toml", KeyText(7, kSecret)},
      {"shop.toml", KeyText(9, kOtherSecret)},
      {"shop.secrets", "0123456789abcdefghijklmnopqrstuv\n"},
  });
}

// What is wrong with `files`.
Errors MistakesOf(Files& files) {
  const auto loaded = LoadEmbedded(files, "stile.toml", kNow);
  if (!loaded) return loaded.error();
  ADD_FAILURE() << "there is no mistake";
  return {};
}

TEST(LoadEmbedded, FilesMakeAnEngine) {
  Files files = GoodFiles();
  const auto loaded = LoadEmbedded(files, "stile.toml", kNow);
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  const auto engine = BuildEngine(loaded->config, loaded->rings, false, *RedeemTables::Create({}));
  ASSERT_TRUE(engine) << ToString(engine.error());
  ASSERT_EQ((*engine)->site_count(), 2U);
  EXPECT_EQ((*engine)->policy(0).rules().at(0).name, "friends");
  EXPECT_EQ((*engine)->site_options(1).secrets.size(), 1U);
  EXPECT_FALSE((*engine)->site_options(0).keys_degraded);
}

TEST(LoadEmbedded, EachSiteHasTheRingOfItsFile) {
  Files files = GoodFiles();
  const auto loaded = LoadEmbedded(files, "stile.toml", kNow);
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  EXPECT_EQ(loaded->rings.Of("")->keys->Validities().at(0).id, 7);
  EXPECT_EQ(loaded->rings.Of("shop.toml")->keys->Validities().at(0).id, 9);
}

TEST(LoadEmbedded, EachFileIsAskedForOnceWithItsLimit) {
  Files files = GoodFiles();
  ASSERT_TRUE(LoadEmbedded(files, "stile.toml", kNow));
  EXPECT_THAT(files.asked(),
              UnorderedElementsAre(
                  Pair("stile.toml", kMaxConfig), Pair("policies/main.toml", kMaxPolicyFile),
                  Pair("lists/friends.txt", RangeList::kMaxBytes), Pair("keys.toml", kMaxKeyFile),
                  Pair("shop.toml", kMaxKeyFile), Pair("shop.secrets", kMaxSecretsFile)));
}

TEST(LoadEmbedded, TextBeyondItsLimitIsRefused) {
  Files files = GoodFiles();
  files["shop.secrets"] += std::string(kMaxSecretsFile, '\n');
  const Errors errors = MistakesOf(files);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].code, ErrorCode::kOutOfRange);
  EXPECT_THAT(ToString(errors), HasSubstr("stile.toml:11:16: secrets file shop.secrets: it has "));
}

TEST(LoadEmbedded, StileTomlOfAStiledIsAccepted) {
  std::ostringstream page;
  page << std::ifstream(STILE_SOURCE_DIR "/docs/operations.md").rdbuf();
  const std::string text = page.str();
  const std::size_t begin = text.find("```toml\n") + 8;
  Files files({{"stile.toml", text.substr(begin, text.find("\n```", begin) - begin + 1)},
               {"policy.toml", ""},
               {"keys.toml", KeyText(7, kSecret)}});
  const auto loaded = LoadEmbedded(files, "stile.toml", kNow);
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  EXPECT_EQ(loaded->config.sites.at(0).upstream, "http://127.0.0.1:3000");
}

TEST(LoadEmbedded, MistakesOfEveryFileAreSaidAtOnce) {
  Files files = GoodFiles();
  files["stile.toml"] += "[node]\nid = -1\n";
  files["policies/main.toml"] += "[[rule]]\nname = \"b\"\naction = \"alow\"\n";
  files["lists/friends.txt"] = "192.0.2.1/24\n";
  files["keys.toml"] = "[[key]]\nid = 0\n";
  files.Remove("shop.toml");
  files["shop.secrets"] = "short\n";
  const std::string mistakes = ToString(MistakesOf(files));
  for (const char* mistake :
       {"stile.toml:15:6: node.id is -1", "policies/main.toml:7:10: ", "lists/friends.txt:1:",
        "keys.toml:2:6: ", "stile.toml:9:8: key file shop.toml: it was not handed in",
        "shop.secrets:1:1: "}) {
    EXPECT_THAT(mistakes, HasSubstr(mistake));
  }
}

TEST(LoadEmbedded, MissingFilesAreNamedWhereTheyAreWritten) {
  for (const auto& [name, mistake] : std::map<std::string, std::string>{
           {"stile.toml", "stile.toml: it was not handed in"},
           {"policies/main.toml",
            "stile.toml:4:10: policy file policies/main.toml: it was not handed in"},
           {"lists/friends.txt",
            "lists/friends.txt: list: it was not handed in (named by policies/main.toml)"},
           {"keys.toml", "stile.toml:13:8: key file keys.toml: it was not handed in"},
           {"shop.toml", "stile.toml:9:8: key file shop.toml: it was not handed in"},
           {"shop.secrets", "stile.toml:11:16: secrets file shop.secrets: it was not handed in"}}) {
    Files files = GoodFiles();
    files.Remove(name);
    EXPECT_EQ(ToString(MistakesOf(files)), mistake);
  }
}

TEST(LoadEmbedded, SiteWithoutKeysIsAMistake) {
  Files files = GoodFiles();
  std::string& text = files["stile.toml"];
  text.erase(text.find("[keys]"));
  const Errors errors = MistakesOf(files);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(errors[0].message, HasSubstr("write [keys] and file = \"keys.toml\""));
}

TEST(LoadEmbedded, CommonKeysAreNotNeededWhereEverySiteHasItsOwn) {
  Files files = GoodFiles();
  std::string& text = files["stile.toml"];
  text.erase(text.find("[keys]"));
  text.insert(text.find("[[site]]\nname = \"shop\""), "keys = \"keys.toml\"\n");
  const auto loaded = LoadEmbedded(files, "stile.toml", kNow);
  ASSERT_TRUE(loaded) << ToString(loaded.error());
  const auto engine = BuildEngine(loaded->config, loaded->rings, false, *RedeemTables::Create({}));
  EXPECT_TRUE(engine) << ToString(engine.error());
}

TEST(LoadEmbedded, KeysThatDoNotSignYetAreAMistake) {
  Files files = GoodFiles();
  files["keys.toml"] = KeyText(7, kSecret);
  files["keys.toml"].replace(files["keys.toml"].find("2026"), 4, "2036");
  const Errors errors = MistakesOf(files);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(errors[0].place, HasSubstr("keys.toml:1:1"));
}

TEST(LoadEmbedded, SecretsOfAnotherSiteAreAMistake) {
  Files files = GoodFiles();
  std::string& text = files["stile.toml"];
  text.insert(text.find("[[site]]\nname = \"shop\""),
              "[site.siteverify]\nsecrets_file = \"main.secrets\"\n");
  files["main.secrets"] = files["shop.secrets"];
  EXPECT_EQ(ToString(MistakesOf(files)),
            "stile.toml:13:16: secrets file shop.secrets: a secret in it is another site's: make "
            "each its own");
}

TEST(LoadEmbedded, NoMistakeQuotesASecret) {
  Files files = GoodFiles();
  const std::string secret = "visible-secret-of-the-site-0123456789";
  files["shop.secrets"] = secret + "\n" + secret + "\n" + secret + " with blanks\n";
  files["keys.toml"] = KeyText(7, std::string("!") + kSecret) + kSecret + " = 1\n";
  files["shop.toml"] = KeyText(0, kOtherSecret) + "secret = \"" + kOtherSecret + "\"\n";
  const Errors errors = MistakesOf(files);
  EXPECT_THAT(errors, SizeIs(testing::Ge(4U)));
  EXPECT_THAT(ToString(errors),
              AllOf(Not(HasSubstr(secret)), Not(HasSubstr(kSecret)), Not(HasSubstr(kOtherSecret))));
}

TEST(LoadEmbedded, WideListOfACrawlerIsAMistake) {
  Files files = GoodFiles();
  files["policies/main.toml"] =
      "[agent.examplebot]\nuser_agent = [\"Examplebot/\"]\nip_list = [\"../lists/friends.txt\"]\n";
  files["lists/friends.txt"] = "0.0.0.0/0\n";
  const Errors errors = MistakesOf(files);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].place, "lists/friends.txt");
}

}  // namespace
}  // namespace stile
