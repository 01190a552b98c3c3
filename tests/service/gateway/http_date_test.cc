#include "service/http_date.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(HttpDateTest, IsAnImfFixdate) {
  HttpDate date;
  EXPECT_EQ(date.At(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date.At(1'709'210'096), "Thu, 29 Feb 2024 12:34:56 GMT");
}

}  // namespace
}  // namespace stile
