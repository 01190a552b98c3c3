#include "verifier/cookie_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace stile {
namespace {

constexpr std::string_view kName = "stile";

using Search = std::size_t (*)(std::string_view field, std::size_t from, std::string_view name);

std::vector<std::size_t> All(Search search, std::string_view field, std::string_view name = kName) {
  std::vector<std::size_t> found;
  for (std::size_t at = search(field, 0, name); at != std::string_view::npos;
       at = search(field, at, name)) {
    found.push_back(at);
  }
  return found;
}

// By plain reading of docs/wire-format.md.
std::vector<std::size_t> AllPlainly(std::string_view field, std::string_view name = kName) {
  std::vector<std::size_t> found;
  for (std::size_t begin = 0; begin < field.size();) {
    const std::size_t end = std::min(field.find(';', begin), field.size());
    const std::string_view piece = field.substr(begin, end - begin);
    const std::size_t blanks = std::min(piece.find_first_not_of(" \t"), piece.size());
    const std::size_t equals = piece.find('=');
    if (equals != std::string_view::npos && piece.substr(blanks, equals - blanks) == name) {
      found.push_back(begin + equals + 1);
    }
    begin = end + 1;
  }
  return found;
}

TEST(CookieValues, FindTheNameAtEveryPlaceOfEveryLength) {
  for (std::size_t before = 0; before < 140; ++before) {
    for (const std::size_t after : {0, 1, 25, 26, 27, 57, 58, 59, 90, 130}) {
      const std::string filler = before == 0 ? "" : std::string(before - 1, 'e') + ";";
      const std::string field = filler + "stile=" + std::string(after, 's');
      const std::vector<std::size_t> expected{before + 6};
      EXPECT_EQ(All(NextCookieValue, field), expected) << before << " " << after;
      EXPECT_EQ(All(NextCookieValuePortable, field), expected) << before << " " << after;
    }
  }
}

TEST(CookieValues, AreWhatAPlainReadingFinds) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kPieces[] = {
      "stile=",  "stile",  "=",      ";",        "; ",
      " ",       "\t",     "s",      "e=",       "xstile=",
      "stile =", "st=le=", "sTile=", "a=stile=", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  for (int round = 0; round < 20'000; ++round) {
    std::string field;
    const std::size_t pieces = random() % 40;
    for (std::size_t i = 0; i < pieces; ++i) field += kPieces[random() % std::size(kPieces)];
    const std::vector<std::size_t> expected = AllPlainly(field);
    ASSERT_EQ(All(NextCookieValue, field), expected) << field;
    ASSERT_EQ(All(NextCookieValuePortable, field), expected) << field;
  }
}

TEST(CookieValues, AreFoundForNamesOfEveryLength) {
  for (std::size_t length = 1; length < 70; ++length) {
    const std::string name(length, 'n');
    const std::string field = "n=1; " + name + "n=2; x" + name + "=3;" + name + "=4; " + name;
    EXPECT_EQ(All(NextCookieValue, field, name), AllPlainly(field, name)) << length;
    EXPECT_EQ(All(NextCookieValuePortable, field, name), AllPlainly(field, name)) << length;
  }
}

TEST(CookieValues, NothingIsFoundForAnEmptyName) {
  EXPECT_TRUE(All(NextCookieValue, "=1; =2", "").empty());
  EXPECT_TRUE(All(NextCookieValuePortable, "=1; =2", "").empty());
}

// Each field ends where its allocation does, so that a sanitizer sees a read past it. The names are
// found but for the '=', which is looked for at the very end.
TEST(CookieValues, NothingIsReadPastTheField) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::vector<char> field(size, 's');
    for (const std::string_view name : {"s", "ss", "sss", "ssssssssss", "stile"}) {
      EXPECT_TRUE(All(NextCookieValue, {field.data(), field.size()}, name).empty());
      EXPECT_TRUE(All(NextCookieValuePortable, {field.data(), field.size()}, name).empty());
    }
  }
}

TEST(CookieValues, AnEqualsSignBehindTheFieldIsNoneOfIt) {
  for (const std::string_view name : {"s", "ss", "sss", "ssssssssss"}) {
    for (std::size_t before = 0; before < 140; ++before) {
      const std::string memory = std::string(before, ';') + std::string(name) + "=";
      const std::string_view field = std::string_view(memory).substr(0, memory.size() - 1);
      EXPECT_TRUE(All(NextCookieValue, field, name).empty()) << field;
      EXPECT_TRUE(All(NextCookieValuePortable, field, name).empty()) << field;
    }
  }
}

}  // namespace
}  // namespace stile
