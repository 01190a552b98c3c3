#ifndef STILE_ENGINE_ANSWER_H_
#define STILE_ENGINE_ANSWER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile {

// A complete answer to one request: what a door sends to the client. All views borrow from the
// worker, the engine or static data, and are valid until the worker's next request. A door adds
// Content-Length, Date, Connection and nothing else; it sends no body to HEAD.
struct Answer {
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  static constexpr std::size_t kMaxFields = 16;

  std::uint16_t status = 0;  // 0: there is no answer; the request goes on to the origin.
  std::array<Field, kMaxFields> fields{};
  std::size_t field_count = 0;
  std::string_view body;
  std::string_view
      reference;  // What the body tells the client to quote; empty if there is nothing.

  void Add(std::string_view name, std::string_view value) noexcept {
    if (field_count < kMaxFields) fields[field_count++] = Field{name, value};
  }
  // The value of the first field of exactly this spelling; empty if there is none.
  [[nodiscard]] std::string_view Get(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < field_count; ++i) {
      if (fields[i].name == name) return fields[i].value;
    }
    return {};
  }
};

}  // namespace stile

#endif  // STILE_ENGINE_ANSWER_H_
