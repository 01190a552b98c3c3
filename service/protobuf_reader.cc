#include "service/protobuf_reader.h"

#include <cstddef>

namespace stile {
namespace {

constexpr std::uint64_t kMaxField = (std::uint64_t{1} << 29) - 1;

}  // namespace

bool ProtobufReader::Take(std::uint64_t size, std::string_view& out) noexcept {
  if (size > rest_.size()) return false;
  out = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

bool ProtobufReader::TakeVarint(std::uint64_t& out) noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return false;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    const std::uint64_t bits = byte & 0x7F;
    if (shift == 63 && bits > 1) return false;
    value |= bits << shift;
    if ((byte & 0x80) == 0) {
      out = value;
      return true;
    }
  }
  return false;
}

bool ProtobufReader::TakeValue() noexcept {
  value_ = 0;
  bytes_ = {};
  std::string_view fixed;  // No message here has numbers of this kind that matter.
  switch (type_) {
    case Type::kVarint:
      return TakeVarint(value_);
    case Type::kFixed64:
      return Take(8, fixed);
    case Type::kFixed32:
      return Take(4, fixed);
    case Type::kBytes: {
      std::uint64_t size = 0;
      return TakeVarint(size) && Take(size, bytes_);
    }
  }
  return false;
}

bool ProtobufReader::Next() noexcept {
  if (!ok_ || rest_.empty()) return false;
  std::uint64_t key = 0;
  ok_ = TakeVarint(key) && key >> 3 != 0 && key >> 3 <= kMaxField;
  if (!ok_) return false;
  number_ = static_cast<std::uint32_t>(key >> 3);
  type_ = static_cast<Type>(key & 7);
  ok_ = TakeValue();
  return ok_;
}

}  // namespace stile
