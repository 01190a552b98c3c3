#ifndef STILE_SERVICE_DIALECT_SPOP_VALUE_H_
#define STILE_SERVICE_DIALECT_SPOP_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stile {

// The data types of HAProxy's Stream Processing Offload Protocol: SPOE.txt, section 3.1.
enum class SpopType : std::uint8_t {
  kNull = 0,
  kBoolean = 1,
  kInt32 = 2,
  kUint32 = 3,
  kInt64 = 4,
  kUint64 = 5,
  kIpv4 = 6,
  kIpv6 = 7,
  kString = 8,
  kBinary = 9,
};

struct SpopValue {
  SpopType type = SpopType::kNull;
  std::uint64_t number = 0;  // Of an integer; 1 for true. A negative one is its two's complement.
  std::string_view bytes;    // Of a string or a binary; 4 or 16 of an address, in network order.
};

// Reads the parts of a frame from its front. Each function returns false if what is left does not
// begin with such a part; the reader is then of no more use. Does not allocate. Views are borrowed
// from the bytes.
class SpopReader {
 public:
  explicit SpopReader(std::string_view bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  [[nodiscard]] bool ReadByte(std::uint8_t& out) noexcept;
  // Four bytes in network order.
  [[nodiscard]] bool ReadUint32(std::uint32_t& out) noexcept;
  // An integer of variable length: at most 10 bytes, and no more than 64 bits.
  [[nodiscard]] bool ReadVarint(std::uint64_t& out) noexcept;
  [[nodiscard]] bool ReadString(std::string_view& out) noexcept;
  // A type that the protocol doesn't have is none.
  [[nodiscard]] bool ReadValue(SpopValue& out) noexcept;

 private:
  [[nodiscard]] bool ReadBytes(std::uint64_t size, std::string_view& out) noexcept;

  std::string_view rest_;
};

// Writes the parts of a frame into room that is given. What doesn't fit isn't written, nor anything
// behind it; whole() tells.
class SpopWriter {
 public:
  explicit SpopWriter(std::span<char> room) noexcept : room_(room) {}

  [[nodiscard]] bool whole() const noexcept { return whole_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view view() const noexcept { return {room_.data(), size_}; }

  void WriteByte(std::uint8_t byte) noexcept;
  void WriteUint32(std::uint32_t number) noexcept;
  void WriteVarint(std::uint64_t number) noexcept;
  void WriteString(std::string_view text) noexcept;
  void WriteStringValue(std::string_view text) noexcept;  // With its type.
  void WriteUint32Value(std::uint32_t number) noexcept;   //

  // Takes everything behind the first `size` bytes back. Then the writer is whole.
  void Rewind(std::size_t size) noexcept;
  // Writes a number over the four bytes at `at`, which are there.
  void PutUint32(std::size_t at, std::uint32_t number) noexcept;

 private:
  void WriteBytes(std::string_view bytes) noexcept;

  std::span<char> room_;
  std::size_t size_ = 0;
  bool whole_ = true;
};

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_SPOP_VALUE_H_
