#ifndef STILE_SERVICE_GATEWAY_ANSWER_H_
#define STILE_SERVICE_GATEWAY_ANSWER_H_

#include <cstdint>
#include <string_view>

#include "engine/answer.h"
#include "service/byte_buffer.h"

namespace stile {

// How an answer that the gateway makes itself goes out.
struct AnswerFrame {
  std::string_view date;    // The Date field's value.
  bool keep_alive = false;  // Otherwise Connection: close.
  bool http_1_0 = false;    // The client needs to be told to keep the connection.
  bool to_head = false;     // No body, though its length is told.
};

// Writes the engine's answer, complete, behind what is in `out`.
void WriteAnswer(const Answer& answer, const AnswerFrame& frame, ByteBuffer& out);

// The gateway's own words about a request that it can't serve: 400 to 431, 404, 501 to 505. A short
// plain page that says nothing of the inside.
[[nodiscard]] Answer PlainAnswer(std::uint16_t status) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_GATEWAY_ANSWER_H_
