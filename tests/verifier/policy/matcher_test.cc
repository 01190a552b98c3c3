#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "verifier/policy/index/literal_finder.h"
#include "verifier/policy/index/path_glob.h"
#include "verifier/policy/index/radix_trie.h"
#include "verifier/policy/index/reversed_host.h"
#include "verifier/policy/index/sparse_bits.h"
#include "verifier/policy/text/duration.h"
#include "verifier/policy/text/nearest_name.h"

namespace stile {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint32_t> MarksOf(const RadixTrie& trie, std::string_view text) {
  std::vector<std::uint32_t> marks;
  trie.Walk(text, [&marks](std::uint32_t mark) { marks.push_back(mark); });
  std::sort(marks.begin(), marks.end());
  return marks;
}

TEST(RadixTrie, FindsWhatASearchOfEveryTextFinds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto text = [&random](std::size_t max) {
    std::string result;
    for (std::size_t size = random() % (max + 1); size > 0; --size)
      result += "ab/\xff"[random() % 4];
    return result;
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<RadixTrie::Entry> entries(random() % 30);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      entries[i] = {text(6), random() % 2 == 0, static_cast<std::uint32_t>(i)};
    }
    const RadixTrie trie(entries);
    for (int query = 0; query < 20; ++query) {
      const std::string sought = text(9);
      std::vector<std::uint32_t> expected;
      for (const RadixTrie::Entry& entry : entries) {
        if (entry.is_beginning ? sought.starts_with(entry.text) : sought == entry.text) {
          expected.push_back(entry.mark);
        }
      }
      ASSERT_EQ(MarksOf(trie, sought), expected) << sought;
    }
  }
}

TEST(RadixTrie, FindsOneOfManyChildren) {
  std::vector<RadixTrie::Entry> entries;
  for (int byte = 0; byte < 256; ++byte) {
    entries.push_back(
        {std::string(1, static_cast<char>(byte)), false, static_cast<std::uint32_t>(byte)});
  }
  const RadixTrie trie(entries);
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(MarksOf(trie, std::string(1, static_cast<char>(byte))),
              std::vector<std::uint32_t>{static_cast<std::uint32_t>(byte)});
  }
  EXPECT_TRUE(MarksOf(trie, "").empty());
}

TEST(PathGlob, MatchesAnyBytesBetween) {
  const auto matches = [](const char* pattern, std::string_view path) {
    const PathGlob glob(pattern);
    return path.starts_with(glob.beginning()) && glob.Matches(path);
  };
  EXPECT_TRUE(matches("*.php", "/x/y.php"));
  EXPECT_FALSE(matches("*.php", "/x/y.php5"));
  EXPECT_TRUE(matches("/a/?/c", "/a/b/c"));
  EXPECT_FALSE(matches("/a/?/c", "/a//c"));
  EXPECT_FALSE(matches("/a/?/c", "/a/bb/c"));
  EXPECT_TRUE(matches("/*/edit", "/page/one/edit"));
  EXPECT_FALSE(matches("/*/edit", "/edit"));
  EXPECT_FALSE(matches("/ab*ba", "/aba"));
  EXPECT_TRUE(matches("/ab*ba", "/abba"));
}

TEST(PathGlob, AgreesWithMatchesGlob) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto text = [&random](std::size_t size, std::size_t letters) {
    std::string result;
    while (size-- > 0) result += "ab*?"[random() % letters];
    return result;
  };
  for (int round = 0; round < 50'000; ++round) {
    std::string pattern = text(1 + random() % 6, 4);
    if (pattern.find_first_of("*?") == std::string::npos) pattern += '*';
    const std::string path = text(random() % 7, 2);
    const PathGlob glob(pattern);
    ASSERT_EQ(path.starts_with(glob.beginning()) && glob.Matches(path), MatchesGlob(pattern, path))
        << pattern << ' ' << path;
  }
}

TEST(MatchesGlob, AgreesWithItsDefinition) {
  EXPECT_TRUE(MatchesGlob("", ""));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("**", "abc"));
  EXPECT_FALSE(MatchesGlob("?", ""));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_TRUE(MatchesGlob("a*b*c", "a-b-b-c-c"));
  EXPECT_FALSE(MatchesGlob("a*b*c", "a-b-b-c-d"));
  EXPECT_TRUE(MatchesGlob("*aab", "aaaaab"));
  EXPECT_TRUE(MatchesGlob("*?b", "ab"));
  EXPECT_FALSE(MatchesGlob("*?b", "b"));
}

TEST(ReversedHost, IsInLowerCaseBackToFrontWithoutADotAtItsEnd) {
  EXPECT_EQ(ReversedHost("WWW.Example.Org.").view(), "gro.elpmaxe.www");
  EXPECT_EQ(ReversedHost("").view(), "");
  EXPECT_EQ(ReversedHost(".").view(), "");
  EXPECT_EQ(ReversedHost(std::string(kMaxHost, 'a')).view().size(), kMaxHost);
  EXPECT_EQ(ReversedHost(std::string(kMaxHost + 1, 'a')).view(), "");
}

std::vector<std::uint32_t> FoundIn(std::string_view text,
                                   const std::vector<LiteralFinder::Literal>& literals) {
  std::vector<std::uint32_t> found;
  LiteralFinder(literals).Find(text, [&found](std::uint32_t i) { found.push_back(i); });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

using Indexes = std::vector<std::uint32_t>;

TEST(LiteralFinder, FindsLiteralsByteForByte) {
  EXPECT_EQ(FoundIn("Mozilla/5.0 (compatible; GPTBot/1.1)", {{"GPTBot", false}}), Indexes{0});
  EXPECT_EQ(FoundIn("Mozilla/5.0 (compatible; gptbot/1.1)", {{"GPTBot", false}}), Indexes{});
  EXPECT_EQ(FoundIn("GPTBo", {{"GPTBot", false}}), Indexes{});
  EXPECT_EQ(FoundIn("", {{"x", false}}), Indexes{});
  EXPECT_EQ(FoundIn("a\xff\xfe", {{"nothing", false}, {"\xff\xfe", false}}), Indexes{1});
}

TEST(LiteralFinder, FoldedLiteralIsFoundInAnyCaseOfAsciiLetters) {
  EXPECT_EQ(FoundIn("a GPTBot", {{"gptbot", true}}), Indexes{0});
  EXPECT_EQ(FoundIn("a gptBOT", {{"gptbot", true}}), Indexes{0});
  EXPECT_EQ(FoundIn("a@[\\]", {{"a`{|}", true}}), Indexes{});
  EXPECT_EQ(FoundIn("\xc3\x89t\xc3\xa9s", {{"\xc3\xa9t\xc3\xa9s", true}}), Indexes{});
}

TEST(LiteralFinder, FindsWhatAPlainSearchFinds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto text = [&random](std::size_t size) {
    std::string result;
    while (size-- > 0) result += static_cast<char>("aAb@`\x80\xff"[random() % 7]);
    return result;
  };
  const auto lower = [](std::string result) {
    for (char& c : result) c = c == 'A' ? 'a' : c;
    return result;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::vector<LiteralFinder::Literal> literals(1 + random() % 6);
    // Literals of all lengths together, or long ones alone, which are searched in greater steps.
    const std::size_t shortest = random() % 2 == 0 ? 1 : 7;
    for (auto& literal : literals) {
      literal.text = text(shortest + random() % 4);
      literal.folded = random() % 3 == 0;
      if (literal.folded) literal.text = lower(literal.text);
    }
    std::string agent = text(random() % 30);
    if (random() % 2 == 0) agent.insert(random() % (agent.size() + 1), literals[0].text);
    Indexes expected;
    for (std::size_t i = 0; i < literals.size(); ++i) {
      const std::string& within = literals[i].folded ? lower(agent) : agent;
      if (within.find(literals[i].text) != std::string::npos) {
        expected.push_back(static_cast<std::uint32_t>(i));
      }
    }
    ASSERT_EQ(FoundIn(agent, literals), expected) << agent;
  }
}

TEST(SparseBits, KnowsWhatWasAdded) {
  SparseBits<8192> bits(8192);
  for (const std::size_t number : {0u, 63u, 64u, 4095u, 4096u, 8191u}) {
    EXPECT_FALSE(bits.Has(number));
    EXPECT_TRUE(bits.Add(number));
    EXPECT_FALSE(bits.Add(number));
    EXPECT_TRUE(bits.Has(number));
  }
  EXPECT_FALSE(bits.Has(1));
  EXPECT_FALSE(bits.Has(4097));
  EXPECT_EQ(bits.Word(1), 1u);
  EXPECT_EQ(bits.Word(2), 0u);
  EXPECT_EQ(bits.Summary(0), 1u | 2u | std::uint64_t{1} << 63);
}

TEST(ParseDuration, ReadsNumberAndUnit) {
  EXPECT_EQ(ParseDuration("30s"), 30s);
  EXPECT_EQ(ParseDuration("10m"), 600s);
  EXPECT_EQ(ParseDuration("12h"), 43200s);
  EXPECT_EQ(ParseDuration("7d"), 604800s);
  EXPECT_EQ(ParseDuration("0s"), 0s);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "s", "10", "-1s", "+1s", "1.5h", "1h30m", "10 m", " 1s", "1S", "1ms", "9999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(NearestName, FindsTheMisspeltName) {
  constexpr std::string_view kNames[] = {"host", "path", "method", "user_agent", "ip"};
  EXPECT_EQ(NearestName("pth", kNames), "path");
  EXPECT_EQ(NearestName("hsot", kNames), "host");
  EXPECT_EQ(NearestName("useragent", kNames), "user_agent");
  EXPECT_EQ(NearestName("methods", kNames), "method");
  EXPECT_EQ(NearestName("certificate", kNames), "");
  EXPECT_EQ(NearestName(std::string(1000, 'x'), kNames), "");
}

}  // namespace
}  // namespace stile
