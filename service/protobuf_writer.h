#ifndef STILE_SERVICE_PROTOBUF_WRITER_H_
#define STILE_SERVICE_PROTOBUF_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stile {

// Writes protobuf fields behind what is in a string. What lies between Begin and the End that gets
// its mark is a message within the message; nesting is up to the caller.
class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string& out) noexcept : out_(out) {}

  void Number(std::uint32_t field, std::uint64_t value);
  void Bytes(std::uint32_t field, std::string_view bytes);

  using Mark = std::size_t;
  [[nodiscard]] Mark Begin(std::uint32_t field);
  // Moves what was written since Begin by the few bytes that its size takes.
  void End(Mark mark);

 private:
  std::string& out_;
};

}  // namespace stile

#endif  // STILE_SERVICE_PROTOBUF_WRITER_H_
