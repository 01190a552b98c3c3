#include "challenge/key_file.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "challenge/base64url.h"
#include "tests/challenge/failing_getentropy.h"
#include "tests/challenge/hex.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

// 00 01 .. 1f.
constexpr std::string_view kSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
constexpr std::string_view kGood =
    "[[key]]\n"
    "id = 1\n"
    "secret = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"\n"
    "sign_from = 2026-01-01T00:00:00Z\n";

std::string With(std::string_view line) { return std::string(kGood) + std::string(line) + "\n"; }

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kGood);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string ErrorsOf(std::string_view text) {
  const auto keys = ParseKeyFile(text, "keys.toml");
  if (keys.has_value()) return "none";
  for (const Error& error : keys.error()) {
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument) << ToString(error);
    EXPECT_EQ(ToString(error).find(kSecret.substr(0, 8)), std::string::npos) << ToString(error);
  }
  return ToString(keys.error());
}

// One mistake only, at `place`, whose sentence holds `words`.
void ExpectOneMistake(std::string_view text, std::string_view place, std::string_view words) {
  const std::string errors = ErrorsOf(text);
  EXPECT_EQ(errors.find('\n'), std::string::npos) << errors;
  EXPECT_EQ(errors.substr(0, place.size() + 12), std::string("keys.toml:").append(place) + ": ")
      << errors;
  EXPECT_NE(errors.find(words), std::string::npos) << errors;
}

TEST(KeyFile, ReadsAKey) {
  const auto keys = ParseKeyFile(With("verify_until = 2027-01-01T01:00:00.5+01:00"), "keys.toml");
  ASSERT_TRUE(keys.has_value()) << ToString(keys.error());
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ((*keys)[0].id, 1);
  EXPECT_EQ(EncodeBase64Url((*keys)[0].secret.Expose()), kSecret);
  EXPECT_EQ((*keys)[0].sign_from, UnixMillis::FromSeconds(1'767'225'600));
  EXPECT_EQ((*keys)[0].verify_until.value, 1'798'761'600'500);
}

TEST(KeyFile, VerifyUntilMayBeLeftOut) {
  const auto keys = ParseKeyFile(kGood, "keys.toml");
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ((*keys)[0].verify_until, UnixMillis{INT64_MAX});
}

TEST(KeyFile, ReadsSeveralKeysInTheirOrder) {
  const std::string second = Replaced("id = 1", "id = 255");
  const auto keys = ParseKeyFile(std::string(kGood) + second, "keys.toml");
  ASSERT_TRUE(keys.has_value());
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].id, 1);
  EXPECT_EQ((*keys)[1].id, 255);
}

TEST(KeyFile, ReadsSecretsOf32To64Bytes) {
  for (const std::size_t bytes : {32U, 33U, 63U, 64U}) {
    const std::string secret = EncodeBase64Url(std::vector<std::uint8_t>(bytes, 5));
    const auto keys = ParseKeyFile(Replaced(kSecret, secret), "keys.toml");
    ASSERT_TRUE(keys.has_value()) << bytes;
    EXPECT_EQ((*keys)[0].secret.size(), bytes);
  }
}

TEST(KeyFile, RefusesTooLongAFileBeforeItIsParsed) {
  std::string text(kGood);
  text.resize(64 * 1024, '#');
  EXPECT_TRUE(ParseKeyFile(text, "keys.toml").has_value());
  const auto keys = ParseKeyFile(std::string("[[[").append(64 * 1024, 'x'), "keys.toml");
  ASSERT_FALSE(keys.has_value());
  ASSERT_EQ(keys.error().size(), 1U);
  EXPECT_EQ(keys.error()[0].code, ErrorCode::kOutOfRange);
}

TEST(KeyFile, RefusesWhatIsNotToml) {
  ExpectOneMistake(Replaced("id = 1", "id ="), "2:5", "TOML");
  ExpectOneMistake(With("id = 2"), "5:6", "TOML");
}

TEST(KeyFile, ASecretWithoutQuotesIsNotQuotedEither) {
  for (const std::string& text :
       {Replaced("\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"", kSecret), With(kSecret),
        With(std::string(kSecret) + " = 1"),
        Replaced("id = 1", std::string("id = \"").append(kSecret) + "\""),
        Replaced("secret = \"AA", "secret = \"*A"), std::string("\"").append(kSecret) + "\" = 2"}) {
    EXPECT_NE(ErrorsOf(text), "none");  // Which also looks for the secret.
  }
}

TEST(KeyFile, RefusesAFileWithoutKeys) {
  ExpectOneMistake("", "1:1", "[[key]]");
  ExpectOneMistake("key = []", "1:7", "[[key]]");
}

TEST(KeyFile, RefusesKeysThatAreNoEntries) {
  ExpectOneMistake("key = 3", "1:7", "[[key]]");
  ExpectOneMistake("[key]\nid = 1", "1:1", "[[key]]");
  ExpectOneMistake("key = [3]", "1:8", "[[key]]");
}

TEST(KeyFile, RefusesUnknownNames) {
  ExpectOneMistake(With("secrets = 1"), "5:1", "\"secrets\"");
  ExpectOneMistake(std::string("keys = 1\n").append(kGood), "1:1", "\"keys\"");
}

TEST(KeyFile, RefusesAMissingId) { ExpectOneMistake(Replaced("id = 1\n", ""), "1:1", "an id"); }

TEST(KeyFile, RefusesAMissingSecret) {
  ExpectOneMistake("[[key]]\nid = 1\nsign_from = 2026-01-01T00:00:00Z", "1:1", "a secret");
}

TEST(KeyFile, RefusesAMissingSignFrom) {
  ExpectOneMistake(Replaced("sign_from = 2026-01-01T00:00:00Z\n", ""), "1:1", "sign_from");
}

TEST(KeyFile, RefusesAnIdThatIsNoNumberFrom1To255) {
  for (const char* id : {"0", "256", "-1", "1.0", "\"1\"", "true", "9223372036854775807"}) {
    ExpectOneMistake(Replaced("id = 1", std::string("id = ").append(id)), "2:6", "1 to 255");
  }
}

TEST(KeyFile, RefusesAnIdThatIsUsedTwice) {
  ExpectOneMistake(std::string(kGood) + std::string(kGood), "6:6", "another id");
}

TEST(KeyFile, RefusesASecretThatIsNoString) {
  ExpectOneMistake(Replaced("\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"", "12"), "3:10",
                   "string");
}

TEST(KeyFile, RefusesASecretOfAnotherLength) {
  for (const std::size_t bytes : {0U, 31U, 65U, 1000U}) {
    const std::string secret = EncodeBase64Url(std::vector<std::uint8_t>(bytes, 5));
    ExpectOneMistake(Replaced(kSecret, secret), "3:10", "length");
  }
}

TEST(KeyFile, RefusesASecretThatIsNotCanonicalBase64Url) {
  ExpectOneMistake(Replaced("Hh8\"", "Hh9\""), "3:10", "canonical");
}

TEST(KeyFile, RefusesTimesWithoutAZone) {
  ExpectOneMistake(Replaced("00:00:00Z", "00:00:00"), "4:13", "zone");
}

TEST(KeyFile, RefusesTimesThatAreNone) {
  for (const char* time : {"2026-01-01", "\"2026-01-01T00:00:00Z\"", "1767225600", "false"}) {
    ExpectOneMistake(Replaced("2026-01-01T00:00:00Z", time), "4:13", "sign_from");
  }
  ExpectOneMistake(With("verify_until = 1"), "5:16", "verify_until");
}

TEST(KeyFile, RefusesAVerifyUntilThatIsNotAfterItsSignFrom) {
  ExpectOneMistake(With("verify_until = 2026-01-01T00:00:00Z"), "5:16", "later than sign_from");
}

TEST(KeyFile, TellsEveryMistakeAtOnceInTheOrderOfTheFile) {
  const std::string errors = ErrorsOf(
      "[[key]]\n"
      "sign_from = 1\n"
      "id = 0\n"
      "secret = \"short\"\n"
      "[[key]]\n"
      "other = 1\n");
  std::vector<std::string> places;
  for (std::size_t at = 0; at < errors.size();) {
    const std::size_t end = std::min(errors.find('\n', at), errors.size());
    places.push_back(errors.substr(at, errors.find(": ", at) - at));
    at = end + 1;
  }
  EXPECT_EQ(places, (std::vector<std::string>{"keys.toml:2:13", "keys.toml:3:6", "keys.toml:4:10",
                                              "keys.toml:5:1", "keys.toml:5:1", "keys.toml:5:1",
                                              "keys.toml:6:1"}))
      << errors;
}

TEST(KeyFile, ANewKeyIsReadBack) {
  const std::string text = FormatNewKey(9, UnixMillis{kNoon * 1000 + 999});
  const auto keys = ParseKeyFile(text, "keys.toml");
  ASSERT_TRUE(keys.has_value()) << ToString(keys.error());
  EXPECT_EQ((*keys)[0].id, 9);
  EXPECT_EQ((*keys)[0].secret.size(), 32U);
  EXPECT_EQ((*keys)[0].sign_from, kNow);
  EXPECT_NE(text.find("sign_from = 2026-03-01T12:00:00Z\n"), std::string::npos) << text;
}

TEST(KeyFile, NewKeysDiffer) {
  std::set<std::string> texts;
  for (int i = 0; i < 20; ++i) texts.insert(FormatNewKey(1, kNow));
  EXPECT_EQ(texts.size(), 20U);
}

TEST(KeyFile, ThereIsNoNewKeyWithoutRandomness) {
  const FailingGetentropy failing;
  EXPECT_EQ(FormatNewKey(1, kNow), "");
}

}  // namespace
}  // namespace stile
