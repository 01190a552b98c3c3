#include "challenge/return_path.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

TEST(ReturnPath, PathsOfThisOriginAreTaken) {
  for (const char* path : {"/", "/a", "/a/b?c=d&e=%2F", "/?", "/~user/'()*+,;=:@!$-._", "/a//b"}) {
    EXPECT_TRUE(IsReturnPath(path)) << path;
  }
}

TEST(ReturnPath, WhatABrowserTakesForAnotherOriginIsRefused) {
  for (const char* path : {"//evil.example", "/\\evil.example", "\\\\evil.example",
                           "https://e.example", "javascript:alert(1)", "evil.example", "?a", ""}) {
    EXPECT_FALSE(IsReturnPath(path)) << path;
  }
}

TEST(ReturnPath, EveryByteIsTakenOrRefusedAsListed) {
  constexpr std::string_view kRefused = "\"<>\\^`{|}#";
  for (int c = 0; c < 256; ++c) {
    const bool allowed =
        c >= 0x21 && c <= 0x7E && kRefused.find(static_cast<char>(c)) == std::string_view::npos;
    EXPECT_EQ(IsReturnPath(std::string("/a") + static_cast<char>(c)), allowed) << c;
  }
}

TEST(ReturnPath, IsAtMost768BytesLong) {
  EXPECT_TRUE(IsReturnPath(std::string("/").append(767, 'a')));
  EXPECT_FALSE(IsReturnPath(std::string("/").append(768, 'a')));
}

}  // namespace
}  // namespace stile
