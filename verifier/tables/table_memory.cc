#include "verifier/tables/table_memory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include "challenge/entropy.h"
#include "challenge/sha256.h"

namespace stile {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr int kOwnerOnly = 0600;
constexpr std::string_view kFileMagic = "stile-tables 1 ";
constexpr std::chrono::milliseconds kLockPause{20};
constexpr int kLockTries = 250;  // Five seconds.

std::string SystemText(int number) {
  char text[128] = {};
  // GNU's, which need not use the buffer.
  return ::strerror_r(number, text, sizeof text);
}

Error SystemError(const std::string& path, const std::string& what, int number) {
  return Error{ErrorCode::kInternal, path, what + ": " + SystemText(number)};
}

Error Refusal(const std::string& path, std::string message) {
  return Error{ErrorCode::kFailedPrecondition, path, std::move(message)};
}

// A descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] int Close() noexcept { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

// A segment in this process's address space, for as long as it is not kept.
class Attachment {
 public:
  explicit Attachment(int segment, int flags = 0) noexcept {
    void* at = ::shmat(segment, nullptr, flags);
    if (at != reinterpret_cast<void*>(-1)) block_ = static_cast<std::byte*>(at);
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() {
    if (block_ != nullptr) ::shmdt(block_);
  }
  [[nodiscard]] std::byte* get() const noexcept { return block_; }
  [[nodiscard]] std::byte* Keep() noexcept { return std::exchange(block_, nullptr); }

 private:
  std::byte* block_ = nullptr;
};

// Brings every page in, so that no request waits for one, and so that what is missing is missed
// now. Changes nothing. Returns 0 or what the system said.
int Populate(std::byte* block, std::size_t bytes) noexcept {
#ifdef MADV_POPULATE_WRITE
  while (::madvise(block, bytes, MADV_POPULATE_WRITE) != 0) {
    if (errno == EINTR || errno == EAGAIN) continue;
    if (errno != EINVAL) return errno;
    break;  // Linux before 5.14.
  }
#endif
  // Others may be at work in there: a sum that changes nothing, in one step.
  for (std::size_t at = 0; at < bytes; at += kPage) {
    __atomic_fetch_add(reinterpret_cast<std::uint64_t*>(block + at), 0, __ATOMIC_RELAXED);
  }
  return 0;
}

bool MakeHeader(std::size_t bytes, const TableShape& shape, std::uint64_t place,
                TableHeader& header) {
  Entropy entropy;
  std::array<std::uint8_t, sizeof header.boot> boot{};
  while (header.boot == 0) {
    if (!entropy.Fill(boot)) return false;
    std::memcpy(&header.boot, boot.data(), sizeof header.boot);
  }
  for (TableKey& key : header.keys) {
    if (!entropy.Fill(key)) return false;
  }
  header.bytes = bytes;
  header.shape = shape;
  header.place = place;
  SealHeader(header);
  return true;
}

Error NoRandomness() {
  return Error{ErrorCode::kInternal, "", "The system gives no randomness for the tables' keys."};
}

std::size_t BlockSize(std::size_t bytes) noexcept {
  return (TableHeader::kRoom + bytes + kPage - 1) & ~(kPage - 1);
}

// The key of a segment's file, of which each file has a few, so that memory can be told for a
// file's before anything is written to it.
constexpr key_t kKeysOfPlace = 16;
constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;

key_t FirstKeyOf(std::uint64_t place) noexcept {
  const std::uint64_t hash = (place ^ TableHeader::kMagic) * kOdd >> 33;  // 31 bits.
  return static_cast<key_t>((hash | 1U << 30) & ~std::uint64_t{kKeysOfPlace - 1});
}

// --- The file ----------------------------------------------------------------------------------

// "stile-tables 1 segment 0000000042 boot 0123456789abcdef 0123456789abcdef0123456789abcdef\n",
// padded with spaces before the line's end: a segment's number, a boot, and the first half of the
// SHA-256 of what stands before it.
struct FileEntry {
  int segment = -1;
  std::uint64_t boot = 0;
};
constexpr std::string_view kSegmentWord = "segment ";
constexpr std::size_t kSegmentDigits = 10;
constexpr std::string_view kBootWord = " boot ";
constexpr std::size_t kBootDigits = 16;
constexpr std::size_t kChecksumAt =
    kFileMagic.size() + kSegmentWord.size() + kSegmentDigits + kBootWord.size() + kBootDigits + 1;
constexpr std::size_t kChecksumDigits = 32;

std::string HexText(std::uint64_t number) {
  std::string hex(16, '0');
  for (std::size_t i = 0; i < 16; ++i) hex[15 - i] = "0123456789abcdef"[number >> 4 * i & 15];
  return hex;
}

std::string ChecksumText(std::string_view text) {
  const Sha256Digest digest =
      Sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  std::string hex;
  for (std::size_t i = 0; i < kChecksumDigits / 2; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

std::string FormatFile(const FileEntry& entry) {
  std::string number = std::to_string(entry.segment);
  number.insert(0, kSegmentDigits - number.size(), '0');
  std::string text(kFileMagic);
  text.append(kSegmentWord)
      .append(number)
      .append(kBootWord)
      .append(HexText(entry.boot))
      .append(" ");
  text += ChecksumText(text);
  text.append(TableMemory::kFileSize - 1 - text.size(), ' ').append("\n");
  return text;
}

// nullopt: nothing that FormatFile writes.
std::optional<FileEntry> ParseFile(std::string_view text) {
  FileEntry entry;
  if (text.size() != TableMemory::kFileSize) return std::nullopt;
  const char* segment = text.data() + kFileMagic.size() + kSegmentWord.size();
  const char* boot = segment + kSegmentDigits + kBootWord.size();
  if (std::from_chars(segment, segment + kSegmentDigits, entry.segment).ec != std::errc() ||
      std::from_chars(boot, boot + kBootDigits, entry.boot, 16).ec != std::errc() ||
      entry.segment < 0 || entry.boot == 0 || FormatFile(entry) != text) {
    return std::nullopt;
  }
  return entry;
}

// What is at the path of a table file.
struct Found {
  bool missing = false;
  std::optional<FileEntry> entry;
  std::string fault;  // Without an entry: why.
};

// Returns an error where nothing may be put in place of what is there.
tl::expected<Found, Error> ReadTableFile(const std::string& path) {
  Found found;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) {
      found.missing = true;
      return found;
    }
    if (errno == ELOOP) return tl::unexpected(Refusal(path, "is a link: name the file itself"));
    return tl::unexpected(SystemError(path, "the table file can't be opened", errno));
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return tl::unexpected(SystemError(path, "the table file can't be looked at", errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(Refusal(path, "is no plain file: name one that Stile may make"));
  }
  if (status.st_uid != ::geteuid()) {
    return tl::unexpected(Refusal(
        path, "belongs to another user: let every process that shares it run as the same one"));
  }
  char text[TableMemory::kFileSize + 1];
  std::size_t size = 0;
  while (size < sizeof text) {
    const ssize_t got = ::read(file.get(), text + size, sizeof text - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(SystemError(path, "the table file can't be read", errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const std::string_view seen(text, size);
  if (!seen.substr(0, kFileMagic.size()).starts_with(kFileMagic.substr(0, size))) {
    return tl::unexpected(
        Refusal(path, "is no table file of this version: remove it, or name another"));
  }
  if ((status.st_mode & 07777) != kOwnerOnly) {
    found.fault = "others than its owner may use the file";
  } else if (!(found.entry = ParseFile(seen))) {
    found.fault = size < TableMemory::kFileSize ? "the file is cut off" : "the file is damaged";
  }
  return found;
}

}  // namespace

// --- Memory of one process and its children -----------------------------------------------------

tl::expected<TableMemory, Error> TableMemory::Private(std::size_t bytes, const TableShape& shape) {
  TableMemory memory;
  if (!MakeHeader(BlockSize(bytes), shape, 0, memory.header_)) {
    return tl::unexpected(NoRandomness());
  }
  // One huge page more than is needed, so that the block can begin at one.
  const std::size_t block_size = BlockSize(bytes);
  const std::size_t spare = block_size >= kHugePage ? kHugePage : 0;
  void* mapped = ::mmap(nullptr, block_size + spare, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return tl::unexpected(SystemError("", "no memory for the tables", errno));
  memory.block_ = static_cast<std::byte*>(mapped);
  memory.mapped_ = block_size;
  if (spare != 0) {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(mapped) % kHugePage;
    const std::size_t before = past == 0 ? 0 : kHugePage - past;
    if (before != 0) ::munmap(memory.block_, before);
    memory.block_ += before;
    if (spare != before) ::munmap(memory.block_ + block_size, spare - before);
    // Cells are picked at random: a page of them each would miss the TLB.
    (void)::madvise(memory.block_, block_size, MADV_HUGEPAGE);
  }
  if (const int number = Populate(memory.block_, block_size); number != 0) {
    return tl::unexpected(SystemError("", "no memory for the tables", number));
  }
  std::memcpy(memory.block_, &memory.header_, sizeof memory.header_);
  memory.cells_ = {memory.block_ + TableHeader::kRoom, bytes};
  return memory;
}

// --- Memory of the caller ------------------------------------------------------------------------

tl::expected<TableMemory, Error> TableMemory::Borrowed(std::span<std::byte> memory,
                                                       std::size_t bytes, const TableShape& shape) {
  const std::size_t needed = TableHeader::kRoom + bytes;
  if (memory.size() < needed || reinterpret_cast<std::uintptr_t>(memory.data()) % 64 != 0) {
    return tl::unexpected(
        Error{ErrorCode::kOutOfRange, "",
              "the tables need " + std::to_string(needed) + " bytes of memory aligned to 64"});
  }
  TableMemory tables;
  tables.cells_ = memory.subspan(TableHeader::kRoom, bytes);
  TableHeader& header = tables.header_;
  std::memcpy(&header, memory.data(), sizeof header);
  const HeaderFault fault = FindHeaderFault(header, needed, header.boot, shape);
  tables.origin_ = fault == HeaderFault::kNone ? Origin::kAttached : Origin::kCreated;
  if (fault == HeaderFault::kNone) return tables;
  if (header.magic != 0) tables.replaced_ = HeaderFaultText(fault);
  header = TableHeader();
  if (!MakeHeader(needed, shape, 0, header)) return tl::unexpected(NoRandomness());
  // The header last: until then there are no tables.
  std::memset(memory.data(), 0, needed);
  std::memcpy(memory.data(), &header, sizeof header);
  return tables;
}

TableMemory::TableMemory(TableMemory&& other) noexcept { *this = std::move(other); }

TableMemory& TableMemory::operator=(TableMemory&& other) noexcept {
  std::swap(block_, other.block_);
  std::swap(mapped_, other.mapped_);
  std::swap(cells_, other.cells_);
  std::swap(header_, other.header_);
  std::swap(origin_, other.origin_);
  std::swap(replaced_, other.replaced_);
  std::swap(path_, other.path_);
  std::swap(segment_, other.segment_);
  return *this;
}

TableMemory::~TableMemory() {
  if (block_ == nullptr) return;
  if (mapped_ != 0) {
    ::munmap(block_, mapped_);
  } else {
    ::shmdt(block_);
  }
}

// --- Memory of all -----------------------------------------------------------------------------

// One attempt to come by the memory of a table file.
class TableFile {
 public:
  TableFile(const std::string& path, std::size_t bytes, const TableShape& shape)
      : path_(path), bytes_(bytes), shape_(shape) {}

  tl::expected<TableMemory, Error> Open() {
    auto found = Look();
    if (!found) return tl::unexpected(std::move(found.error()));
    if (attached_) return *std::move(attached_);
    // Whoever makes new memory is alone with the file, and looks again: another may have made it.
    auto lock = Lock();
    if (!lock) return tl::unexpected(std::move(lock.error()));
    found = Look();
    if (!found) return tl::unexpected(std::move(found.error()));
    if (attached_) return *std::move(attached_);
    return Replace(*found, lock->get());
  }

 private:
  // Attaches to what the file names if that is of use; else says in `fault` why not.
  tl::expected<Found, Error> Look() {
    auto found = ReadTableFile(path_);
    if (!found || !found->entry) return found;
    TableMemory memory;
    found->fault = Attach(*found->entry, memory);
    if (found->fault.empty()) attached_ = std::move(memory);
    return found;
  }

  // Returns why not; empty if `memory` is attached.
  [[nodiscard]] std::string Attach(const FileEntry& entry, TableMemory& memory) const {
    const std::size_t block_size = BlockSize(bytes_);
    struct shmid_ds status {};
    if (::shmctl(entry.segment, IPC_STAT, &status) != 0) {
      return errno == EACCES ? "the memory is another user's" : "the memory is gone";
    }
    if (status.shm_perm.uid != ::geteuid() || status.shm_perm.cuid != ::geteuid()) {
      return "the memory is another user's";
    }
    if ((status.shm_perm.mode & 0777) != kOwnerOnly) return "others may use the memory";
    if ((status.shm_perm.mode & SHM_DEST) != 0) return "the memory was removed";
    if (status.shm_segsz < TableHeader::kRoom) return "the memory is not Stile's";
    Attachment attachment(entry.segment);
    if (attachment.get() == nullptr) return "the memory can't be had: " + SystemText(errno);
    // A copy first, so that what was checked stays what is used.
    std::memcpy(&memory.header_, attachment.get(), sizeof memory.header_);
    HeaderFault fault = FindHeaderFault(memory.header_, status.shm_segsz, entry.boot, shape_);
    if (fault == HeaderFault::kNone && status.shm_segsz != block_size) fault = HeaderFault::kShape;
    if (fault != HeaderFault::kNone) return HeaderFaultText(fault);
    if (const int number = Populate(attachment.get(), block_size); number != 0) {
      return "the memory can't be had: " + SystemText(number);
    }
    Take(attachment, entry.segment, TableMemory::Origin::kAttached, memory);
    return "";
  }

  void Take(Attachment& attachment, int segment, TableMemory::Origin origin,
            TableMemory& memory) const {
    memory.block_ = attachment.Keep();
    memory.cells_ = {memory.block_ + TableHeader::kRoom, bytes_};
    memory.origin_ = origin;
    memory.path_ = path_;
    memory.segment_ = segment;
  }

  [[nodiscard]] tl::expected<Descriptor, Error> Lock() const {
    const std::string path = path_ + ".lock";
    Descriptor lock(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kOwnerOnly));
    if (lock.get() < 0) {
      return tl::unexpected(SystemError(path, "the table file's lock can't be made", errno));
    }
    for (int i = 0; i < kLockTries; ++i) {
      if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
      if (errno != EWOULDBLOCK && errno != EINTR) {
        return tl::unexpected(SystemError(path, "the table file can't be locked", errno));
      }
      const timespec pause{0, std::chrono::nanoseconds(kLockPause).count()};
      ::nanosleep(&pause, nullptr);
    }
    return tl::unexpected(Refusal(
        path, "is held by a process that doesn't let go of it: end that process, and start again"));
  }

  // Makes new memory and points the file to it. Whoever uses the old keeps it.
  [[nodiscard]] tl::expected<TableMemory, Error> Replace(const Found& found, int lock) const {
    struct stat status {};
    if (::fstat(lock, &status) != 0) {
      return tl::unexpected(SystemError(path_, "the table file's lock can't be looked at", errno));
    }
    // One lock file stands for one table file, by whatever path.
    const std::uint64_t place =
        static_cast<std::uint64_t>(status.st_dev) << 40 ^ static_cast<std::uint64_t>(status.st_ino);
    RemoveUnused(place);
    TableMemory memory;
    const std::size_t block_size = BlockSize(bytes_);
    if (!MakeHeader(block_size, shape_, place, memory.header_)) {
      return tl::unexpected(NoRandomness());
    }
    const int segment = MakeSegment(block_size, place);
    if (segment < 0) {
      return tl::unexpected(SystemError(path_, "no shared memory for the tables", errno));
    }
    if (auto error = Fill(segment, block_size, memory); error) {
      ::shmctl(segment, IPC_RMID, nullptr);
      return tl::unexpected(*std::move(error));
    }
    memory.replaced_ = found.missing ? "" : found.fault;
    // Nobody can come to the old memory any more: it goes when its last user does.
    if (found.entry) RemoveOwn(found.entry->segment, place);
    return memory;
  }

  // Returns its number, or -1.
  [[nodiscard]] static int MakeSegment(std::size_t bytes, std::uint64_t place) {
    constexpr int kNew = IPC_CREAT | IPC_EXCL | kOwnerOnly;
    for (key_t i = 0; i < kKeysOfPlace; ++i) {
      const int segment = ::shmget(FirstKeyOf(place) + i, bytes, kNew);
      if (segment >= 0 || errno != EEXIST) return segment;
    }
    return ::shmget(IPC_PRIVATE, bytes, kNew);
  }

  [[nodiscard]] std::optional<Error> Fill(int segment, std::size_t block_size,
                                          TableMemory& memory) const {
    Attachment attachment(segment);
    if (attachment.get() == nullptr) {
      return SystemError(path_, "no shared memory for the tables", errno);
    }
    (void)::madvise(attachment.get(), block_size, MADV_HUGEPAGE);
    std::memcpy(attachment.get(), &memory.header_, sizeof memory.header_);
    if (const int number = Populate(attachment.get(), block_size); number != 0) {
      return SystemError(path_, "no shared memory for the tables", number);
    }
    if (auto error = Publish({segment, memory.header_.boot}); error) return error;
    Take(attachment, segment, TableMemory::Origin::kCreated, memory);
    return std::nullopt;
  }

  // Puts the file in place in one step. nullopt: done.
  [[nodiscard]] std::optional<Error> Publish(const FileEntry& entry) const {
    const std::string next = path_ + ".new";
    ::unlink(next.c_str());  // Of one who was killed here.
    const auto failed = [&](int number) {
      ::unlink(next.c_str());
      return SystemError(path_, "the table file can't be written", number);
    };
    Descriptor file(
        ::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly));
    if (file.get() < 0) return failed(errno);
    if (::fchmod(file.get(), kOwnerOnly) != 0) return failed(errno);  // Whatever the umask.
    const std::string text = FormatFile(entry);
    if (const int number = ::posix_fallocate(file.get(), 0, static_cast<off_t>(text.size()));
        number != 0 && number != EOPNOTSUPP) {
      return failed(number);
    }
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t count = ::write(file.get(), text.data() + written, text.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return failed(count < 0 ? errno : ENOSPC);
      written += static_cast<std::size_t>(count);
    }
    if (::fsync(file.get()) != 0 || file.Close() != 0) return failed(errno);
    if (::rename(next.c_str(), path_.c_str()) != 0) return failed(errno);
    return std::nullopt;
  }

  // Removes the memory of this file that nobody uses or could find: of one who was killed between
  // making it and publishing it, or of a file that was deleted.
  static void RemoveUnused(std::uint64_t place) {
    struct shm_info info {};
    const int last = ::shmctl(0, SHM_INFO, reinterpret_cast<struct shmid_ds*>(&info));
    for (int i = 0; i <= last; ++i) {
      struct shmid_ds status {};
      const int segment = ::shmctl(i, SHM_STAT, &status);
      if (segment < 0 || status.shm_nattch != 0) continue;
      RemoveOwn(segment, place);
    }
  }

  // Removes `segment` if it is one of ours that was made for the file of `place`.
  static void RemoveOwn(int segment, std::uint64_t place) {
    struct shmid_ds status {};
    if (::shmctl(segment, IPC_STAT, &status) != 0) return;
    if (status.shm_perm.uid != ::geteuid() || status.shm_perm.cuid != ::geteuid()) return;
    if (status.shm_segsz < TableHeader::kRoom) return;
    bool own = false;
    {
      const Attachment attachment(segment, SHM_RDONLY);
      if (attachment.get() == nullptr) return;
      TableHeader header;
      std::memcpy(&header, attachment.get(), sizeof header);
      const key_t nth = status.shm_perm.__key - FirstKeyOf(place);
      const bool unwritten =
          header.magic == 0 && status.shm_nattch == 0 && nth >= 0 && nth < kKeysOfPlace;
      own = (header.magic == TableHeader::kMagic && header.place == place) || unwritten;
    }
    if (own) ::shmctl(segment, IPC_RMID, nullptr);
  }

  const std::string& path_;
  const std::size_t bytes_;
  const TableShape& shape_;
  std::optional<TableMemory> attached_;
};

tl::expected<TableMemory, Error> TableMemory::Shared(const std::string& path, std::size_t bytes,
                                                     const TableShape& shape) {
  return TableFile(path, bytes, shape).Open();
}

bool TableMemory::IsCurrent() const {
  if (path_.empty()) return true;
  const auto found = ReadTableFile(path_);
  return found && found->entry && found->entry->segment == segment_ &&
         found->entry->boot == header_.boot;
}

}  // namespace stile
