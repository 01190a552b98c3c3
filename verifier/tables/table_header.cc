#include "verifier/tables/table_header.h"

#include <cstddef>
#include <span>
#include <type_traits>

#include "challenge/sha256.h"

namespace stile {
namespace {

Sha256Digest ChecksumOf(const TableHeader& header) noexcept {
  static_assert(std::has_unique_object_representations_v<TableHeader>);
  return Sha256({reinterpret_cast<const std::uint8_t*>(&header), offsetof(TableHeader, checksum)});
}

}  // namespace

void SealHeader(TableHeader& header) noexcept {
  header.magic = TableHeader::kMagic;
  header.layout = TableHeader::kLayout;
  header.checksum = ChecksumOf(header);
}

HeaderFault FindHeaderFault(const TableHeader& header, std::uint64_t bytes, std::uint64_t boot,
                            const TableShape& shape) noexcept {
  if (header.magic != TableHeader::kMagic) return HeaderFault::kForeign;
  if (header.layout != TableHeader::kLayout) return HeaderFault::kLayout;
  if (header.checksum != ChecksumOf(header)) return HeaderFault::kDamaged;
  if (header.bytes != bytes) return HeaderFault::kSize;
  if (header.boot != boot || boot == 0) return HeaderFault::kBoot;
  if (header.shape != shape) return HeaderFault::kShape;
  return HeaderFault::kNone;
}

const char* HeaderFaultText(HeaderFault fault) noexcept {
  switch (fault) {
    case HeaderFault::kNone:
      break;
    case HeaderFault::kForeign:
      return "the memory is not Stile's";
    case HeaderFault::kLayout:
      return "it was made by another version of Stile";
    case HeaderFault::kDamaged:
      return "its header is damaged";
    case HeaderFault::kSize:
      return "its size is another than its header says";
    case HeaderFault::kBoot:
      return "the memory is of another boot than the file";
    case HeaderFault::kShape:
      return "its tables have other sizes than were asked for";
  }
  return "nothing is wrong with it";
}

}  // namespace stile
