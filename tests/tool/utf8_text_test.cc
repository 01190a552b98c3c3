#include "tool/utf8_text.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(Utf8TextTest, CharactersStay) {
  EXPECT_EQ(ValidUtf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(Utf8TextTest, OtherBytesAreReplacedOneByOne) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(ValidUtf8("a\xFFz"), "a" + bad + "z");
  EXPECT_EQ(ValidUtf8("\xC0\x80"), bad + bad);
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80"), bad + bad + bad);
  EXPECT_EQ(ValidUtf8("\xE2\x82"), bad + bad);
  EXPECT_EQ(ValidUtf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);
}

}  // namespace
}  // namespace stile
