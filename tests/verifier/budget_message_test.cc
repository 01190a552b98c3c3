#include "verifier/budget_message.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace stile {
namespace {

constexpr std::uint64_t kBoot = 0x1122334455667788;
constexpr UnixMillis kSaidAt{0x1A2B3C4D5E6};

BudgetMessage::Charge ChargeOf(std::uint64_t who) {
  return {static_cast<std::uint8_t>(who % 4),
          {{who, ~who}, {64'000, 64'000 * 300}, static_cast<std::uint32_t>(who + 1)}};
}

std::string Message(std::size_t charges = 3) {
  std::vector<BudgetMessage::Charge> list;
  for (std::size_t i = 0; i < charges; ++i) list.push_back(ChargeOf(i));
  return WriteBudgetMessage(kBoot, kSaidAt, list);
}

bool IsRead(const std::string& bytes) {
  BudgetMessage message;
  const bool read = ReadBudgetMessage(bytes, message);
  EXPECT_TRUE(read || (message.boot == 0 && message.charges.empty()));
  return read;
}

// `bytes` with a number of `size` bytes at `at`.
std::string With(std::string bytes, std::size_t at, std::size_t size, std::uint64_t number) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(number >> (8 * i));
  return bytes;
}

constexpr std::size_t kFirst = BudgetMessage::kHeaderBytes;

TEST(BudgetMessageTest, IsReadAsItWasWritten) {
  for (const std::size_t charges : {std::size_t{1}, std::size_t{3}, BudgetMessage::kMaxCharges}) {
    BudgetMessage message;
    ASSERT_TRUE(ReadBudgetMessage(Message(charges), message));
    EXPECT_EQ(message.boot, kBoot);
    EXPECT_EQ(message.said_at, kSaidAt);
    ASSERT_EQ(message.charges.size(), charges);
    for (std::size_t i = 0; i < charges; ++i) EXPECT_EQ(message.charges[i], ChargeOf(i));
  }
}

TEST(BudgetMessageTest, BytesAreThoseOfTheFormat) {
  const std::string bytes = Message(1);
  EXPECT_EQ(bytes.size(), 64u);
  EXPECT_EQ(bytes.substr(0, 24), std::string("StB\x01\x01\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11"
                                             "\xE6\xD5\xC4\xB3\xA2\x01\0\0",
                                             24));
  EXPECT_EQ(bytes.substr(56), std::string("\x01\0\0\0\0\0\0\0", 8));
}

TEST(BudgetMessageTest, MessageOfAnotherLengthIsRefused) {
  const std::string bytes = Message();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(IsRead(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(IsRead(bytes + '\0'));
  EXPECT_FALSE(IsRead(bytes + bytes.substr(kFirst, BudgetMessage::kChargeBytes)));
}

TEST(BudgetMessageTest, MessageOfTooManyChargesIsRefused) {
  EXPECT_FALSE(IsRead(Message(BudgetMessage::kMaxCharges + 1)));
  EXPECT_FALSE(IsRead(With(Message(), 4, 4, 0xFFFFFFFF)));
}

TEST(BudgetMessageTest, MessageOfNoChargesIsRefused) { EXPECT_FALSE(IsRead(Message(0))); }

TEST(BudgetMessageTest, MessageOfAnotherVersionIsRefused) {
  EXPECT_FALSE(IsRead(With(Message(), 3, 1, 2)));
}

TEST(BudgetMessageTest, MessageOfNoBootIsRefused) {
  EXPECT_FALSE(IsRead(With(Message(), 8, 8, 0)));
}

TEST(BudgetMessageTest, TimeThatNoLogHasIsRefused) {
  EXPECT_FALSE(IsRead(With(Message(), 16, 8, std::uint64_t{1} << 48)));
  EXPECT_TRUE(IsRead(With(Message(), 16, 8, (std::uint64_t{1} << 48) - 1)));
}

TEST(BudgetMessageTest, PaceThatNoRateHasIsRefused) {
  const std::string bytes = Message();
  EXPECT_FALSE(IsRead(With(bytes, kFirst + 16, 8, 0)));
  EXPECT_FALSE(IsRead(With(bytes, kFirst + 16, 8, 64'001)));
  EXPECT_FALSE(IsRead(With(bytes, kFirst + 24, 8, 0)));
  EXPECT_FALSE(IsRead(With(bytes, kFirst + 24, 8, 1)));
  EXPECT_FALSE(
      IsRead(With(With(bytes, kFirst + 16, 8, 1), kFirst + 24, 8, BudgetTable::kMaxSpan + 1)));
  EXPECT_TRUE(IsRead(With(With(bytes, kFirst + 16, 8, 1), kFirst + 24, 8, BudgetTable::kMaxSpan)));
}

TEST(BudgetMessageTest, CostThatNoEntryHasIsRefused) {
  EXPECT_FALSE(IsRead(With(Message(), kFirst + 32, 4, 0)));
  EXPECT_TRUE(IsRead(With(Message(), kFirst + 32, 4, TakingLedger::kMaxCost)));
  EXPECT_FALSE(IsRead(With(Message(), kFirst + 32, 4, TakingLedger::kMaxCost + 1)));
}

TEST(BudgetMessageTest, TableThatIsNotThereIsRefused) {
  EXPECT_TRUE(IsRead(With(Message(), kFirst + 36, 4, 3)));
  EXPECT_FALSE(IsRead(With(Message(), kFirst + 36, 4, 4)));
  EXPECT_FALSE(IsRead(With(Message(), kFirst + 36, 4, 256)));
}

TEST(BudgetMessageTest, OneWrongChargeRefusesTheWholeMessage) {
  EXPECT_FALSE(IsRead(With(Message(), kFirst + 2 * BudgetMessage::kChargeBytes + 32, 4, 0)));
}

}  // namespace
}  // namespace stile
