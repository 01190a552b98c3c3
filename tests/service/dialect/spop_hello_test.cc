#include "service/dialect/spop_hello.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "tests/service/dialect/spop_text.h"

namespace stile {
namespace {

SpopList With(SpopList keys, const std::string& name, const std::string& value) {
  for (auto& key : keys) {
    if (key.first == name) key.second = value;
  }
  return keys;
}

SpopList Without(SpopList keys, const std::string& name) {
  std::erase_if(keys, [&](const auto& key) { return key.first == name; });
  return keys;
}

struct Read {
  explicit Read(const SpopList& keys, std::uint64_t stream = 0, std::uint64_t id = 0)
      : payload(SpopPairs(keys)),
        status(ReadSpopHello({SpopFrameType::kHaproxyHello, stream, id, payload}, hello)) {}

  std::string payload;
  SpopHello hello;
  SpopStatus status;
};

TEST(SpopHelloTest, ReadsWhatHaproxySays) {
  const Read read(HelloKeys(16'380));
  EXPECT_EQ(read.status, SpopStatus::kNormal);
  EXPECT_EQ(read.hello.max_frame_size, 16'380U);
  EXPECT_FALSE(read.hello.health_check);
}

TEST(SpopHelloTest, HealthCheckMayHaveNoCapabilities) {
  SpopList keys = With(HelloKeys(), "capabilities", SpopText(""));
  keys.emplace_back("healthcheck", SpopBool(true));
  const Read read(keys);
  EXPECT_EQ(read.status, SpopStatus::kNormal);
  EXPECT_TRUE(read.hello.health_check);
}

TEST(SpopHelloTest, HealthCheckThatIsFalseIsNone) {
  SpopList keys = HelloKeys();
  keys.emplace_back("healthcheck", SpopBool(false));
  EXPECT_FALSE(Read(keys).hello.health_check);
}

TEST(SpopHelloTest, KeyThatNobodyKnowsIsSkipped) {
  SpopList keys = HelloKeys();
  keys.insert(keys.begin(), {"unheard-of", SpopUint32(7)});
  EXPECT_EQ(Read(keys).status, SpopStatus::kNormal);
}

TEST(SpopHelloTest, VersionTwoIsFoundAmongOthers) {
  for (const char* versions : {"2.0", "3.1, 2.0", " 2.4 ,1.0", "1.0,2.0"}) {
    EXPECT_EQ(Read(With(HelloKeys(), "supported-versions", SpopText(versions))).status,
              SpopStatus::kNormal)
        << versions;
  }
}

TEST(SpopHelloTest, OtherVersionsAreRefused) {
  for (const char* versions :
       {"", "1.0", "3.0", "2", "2.", "2.x", "12.0", "20", "2.0-dev", "2-0", ","}) {
    EXPECT_EQ(Read(With(HelloKeys(), "supported-versions", SpopText(versions))).status,
              SpopStatus::kVersion)
        << versions;
  }
}

TEST(SpopHelloTest, EachKeyThatIsMissingHasItsStatus) {
  EXPECT_EQ(Read(Without(HelloKeys(), "supported-versions")).status, SpopStatus::kVersionMissing);
  EXPECT_EQ(Read(Without(HelloKeys(), "max-frame-size")).status, SpopStatus::kFrameSizeMissing);
  EXPECT_EQ(Read(Without(HelloKeys(), "capabilities")).status, SpopStatus::kCapabilitiesMissing);
}

TEST(SpopHelloTest, KeyOfAnotherTypeIsRefused) {
  EXPECT_EQ(Read(With(HelloKeys(), "supported-versions", SpopUint32(2))).status,
            SpopStatus::kInvalid);
  EXPECT_EQ(Read(With(HelloKeys(), "max-frame-size", SpopText("16380"))).status,
            SpopStatus::kInvalid);
  EXPECT_EQ(Read(With(HelloKeys(), "capabilities", std::string(1, '\0'))).status,
            SpopStatus::kInvalid);
}

TEST(SpopHelloTest, KeyThatComesTwiceIsRefused) {
  for (const auto& key : HelloKeys()) {
    if (key.first == "engine-id") continue;
    SpopList keys = HelloKeys();
    keys.push_back(key);
    EXPECT_EQ(Read(keys).status, SpopStatus::kInvalid) << key.first;
  }
}

TEST(SpopHelloTest, HelloOfAStreamIsRefused) {
  EXPECT_EQ(Read(HelloKeys(), 1, 0).status, SpopStatus::kInvalid);
  EXPECT_EQ(Read(HelloKeys(), 0, 1).status, SpopStatus::kInvalid);
}

TEST(SpopHelloTest, FramesThatAreTooSmallForAnyoneAreRefused) {
  EXPECT_EQ(Read(HelloKeys(256)).status, SpopStatus::kNormal);
  EXPECT_EQ(Read(HelloKeys(255)).status, SpopStatus::kFrameSize);
  EXPECT_EQ(Read(HelloKeys(0)).status, SpopStatus::kFrameSize);
}

TEST(SpopHelloTest, HelloThatBreaksItsOwnLimitIsRefused) {
  SpopList keys = HelloKeys(256);
  keys.emplace_back("unheard-of", SpopText(std::string(300, 'a')));
  EXPECT_EQ(Read(keys).status, SpopStatus::kFrameSize);
}

TEST(SpopHelloTest, ListThatIsCutIsRefused) {
  std::string payload = SpopPairs(HelloKeys());
  payload.pop_back();
  SpopHello hello;
  EXPECT_EQ(ReadSpopHello({SpopFrameType::kHaproxyHello, 0, 0, payload}, hello),
            SpopStatus::kInvalid);
}

TEST(SpopHelloTest, AnswerNamesPipeliningAlone) {
  std::array<char, kSpopHelloRoom> room{};
  SpopWriter writer(room);
  WriteSpopHello(16'380, writer);
  EXPECT_TRUE(writer.whole());
  EXPECT_EQ(writer.view(),
            SpopFrameText(101, SpopPairs({{"version", SpopText("2.0")},
                                          {"max-frame-size", SpopUint32(16'380)},
                                          {"capabilities", SpopText("pipelining")}})));
}

}  // namespace
}  // namespace stile
