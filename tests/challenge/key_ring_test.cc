#include "challenge/key_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "challenge/sha256.h"
#include "tests/challenge/hex.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

constexpr std::chrono::hours kDay{24};
constexpr std::int64_t kMidnight = kNoon - 43'200;  // Epoch 20513 begins.

std::vector<MasterKey> Masters(MasterKey one) {
  std::vector<MasterKey> masters;
  masters.push_back(std::move(one));
  return masters;
}

std::vector<MasterKey> Masters(MasterKey one, MasterKey two) {
  std::vector<MasterKey> masters = Masters(std::move(one));
  masters.push_back(std::move(two));
  return masters;
}

std::shared_ptr<const SiteKeys> MakeSite(std::vector<MasterKey> masters, UnixMillis now = kNow,
                                         std::chrono::hours horizon = kDay * 35) {
  return KeyRing::Create(std::move(masters), now, horizon).value().ForSite("main").value();
}

Errors ErrorsOf(std::vector<MasterKey> masters, std::chrono::hours horizon = kDay,
                UnixMillis now = kNow) {
  const auto ring = KeyRing::Create(std::move(masters), now, horizon);
  return ring.has_value() ? Errors{} : ring.error();
}

void ExpectOneError(const Errors& errors, ErrorCode code, std::string_view part_of_message) {
  ASSERT_EQ(errors.size(), 1U) << ToString(errors);
  EXPECT_EQ(errors[0].code, code);
  EXPECT_NE(errors[0].message.find(part_of_message), std::string::npos) << errors[0].message;
}

MasterKey WithSecretOf(std::size_t bytes) {
  MasterKey master = MakeMaster(1);
  master.secret = SecretBytes(std::vector<std::uint8_t>(bytes, 7));
  return master;
}

MasterKey UntilOf(MasterKey master, UnixMillis verify_until) {
  master.verify_until = verify_until;
  return master;
}

// By another implementation, from master 00 01 .. 1f.
TEST(KeyRing, DerivesTheKeysOfTheWireFormat) {
  const auto expect_key = [](KeyPurpose purpose, std::string_view hex) {
    EXPECT_EQ(Hex(MainKey(purpose).ComputeDigest(Bytes("x"))),
              Hex(HmacKey(Unhex(hex)).ComputeDigest(Bytes("x"))));
  };
  expect_key(KeyPurpose::kChallenge,
             "e0c5fcd1c122d075d5d0fd91676e18a86a1cf65959bec5ccf9aec6aa6322c2e3");
  expect_key(KeyPurpose::kClearance,
             "8f1eea7e392d88f0010ce0c76c2f07d6816dace0ba098b434297461f66c787e0");
  expect_key(KeyPurpose::kContext,
             "51e30d77c6a69a7b0abb68088f90e3340f5c09ec598e5a754d0cbdd2f796ed9c");
}

TEST(KeyRing, SiteIdIsTheStartOfAHash) {
  EXPECT_EQ(SiteId("main"), 0x48077266U);
  EXPECT_EQ(MainSite()->site_id(), 0x48077266U);
  EXPECT_EQ(MainSite()->site(), "main");
}

TEST(KeyRing, KeysDifferByPurposeSiteEpochAndMaster) {
  KeyRing ring =
      KeyRing::Create(Masters(MakeMaster(1), MakeMaster(2, UnixMillis{0}, 50)), kNow).value();
  const auto main = ring.ForSite("main").value();
  const auto shop = ring.ForSite("shop").value();
  std::vector<std::string> macs;
  for (const auto& site : {main, shop}) {
    for (const KeyPurpose purpose :
         {KeyPurpose::kChallenge, KeyPurpose::kClearance, KeyPurpose::kContext}) {
      for (const std::uint8_t id : {1, 2}) {
        for (const int days : {-8, -1, 0, 1, 35}) {
          const HmacKey* key = site->Find(purpose, id, kNoon + days * 86'400, kNow);
          ASSERT_NE(key, nullptr);
          macs.push_back(Hex(key->ComputeDigest(Bytes("x"))));
        }
      }
    }
  }
  std::sort(macs.begin(), macs.end());
  EXPECT_EQ(std::unique(macs.begin(), macs.end()), macs.end());
}

TEST(KeyRing, KeysChangeAtMidnightOnly) {
  const auto find = [](std::int64_t t) {
    return MainSite()->Find(KeyPurpose::kClearance, 1, t, kNow);
  };
  EXPECT_EQ(find(kMidnight), find(kMidnight + 86'399));
  EXPECT_NE(find(kMidnight - 1), find(kMidnight));
}

TEST(KeyRing, EpochsOutsideTheHeldOnesAreUnknown) {
  const auto site = MakeSite(Masters(MakeMaster(1)), kNow, kDay);
  const auto find = [&site](std::int64_t t) {
    return site->Find(KeyPurpose::kClearance, 1, t, kNow);
  };
  EXPECT_EQ(find(kMidnight - 8 * 86'400 - 1), nullptr);
  EXPECT_NE(find(kMidnight - 8 * 86'400), nullptr);
  EXPECT_NE(find(kMidnight + 2 * 86'400 - 1), nullptr);
  EXPECT_EQ(find(kMidnight + 2 * 86'400), nullptr);
  EXPECT_EQ(find(0), nullptr);
  EXPECT_EQ(find(-1), nullptr);
  EXPECT_EQ(find(INT64_MIN), nullptr);
  EXPECT_EQ(find(INT64_MAX), nullptr);
}

TEST(KeyRing, TimesBefore1970AreUnknownEvenToARingOf1970) {
  const auto site = MakeSite(Masters(MakeMaster(1)), UnixMillis{0});
  EXPECT_EQ(site->Find(KeyPurpose::kClearance, 1, -1, UnixMillis{0}), nullptr);
  EXPECT_NE(site->Find(KeyPurpose::kClearance, 1, 0, UnixMillis{0}), nullptr);
}

TEST(KeyRing, MastersThatAreNotHeldAreUnknown) {
  for (int id = 0; id < 256; ++id) {
    const HmacKey* key =
        MainSite()->Find(KeyPurpose::kClearance, static_cast<std::uint8_t>(id), kNoon, kNow);
    EXPECT_EQ(key != nullptr, id == 1) << id;
  }
}

TEST(KeyRing, AMasterIsUnknownFromItsVerifyUntilOn) {
  const UnixMillis until = kNow + std::chrono::hours{1};
  const auto site = MakeSite(Masters(UntilOf(MakeMaster(1), until)));
  const auto find = [&site](UnixMillis now) {
    return site->Find(KeyPurpose::kClearance, 1, kNoon, now);
  };
  EXPECT_NE(find(until - std::chrono::milliseconds{1}), nullptr);
  EXPECT_EQ(find(until), nullptr);
}

TEST(KeyRing, TheLatestMasterThatMaySignSigns) {
  const UnixMillis second = kNow + std::chrono::hours{1};
  const auto site = MakeSite(
      Masters(MakeMaster(1), UntilOf(MakeMaster(2, second, 50), kNow + std::chrono::hours{2})));
  EXPECT_EQ(site->SigningKeyId(kNow), 1);
  EXPECT_EQ(site->SigningKeyId(second - std::chrono::milliseconds{1}), 1);
  EXPECT_EQ(site->SigningKeyId(second), 2);
  // It verifies no more, so it signs no more.
  EXPECT_EQ(site->SigningKeyId(kNow + std::chrono::hours{2}), 1);
}

TEST(KeyRing, TheHighestIdSignsAmongMastersOfTheSameTime) {
  EXPECT_EQ(MakeSite(Masters(MakeMaster(4), MakeMaster(9, UnixMillis{0}, 50)))->SigningKeyId(kNow),
            9);
  EXPECT_EQ(MakeSite(Masters(MakeMaster(9, UnixMillis{0}, 50), MakeMaster(4)))->SigningKeyId(kNow),
            9);
}

TEST(KeyRing, ANewMasterVerifiesBeforeItSigns) {
  const auto site = MakeSite(Masters(MakeMaster(1), MakeMaster(2, kNow + kDay, 50)));
  EXPECT_EQ(site->SigningKeyId(kNow), 1);
  EXPECT_NE(site->Find(KeyPurpose::kClearance, 2, kNoon, kNow), nullptr);
}

TEST(KeyRing, NothingSignsFromTheHorizonOn) {
  const auto site = MakeSite(Masters(MakeMaster(1)), kNow, kDay * 2);
  EXPECT_EQ(site->horizon(), UnixMillis::FromSeconds(kMidnight + 3 * 86'400));
  const UnixMillis last = site->horizon() - std::chrono::milliseconds{1};
  EXPECT_EQ(site->SigningKeyId(last), 1);
  EXPECT_NE(site->Find(KeyPurpose::kChallenge, 1, last.Seconds(), last), nullptr);
  EXPECT_EQ(site->SigningKeyId(site->horizon()), std::nullopt);
}

TEST(KeyRing, NothingSignsBeforeTheFirstEpoch) {
  const UnixMillis first = UnixMillis::FromSeconds(kMidnight - 8 * 86'400);
  EXPECT_EQ(MainSite()->SigningKeyId(first), 1);
  EXPECT_EQ(MainSite()->SigningKeyId(first - std::chrono::milliseconds{1}), std::nullopt);
}

TEST(KeyRing, NothingSignsOnceEveryMasterIsOver) {
  const auto site = MakeSite(Masters(UntilOf(MakeMaster(1), kNow + kDay)));
  EXPECT_EQ(site->SigningKeyId(kNow + kDay), std::nullopt);
}

TEST(KeyRing, RefusesNoMasters) {
  ExpectOneError(ErrorsOf({}), ErrorCode::kOutOfRange, "at least one");
}

TEST(KeyRing, RefusesMoreThanEightMasters) {
  const auto masters = [](std::uint8_t count) {
    std::vector<MasterKey> made;
    for (std::uint8_t i = 1; i <= count; ++i) made.push_back(MakeMaster(i, UnixMillis{0}, i));
    return made;
  };
  EXPECT_TRUE(ErrorsOf(masters(8)).empty());
  ExpectOneError(ErrorsOf(masters(9)), ErrorCode::kOutOfRange, "8 at most");
}

TEST(KeyRing, RefusesSecretsThatAreTooShortOrTooLong) {
  EXPECT_TRUE(ErrorsOf(Masters(WithSecretOf(32))).empty());
  EXPECT_TRUE(ErrorsOf(Masters(WithSecretOf(64))).empty());
  for (const std::size_t bytes : {0U, 1U, 31U, 65U}) {
    ExpectOneError(ErrorsOf(Masters(WithSecretOf(bytes))), ErrorCode::kOutOfRange, "32 to 64");
  }
}

TEST(KeyRing, RefusesTheIdZero) {
  ExpectOneError(ErrorsOf(Masters(MakeMaster(0))), ErrorCode::kInvalidArgument, "1 to 255");
}

TEST(KeyRing, RefusesAnIdThatIsUsedTwice) {
  ExpectOneError(ErrorsOf(Masters(MakeMaster(3), MakeMaster(3, UnixMillis{0}, 50))),
                 ErrorCode::kInvalidArgument, "give each key its own");
}

TEST(KeyRing, RefusesASecretThatIsUsedTwice) {
  ExpectOneError(ErrorsOf(Masters(MakeMaster(1), MakeMaster(2))), ErrorCode::kInvalidArgument,
                 "make a new one");
}

TEST(KeyRing, RefusesAVerifyUntilThatIsNotAfterItsSignFrom) {
  ExpectOneError(ErrorsOf(Masters(MakeMaster(1), UntilOf(MakeMaster(2, kNow, 50), kNow))),
                 ErrorCode::kInvalidArgument, "verify_until");
}

TEST(KeyRing, RefusesIfNoMasterMaySignNow) {
  ExpectOneError(ErrorsOf(Masters(MakeMaster(1, kNow + std::chrono::milliseconds{1}))),
                 ErrorCode::kFailedPrecondition, "may sign now");
  ExpectOneError(ErrorsOf(Masters(UntilOf(MakeMaster(1), kNow))), ErrorCode::kFailedPrecondition,
                 "may sign now");
}

TEST(KeyRing, RefusesAHorizonOutsideItsLimits) {
  EXPECT_TRUE(ErrorsOf(Masters(MakeMaster(1)), kDay * 400).empty());
  for (const std::chrono::hours horizon :
       {kDay - std::chrono::hours{1}, kDay * 400 + kDay, -kDay}) {
    ExpectOneError(ErrorsOf(Masters(MakeMaster(1)), horizon), ErrorCode::kOutOfRange, "horizon");
  }
}

TEST(KeyRing, RefusesAClockThatTokensCannotHold) {
  ExpectOneError(ErrorsOf(Masters(MakeMaster(1)), kDay, UnixMillis{INT64_MAX - 1}),
                 ErrorCode::kOutOfRange, "clock");
}

TEST(KeyRing, TellsEveryMistakeAtOnce) {
  MasterKey bad = WithSecretOf(3);
  bad.id = 0;
  bad.verify_until = UnixMillis{-5};
  const Errors errors = ErrorsOf(Masters(std::move(bad)), std::chrono::hours{0});
  EXPECT_EQ(errors.size(), 5U) << ToString(errors);
}

TEST(KeyRing, RefusesSitesWithoutANameOrWithTooLongAOne) {
  const KeyRing ring = KeyRing::Create(Masters(MakeMaster(1)), kNow).value();
  EXPECT_TRUE(ring.ForSite(std::string(64, 'a')).has_value());
  for (const std::size_t length : {0U, 65U}) {
    const auto site = ring.ForSite(std::string(length, 'a'));
    ASSERT_FALSE(site.has_value()) << length;
    EXPECT_EQ(site.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(KeyRing, FingerprintsTellMastersApartWithoutTheirSecrets) {
  const KeyRing ring =
      KeyRing::Create(Masters(MakeMaster(7), MakeMaster(200, UnixMillis{0}, 50)), kNow).value();
  const std::vector<std::string> fingerprints = ring.Fingerprints();
  ASSERT_EQ(fingerprints.size(), 2U);
  EXPECT_EQ(fingerprints[0], "7:630dcd29");
  EXPECT_EQ(fingerprints[1].substr(0, 4), "200:");
}

TEST(KeyRing, ListsValidities) {
  const KeyRing ring = KeyRing::Create(Masters(UntilOf(MakeMaster(7), kNow + kDay)), kNow).value();
  ASSERT_EQ(ring.Validities().size(), 1U);
  EXPECT_EQ(ring.Validities()[0].id, 7);
  EXPECT_EQ(ring.Validities()[0].sign_from, UnixMillis{0});
  EXPECT_EQ(ring.Validities()[0].verify_until, kNow + kDay);
}

}  // namespace
}  // namespace stile
