#include "service/keys.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/engine_build.h"
#include "service/boot.h"
#include "service/engine_loader.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

// Two sites: "main" on the common keys, "shop" on its own.
class SiteKeysTest : public testing::Test {
 protected:
  SiteKeysTest() {
    unsetenv("CREDENTIALS_DIRECTORY");
    std::string config(kGoodConfig);
    config.insert(config.find("[keys]"),
                  "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\nupstream = \"http://a\"\n"
                  "keys = \"shop.toml\"\n");
    config_ = folder_.Write("stile.toml", config);
    folder_.Write("policy.toml", kGoodPolicy);
    folder_.Write("keys.toml", kGoodKeys);
    folder_.Write("shop.toml", kShopKeys);
  }

  static std::string Shop() {
    std::string keys(kGoodKeys);
    keys.replace(keys.find("id = 7"), 6, "id = 9");
    return keys.replace(keys.find("AAEC"), 4, "BBBB");
  }
  inline static const std::string kShopKeys = Shop();

  [[nodiscard]] tl::expected<Keys, Errors> Load() const {
    return LoadKeys(LoadConfig(config_).config, kNow);
  }

  ScratchFolder folder_;
  std::string config_;
};

TEST_F(SiteKeysTest, EachFileIsLoadedForItsSites) {
  const auto keys = Load();
  ASSERT_TRUE(keys) << ToString(keys.error());
  EXPECT_EQ(keys->masters.at(0).id, 7);
  ASSERT_EQ(keys->own.size(), 1U);
  EXPECT_EQ(keys->own[0].masters.at(0).id, 9);
  const auto rings = keys->Ring(kNow);
  ASSERT_TRUE(rings);
  const Config config = LoadConfig(config_).config;
  EXPECT_EQ(rings->Of(config.sites[0].keys_file)->keys, rings->common.keys);
  EXPECT_EQ(rings->Of(config.sites[1].keys_file)->keys, rings->own[0].keys);
  const auto validities = ValiditiesOf(*rings, config);
  ASSERT_EQ(validities.size(), 2U);
  EXPECT_EQ(validities[0].site, "");
  EXPECT_EQ(validities[1].site, "shop");
  EXPECT_EQ(validities[1].key.id, 9);
}

TEST_F(SiteKeysTest, CommonKeysAreNotNeededWhereEverySiteHasItsOwn) {
  std::string config(folder_.Read("stile.toml"));
  config.insert(config.find("[[site]]\nname = \"shop\""), "keys = \"shop.toml\"\n");
  config.erase(config.find("[keys]"), std::string("[keys]\nfile = \"keys.toml\"\n").size());
  folder_.Write("stile.toml", config);
  const LoadedConfig loaded = LoadConfig(config_);
  ASSERT_TRUE(loaded.good()) << ToString(loaded.config_errors);
  const auto keys = LoadKeys(loaded.config, kNow);
  ASSERT_TRUE(keys) << ToString(keys.error());
  EXPECT_EQ(keys->own.size(), 1U);  // One file of both.
  EXPECT_EQ(ValiditiesOf(*keys->Ring(kNow), loaded.config).size(), 2U);
}

TEST_F(SiteKeysTest, MistakesOfEveryFileAreSaid) {
  folder_.Write("keys.toml", "[[key]]\nid = 0\n");
  std::filesystem::remove(folder_.Path("shop.toml"));
  const auto keys = Load();
  ASSERT_FALSE(keys);
  EXPECT_THAT(ToString(keys.error()), HasSubstr("keys.toml:2:6"));
  EXPECT_THAT(ToString(keys.error()), HasSubstr(config_ + ":12:8: key file"));
}

TEST_F(SiteKeysTest, StartGoesOnWithTemporaryKeysForThatSiteAlone) {
  std::filesystem::remove(folder_.Path("shop.toml"));
  const auto booted = Boot({config_, "", false}, kNow);
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kKeys));
  EXPECT_FALSE(booted->keys.degraded);
  ASSERT_EQ(booted->keys.own.size(), 1U);
  EXPECT_TRUE(booted->keys.own[0].degraded);
  auto engine = BuildEngine(booted->loaded.config, *booted->keys.Ring(kNow), booted->keys.degraded,
                            *RedeemTables::Create({}));
  ASSERT_TRUE(engine) << ToString(engine.error());
  EXPECT_FALSE((*engine)->site_options(0).keys_degraded);
  EXPECT_TRUE((*engine)->site_options(1).keys_degraded);
}

TEST_F(SiteKeysTest, SiteNeverGetsTheCommonKeysInsteadOfItsOwn) {
  const Config config = LoadConfig(config_).config;
  auto rings = Load()->Ring(kNow);
  ASSERT_TRUE(rings);
  rings->own.clear();
  EXPECT_EQ(rings->Of(config.sites[1].keys_file), nullptr);
  const auto engine = BuildEngine(config, *rings, false, *RedeemTables::Create({}));
  ASSERT_FALSE(engine);
  EXPECT_THAT(ToString(engine.error()), HasSubstr("shop.toml"));
}

TEST_F(SiteKeysTest, StartGoesOnWhereTwoSitesNameTheSameSecrets) {
  std::string config(kGoodConfig);
  config.insert(config.find("[keys]"),
                "[site.siteverify]\nsecrets_file = \"secrets\"\n"
                "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\nupstream = \"http://a\"\n"
                "[site.siteverify]\nsecrets_file = \"secrets\"\n"
                "[[listener]]\naddress = \"127.0.0.1:0\"\nmode = \"siteverify\"\n");
  folder_.Write("stile.toml", config);
  folder_.Write("secrets", "0123456789abcdefghijklmnopqrstuv\n");
  const auto booted = Boot({config_, "", false}, kNow);
  ASSERT_TRUE(booted) << ToString(booted.error());
  EXPECT_THAT(booted->degradations, ElementsAre(Degradation::kKeys));
  const auto engine = BuildEngine(booted->loaded.config, *booted->keys.Ring(kNow), false,
                                  *RedeemTables::Create({}));
  ASSERT_TRUE(engine) << ToString(engine.error());
  EXPECT_EQ((*engine)->site_options(0).secrets.size(), 1U);
  EXPECT_EQ((*engine)->site_options(1).secrets.size(), 0U);
}

TEST_F(SiteKeysTest, StrictStartRefuses) {
  std::filesystem::remove(folder_.Path("shop.toml"));
  EXPECT_FALSE(Boot({config_, "", true}, kNow));
}

TEST_F(SiteKeysTest, CheckWarnsOfAListenerForBackendsThatAnybodyMayReach) {
  const std::string secrets = folder_.Write("secrets", "0123456789abcdef0123456789abcdef\n");
  const auto warnings_of = [&](const std::string& address) {
    std::string text = folder_.Read("stile.toml");
    text += "[site.siteverify]\nsecrets_file = \"" + secrets + "\"\n[[listener]]\naddress = \"" +
            address + "\"\nmode = \"siteverify\"\n";
    std::vector<std::string> warnings;
    EXPECT_THAT(CheckFiles(folder_.Write("public.toml", text), kNow, warnings), IsEmpty());
    return warnings;
  };
  for (const char* address :
       {"0.0.0.0:8090", "[::]:8090", "192.0.2.1:8090", "[2001:db8::1]:8090", "172.32.0.1:8090"}) {
    EXPECT_THAT(warnings_of(address), ElementsAre(HasSubstr("unencrypted"))) << address;
  }
  for (const char* address : {"127.0.0.1:8090", "[::1]:8090", "10.1.2.3:8090", "172.31.0.1:8090",
                              "[fd00::1]:8090", "unix:/run/x.sock"}) {
    EXPECT_THAT(warnings_of(address), IsEmpty()) << address;
  }
}

TEST_F(SiteKeysTest, CheckWarnsOfEveryFileThatOthersRead) {
  std::filesystem::permissions(folder_.Path("shop.toml"), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  std::vector<std::string> warnings;
  EXPECT_THAT(CheckFiles(config_, kNow, warnings), IsEmpty());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("shop.toml"));
}

}  // namespace
}  // namespace stile
