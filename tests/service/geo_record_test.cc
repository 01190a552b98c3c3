#include "service/geo_record.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/service/geo_file.h"

namespace stile {
namespace {

using fixture::GeoArray;
using fixture::GeoMap;
using fixture::GeoNumber;
using fixture::GeoPointer;
using fixture::GeoText;

std::span<const std::uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(GeoRecord, FindsKeysOfNestedMapsBehindOtherValues) {
  const std::string section =
      GeoMap({{"a", GeoArray(2, GeoMap({{"x", GeoText("y")}}) + GeoNumber(5))},
              {"b", GeoText(std::string(200, 'b'))},
              {"country", GeoMap({{"geoname_id", GeoNumber(7)}, {"iso_code", GeoText("NO")}})}});
  const GeoRecord record(Bytes(section), 0);
  EXPECT_EQ(record.Find("country")->Find("iso_code")->Text(), "NO");
  EXPECT_EQ(record.Find("country")->Find("geoname_id")->Number(), 7U);
  EXPECT_EQ(record.Find("b")->Text()->size(), 200U);
  EXPECT_FALSE(record.Find("iso_code"));
  EXPECT_FALSE(record.Find("country")->Text());
  EXPECT_FALSE(record.Find("b")->Find("x"));
  EXPECT_FALSE(record.Find("b")->Number());
}

TEST(GeoRecord, FollowsOnePointer) {
  const std::string shared = GeoText("iso_code") + GeoMap({{"iso_code", GeoText("SE")}});
  const auto map = static_cast<std::uint32_t>(GeoText("iso_code").size());
  const std::string section = shared + GeoMap({{"country", GeoPointer(map)}});
  const GeoRecord record(Bytes(section), shared.size());
  EXPECT_EQ(record.Find("country")->Find("iso_code")->Text(), "SE");
}

TEST(GeoRecord, PointersInACircleLeadNowhere) {
  const std::string section = GeoPointer(2) + GeoPointer(0);
  EXPECT_FALSE(GeoRecord(Bytes(section), 0).Text());
  EXPECT_FALSE(GeoRecord(Bytes(section), 0).Find("a"));
}

TEST(GeoRecord, DeepNestsEndInsteadOfOverflowing) {
  std::string nest;
  for (int i = 0; i < 1'000'000; ++i) nest += GeoArray(1, "");
  const std::string section = GeoMap({{"a", nest}, {"b", GeoText("x")}});
  EXPECT_FALSE(GeoRecord(Bytes(section), 0).Find("b"));
  EXPECT_FALSE(GeoRecord(Bytes(section), 999'999'999).Find("b"));
}

TEST(GeoRecord, EveryCutIsHarmless) {
  const std::string section =
      GeoMap({{"country", GeoMap({{"iso_code", GeoText("NO")}})}, {"n", GeoNumber(1)}});
  for (std::size_t size = 0; size < section.size(); ++size) {
    const std::string cut = section.substr(0, size);
    EXPECT_FALSE(GeoRecord(Bytes(cut), 0).Find("n").has_value() &&
                 GeoRecord(Bytes(cut), 0).Find("n")->Number().has_value());
  }
}

TEST(GeoRecord, RandomBytesAreHarmless) {
  constexpr unsigned kSeed = 7;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string section(64, '\0');
    for (char& c : section) c = static_cast<char>(random());
    const GeoRecord record(Bytes(section), random() % 70);
    const auto found = record.Find("a");
    if (found) (void)found->Text();
    (void)record.Number();
  }
}

}  // namespace
}  // namespace stile
