#include "verifier/tables/table_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/verifier/tables/child_process.h"
#include "tests/verifier/tables/table_file_fixture.h"

namespace stile {
namespace {

using Origin = TableMemory::Origin;

constexpr std::size_t kBytes = 10'000;  // Of no special size.

TableShape Shape(std::uint64_t first = 7) {
  TableShape shape{};
  shape[0] = first;
  return shape;
}

bool IsZero(const TableMemory& memory) {
  return std::all_of(memory.cells().begin(), memory.cells().end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

class TableMemoryTest : public testing::Test {
 protected:
  [[nodiscard]] tl::expected<TableMemory, Error> Open(std::size_t bytes = kBytes,
                                                      const TableShape& shape = Shape()) const {
    auto memory = TableMemory::Shared(folder_.table_file(), bytes, shape);
    (void)folder_.Segment();  // So that it is removed in the end.
    return memory;
  }
  [[nodiscard]] TableMemory MustOpen() const {
    auto memory = Open();
    EXPECT_TRUE(memory.has_value()) << ToString(memory.error());
    return *std::move(memory);
  }
  // Opens it and marks it, so that whoever comes to the same memory later can tell.
  [[nodiscard]] TableMemory MustOpenAndMark() const {
    TableMemory memory = MustOpen();
    memory.cells()[kBytes - 1] = std::byte{42};
    return memory;
  }
  // Expects that opening it gives new memory, of another boot than `before`.
  void ExpectRebuilt(std::uint64_t before, const std::string& why) const {
    const TableMemory memory = MustOpen();
    EXPECT_EQ(memory.origin(), Origin::kCreated);
    EXPECT_NE(memory.header().boot, before);
    EXPECT_EQ(memory.replaced(), why);
    EXPECT_TRUE(IsZero(memory));
    EXPECT_TRUE(memory.IsCurrent());
  }
  // Expects that opening it is refused with `why`.
  void ExpectRefused(const std::string& why) const {
    const auto memory = Open();
    ASSERT_FALSE(memory.has_value());
    EXPECT_EQ(memory.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(memory.error().place, folder_.table_file());
    EXPECT_NE(memory.error().message.find(why), std::string::npos) << memory.error().message;
  }

  TableFolder folder_;
};

TEST_F(TableMemoryTest, PrivateMemoryIsZeroAndBeginsAPage) {
  for (const std::size_t bytes : {std::size_t{1}, kBytes, std::size_t{5} << 20}) {
    const auto memory = TableMemory::Private(bytes, Shape());
    ASSERT_TRUE(memory.has_value());
    EXPECT_EQ(memory->origin(), Origin::kPrivate);
    EXPECT_EQ(memory->cells().size(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory->cells().data()) % 4096, 0U);
    EXPECT_TRUE(IsZero(*memory));
    EXPECT_TRUE(memory->IsCurrent());
  }
}

TEST_F(TableMemoryTest, EveryBootAndKeyIsAnother) {
  const auto one = TableMemory::Private(kBytes, Shape());
  const auto two = TableMemory::Private(kBytes, Shape());
  EXPECT_NE(one->header().boot, two->header().boot);
  EXPECT_NE(one->header().keys[0], one->header().keys[1]);
  EXPECT_NE(one->header().keys[0], two->header().keys[0]);
}

TEST_F(TableMemoryTest, PrivateMemoryThatTheSystemHasNotIsAnError) {
  const auto memory = TableMemory::Private(std::size_t{1} << 48, Shape());
  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().code, ErrorCode::kInternal);
}

TEST_F(TableMemoryTest, MakesAFileForItsOwnerAlone) {
  const mode_t mask = ::umask(0);
  const TableMemory memory = MustOpen();
  ::umask(mask);
  EXPECT_EQ(memory.origin(), Origin::kCreated);
  EXPECT_EQ(memory.replaced(), "");
  EXPECT_TRUE(IsZero(memory));
  for (const std::string& name : {folder_.table_file(), folder_.Path("tables.lock")}) {
    struct stat status {};
    ASSERT_EQ(::stat(name.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U) << name;
  }
  struct shmid_ds status {};
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_STAT, &status), 0);
  EXPECT_EQ(status.shm_perm.mode & 0777, 0600);
  EXPECT_EQ(folder_.Read().size(), TableMemory::kFileSize);
}

TEST_F(TableMemoryTest, WhoeverOpensItNextIsInTheSameMemory) {
  const TableMemory one = MustOpenAndMark();
  const TableMemory two = MustOpen();
  EXPECT_EQ(two.origin(), Origin::kAttached);
  EXPECT_EQ(two.header(), one.header());
  EXPECT_NE(two.cells().data(), one.cells().data());
  EXPECT_EQ(two.cells()[kBytes - 1], std::byte{42});
  two.cells()[0] = std::byte{43};
  EXPECT_EQ(one.cells()[0], std::byte{43});
}

TEST_F(TableMemoryTest, MemoryOutlivesTheProcessThatMadeIt) {
  ChildProcess maker([&] {
    const TableMemory memory = MustOpenAndMark();
    return memory.origin() == Origin::kCreated ? 0 : 1;
  });
  ASSERT_EQ(maker.Wait(), 0);
  const TableMemory memory = MustOpen();
  EXPECT_EQ(memory.origin(), Origin::kAttached);
  EXPECT_EQ(memory.cells()[kBytes - 1], std::byte{42});
}

TEST_F(TableMemoryTest, AChildSharesIt) {
  const TableMemory memory = MustOpen();
  ChildProcess child([&] {
    memory.cells()[0] = std::byte{9};
    return 0;
  });
  ASSERT_EQ(child.Wait(), 0);
  EXPECT_EQ(memory.cells()[0], std::byte{9});
}

TEST_F(TableMemoryTest, ProcessesThatStartAtOnceAgree) {
  constexpr std::size_t kProcesses = 8;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  std::vector<std::unique_ptr<ChildProcess>> processes;
  for (std::size_t i = 0; i < kProcesses; ++i) {
    processes.push_back(std::make_unique<ChildProcess>([&] {
      const auto memory = Open();
      if (!memory) return 1;
      const std::uint64_t boot = memory->header().boot;
      return ::write(pipe[1], &boot, sizeof boot) == sizeof boot ? 0 : 2;
    }));
  }
  for (auto& process : processes) EXPECT_EQ(process->Wait(), 0);
  const TableMemory memory = MustOpen();
  for (std::size_t i = 0; i < kProcesses; ++i) {
    std::uint64_t boot = 0;
    ASSERT_EQ(::read(pipe[0], &boot, sizeof boot), static_cast<ssize_t>(sizeof boot));
    EXPECT_EQ(boot, memory.header().boot);
  }
  ::close(pipe[0]);
  ::close(pipe[1]);
}

// --- What is wrong with the file ----------------------------------------------------------------

TEST_F(TableMemoryTest, NoFlippedByteOfTheFileLeadsToTheOldMemory) {
  const TableMemory old = MustOpenAndMark();
  for (std::size_t i = 0; i < TableMemory::kFileSize; ++i) {
    for (const int flip : {1, 32, 255}) {
      std::string text = folder_.Read();
      const std::string good = text;
      text[i] = static_cast<char>(text[i] ^ flip);
      folder_.Write(text);
      const auto memory = Open();
      if (memory) {
        EXPECT_EQ(memory->origin(), Origin::kCreated) << i;
        EXPECT_EQ(memory->replaced(), "the file is damaged");
        EXPECT_NE(memory->header().boot, old.header().boot);
        EXPECT_TRUE(IsZero(*memory));
      } else {
        EXPECT_EQ(memory.error().code, ErrorCode::kFailedPrecondition) << i;
        EXPECT_LT(i, 15U);  // What makes it a table file at all.
        EXPECT_EQ(folder_.Read(), text) << "what is not ours must stay";
        folder_.Write(good);
      }
    }
  }
  EXPECT_EQ(old.cells()[kBytes - 1], std::byte{42});
}

TEST_F(TableMemoryTest, NoFileOfAnotherLengthLeadsToTheOldMemory) {
  std::uint64_t before = MustOpen().header().boot;
  for (std::size_t size = 0; size < TableMemory::kFileSize; ++size) {
    folder_.Write(folder_.Read().substr(0, size));
    ExpectRebuilt(before, "the file is cut off");
    before = MustOpen().header().boot;
  }
  folder_.Write(folder_.Read() + "\n");
  ExpectRebuilt(before, "the file is damaged");
}

TEST_F(TableMemoryTest, LeavesAFileOfAnotherKindAlone) {
  const std::string config = "[[listener]]\naddress = \"127.0.0.1:8080\"\n";
  folder_.Write(config);
  ExpectRefused("is no table file of this version");
  EXPECT_EQ(folder_.Read(), config);
}

TEST_F(TableMemoryTest, LeavesAFileOfAnotherVersionAlone) {
  folder_.Write("stile-tables 2 something else\n");
  ExpectRefused("is no table file of this version");
}

TEST_F(TableMemoryTest, LeavesALinkAlone) {
  const TableFolder elsewhere;
  elsewhere.Write("precious");
  std::filesystem::create_symlink(elsewhere.table_file(), folder_.table_file());
  ExpectRefused("is a link");
  EXPECT_EQ(elsewhere.Read(), "precious");
  ASSERT_EQ(::unlink(folder_.table_file().c_str()), 0);
  std::filesystem::create_symlink(folder_.Path("nowhere"), folder_.table_file());
  ExpectRefused("is a link");
}

TEST_F(TableMemoryTest, LeavesAFolderAlone) {
  std::filesystem::create_directory(folder_.table_file());
  ExpectRefused("is no plain file");
}

TEST_F(TableMemoryTest, LeavesAPipeAloneAndDoesNotWaitForIt) {
  ASSERT_EQ(::mkfifo(folder_.table_file().c_str(), 0600), 0);
  ExpectRefused("is no plain file");
}

TEST_F(TableMemoryTest, LeavesAFileOfAnotherUserAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  (void)MustOpen();
  const std::string before = folder_.Read();
  ASSERT_EQ(::chown(folder_.table_file().c_str(), 12'345, 12'345), 0);
  ExpectRefused("belongs to another user");
  EXPECT_EQ(folder_.Read(), before);
}

TEST_F(TableMemoryTest, ReplacesAFileThatOthersMayUse) {
  const std::uint64_t before = MustOpen().header().boot;
  ASSERT_EQ(::chmod(folder_.table_file().c_str(), 0640), 0);
  ExpectRebuilt(before, "others than its owner may use the file");
  struct stat status {};
  ASSERT_EQ(::stat(folder_.table_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

// --- What is wrong with the memory --------------------------------------------------------------

TEST_F(TableMemoryTest, NoFlippedByteOfTheHeaderIsBelieved) {
  TableMemory memory = MustOpenAndMark();
  for (std::size_t i = 0; i < sizeof(TableHeader); ++i) {
    void* raw = ::shmat(folder_.Segment(), nullptr, 0);
    ASSERT_NE(raw, reinterpret_cast<void*>(-1));
    static_cast<std::uint8_t*>(raw)[i] ^= 0x10;
    ::shmdt(raw);
    TableMemory next = MustOpen();
    EXPECT_EQ(next.origin(), Origin::kCreated) << "byte " << i;
    EXPECT_NE(next.header().boot, memory.header().boot);
    EXPECT_TRUE(IsZero(next));
    memory = std::move(next);
  }
}

TEST_F(TableMemoryTest, MemoryThatIsGoneIsMadeAnew) {
  const std::uint64_t before = MustOpen().header().boot;
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_RMID, nullptr), 0);
  ExpectRebuilt(before, "the memory is gone");
}

TEST_F(TableMemoryTest, MemoryThatWasRemovedIsKeptByItsUsersAndMadeAnew) {
  const TableMemory old = MustOpenAndMark();
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_RMID, nullptr), 0);
  ExpectRebuilt(old.header().boot, "the memory was removed");
  EXPECT_EQ(old.cells()[kBytes - 1], std::byte{42});
  EXPECT_FALSE(old.IsCurrent());
}

TEST_F(TableMemoryTest, MemoryThatOthersMayUseIsMadeAnew) {
  const TableMemory old = MustOpenAndMark();
  struct shmid_ds status {};
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_STAT, &status), 0);
  status.shm_perm.mode = 0660;
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_SET, &status), 0);
  ExpectRebuilt(old.header().boot, "others may use the memory");
}

TEST_F(TableMemoryTest, MemoryOfAnotherUserIsMadeAnew) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can come to it";
  const TableMemory old = MustOpenAndMark();
  struct shmid_ds status {};
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_STAT, &status), 0);
  status.shm_perm.uid = 12'345;
  ASSERT_EQ(::shmctl(folder_.Segment(), IPC_SET, &status), 0);
  ExpectRebuilt(old.header().boot, "the memory is another user's");
}

TEST_F(TableMemoryTest, MemoryOfAnotherFileOfTheSameNumberIsMadeAnew) {
  const TableMemory old = MustOpenAndMark();
  const TableFolder elsewhere;
  const auto other = TableMemory::Shared(elsewhere.table_file(), kBytes, Shape());
  ASSERT_TRUE(other.has_value());
  // As if a segment's number had been given again: ours, and the boot of another.
  std::string text = folder_.Read();
  const std::string theirs = elsewhere.Read();
  EXPECT_NE(text, theirs);
  (void)elsewhere.Segment();
  folder_.Write(theirs);
  const TableMemory shared = MustOpen();  // A copy of a good file is a good file.
  EXPECT_EQ(shared.header().boot, other->header().boot);
}

TEST_F(TableMemoryTest, TablesOfOtherSizesAreMadeAnewAndTheOldOnesStayWithTheirUsers) {
  const TableMemory old = MustOpenAndMark();
  const auto larger = Open(2 * kBytes, Shape(8));
  ASSERT_TRUE(larger.has_value());
  EXPECT_EQ(larger->replaced(), "its tables have other sizes than were asked for");
  EXPECT_EQ(larger->cells().size(), 2 * kBytes);
  EXPECT_FALSE(old.IsCurrent());
  EXPECT_EQ(old.cells()[kBytes - 1], std::byte{42});
  const auto other = Open(2 * kBytes, Shape(9));
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->replaced(), "its tables have other sizes than were asked for");
}

// --- What happens to the file while it is used --------------------------------------------------

TEST_F(TableMemoryTest, NothingThatHappensToTheFileReachesItsUsers) {
  const TableMemory memory = MustOpenAndMark();
  const std::string good = folder_.Read();
  const auto use = [&] {
    for (std::byte& cell : memory.cells()) cell = std::byte{static_cast<unsigned char>(7)};
    return memory.cells()[0] == std::byte{7};
  };
  ASSERT_EQ(::truncate(folder_.table_file().c_str(), 0), 0);
  EXPECT_TRUE(use());
  EXPECT_FALSE(memory.IsCurrent());
  folder_.Write(std::string(1 << 20, 'x'));
  EXPECT_TRUE(use());
  ASSERT_EQ(::unlink(folder_.table_file().c_str()), 0);
  EXPECT_TRUE(use());
  EXPECT_FALSE(memory.IsCurrent());
  folder_.Write(good);
  EXPECT_TRUE(memory.IsCurrent());
}

TEST_F(TableMemoryTest, MemoryThatNoFileNamesIsRemovedByTheNextThatMakesSome) {
  (void)MustOpen();
  const int forgotten = folder_.Segment();
  ASSERT_EQ(::unlink(folder_.table_file().c_str()), 0);
  (void)MustOpen();
  struct shmid_ds status {};
  EXPECT_NE(::shmctl(forgotten, IPC_STAT, &status), 0);
}

TEST_F(TableMemoryTest, MemoryOfOtherFilesIsLeftAlone) {
  const TableFolder elsewhere;
  { ASSERT_TRUE(TableMemory::Shared(elsewhere.table_file(), kBytes, Shape()).has_value()); }
  (void)MustOpen();
  struct shmid_ds status {};
  EXPECT_EQ(::shmctl(elsewhere.Segment(), IPC_STAT, &status), 0);
}

// --- What the system hasn't got ------------------------------------------------------------------

TEST_F(TableMemoryTest, FileThatMayNotGrowIsAnErrorAndNothingIsLeft) {
  ChildProcess child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return 1;
    constexpr std::size_t kOwnBytes = 777'777;
    const auto memory = TableMemory::Shared(folder_.table_file(), kOwnBytes, Shape());
    if (memory || memory.error().code != ErrorCode::kInternal) return 2;
    if (memory.error().message.find("the table file can't be written") != 0) return 3;
    return TableFolder::UnusedSegments(kOwnBytes, kOwnBytes + 8192) == 0 ? 0 : 4;
  });
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.table_file()));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("tables.new")));
}

TEST_F(TableMemoryTest, FileThatMayNotGrowLeavesTheOldOne) {
  const TableMemory old = MustOpen();
  const std::string before = folder_.Read();
  ChildProcess child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return 1;
    return TableMemory::Shared(folder_.table_file(), kBytes, Shape(8)) ? 2 : 0;
  });
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_EQ(folder_.Read(), before);
  EXPECT_TRUE(old.IsCurrent());
}

TEST_F(TableMemoryTest, WithoutMemoryThereIsAnErrorAndNoFile) {
  const auto memory = Open(std::size_t{1} << 48);
  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().code, ErrorCode::kInternal);
  EXPECT_FALSE(std::filesystem::exists(folder_.table_file()));
}

TEST_F(TableMemoryTest, WithoutAFolderThereIsAnError) {
  const auto memory = TableMemory::Shared(folder_.Path("missing/tables"), kBytes, Shape());
  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().code, ErrorCode::kInternal);
}

TEST_F(TableMemoryTest, WhereNothingCanBeWrittenThereIsAnError) {
  const auto memory = TableMemory::Shared("/proc/tables", kBytes, Shape());
  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().code, ErrorCode::kInternal);
}

TEST_F(TableMemoryTest, WhoNeedsNoNewMemoryNeedsNoLock) {
  const TableMemory memory = MustOpen();
  const int lock = ::open(folder_.Path("tables.lock").c_str(), O_RDWR);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  EXPECT_EQ(MustOpen().origin(), Origin::kAttached);
  ::close(lock);
}

TEST_F(TableMemoryTest, DoesNotWaitForEverForALock) {
  const int lock = ::open(folder_.Path("tables.lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  const auto memory = Open();
  ::close(lock);
  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(memory.error().place, folder_.Path("tables.lock"));
}

}  // namespace
}  // namespace stile
