// The functions of stile.h about answers.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "capi/given_text.h"
#include "capi/guarded.h"
#include "capi/sized.h"
#include "capi/stile.h"
#include "engine/reason_phrase.h"

namespace stile {
namespace {

// True if `answer` is one that may be sent: with a status and texts that are some.
bool IsAnswer(const stile_answer* answer) noexcept {
  if (!IsSized(answer) || answer->field_count > STILE_MAX_ANSWER_FIELDS || !IsText(answer->body) ||
      !IsText(answer->reference)) {
    return false;
  }
  return std::all_of(
      answer->fields, answer->fields + answer->field_count,
      [](const stile_field& field) { return IsText(field.name) && IsText(field.value); });
}

// Calls `put` with each piece of an answer as an HTTP/1.1 message, until it returns an error, which
// this returns then.
template <typename Put>
stile_status WriteMessage(const stile_answer& answer, std::uint32_t flags, Put put) {
  const auto status = static_cast<std::uint16_t>(answer.status);
  char digits[24];
  const auto number = [&digits](std::uint64_t value) {
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    return std::string_view(digits, static_cast<std::size_t>(end - digits));
  };
  stile_status result = STILE_OK;
  const auto write = [&](std::string_view text) {
    if (result == STILE_OK && !text.empty()) result = put(text);
  };
  write("HTTP/1.1 ");
  write(number(status));
  write(" ");
  write(ReasonPhrase(status));
  write("\r\n");
  for (std::uint32_t i = 0; i < answer.field_count; ++i) {
    write(TextOf(answer.fields[i].name));
    write(": ");
    write(TextOf(answer.fields[i].value));
    write("\r\n");
  }
  const bool has_content = status != 204 && status != 304;  // RFC 9110 section 6.4.1.
  if (has_content) {
    write("Content-Length: ");
    write(number(answer.body.size));
    write("\r\n");
  }
  if ((flags & STILE_WRITE_CLOSE) != 0) write("Connection: close\r\n");
  write("\r\n");
  if (has_content && (flags & STILE_WRITE_HEAD_ONLY) == 0) write(TextOf(answer.body));
  return result;
}

bool IsMessage(const stile_answer* answer) noexcept {
  return IsAnswer(answer) && answer->status >= 200 && answer->status <= 599;
}

}  // namespace
}  // namespace stile

using namespace stile;

extern "C" {

stile_status stile_answer_copy(const stile_answer* answer, void* memory, size_t room, size_t* size,
                               stile_answer* copy) {
  if (!IsAnswer(answer) || size == nullptr || !IsSized(copy) || (memory == nullptr && room > 0)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  stile_answer copied = ReadSized(*answer);
  std::size_t needed = copied.body.size + copied.reference.size;
  for (std::uint32_t i = 0; i < copied.field_count; ++i) {
    needed += copied.fields[i].name.size + copied.fields[i].value.size;
  }
  *size = needed;
  if (needed > room) return STILE_ERR_NO_ROOM;
  char* at = static_cast<char*>(memory);
  const auto move = [&at](stile_str& text) {
    if (text.size > 0) std::memcpy(at, text.data, text.size);
    text.data = at;
    at += text.size;
  };
  for (std::uint32_t i = 0; i < copied.field_count; ++i) {
    move(copied.fields[i].name);
    move(copied.fields[i].value);
  }
  move(copied.body);
  move(copied.reference);
  WriteSized(*copy, copied);
  return STILE_OK;
}

stile_status stile_answer_write(const stile_answer* answer, uint32_t flags, char* out, size_t room,
                                size_t* size) {
  if (!IsMessage(answer) || size == nullptr || (out == nullptr && room > 0)) {
    return STILE_ERR_INVALID_ARGUMENT;
  }
  std::size_t needed = 0;
  (void)WriteMessage(*answer, flags, [&](std::string_view text) {
    needed += text.size();
    return STILE_OK;
  });
  *size = needed;
  if (needed > room) return STILE_ERR_NO_ROOM;
  char* at = out;
  return WriteMessage(*answer, flags, [&](std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    at += text.size();
    return STILE_OK;
  });
}

stile_status stile_answer_send(const stile_answer* answer, uint32_t flags, stile_write_fn write,
                               void* user) {
  if (!IsMessage(answer) || write == nullptr) return STILE_ERR_INVALID_ARGUMENT;
  return Guarded([&] {
    // What is short waits for more: whoever writes to a socket would make a packet of each.
    std::array<char, 4'096> held;
    std::size_t size = 0;
    const auto flush = [&] { return write(user, held.data(), std::exchange(size, 0)); };
    const auto put = [&](std::string_view text) -> stile_status {
      if (text.size() > held.size() - size && size > 0) {
        if (const stile_status status = flush(); status != STILE_OK) return status;
      }
      if (text.size() > held.size()) return write(user, text.data(), text.size());
      std::memcpy(held.data() + size, text.data(), text.size());
      size += text.size();
      return STILE_OK;
    };
    const stile_status status = WriteMessage(*answer, flags, put);
    return status == STILE_OK && size > 0 ? flush() : status;
  });
}

}  // extern "C"
