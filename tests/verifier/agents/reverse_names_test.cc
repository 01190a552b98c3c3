#include "verifier/agents/reverse_names.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace stile {
namespace {

constexpr std::uint64_t kAgent = 0x1234'5678'9abc'def0;
constexpr UnixMillis kNow{1'800'000'000'000};

UnixMillis In(std::int64_t millis) { return {kNow.value + millis}; }

IpAddress Address(std::uint32_t number) {
  return IpAddress::V4({static_cast<std::uint8_t>(number >> 24),
                        static_cast<std::uint8_t>(number >> 16),
                        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

std::unique_ptr<ReverseNames> Table(std::size_t cells = 1024) {
  auto table = ReverseNames::Create({7, 1, 2}, cells);
  EXPECT_TRUE(table.has_value());
  return *std::move(table);
}

TEST(ReverseNames, RemembersWhatWasSaidOfAnAddress) {
  const auto names = Table();
  names->Record(Address(1), kAgent, NameVerdict::kConfirmed, In(1000));
  names->Record(Address(2), kAgent, NameVerdict::kRefuted, In(1000));
  EXPECT_EQ(names->Find(Address(1), kAgent, kNow), NameVerdict::kConfirmed);
  EXPECT_EQ(names->Find(Address(2), kAgent, kNow), NameVerdict::kRefuted);
  EXPECT_EQ(names->Find(Address(3), kAgent, kNow), NameVerdict::kUnknown);
  EXPECT_TRUE(names->IsRecorded(Address(2), kAgent, kNow));
  EXPECT_FALSE(names->IsRecorded(Address(3), kAgent, kNow));
}

TEST(ReverseNames, AnswerForOneAgentSaysNothingOfAnother) {
  const auto names = Table();
  names->Record(Address(1), kAgent, NameVerdict::kConfirmed, In(1000));
  EXPECT_EQ(names->Find(Address(1), kAgent + 1, kNow), NameVerdict::kUnknown);
}

TEST(ReverseNames, FamiliesAreDifferentAddresses) {
  const auto names = Table();
  names->Record(IpAddress::V4({0x20, 1, 0, 0}), kAgent, NameVerdict::kConfirmed, In(1000));
  EXPECT_EQ(names->Find(IpAddress::V6({0x20, 1}), kAgent, kNow), NameVerdict::kUnknown);
}

TEST(ReverseNames, AnswerRunsOut) {
  const auto names = Table();
  names->Record(Address(1), kAgent, NameVerdict::kConfirmed, In(1000));
  EXPECT_EQ(names->Find(Address(1), kAgent, In(999)), NameVerdict::kConfirmed);
  EXPECT_EQ(names->Find(Address(1), kAgent, In(1000)), NameVerdict::kUnknown);
  EXPECT_FALSE(names->IsRecorded(Address(1), kAgent, In(1000)));
}

TEST(ReverseNames, ThatThereIsNoAnswerIsRememberedToo) {
  const auto names = Table();
  names->Record(Address(1), kAgent, NameVerdict::kUnknown, In(1000));
  EXPECT_EQ(names->Find(Address(1), kAgent, kNow), NameVerdict::kUnknown);
  EXPECT_TRUE(names->IsRecorded(Address(1), kAgent, kNow));
  EXPECT_FALSE(names->IsRecorded(Address(1), kAgent, In(1000)));
}

TEST(ReverseNames, LaterAnswerTakesThePlaceOfAnEarlierOne) {
  const auto names = Table();
  names->Record(Address(1), kAgent, NameVerdict::kConfirmed, In(9000));
  names->Record(Address(1), kAgent, NameVerdict::kRefuted, In(1000));
  EXPECT_EQ(names->Find(Address(1), kAgent, kNow), NameVerdict::kRefuted);
  EXPECT_EQ(names->Find(Address(1), kAgent, In(1000)), NameVerdict::kUnknown);
}

TEST(ReverseNames, FullNeighbourhoodForgetsWhatRunsOutFirst) {
  const auto names = Table(64);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    names->Record(Address(i), kAgent, NameVerdict::kConfirmed, In(1000 + i));
  }
  int kept = 0;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    kept += names->Find(Address(i), kAgent, kNow) == NameVerdict::kConfirmed ? 1 : 0;
  }
  EXPECT_EQ(kept, 64);
  EXPECT_EQ(names->Find(Address(999), kAgent, kNow), NameVerdict::kConfirmed);
  EXPECT_EQ(names->Find(Address(0), kAgent, kNow), NameVerdict::kUnknown);
}

TEST(ReverseNames, RefusesSizesOutsideItsLimits) {
  EXPECT_FALSE(ReverseNames::Create({}, 63).has_value());
  EXPECT_FALSE(ReverseNames::Create({}, (std::size_t{1} << 24) + 1).has_value());
  EXPECT_EQ(ReverseNames::Create({}, 0).error().code, ErrorCode::kOutOfRange);
}

// Two addresses take turns in one neighbourhood, one always confirmed, the other always refuted,
// with answers that differ in nothing else. A reader between two words must not mix them up.
TEST(ReverseNames, ReaderNeverSeesTheAnswerOfAnotherAddress) {
  const auto names = Table(64);
  std::atomic<bool> done{false};
  std::thread writer([&names, &done] {
    for (std::uint32_t round = 0; round < 3'000'000; ++round) {
      const std::uint32_t i = round % 200;
      names->Record(Address(i), kAgent,
                    i % 2 == 0 ? NameVerdict::kConfirmed : NameVerdict::kRefuted, In(1000));
    }
    done = true;
  });
  long wrong = 0;
  long seen = 0;
  bool last = false;
  while (!last) {
    last = done;  // Once more when the writer is through.
    for (std::uint32_t i = 0; i < 200; ++i) {
      const NameVerdict verdict = names->Find(Address(i), kAgent, kNow);
      if (verdict == NameVerdict::kUnknown) continue;
      ++seen;
      wrong += (verdict == NameVerdict::kConfirmed) != (i % 2 == 0) ? 1 : 0;
    }
  }
  writer.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(seen, 0);
}

TEST(ReverseNames, EmptyTableKnowsNothing) {
  const auto names = Table();
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(names->IsRecorded(Address(i), kAgent, UnixMillis{-1}));
  }
}

}  // namespace
}  // namespace stile
