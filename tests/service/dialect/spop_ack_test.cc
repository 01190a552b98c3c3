#include "service/dialect/spop_ack.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "challenge/concat.h"
#include "service/dialect/spop_frame.h"
#include "tests/service/dialect/spop_text.h"

namespace stile {
namespace {

// ACTION-SET-VAR with its three arguments, in the scope of the transaction.
std::string Set(const std::string& name, const std::string& value) {
  return Concat("\x01\x03\x02", SpopString(name), SpopText(value));
}

TEST(SpopAckTest, SetsEachVariableInTheTransactionOfItsStream) {
  std::array<char, kSpopAckRoom> room{};
  SpopWriter writer(room);
  WriteSpopAck(300, 7, {"allow", "valid", "docs", "context", "a=b; Path=/"}, writer);
  EXPECT_EQ(writer.view(),
            SpopFrameText(103,
                          Set("action", "allow") + Set("verdict", "valid") + Set("ctx", "context") +
                              Set("rule", "docs") + Set("setcookie", "a=b; Path=/"),
                          300, 7));
}

TEST(SpopAckTest, VariableWithoutValueIsNotSet) {
  std::array<char, kSpopAckRoom> room{};
  SpopWriter writer(room);
  WriteSpopAck(1, 1, {"deny", {}, {}, {}, {}}, writer);
  EXPECT_EQ(writer.view(), SpopFrameText(103, Set("action", "deny"), 1, 1));
}

TEST(SpopAckTest, WhatDoesNotFitIsLeftOutAndNeverTheAction) {
  const std::string context(1'000, 'c');
  const std::string rule(64, 'r');
  std::array<char, kSpopLengthSize + kLeastSpopFrame> room{};
  SpopWriter writer(room);
  WriteSpopAck(1, 1, {"challenge", "wrong_client", rule, context, {}}, writer);
  EXPECT_EQ(writer.view(), SpopFrameText(103,
                                         Set("action", "challenge") +
                                             Set("verdict", "wrong_client") + Set("rule", rule),
                                         1, 1));
}

}  // namespace
}  // namespace stile
