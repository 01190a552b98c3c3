#include "service/mode_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::IsEmpty;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
constexpr BootClock::time_point kBoot{hours{5}};
const std::string kBootId = "0f0e0d0c-0000-4000-8000-000000000001";

ModeOverride Limited(minutes time) {
  ModeOverride order;
  order.mode = GateMode::kOpen;
  order.site = "main";
  order.rule = "docs";
  order.source = ModeSource::kSignal;
  order.by = "uid 0, pid 7";
  order.since = kNow;
  order.until = kNow + time;
  order.ends = kBoot + time;
  return order;
}

// Recorded at kNow, kBoot.
ModeRecord RecordOf(ModeOverride order) {
  ModeRecord record;
  record.boot_id = kBootId;
  record.recorded = kBoot;
  record.orders = {std::move(order)};
  return record;
}

// How long the order of a record holds on; 0: not at all.
milliseconds Left(const ModeRecord& record, UnixMillis now, const std::string& boot_id,
                  BootClock::time_point boot_now) {
  const auto held = OrdersThatHold(record, now, boot_id, boot_now);
  return held.empty() ? milliseconds{0} : *held[0].ends - boot_now;
}

TEST(ModeRecordTest, ComesBackAsItWas) {
  ModeRecord record = RecordOf(Limited(minutes{10}));
  ModeOverride lasting;
  lasting.site = "a b%\n";
  lasting.by = "token from ::1";
  lasting.source = ModeSource::kFile;
  record.orders.push_back(lasting);
  record.file = TakenModeFile{1'790'000'000'123'456'789, std::string(64, 'a')};
  const auto read = ParseModeRecord(FormatModeRecord(record));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->orders, record.orders);
  EXPECT_EQ(read->file, record.file);
  EXPECT_EQ(read->boot_id, kBootId);
  EXPECT_EQ(read->recorded, kBoot);
}

TEST(ModeRecordTest, LongNameOfWhoeverOrderedIsCutAndDamagesNothing) {
  ModeOverride order = Limited(minutes{10});
  order.by = std::string(1'000, 'x');
  const auto read = ParseModeRecord(FormatModeRecord(RecordOf(order)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->orders[0].by, std::string(128, 'x'));
}

TEST(ModeRecordTest, EveryChangedByteIsNoticed) {
  const std::string text = FormatModeRecord(RecordOf(Limited(minutes{10})));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(ParseModeRecord(damaged).status())) << i;
    EXPECT_TRUE(absl::IsDataLoss(ParseModeRecord(text.substr(0, i)).status())) << i;
  }
}

TEST(ModeRecordTest, OrderWithoutLimitHoldsForGood) {
  ModeOverride order = Limited(minutes{10});
  order.until.reset();
  order.ends.reset();
  EXPECT_EQ(OrdersThatHold(RecordOf(order), kNow + hours{9'000}, "", kBoot).size(), 1);
}

TEST(ModeRecordTest, OrderHoldsForWhatIsLeftOfIt) {
  const ModeRecord record = RecordOf(Limited(minutes{10}));
  EXPECT_EQ(Left(record, kNow + minutes{4}, kBootId, kBoot + minutes{4}), minutes{6});
  EXPECT_EQ(Left(record, kNow + minutes{4}, "another", kBoot - hours{1}), minutes{6});
}

TEST(ModeRecordTest, OrderThatEndedMeanwhileIsOver) {
  const ModeRecord record = RecordOf(Limited(minutes{10}));
  EXPECT_EQ(Left(record, kNow + minutes{10}, kBootId, kBoot + minutes{10}), minutes{0});
  EXPECT_EQ(Left(record, kNow + minutes{11}, "another", kBoot), minutes{0});
}

TEST(ModeRecordTest, ClockThatWasSetBackProlongsNothing) {
  const ModeRecord record = RecordOf(Limited(minutes{10}));
  EXPECT_EQ(Left(record, kNow - hours{9'000}, kBootId, kBoot + minutes{4}), minutes{6});
  EXPECT_EQ(Left(record, kNow - hours{9'000}, "another", kBoot), minutes{10});
  const auto held = OrdersThatHold(record, kNow - hours{9'000}, "another", kBoot);
  EXPECT_EQ(held[0].until, kNow - hours{9'000} + minutes{10});
}

TEST(ModeRecordTest, UnknownBootIsNotTheSameAsAnotherUnknownOne) {
  ModeRecord record = RecordOf(Limited(minutes{10}));
  record.boot_id.clear();
  EXPECT_EQ(Left(record, kNow, "", kBoot + hours{1}), minutes{10});
}

}  // namespace
}  // namespace stile
