#ifndef STILE_VERIFIER_TABLES_TABLE_MEMORY_H_
#define STILE_VERIFIER_TABLES_TABLE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/tables/table_header.h"

namespace stile {

// The memory that tables lie in: a header, then cells, which are zero when the block is made. Of
// one process and its children, or shared by all processes of a machine that open the same table
// file.
//
// A table file holds no tables. It is a line of text that names a System V shared memory segment,
// which can be neither truncated nor replaced under those who use it, whatever happens to the file,
// and which ends with the machine's boot at the latest. So no access to a cell can raise SIGBUS
// (docs/decisions/006-the-table-file-names-memory.md). The segment outlives every process; a
// process that is killed at any instruction leaves the file and the segment usable.
//
// This is the only place in the libraries that asks the system for memory, or opens a file. Nothing
// here belongs on the request path.
class TableMemory {
 public:
  // How the memory was come by.
  enum class Origin : std::uint8_t {
    kPrivate = 0,
    kCreated = 1,   // Shared, and this process made it: a new boot.
    kAttached = 2,  // Shared, and it was there. Of borrowed memory the same.
  };

  // Memory of this process, which the children of a fork() share: tokens of one boot have one
  // memory, whoever counts in it. `bytes` is that of the cells alone. Every page is there when it
  // returns. Returns kInternal if the system gives no memory or no randomness.
  [[nodiscard]] static tl::expected<TableMemory, Error> Private(std::size_t bytes,
                                                                const TableShape& shape);

  // The memory that the table file at `path` names; or, where the file is missing, cut off,
  // damaged, or names a segment that is gone, damaged, another version's, someone else's, or of
  // another shape or size, new memory, to which the file then points: replaced by rename, never
  // written to. A child of a fork() shares it.
  //
  // Returns kFailedPrecondition, and leaves everything as it is, if what is at `path` is no file of
  // ours: a link, a folder, a file that is another user's or that begins as something else does; or
  // if the lock beside it (`path`.lock) is held for five seconds. Returns kInternal, with what the
  // system said, if there is no room for the file or no memory for the segment. Both files are made
  // with mode 0600.
  [[nodiscard]] static tl::expected<TableMemory, Error> Shared(const std::string& path,
                                                               std::size_t bytes,
                                                               const TableShape& shape);

  // The first TableHeader::kRoom + `bytes` bytes of `memory`, which is the caller's, is aligned to
  // 64 and outlives this. What is of the same shape is taken over as it is; anything else in there
  // is overwritten, so nobody else may be looking at it before the first call has returned. Returns
  // kOutOfRange if it is too small or not aligned, and kInternal if the system gives no randomness.
  [[nodiscard]] static tl::expected<TableMemory, Error> Borrowed(std::span<std::byte> memory,
                                                                 std::size_t bytes,
                                                                 const TableShape& shape);

  TableMemory(TableMemory&& other) noexcept;
  TableMemory& operator=(TableMemory&& other) noexcept;
  TableMemory(const TableMemory&) = delete;
  TableMemory& operator=(const TableMemory&) = delete;
  ~TableMemory();  // Shared memory stays.

  // As many bytes as were asked for; at a page's start.
  [[nodiscard]] std::span<std::byte> cells() const noexcept { return cells_; }
  // A copy that nobody else can change.
  [[nodiscard]] const TableHeader& header() const noexcept { return header_; }
  [[nodiscard]] Origin origin() const noexcept { return origin_; }
  // With kCreated, why what the file named was of no use; empty if there was no file.
  [[nodiscard]] const std::string& replaced() const noexcept { return replaced_; }

  // False if the table file no longer names this memory, so that a process which opens it now
  // counts apart from this one. Reads the file. Always true for memory without a file.
  [[nodiscard]] bool IsCurrent() const;

  // Bytes of the table file.
  static constexpr std::size_t kFileSize = 100;

 private:
  TableMemory() = default;

  std::byte* block_ = nullptr;  // Null: borrowed.
  std::size_t mapped_ = 0;      // Private: what to unmap. Shared: 0.
  std::span<std::byte> cells_;
  TableHeader header_;
  Origin origin_ = Origin::kPrivate;
  std::string replaced_;
  std::string path_;
  int segment_ = -1;

  friend class TableFile;
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_TABLE_MEMORY_H_
