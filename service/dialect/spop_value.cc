#include "service/dialect/spop_value.h"

#include <cstring>
#include <limits>

namespace stile {
namespace {

// A first byte from here on has others behind it.
constexpr std::uint64_t kOneByte = 240;
constexpr std::uint64_t kMore = 128;

}  // namespace

bool SpopReader::ReadBytes(std::uint64_t size, std::string_view& out) noexcept {
  if (size > rest_.size()) return false;
  out = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

bool SpopReader::ReadByte(std::uint8_t& out) noexcept {
  if (rest_.empty()) return false;
  out = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return true;
}

bool SpopReader::ReadUint32(std::uint32_t& out) noexcept {
  std::string_view bytes;
  if (!ReadBytes(4, bytes)) return false;
  out = 0;
  for (const char byte : bytes) out = out << 8 | static_cast<std::uint8_t>(byte);
  return true;
}

bool SpopReader::ReadVarint(std::uint64_t& out) noexcept {
  std::uint8_t byte = 0;
  if (!ReadByte(byte)) return false;
  out = byte;
  if (byte < kOneByte) return true;
  for (unsigned shift = 4; shift < 64; shift += 7) {
    if (!ReadByte(byte)) return false;
    if (byte > std::numeric_limits<std::uint64_t>::max() >> shift) return false;
    if (__builtin_add_overflow(out, std::uint64_t{byte} << shift, &out)) return false;
    if (byte < kMore) return true;
  }
  return false;
}

bool SpopReader::ReadString(std::string_view& out) noexcept {
  std::uint64_t size = 0;
  return ReadVarint(size) && ReadBytes(size, out);
}

bool SpopReader::ReadValue(SpopValue& out) noexcept {
  std::uint8_t head = 0;
  if (!ReadByte(head)) return false;
  out = SpopValue();
  out.type = static_cast<SpopType>(head & 0x0F);
  switch (out.type) {
    case SpopType::kNull:
      return true;
    case SpopType::kBoolean:
      out.number = head >> 4 & 1U;
      return true;
    case SpopType::kInt32:
    case SpopType::kUint32:
    case SpopType::kInt64:
    case SpopType::kUint64:
      return ReadVarint(out.number);
    case SpopType::kIpv4:
      return ReadBytes(4, out.bytes);
    case SpopType::kIpv6:
      return ReadBytes(16, out.bytes);
    case SpopType::kString:
    case SpopType::kBinary:
      return ReadString(out.bytes);
  }
  return false;
}

void SpopWriter::WriteBytes(std::string_view bytes) noexcept {
  whole_ = whole_ && bytes.size() <= room_.size() - size_;
  if (!whole_ || bytes.empty()) return;
  std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void SpopWriter::WriteByte(std::uint8_t byte) noexcept {
  const char character = static_cast<char>(byte);
  WriteBytes({&character, 1});
}

void SpopWriter::WriteUint32(std::uint32_t number) noexcept {
  for (int shift = 24; shift >= 0; shift -= 8) {
    WriteByte(static_cast<std::uint8_t>(number >> shift));
  }
}

void SpopWriter::WriteVarint(std::uint64_t number) noexcept {
  if (number < kOneByte) return WriteByte(static_cast<std::uint8_t>(number));
  WriteByte(static_cast<std::uint8_t>(number | kOneByte));
  number = (number - kOneByte) >> 4;
  while (number >= kMore) {
    WriteByte(static_cast<std::uint8_t>(number | kMore));
    number = (number - kMore) >> 7;
  }
  WriteByte(static_cast<std::uint8_t>(number));
}

void SpopWriter::WriteString(std::string_view text) noexcept {
  WriteVarint(text.size());
  WriteBytes(text);
}

void SpopWriter::WriteStringValue(std::string_view text) noexcept {
  WriteByte(static_cast<std::uint8_t>(SpopType::kString));
  WriteString(text);
}

void SpopWriter::WriteUint32Value(std::uint32_t number) noexcept {
  WriteByte(static_cast<std::uint8_t>(SpopType::kUint32));
  WriteVarint(number);
}

void SpopWriter::Rewind(std::size_t size) noexcept {
  if (size > size_) return;
  size_ = size;
  whole_ = true;
}

void SpopWriter::PutUint32(std::size_t at, std::uint32_t number) noexcept {
  if (size_ < 4 || at > size_ - 4) return;
  for (std::size_t i = 0; i < 4; ++i) {
    room_[at + i] = static_cast<char>(static_cast<std::uint8_t>(number >> (24 - 8 * i)));
  }
}

}  // namespace stile
