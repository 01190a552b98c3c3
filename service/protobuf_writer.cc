#include "service/protobuf_writer.h"

#include <array>

namespace stile {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kBytes = 2;

// A number in protobuf's form.
class Varint {
 public:
  explicit Varint(std::uint64_t value) noexcept {
    while (value >= 0x80) {
      bytes_[size_++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes_[size_++] = static_cast<char>(value);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 10> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

void ProtobufWriter::Number(std::uint32_t field, std::uint64_t value) {
  out_ += Varint(std::uint64_t{field} << 3 | kVarint).view();
  out_ += Varint(value).view();
}

void ProtobufWriter::Bytes(std::uint32_t field, std::string_view bytes) {
  out_ += Varint(std::uint64_t{field} << 3 | kBytes).view();
  out_ += Varint(bytes.size()).view();
  out_ += bytes;
}

ProtobufWriter::Mark ProtobufWriter::Begin(std::uint32_t field) {
  out_ += Varint(std::uint64_t{field} << 3 | kBytes).view();
  return out_.size();
}

void ProtobufWriter::End(Mark mark) { out_.insert(mark, Varint(out_.size() - mark).view()); }

}  // namespace stile
