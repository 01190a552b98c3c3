#ifndef STILE_SERVICE_PROTOBUF_READER_H_
#define STILE_SERVICE_PROTOBUF_READER_H_

#include <cstdint>
#include <string_view>

namespace stile {

// Reads the fields of one protobuf message one after the other, in the order of its bytes. Views
// into the message, which is neither copied nor changed; what is nested is read by another reader.
//
//   ProtobufReader reader(message);
//   while (reader.Next()) {
//     if (reader.IsBytes(2)) name = reader.bytes();
//   }
//   if (!reader.ok()) ...
//
// Follows https://protobuf.dev/programming-guides/encoding/, without groups, which no message here
// has: one makes the message malformed, and so does a number of more than ten bytes or more than 64
// bits, a field with the number 0 or one above 2^29 - 1, and whatever ends too early.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) noexcept : rest_(message) {}

  // Reads one field. False at the end, or where it is malformed: ok() says which.
  [[nodiscard]] bool Next() noexcept;
  [[nodiscard]] bool ok() const noexcept { return ok_; }

  // Of the field that was read last.
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] bool IsBytes(std::uint32_t number) const noexcept {
    return number_ == number && type_ == Type::kBytes;
  }
  // What is no string, message or the like is empty, and what is no number is 0.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  [[nodiscard]] bool Take(std::uint64_t size, std::string_view& out) noexcept;
  [[nodiscard]] bool TakeVarint(std::uint64_t& out) noexcept;
  [[nodiscard]] bool TakeValue() noexcept;

  std::string_view rest_;
  bool ok_ = true;
  Type type_ = Type::kVarint;
  std::uint32_t number_ = 0;
  std::uint64_t value_ = 0;
  std::string_view bytes_;
};

}  // namespace stile

#endif  // STILE_SERVICE_PROTOBUF_READER_H_
