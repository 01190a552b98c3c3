#include "service/geo_database.h"

#include <sys/stat.h>

#include <filesystem>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/geo_file.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using fixture::GeoFile;
using fixture::GeoMap;
using fixture::GeoNumber;
using fixture::GeoText;
using testing::HasSubstr;

const IpAddress kLow = IpAddress::V4({1, 2, 3, 4});
const IpAddress kHigh = IpAddress::V4({203, 0, 113, 9});

std::string Country(std::string_view code, const std::string& key = "country") {
  return GeoMap({{key, GeoMap({{"iso_code", GeoText(code)}})}});
}

class GeoDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!GeoDatabase::IsSupported()) GTEST_SKIP() << "built without libmaxminddb";
  }
  [[nodiscard]] auto Open(const std::string& bytes) const {
    return GeoDatabase::Open(folder_.Write("a.mmdb", bytes));
  }

  ScratchFolder folder_;
};

TEST_F(GeoDatabaseTest, SaysTheCountryElseTheRegisteredOne) {
  const auto database = Open(GeoFile(Country("NO"), Country("SE", "registered_country")));
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ((*database)->CountryOf(kLow), "NO");
  EXPECT_EQ((*database)->CountryOf(kHigh), "SE");
  EXPECT_EQ((*database)->AsnOf(kLow), 0U);
  EXPECT_EQ((*database)->built_at(), 1'772'366'400U);
}

TEST_F(GeoDatabaseTest, SaysTheAutonomousSystem) {
  const auto database =
      Open(GeoFile(GeoMap({{"autonomous_system_number", GeoNumber(4'200'000'000)}}), ""));
  ASSERT_TRUE(database.ok()) << database.status();
  EXPECT_EQ((*database)->AsnOf(kLow), 4'200'000'000U);
  EXPECT_EQ((*database)->AsnOf(kHigh), 0U);
  EXPECT_EQ((*database)->CountryOf(kLow), "");
}

TEST_F(GeoDatabaseTest, WhatIsNoCountryCodeIsUnknown) {
  for (const char* code : {"no", "NOR", "N", "", "N1"}) {
    const auto database = Open(GeoFile(Country(code), ""));
    ASSERT_TRUE(database.ok());
    EXPECT_EQ((*database)->CountryOf(kLow), "") << code;
  }
}

TEST_F(GeoDatabaseTest, Ipv6IsUnknownToADatabaseOfIpv4) {
  const auto database = Open(GeoFile(Country("NO"), Country("NO")));
  ASSERT_TRUE(database.ok());
  EXPECT_EQ((*database)->CountryOf(*IpAddress::Parse("2001:db8::1")), "");
}

TEST_F(GeoDatabaseTest, FileThatIsCutOffAfterwardsChangesNothing) {
  const auto database = Open(GeoFile(Country("NO"), Country("SE")));
  ASSERT_TRUE(database.ok());
  std::filesystem::resize_file(folder_.Path("a.mmdb"), 0);
  EXPECT_EQ((*database)->CountryOf(kLow), "NO");
}

TEST_F(GeoDatabaseTest, EveryCutIsRefusedOrHarmless) {
  const std::string whole = GeoFile(Country("NO"), Country("SE"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto database = Open(whole.substr(0, size));
    if (!database.ok()) continue;
    (void)(*database)->CountryOf(kLow);
    (void)(*database)->CountryOf(kHigh);
  }
  EXPECT_FALSE(Open(whole.substr(0, whole.size() / 2)).ok());
  EXPECT_FALSE(Open("").ok());
}

TEST_F(GeoDatabaseTest, EveryFlippedByteIsRefusedOrHarmless) {
  const std::string whole = GeoFile(Country("NO"), Country("SE"));
  std::mt19937 random(11);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ static_cast<char>(random() % 255 + 1));
    const auto database = Open(damaged);
    if (!database.ok()) continue;
    (void)(*database)->CountryOf(kLow);
    (void)(*database)->AsnOf(kHigh);
  }
}

TEST_F(GeoDatabaseTest, WhatIsNoDatabaseIsSaid) {
  EXPECT_THAT(std::string(Open("not a database").status().message()),
              HasSubstr("no MaxMind database"));
  EXPECT_TRUE(absl::IsNotFound(GeoDatabase::Open(folder_.Path("absent")).status()));
  std::filesystem::resize_file(folder_.Write("big", "a"), GeoDatabase::kMaxBytes + 1);
  EXPECT_TRUE(absl::IsOutOfRange(GeoDatabase::Open(folder_.Path("big")).status()));
  ASSERT_EQ(::mkfifo(folder_.Path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(GeoDatabase::Open(folder_.Path("pipe")).ok());
}

}  // namespace
}  // namespace stile
