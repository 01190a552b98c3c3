#include "verifier/agents/reverse_names.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace stile {

// Reaches the words of a table's cells.
class ReverseNamesCells {
 public:
  // Gives `torn` the answers of `other` under its own tags, or its own answers under the other's.
  static void Mix(ReverseNames& torn, const ReverseNames& other, bool answers) {
    for (std::size_t i = 0; i <= torn.mask_; ++i) {
      const auto& from = other.cells_[i];
      auto& to = torn.cells_[i];
      if (answers) {
        to.answer.store(from.answer.load());
      } else {
        to.sealed_tag.store(from.sealed_tag.load());
      }
    }
  }
};

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

// With 64 cells there are 8 neighbourhoods, so some of 100 addresses meet the other's cell.
TEST(ReverseNames, HalfWrittenCellSaysNothing) {
  for (const bool answers : {true, false}) {
    for (std::uint32_t i = 1; i < 100; ++i) {
      const auto torn = Table(64);
      const auto other = Table(64);
      torn->Record(Address(0), kAgent, NameVerdict::kRefuted, In(1000));
      other->Record(Address(i), kAgent, NameVerdict::kConfirmed, In(1000));
      ReverseNamesCells::Mix(*torn, *other, answers);
      EXPECT_EQ(torn->Find(Address(0), kAgent, kNow), NameVerdict::kUnknown);
      EXPECT_EQ(torn->Find(Address(i), kAgent, kNow), NameVerdict::kUnknown);
      EXPECT_FALSE(torn->IsRecorded(Address(0), kAgent, kNow));
    }
  }
}

// Two addresses take turns in one neighbourhood, one always confirmed, the other always refuted,
// with answers that differ in nothing else. A reader between two words must not mix them up.
TEST(ReverseNames, ReaderNeverSeesTheAnswerOfAnotherAddress) {
  const auto names = Table(64);
  std::atomic<bool> done{false};
  std::thread writer([&names, &done] {
    for (std::uint32_t round = 0; round < 500'000; ++round) {
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
