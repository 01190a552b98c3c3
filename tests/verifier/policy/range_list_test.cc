#include "verifier/policy/range_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace stile {
namespace {

using testing::HasSubstr;

RangeList Parsed(std::string_view text) {
  auto list = ParseRangeList(text, "list");
  if (list) return *std::move(list);
  ADD_FAILURE() << ToString(list.error()) << "\n" << text;
  return {};
}

std::string RangesOf(std::string_view text) {
  std::string ranges;
  for (const Cidr& range : Parsed(text).ranges) {
    if (!ranges.empty()) ranges += ' ';
    ranges += range.address.ToString() + "/" + std::to_string(range.length);
  }
  return ranges;
}

std::string MistakesOf(std::string_view text) {
  const auto list = ParseRangeList(text, "list");
  return list ? std::string() : ToString(list.error());
}

std::int64_t CreatedOf(const std::string& time) {
  const auto created =
      Parsed(R"({"creationTime":")" + time + R"(","prefixes":[{"ipv4Prefix":"192.0.2.0/24"}]})")
          .created;
  return created ? created->value : -1;
}

TEST(RangeList, ReadsLinesOfText) {
  EXPECT_EQ(RangesOf("192.0.2.0/24\n"
                     "  198.51.100.7\t# one address\r\n"
                     "\n"
                     "# a comment: 10.0.0.0/8\n"
                     "2001:db8::/32#behind it\n"
                     "::ffff:10.0.0.0/104"),
            "192.0.2.0/24 198.51.100.7/32 2001:db8::/32 10.0.0.0/8");
  EXPECT_EQ(RangesOf("\xEF\xBB\xBF\n 192.0.2.0/24"), "192.0.2.0/24");
  EXPECT_FALSE(Parsed("192.0.2.0/24").created.has_value());
}

TEST(RangeList, ReadsWhenATextWasMade) {
  const auto list = Parsed("# Ours.\n#  created: 2026-11-25T10:00:00Z\n192.0.2.0/24\n");
  ASSERT_TRUE(list.created.has_value());
  EXPECT_EQ(list.created->value, 1'795'600'800'000);
  EXPECT_FALSE(Parsed("# created: yesterday\n192.0.2.0/24\n").created.has_value());
}

TEST(RangeList, ReadsCrawlersShape) {
  const auto list = Parsed(R"({
    "$schema": "https://example.org/schema.json",
    "formatVersion": "1.0",
    "creationTime": "2026-08-20T14:46:45.000000",
    "notes": { "deep": [ [ {}, [] ], 1.5e3, -0, true, false, null, "\u00e9\n" ] },
    "prefixes": [
      { "ipv6Prefix": "2001:db8:10::/64" },
      { "service": "search", "ipv4Prefix": "192.0.2.0\/27", "more": {"ipv4Prefix": 1} }
    ]
  })");
  ASSERT_EQ(list.ranges.size(), 2u);
  EXPECT_EQ(list.ranges[0].length, 64);
  EXPECT_EQ(list.ranges[1].address.ToString(), "192.0.2.0");
  EXPECT_EQ(list.created->value, 1'787'237'205'000);
  EXPECT_EQ(list.name, "list");
}

TEST(RangeList, ReadsTheOtherShapes) {
  EXPECT_EQ(RangesOf(R"({"syncToken":"1", "createDate":"2026-08-20-14-46-45",
                         "prefixes":[{"ip_prefix":"192.0.2.0/24","region":"eu"}],
                         "ipv6_prefixes":[{"ipv6_prefix":"2001:db8::/32","service":"X"}]})"),
            "192.0.2.0/24 2001:db8::/32");
  EXPECT_EQ(RangesOf(R"({"ips":[{"ip_address":"192.0.2.7"},{"ip_address":"2001:db8::1"}]})"),
            "192.0.2.7/32 2001:db8::1/128");
  EXPECT_EQ(RangesOf(R"( ["192.0.2.0/24", "2001:db8::/32" ] )"), "192.0.2.0/24 2001:db8::/32");
}

TEST(RangeList, ReadsTimesAsPublishersWriteThem) {
  const std::int64_t plain = 1'787'237'205'000;
  EXPECT_EQ(CreatedOf("2026-08-20T14:46:45Z"), plain);
  EXPECT_EQ(CreatedOf("2026-08-20T14:46:45"), plain);
  EXPECT_EQ(CreatedOf("2026-08-20 14:46:45.5"), plain + 500);
  EXPECT_EQ(CreatedOf("2026-08-20T14:46:45.123456789Z"), plain + 123);
  EXPECT_EQ(CreatedOf("2026-08-20T16:46:45+02:00"), plain);
  EXPECT_EQ(CreatedOf("2026-08-20T12:16:45-02:30"), plain);
  EXPECT_EQ(CreatedOf("2026-08-20-14-46-45"), plain);
  EXPECT_EQ(CreatedOf("2026-08-20"), plain - (14 * 3600 + 46 * 60 + 45) * 1000);
  for (const char* time :
       {"", "2026", "2026-02-30", "2026-08-20T", "2026-08-20Z", "2026-02-30T00:00:00Z",
        "2026-08-20T24:00:00Z", "2026-08-20T14:46:45.1234567890", "2026-08-20T14:46:45+2:00",
        "2026-08-20T14:46:45ZZ", "20.8.2026"}) {
    EXPECT_EQ(CreatedOf(time), -1) << time;
  }
}

TEST(RangeList, DigestIsOfTheSetOfRanges) {
  // Worked out by hand: SHA-256 over 16 bytes of address, family and length of each, sorted.
  const std::string digest = Parsed("192.0.2.0/24\n2001:db8::/32\n").digest;
  EXPECT_EQ(digest, "b9774747717d4189825954be4763bdd694f2c292005f6c24ff901035999d49cb");
  EXPECT_EQ(Parsed("2001:db8::/32\n192.0.2.0/24\n192.0.2.0/24\n").digest, digest);
  EXPECT_EQ(Parsed(R"(["2001:db8::/32","192.0.2.0/24"])").digest, digest);
  EXPECT_NE(Parsed("192.0.2.0/25\n2001:db8::/32\n").digest, digest);
  EXPECT_NE(Parsed("192.0.2.0/24\n").digest, digest);
  EXPECT_NE(Parsed("192.0.2.0/32\n").digest, Parsed("c000:200::/32\n").digest);
}

struct Mistake {
  const char* text;
  const char* expected;
};
class RangeListMistake : public testing::TestWithParam<Mistake> {};

TEST_P(RangeListMistake, IsNamedWithPlaceAndRemedy) {
  EXPECT_EQ(MistakesOf(GetParam().text), GetParam().expected) << GetParam().text;
}

#define NO_RANGE "an ip is an address or a range such as \"192.0.2.0/24\" or \"2001:db8::/32\""
#define PREFIXES(entries) "{\"prefixes\":[" entries "]}"

INSTANTIATE_TEST_SUITE_P(
    Texts, RangeListMistake,
    testing::Values(
        Mistake{"", "list:1:1: the list has no range: write one a line, or remove the list"},
        Mistake{"# nothing\n",
                "list:1:1: the list has no range: write one a line, or remove the list"},
        Mistake{"192.0.2.0/24\n  office\n10.0.0.0/8 10.1.0.0/16\n",
                "list:2:3: " NO_RANGE "\nlist:3:1: the prefix length of 10.0.0.0 must be from 0 "
                "to 32"},
        Mistake{"192.0.2.1/24",
                "list:1:1: the range has bits set after its prefix: write "
                "\"192.0.2.0/24\""},
        Mistake{"192.0.2.0/33", "list:1:1: the prefix length of 192.0.2.0 must be from 0 to 32"},
        Mistake{"192.0.2.0/24;", "list:1:1: the prefix length of 192.0.2.0 must be from 0 to 32"},
        Mistake{"192.0.2.0\x01", "list:1:1: " NO_RANGE}));

INSTANTIATE_TEST_SUITE_P(
    Json, RangeListMistake,
    testing::Values(
        Mistake{"[]", "list:1:1: the list has no range: write one a line, or remove the list"},
        Mistake{"{}", "list:1:1: the list has no range: write one a line, or remove the list"},
        Mistake{
            "[\n  \"192.0.2.0/24\",\n  7, \"x\"\n]",
            "list:3:3: a range is a text in quotes, such as \"192.0.2.0/24\"\nlist:3:7: " NO_RANGE},
        Mistake{PREFIXES("{}"),
                "list:1:14: the table has no range: add ipv4Prefix or ipv6Prefix, "
                "or remove it"},
        Mistake{PREFIXES("{\"ipv4Prefix\":\"10.0.0.0/8\",\"ipv6Prefix\":\"::/0\"}"),
                "list:1:14: the table has more than one range: give each its own"},
        Mistake{PREFIXES("{\"ipv4Prefix\":\"2001:db8::/32\"}"),
                "list:1:29: this is an IPv6 range: name it ipv6Prefix"},
        Mistake{PREFIXES("{\"ipv6Prefix\":\"192.0.2.0/24\"}"),
                "list:1:29: this is an IPv4 range: name it ipv4Prefix"},
        Mistake{PREFIXES("\"192.0.2.0/24\""),
                "list:1:14: a range stands in a table, such as {\"ipv4Prefix\": "
                "\"192.0.2.0/24\"}"},
        Mistake{"{\"ips\":{}}", "list:1:8: ips must be a list of tables"},
        Mistake{"{\"formatVersion\":\"2.0\",\"prefixes\":[7]}",
                "list:1:18: only lists with a formatVersion of 1, or none, are known: keep the "
                "last one that was"},
        Mistake{"{\"formatVersion\":10}",
                "list:1:18: only lists with a formatVersion of 1, or none, are known: keep the "
                "last one that was"},
        Mistake{"[\"192.0.2.0/24\",]", "list:1:17: this is no JSON: a value is missing here"},
        Mistake{"[\"192.0.2.0/24\"] x", "list:1:18: this is no JSON: nothing may follow the list"},
        Mistake{"[\"192.0.2.0/24", "list:1:2: this is no JSON: a text has no closing quote"},
        Mistake{"[\"192.0.2.0\n/24\"]",
                "list:1:12: this is no JSON: a text has a control character"},
        Mistake{"[\"\\x\"]", "list:1:3: this is no JSON: a text has an unknown escape"},
        Mistake{"[\"\\u12g4\"]", "list:1:3: this is no JSON: a text has an unknown escape"},
        Mistake{"{\"a\":tru}", "list:1:6: this is no JSON: a value is missing here"},
        Mistake{"{\"a\":-}", "list:1:7: this is no JSON: a digit is missing here"},
        Mistake{"{\"a\":1.}", "list:1:8: this is no JSON: a digit is missing here"},
        Mistake{"{\"a\":1e+}", "list:1:9: this is no JSON: a digit is missing here"},
        Mistake{"{\"a\" 1}", "list:1:6: this is no JSON: a ':' is missing here"},
        Mistake{"{\"a\":[1 2]}", "list:1:9: this is no JSON: a ',' is missing here"},
        Mistake{"{\"a\":{\"b\":1,}}",
                "list:1:13: this is no JSON: a text in quotes is missing here"},
        Mistake{"{\"a\":01}", "list:1:7: this is no JSON: a ',' is missing here"}));

TEST(RangeList, BoundsWhatIsNested) {
  const auto nested = [](std::size_t depth) {
    return R"({"prefixes":[{"ipv4Prefix":"192.0.2.0/24"}],"a":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_EQ(MistakesOf(nested(32)), "");
  EXPECT_THAT(MistakesOf(nested(33)), HasSubstr("values are nested more than 32 deep"));
  EXPECT_THAT(MistakesOf("{\"a\":" + std::string(1'000'000, '[')), HasSubstr("nested"));
}

TEST(RangeList, NamesTheThreeBadLinesOfAMillion) {
  std::string text;
  text.reserve(16u << 20);
  for (int i = 0; i < 1'000'000; ++i) {
    if (i == 9 || i == 500'000 || i == 999'999) {
      text += "10.0.0.256\n";
      continue;
    }
    text += std::to_string(1 + (i >> 16)) + "." + std::to_string(i >> 8 & 255) + "." +
            std::to_string(i & 255) + ".0/24\n";
  }
  const auto list = ParseRangeList(text, "list");
  ASSERT_FALSE(list.has_value());
  EXPECT_EQ(ToString(list.error()),
            "list:10:1: " NO_RANGE "\nlist:500001:1: " NO_RANGE "\nlist:1000000:1: " NO_RANGE);
}

TEST(RangeList, NamesAtMostAHundredMistakes) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "x\n";
  const auto list = ParseRangeList(text, "list");
  ASSERT_FALSE(list.has_value());
  EXPECT_EQ(list.error().size(), 100u);
  EXPECT_EQ(list.error().back().place, "list:100:1");
  std::string json = "[7";
  for (int i = 0; i < 1000; ++i) json += ",7";
  EXPECT_EQ(ParseRangeList(json + "]", "list").error().size(), 100u);
}

TEST(RangeList, RefusesMoreThanItsLimits) {
  std::string text(RangeList::kMaxBytes + 1, '#');
  auto list = ParseRangeList(text, "list");
  ASSERT_FALSE(list.has_value());
  EXPECT_EQ(list.error()[0].code, ErrorCode::kOutOfRange);
  EXPECT_THAT(ToString(list.error()), HasSubstr("list:1:1: the list has 67108865 bytes"));

  text.clear();
  for (std::size_t i = 0; i <= RangeList::kMaxRanges; ++i) text += "::1\n";
  list = ParseRangeList(text, "list");
  ASSERT_FALSE(list.has_value());
  EXPECT_EQ(ToString(list.error()),
            "list:2000001:1: the list has more than 2000000 ranges: name fewer, or wider ones");
  EXPECT_EQ(list.error()[0].code, ErrorCode::kOutOfRange);
  text.resize(text.size() - 4);
  EXPECT_EQ(Parsed(text).ranges.size(), RangeList::kMaxRanges);
}

// The time is a tenth of it on an idle machine; it is here to catch what isn't linear.
TEST(RangeList, ReadsAMillionRangesInSeconds) {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) {
    text += "2001:db8:" + std::to_string(i % 10'000) + ":" + std::to_string(i / 10'000) + "::/64\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Parsed(text).ranges.size(), 1'000'000u);
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty(
      "milliseconds",
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_LT(took, std::chrono::seconds(20));
}

}  // namespace
}  // namespace stile
