#include "service/run_record.h"

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
const std::string kFiles(64, 'a');
const std::string kOthers(64, 'b');
constexpr ProcessName kProcess{42, 7};

RunRecord Running(const std::string& digest = kFiles) {
  RunRecord record;
  record.process = {41, 6};
  record.digest = digest;
  return record;
}
RunRecord Next(const RunRecord& last, UnixMillis now = kNow, const std::string& digest = kFiles,
               bool last_is_alive = false) {
  return NextRun(last, last_is_alive, kProcess, digest, now, AdmissionConfig());
}

TEST(RunRecordTest, FirstRunHasNoCrash) {
  const RunRecord next = Next(RunRecord());
  EXPECT_EQ(next.process, kProcess);
  EXPECT_EQ(next.digest, kFiles);
  EXPECT_FALSE(next.ended);
  EXPECT_THAT(next.crashes, IsEmpty());
}

TEST(RunRecordTest, RunThatEndedInOrderIsNoCrash) {
  RunRecord last = Running();
  last.ended = true;
  EXPECT_THAT(Next(last).crashes, IsEmpty());
}

TEST(RunRecordTest, ProcessThatHandsOverIsNoCrash) {
  EXPECT_THAT(Next(Running(), kNow, kFiles, true).crashes, IsEmpty());
}

TEST(RunRecordTest, OneCrashDoesNotPin) {
  const RunRecord next = Next(Running());
  EXPECT_THAT(next.crashes, ElementsAre(kNow));
  EXPECT_FALSE(next.IsPinned(kNow));
}

TEST(RunRecordTest, SecondCrashPinsForAnHour) {
  const RunRecord next = Next(Next(Running()), kNow + minutes{10});
  EXPECT_TRUE(next.IsPinned(kNow + minutes{69}));
  EXPECT_FALSE(next.IsPinned(kNow + minutes{70}));
}

TEST(RunRecordTest, CrashesFarApartDoNotPin) {
  const RunRecord next = Next(Next(Running()), kNow + minutes{11});
  EXPECT_THAT(next.crashes, SizeIs(1));
  EXPECT_FALSE(next.IsPinned(kNow + minutes{11}));
}

TEST(RunRecordTest, CrashesWithinALongSoakPin) {
  AdmissionConfig config;
  config.limits.soak_for = hours{2};
  const RunRecord first = NextRun(Running(), false, kProcess, kFiles, kNow, config);
  const UnixMillis later = kNow + hours{1};
  EXPECT_TRUE(NextRun(first, false, kProcess, kFiles, later, config).IsPinned(later));
}

TEST(RunRecordTest, OtherFilesAreNotPinned) {
  RunRecord last = Running();
  last.crashes = {kNow, kNow};
  last.pinned_until = kNow + hours{1};
  const RunRecord next = Next(last, kNow, kOthers);
  EXPECT_THAT(next.crashes, IsEmpty());
  EXPECT_FALSE(next.IsPinned(kNow));
}

TEST(RunRecordTest, PinHoldsWhateverHappensToWhatIsServedInstead) {
  RunRecord last = Running();
  last.pinned_until = kNow + minutes{30};
  const RunRecord next = Next(last);
  EXPECT_EQ(next.pinned_until, last.pinned_until);
  EXPECT_THAT(next.crashes, IsEmpty());
}

TEST(RunRecordTest, PinThatIsOverGivesOneMoreChance) {
  RunRecord last = Running();
  last.pinned_until = kNow - minutes{1};
  const RunRecord next = Next(last);
  EXPECT_FALSE(next.IsPinned(kNow));
  EXPECT_TRUE(Next(next, kNow + minutes{1}).IsPinned(kNow + minutes{1}));
}

TEST(RunRecordTest, PinOfAClockThatWasSetBackIsOver) {
  RunRecord last = Running();
  last.pinned_until = kNow + hours{24 * 365};
  EXPECT_FALSE(Next(last).IsPinned(kNow));
}

TEST(RunRecordTest, CrashesOfAClockThatWasSetBackDoNotCount) {
  RunRecord last = Running();
  last.crashes = {kNow + hours{5}};
  EXPECT_FALSE(Next(last).IsPinned(kNow));
}

TEST(RunRecordTest, FilesThatAreWrongAreNotCounted) {
  EXPECT_THAT(Next(Running(""), kNow, "").crashes, IsEmpty());
}

TEST(RunRecordTest, RefusalIsRememberedForTheSameFiles) {
  RunRecord last = Running(kOthers);
  last.refused = kFiles;
  EXPECT_EQ(Next(last).refused, kFiles);
  EXPECT_EQ(Next(last, kNow, kOthers).refused, "");
}

TEST(RunRecordTest, WhatIsWrittenIsRead) {
  const ScratchFolder folder;
  RunRecord record = Running();
  record.crashes = {kNow, kNow + minutes{1}};
  record.pinned_until = kNow + hours{1};
  record.refused = kOthers;
  ASSERT_TRUE(WriteRun(folder.Path("state"), record).ok());
  const auto read = ReadRun(folder.Path("state"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, record);
}

TEST(RunRecordTest, RollbackIsWrittenAndRemembered) {
  RunRecord record = Running(kOthers);
  record.refused = kFiles;
  record.rolled_back = true;
  const auto read = ParseRun(FormatRun(record));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, record);
  EXPECT_TRUE(Next(*read).rolled_back);
  EXPECT_FALSE(Next(*read, kNow, kOthers).rolled_back);
}

TEST(RunRecordTest, NothingWrittenIsNotFound) {
  const ScratchFolder folder;
  EXPECT_TRUE(absl::IsNotFound(ReadRun(folder.Path("state")).status()));
}

TEST(RunRecordTest, EveryDamagedByteIsNoticed) {
  RunRecord record = Running();
  record.crashes = {kNow};
  const std::string good = FormatRun(record);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(ParseRun(damaged).status())) << "byte " << i;
    EXPECT_TRUE(absl::IsDataLoss(ParseRun(good.substr(0, i)).status())) << i;
  }
  EXPECT_TRUE(absl::IsDataLoss(ParseRun(good + "x").status()));
}

TEST(RunRecordTest, ThisProcessIsNoOther) {
  const ProcessName self = ProcessName::OfThisProcess();
  EXPECT_EQ(self.pid, ::getpid());
  EXPECT_NE(self.started, 0u);
  EXPECT_FALSE(self.IsAnotherAlive());
}

TEST(RunRecordTest, ChildSeesThatItsParentLives) {
  const ProcessName parent = ProcessName::OfThisProcess();
  const pid_t child = ::fork();
  if (child == 0) {
    const ProcessName later{parent.pid, parent.started + 1};
    ::_exit(parent.IsAnotherAlive() && !later.IsAnotherAlive() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace stile
