#include "service/engine_loader.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/engine_build.h"
#include "service/boot.h"
#include "service/keys.h"
#include "tests/service/scratch_folder.h"
#include "verifier/policy/policy.h"

namespace stile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

class EngineLoaderTest : public testing::Test {
 protected:
  EngineLoaderTest() {
    unsetenv("CREDENTIALS_DIRECTORY");
    config_ = folder_.Write("stile.toml", kGoodConfig);
    folder_.Write("policy.toml", kGoodPolicy);
    folder_.Write("keys.toml", kGoodKeys);
  }
  ~EngineLoaderTest() override { unsetenv("CREDENTIALS_DIRECTORY"); }

  ScratchFolder folder_;
  std::string config_;
};

TEST_F(EngineLoaderTest, GoodFilesMakeAnEngine) {
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_TRUE(loaded.good()) << ToString(loaded.policy_errors) << ToString(loaded.config_errors);
  const auto keys = LoadKeys(loaded.config, kNow);
  ASSERT_TRUE(keys) << ToString(keys.error());
  auto tables = RedeemTables::Create({});
  ASSERT_TRUE(tables);
  const auto engine = BuildEngine(loaded.config, *keys->Ring(kNow), false, *tables);
  ASSERT_TRUE(engine) << ToString(engine.error());
  EXPECT_EQ((*engine)->site_count(), 1U);
  EXPECT_EQ((*engine)->policy(0).rules().at(0).name, "all");
}

TEST_F(EngineLoaderTest, PathsAreRelativeToTheConfiguration) {
  folder_.Write("stile.toml", std::string(kGoodConfig) +
                                  "[control]\nsocket = \"c.sock\"\n[metrics]\n"
                                  "address = \"unix:m.sock\"\n");
  const Config config = LoadConfig(config_).config;
  EXPECT_EQ(config.keys_file, folder_.Path("keys.toml"));
  EXPECT_EQ(config.state_directory, folder_.Path("state"));
  EXPECT_EQ(config.control_socket, folder_.Path("c.sock"));
  EXPECT_EQ(config.metrics.path, folder_.Path("m.sock"));
}

TEST_F(EngineLoaderTest, MissingConfigurationIsNamed) {
  const LoadedConfig loaded = LoadConfig(folder_.Path("absent.toml"));
  ASSERT_EQ(loaded.config_errors.size(), 1U);
  EXPECT_EQ(loaded.config_errors[0].place, folder_.Path("absent.toml"));
}

TEST_F(EngineLoaderTest, MissingPolicyIsNamedWhereItIsWritten) {
  std::filesystem::remove(folder_.Path("policy.toml"));
  const LoadedConfig loaded = LoadConfig(config_);
  EXPECT_THAT(loaded.config_errors, IsEmpty());
  ASSERT_EQ(loaded.policy_errors.size(), 1U);
  EXPECT_EQ(loaded.policy_errors[0].place, config_ + ":7:10");
  EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr("No such file"));
}

TEST_F(EngineLoaderTest, MistakeInPolicyHasItsOwnPlace) {
  folder_.Write("policy.toml", kBadPolicy);
  const LoadedConfig loaded = LoadConfig(config_);
  EXPECT_THAT(loaded.config_errors, IsEmpty());
  ASSERT_FALSE(loaded.policy_errors.empty());
  EXPECT_EQ(loaded.policy_errors[0].place, folder_.Path("policy.toml") + ":3:10");
  EXPECT_EQ(loaded.config.sites[0].options.policy, nullptr);
}

TEST_F(EngineLoaderTest, OversizedFilesAreRefusedUnread) {
  // Sparse: reading them would take their whole size in memory.
  std::filesystem::resize_file(folder_.Path("policy.toml"), std::uintmax_t{1} << 40);
  LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 1U);
  EXPECT_EQ(loaded.policy_errors[0].code, ErrorCode::kOutOfRange);

  std::filesystem::resize_file(folder_.Path("keys.toml"), std::uintmax_t{1} << 40);
  const auto keys = LoadKeys(loaded.config, kNow);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error()[0].code, ErrorCode::kOutOfRange);

  std::filesystem::resize_file(config_, std::uintmax_t{1} << 40);
  loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.config_errors.size(), 1U);
  EXPECT_EQ(loaded.config_errors[0].code, ErrorCode::kOutOfRange);
}

TEST_F(EngineLoaderTest, PipeInPlaceOfFileIsRefusedWithoutWaiting) {
  std::filesystem::remove(folder_.Path("policy.toml"));
  ASSERT_EQ(::mkfifo(folder_.Path("policy.toml").c_str(), 0600), 0);
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 1U);
  EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr("not a regular file"));
}

TEST_F(EngineLoaderTest, MistakesOfTheEngineHaveTheSitesPlace) {
  std::string text(kGoodConfig);
  text.replace(text.find("[\"*\"]"), 5, "[\"*\", \"other.net\"]");
  text.insert(text.find("[keys]"), "[site.cookie]\ndomain = \"example.org\"\n");
  folder_.Write("stile.toml", text);
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.config_errors.size(), 1U) << ToString(loaded.config_errors);
  EXPECT_EQ(loaded.config_errors[0].place, config_ + ":3:1");
  EXPECT_THAT(loaded.config_errors[0].message, HasSubstr("site.cookie.domain"));
}

TEST_F(EngineLoaderTest, PolicyOfSeveralSitesIsReadOnce) {
  folder_.Write("stile.toml",
                std::string(kGoodConfig) +
                    "[[site]]\nname = \"b\"\nhosts = [\"b.org\"]\nupstream = \"http://b\"\n"
                    "policy = \"policy.toml\"\n");
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_TRUE(loaded.good());
  EXPECT_EQ(loaded.texts.policies.size(), 1U);
  EXPECT_EQ(loaded.config.sites[0].options.policy, loaded.config.sites[1].options.policy);
}

constexpr std::string_view kPolicyWithList =
    "[[rule]]\nname = \"mine\"\nip_list = [\"lists/mine.txt\"]\naction = \"allow\"\n";

class EngineLoaderListTest : public EngineLoaderTest {
 protected:
  EngineLoaderListTest() {
    std::filesystem::create_directories(folder_.Path("policies/lists"));
    std::string config(kGoodConfig);
    config.replace(config.find("policy.toml"), 11, "policies/a.toml");
    folder_.Write("stile.toml", config +
                                    "[[site]]\nname = \"b\"\nhosts = [\"b.org\"]\nupstream = "
                                    "\"http://b\"\npolicy = \"policies/b.toml\"\n");
    folder_.Write("policies/a.toml", kPolicyWithList);
    folder_.Write("policies/b.toml", kPolicyWithList);
    folder_.Write("policies/lists/mine.txt", "192.0.2.0/24\n2001:db8::/32\n");
  }

  Action ActionFor(const Config& config, std::string_view address) {
    Request request;
    request.method = "GET";
    request.target = "/";
    request.host = "example.org";
    request.address = IpAddress::Parse(address);
    return config.sites.at(0).options.policy->Match(request).action;
  }
};

TEST_F(EngineLoaderListTest, ListsAreRelativeToTheirPolicyAndReadOnce) {
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_TRUE(loaded.good()) << ToString(loaded.policy_errors) << ToString(loaded.config_errors);
  ASSERT_EQ(loaded.lists.size(), 1U);
  EXPECT_EQ(loaded.lists[0]->name, "policies/lists/mine.txt");
  EXPECT_EQ(loaded.lists[0]->ranges.size(), 2U);
  ASSERT_EQ(loaded.texts.lists.size(), 1U);
  EXPECT_EQ(loaded.texts.lists[0].file, "policies/lists/mine.txt");
  EXPECT_EQ(ActionFor(loaded.config, "192.0.2.7"), Action::kAllow);
  EXPECT_EQ(ActionFor(loaded.config, "198.51.100.7"), Action::kChallenge);
}

TEST_F(EngineLoaderListTest, OneFileIsOneListHoweverItIsSpelt) {
  std::string policy(kPolicyWithList);
  policy.replace(policy.find("lists/mine"), 10, "../policies/./lists/mine");
  folder_.Write("policies/b.toml", policy);
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_TRUE(loaded.good()) << ToString(loaded.policy_errors);
  EXPECT_EQ(loaded.lists.size(), 1U);
}

TEST_F(EngineLoaderListTest, RecordedTextsMakeTheSameLists) {
  LoadedConfig loaded = LoadConfig(config_);
  folder_.Write("policies/lists/mine.txt", "nothing\n");
  const LoadedConfig again = LoadTexts(loaded.texts);
  ASSERT_TRUE(again.good()) << ToString(again.policy_errors);
  EXPECT_EQ(ActionFor(again.config, "192.0.2.7"), Action::kAllow);
  EXPECT_EQ(again.config.sites[0].options.policy->digest(),
            loaded.config.sites[0].options.policy->digest());
  loaded.texts.lists.clear();
  const LoadedConfig without = LoadTexts(loaded.texts);
  EXPECT_THAT(ToString(without.policy_errors), HasSubstr("was not recorded"));
}

TEST_F(EngineLoaderListTest, MistakesInAListHaveItsPlaceAndAreSaidOnce) {
  folder_.Write("policies/lists/mine.txt", "192.0.2.0/24\n192.0.2.1/24\nx\n");
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 2U) << ToString(loaded.policy_errors);
  EXPECT_THAT(loaded.policy_errors[0].place,
              HasSubstr(folder_.Path("policies/lists/mine.txt") + ":2:"));
  EXPECT_THAT(loaded.policy_errors[1].place,
              HasSubstr(folder_.Path("policies/lists/mine.txt") + ":3:"));
}

TEST_F(EngineLoaderListTest, MissingListIsNamed) {
  std::filesystem::remove(folder_.Path("policies/lists/mine.txt"));
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 1U) << ToString(loaded.policy_errors);
  EXPECT_EQ(loaded.policy_errors[0].place, folder_.Path("policies/lists/mine.txt"));
  EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr("No such file"));
  EXPECT_THAT(loaded.policy_errors[0].message,
              HasSubstr("(named by " + folder_.Path("policies/a.toml") + ")"));
}

TEST_F(EngineLoaderListTest, PolicyThatNamesAWrongListIsNamed) {
  folder_.Write("policies/lists/mine.txt", "x\n");
  LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 1U) << ToString(loaded.policy_errors);
  const std::string named_by = "(named by " + folder_.Path("policies/a.toml") + ")";
  EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr(named_by));
  folder_.Write("policies/lists/mine.txt", "0.0.0.0/0\n");
  folder_.Write("policies/a.toml",
                "[agent.bot]\nuser_agent = [\"Bot/\"]\nip_list = [\"lists/mine.txt\"]\n");
  loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 1U) << ToString(loaded.policy_errors);
  EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr(named_by));
}

TEST_F(EngineLoaderListTest, OversizedListIsRefusedUnread) {
  // Sparse: reading it would take its whole size in memory.
  std::filesystem::resize_file(folder_.Path("policies/lists/mine.txt"), std::uintmax_t{1} << 40);
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_EQ(loaded.policy_errors.size(), 1U) << ToString(loaded.policy_errors);
  EXPECT_EQ(loaded.policy_errors[0].code, ErrorCode::kOutOfRange);
}

TEST_F(EngineLoaderTest, SiteWithoutPolicyHasTheDefaultOne) {
  std::string config(kGoodConfig);
  config.erase(config.find("policy ="), 23);
  folder_.Write("stile.toml", config);
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_TRUE(loaded.good()) << ToString(loaded.config_errors);
  EXPECT_EQ(loaded.config.sites[0].options.policy, Policy::Default());
}

TEST_F(EngineLoaderTest, SiteWhosePolicyIsWrongHasTheMinimalOne) {
  folder_.Write("policy.toml", kBadPolicy);
  const LoadedConfig loaded = LoadConfig(config_);
  auto engine = BuildEngine(loaded.config, *TemporaryKeys(kNow)->Ring(kNow), false,
                            *RedeemTables::Create({}));
  ASSERT_TRUE(engine);
  EXPECT_EQ(&(*engine)->policy(0), Policy::Minimal().get());
}

TEST_F(EngineLoaderTest, CredentialGoesBeforeTheKeyFile) {
  ScratchFolder credentials;
  std::string other(kGoodKeys);
  other.replace(other.find("id = 7"), 6, "id = 9");
  credentials.Write("stile-keys", other);
  setenv("CREDENTIALS_DIRECTORY", credentials.Path("").c_str(), 1);
  const auto keys = LoadKeys(LoadConfig(config_).config, kNow);
  ASSERT_TRUE(keys) << ToString(keys.error());
  EXPECT_EQ(keys->masters.at(0).id, 9);
}

TEST_F(EngineLoaderTest, KeyFileServesWhereThereIsNoCredential) {
  ScratchFolder credentials;
  setenv("CREDENTIALS_DIRECTORY", credentials.Path("").c_str(), 1);
  const auto keys = LoadKeys(LoadConfig(config_).config, kNow);
  ASSERT_TRUE(keys) << ToString(keys.error());
  EXPECT_EQ(keys->masters.at(0).id, 7);
}

TEST_F(EngineLoaderTest, KeysThatDoNotSignYetAreRefused) {
  const auto keys = LoadKeys(LoadConfig(config_).config, UnixMillis::FromSeconds(1'700'000'000));
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error()[0].place, HasSubstr("keys.toml:1:1"));
}

TEST_F(EngineLoaderTest, SecretsAreInNoMessage) {
  std::string broken(kGoodKeys);
  broken.replace(broken.find("Hh8\""), 4, "Hh8!\"");
  folder_.Write("keys.toml", broken);
  const auto keys = LoadKeys(LoadConfig(config_).config, kNow);
  ASSERT_FALSE(keys);
  EXPECT_THAT(ToString(keys.error()), Not(HasSubstr("AAECAwQF")));
  EXPECT_EQ(keys.error()[0].place, folder_.Path("keys.toml") + ":3:10");
}

TEST_F(EngineLoaderTest, KeyFileThatOthersReadIsWarnedAbout) {
  std::vector<std::string> warnings;
  EXPECT_THAT(CheckFiles(config_, kNow, warnings), IsEmpty());
  EXPECT_THAT(warnings, IsEmpty());
  ::chmod(folder_.Path("keys.toml").c_str(), 0640);
  EXPECT_THAT(CheckFiles(config_, kNow, warnings), IsEmpty());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("chmod 600")));
}

constexpr std::string_view kPolicyOfFacts =
    "[agent.bot]\nuser_agent = [\"Bot/\"]\nreverse_dns = [\"*.example.org\"]\n"
    "[agent.listed]\nuser_agent = [\"Listed/\"]\nreverse_dns = [\"*.example.net\"]\n"
    "ip_list = [\"listed.txt\"]\n"
    "[[rule]]\nname = \"a\"\ncountry = [\"NO\"]\naction = \"allow\"\n"
    "[[rule]]\nname = \"b\"\nasn = [64500]\naction = \"allow\"\n"
    "[[rule]]\nname = \"c\"\ntls_fingerprint = [\"t13\"]\naction = \"allow\"\n"
    "[[rule]]\nname = \"d\"\nany = [{ agent = [\"bot\", \"listed\"] }]\naction = \"allow\"\n";

TEST_F(EngineLoaderTest, FactsThatNothingFindsOutAreWarnedAboutOnceASite) {
  folder_.Write("policy.toml", kPolicyOfFacts);
  folder_.Write("listed.txt", "192.0.2.0/24\n");
  const std::string start = config_ + ":7:10: rules of site \"main\" ask for ";
  EXPECT_THAT(
      LoadConfig(config_, kNow).policy_warnings,
      ElementsAre(
          HasSubstr(start + "the country, and [geo] country is not set: they never match"),
          HasSubstr(start + "the network (asn), and [geo] asn is not set: they never match"),
          HasSubstr(start + "the TLS fingerprint, and tls_fingerprint_header is not set on any"),
          HasSubstr(start + "crawlers that only reverse DNS can verify (bot), and [agents] "
                            "reverse_dns is not set: they never match")));
  EXPECT_THAT(LoadConfig(config_).policy_warnings, IsEmpty());
}

TEST_F(EngineLoaderTest, FactsThatAreFoundOutAreNotWarnedAbout) {
  std::string config(kGoodConfig);
  config.insert(config.find("[[site]]"),
                "client_address = \"x-real-ip\"\ntrusted_peers = [\"127.0.0.0/8\"]\n"
                "tls_fingerprint_header = \"X-JA4\"\n");
  folder_.Write("stile.toml", config +
                                  "[geo]\ncountry = \"c.mmdb\"\nasn = \"a.mmdb\"\n"
                                  "[agents]\nreverse_dns = true\n");
  folder_.Write("policy.toml", kPolicyOfFacts);
  folder_.Write("listed.txt", "192.0.2.0/24\n");
  const LoadedConfig loaded = LoadConfig(config_, kNow);
  EXPECT_TRUE(loaded.good()) << ToString(loaded.policy_errors) << ToString(loaded.config_errors);
  EXPECT_THAT(loaded.policy_warnings, IsEmpty());
}

TEST_F(EngineLoaderTest, DefaultRulesAreNotWarnedAbout) {
  std::string config(kGoodConfig);
  config.erase(config.find("policy ="), 23);
  folder_.Write("stile.toml", config);
  const LoadedConfig loaded = LoadConfig(config_, kNow);
  ASSERT_TRUE(loaded.config.sites.at(0).options.policy->needs().reverse_names);
  EXPECT_THAT(loaded.policy_warnings, IsEmpty());
}

TEST_F(EngineLoaderTest, CheckNamesEveryMistakeOfAllFiles) {
  std::string config(kGoodConfig);
  config.replace(config.find("127.0.0.1:0"), 11, "127.0.0.1");
  folder_.Write("stile.toml", config);
  folder_.Write("policy.toml", kBadPolicy);
  folder_.Write("keys.toml", "[[key]]\nid = 0\n");
  std::vector<std::string> warnings;
  const std::string mistakes = ToString(CheckFiles(config_, kNow, warnings));
  EXPECT_THAT(mistakes, HasSubstr(config_ + ":2:11: listener.address"));
  EXPECT_THAT(mistakes, HasSubstr(folder_.Path("policy.toml") + ":3:10: "));
  EXPECT_THAT(mistakes, HasSubstr(folder_.Path("keys.toml") + ":2:6: "));
}

TEST_F(EngineLoaderTest, TemporaryKeysDifferAndSign) {
  const auto first = TemporaryKeys(kNow);
  const auto second = TemporaryKeys(kNow);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->masters[0].secret.EqualsInConstantTime(second->masters[0].secret));
  EXPECT_TRUE(first->Ring(kNow));
  EXPECT_EQ(first->file, "");
}

}  // namespace
}  // namespace stile
