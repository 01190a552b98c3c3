#ifndef STILE_SERVICE_DIALECT_CHECK_REQUEST_H_
#define STILE_SERVICE_DIALECT_CHECK_REQUEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "service/byte_buffer.h"
#include "service/request_head.h"

namespace stile {

// What Stile reads of an envoy.service.auth.v3.CheckRequest: views into its bytes. What the message
// says twice holds as said last, and fields that are not listed here are skipped.
//
//   attributes = 1
//     source = 1 { address = 1 { socket_address = 1 { address = 2 } } }
//     request = 4 { http = 2 { method = 2, headers = 3 { key = 1, value = 2 }, path = 4, host = 5,
//                              scheme = 6,
//                              header_map = 13 { headers = 1 { key = 1, value = 2,
//                                                              raw_value = 3 } } } }
struct CheckRequest {
  static constexpr std::size_t kMaxHeaders = 128;

  std::string_view source_address;  // Empty: not known, or a unix socket.
  std::string_view method;
  std::string_view path;  // With the query.
  std::string_view host;
  std::string_view scheme;
  std::array<HeadField, kMaxHeaders> headers;
  std::size_t header_count = 0;
  bool too_many_headers = false;  // Some are not in `headers`.

  [[nodiscard]] std::span<const HeadField> fields() const noexcept {
    return {headers.data(), header_count};
  }
};

// Reads a message. False, with `out` in no particular state, if it is malformed. Does not allocate.
[[nodiscard]] bool ReadCheckRequest(std::string_view message, CheckRequest& out) noexcept;

// Writes the request as the head of the question by HTTP that asks the same, so that one reader
// with one set of rules judges both: its target behind kCarriedPrefix, Host, and the header fields
// but for those that say where content ends or belong to one connection. The head comes out whole,
// or not at all: the reason is that of the first text that would be read as something else than a
// method, a target, a host, a name or a value, such as one with a line break; kTooManyFields if
// there are some that were not read.
[[nodiscard]] HeadReason WriteQuestionHead(const CheckRequest& request, ByteBuffer& out);

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_CHECK_REQUEST_H_
