#ifndef STILE_VERIFIER_TABLES_TABLE_HEADER_H_
#define STILE_VERIFIER_TABLES_TABLE_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stile {

// A key that picks the cells of one table, so that no client can choose them. The same in every
// process that shares the table; random for each boot.
using TableKey = std::array<std::uint8_t, 16>;

// What a block of tables must have been made for, to be of use: words whose meaning is the owner's.
using TableShape = std::array<std::uint64_t, 24>;

// Stands at the start of a block of tables. Written once, before anybody else sees the block, and
// copied out of it by whoever attaches; nothing is believed that its checksum doesn't cover.
struct TableHeader {
  static constexpr std::size_t kRoom = 4096;  // Of the block; the tables begin behind it.
  static constexpr std::uint64_t kMagic = 0x314C4254454C4954;  // "TILETBL1", as it lies in memory.
  // One more whenever the place or the meaning of any word of any table changes.
  static constexpr std::uint64_t kLayout = 4;

  std::uint64_t magic = 0;
  std::uint64_t layout = 0;
  std::uint64_t bytes = 0;  // Of the whole block.
  // Random, never 0, another for each block that was ever made: who holds a token of another boot
  // holds one that these tables know nothing of.
  std::uint64_t boot = 0;
  std::uint64_t place = 0;  // Which table file it belongs to.
  TableShape shape{};
  std::array<TableKey, 16> keys{};
  std::array<std::uint8_t, 32> checksum{};  // SHA-256 of all that stands before it.

  friend bool operator==(const TableHeader&, const TableHeader&) noexcept = default;
};
static_assert(sizeof(TableHeader) <= TableHeader::kRoom);

// Why a header is not one. kNone is never returned for one that is.
enum class HeaderFault : std::uint8_t {
  kNone = 0,
  kForeign = 1,  // Something else's memory.
  kLayout = 2,   // Another version's.
  kDamaged = 3,  // The checksum is another.
  kSize = 4,     // The block is longer or shorter than it says.
  kBoot = 5,     // Not of the boot that the table file names.
  kShape = 6,    // Made for tables of other sizes.
};

// Fills `header` with its magic, layout and checksum.
void SealHeader(TableHeader& header) noexcept;

// What is wrong with `header`, which was copied from a block of `bytes`, for tables of `shape` of
// the boot `boot`; the first thing in the order of HeaderFault.
[[nodiscard]] HeaderFault FindHeaderFault(const TableHeader& header, std::uint64_t bytes,
                                          std::uint64_t boot, const TableShape& shape) noexcept;

// A half sentence: "it was made by another version of Stile".
[[nodiscard]] const char* HeaderFaultText(HeaderFault fault) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_TABLE_HEADER_H_
