#include "bench/proxies/spop_yes.h"

#include <cstdint>

namespace stile::bench {
namespace {

constexpr std::size_t kMaxFrame = 16'380;  // What HAProxy announces with buffers of 16 KiB.
constexpr std::size_t kHead = 5;           // Type and flags; then stream, frame and payload.
constexpr char kHello = 1;
constexpr char kNotify = 3;
constexpr char kAgentHello = 101;
constexpr char kAck = 103;
constexpr std::string_view kFinal("\0\0\0\1", 4);

// Numbers below 240 are one byte; 3.1 has the rest.
void PutNumber(std::uint64_t number, std::string& out) {
  if (number < 240) {
    out.push_back(static_cast<char>(number));
    return;
  }
  out.push_back(static_cast<char>(number | 0xf0));
  for (number = (number - 240) >> 4; number >= 128; number = (number - 128) >> 7) {
    out.push_back(static_cast<char>(number | 0x80));
  }
  out.push_back(static_cast<char>(number));
}

void PutText(std::string_view text, std::string& out) {
  PutNumber(text.size(), out);
  out += text;
}

void PutTyped(std::string_view text, std::string& out) {
  out.push_back(8);  // A string.
  PutText(text, out);
}

// Where the number ends that begins at `at`.
std::size_t AfterNumber(std::string_view frame, std::size_t at) {
  const auto byte = [&] { return static_cast<unsigned char>(frame[at]); };
  if (at >= frame.size() || byte() < 0xf0) return at + 1;
  do {
    ++at;
  } while (at < frame.size() && byte() >= 0x80);
  return at + 1;
}

std::string Hello() {
  std::string frame;
  frame.push_back(kAgentHello);
  frame += kFinal;
  frame += std::string_view("\0\0", 2);
  PutText("version", frame);
  PutTyped("2.0", frame);
  PutText("max-frame-size", frame);
  frame.push_back(3);  // A uint32.
  PutNumber(kMaxFrame, frame);
  PutText("capabilities", frame);
  PutTyped("pipelining", frame);
  return frame;
}

// `numbers` are the stream's and the frame's, as they came.
std::string Yes(std::string_view numbers) {
  std::string frame;
  frame.push_back(kAck);
  frame += kFinal;
  frame += numbers;
  const auto set = [&](std::string_view name, std::string_view value) {
    frame += std::string_view("\1\3\2", 3);  // set-var, of 3 arguments, in the transaction.
    PutText(name, frame);
    PutTyped(value, frame);
  };
  set("action", "allow");
  set("verdict", "valid");
  return frame;
}

void PutFrame(std::string_view frame, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(frame.size() >> shift));
  }
  out += frame;
}

}  // namespace

SpopReply AnswerSpop(std::string_view bytes, std::string& out) {
  if (bytes.size() < 4) return {};
  std::size_t size = 0;
  for (const char byte : bytes.substr(0, 4)) size = size << 8 | static_cast<unsigned char>(byte);
  if (size < kHead || size > kMaxFrame) return {bytes.size(), false, true};
  if (bytes.size() < 4 + size) return {};
  const std::string_view frame = bytes.substr(4, size);
  SpopReply reply{4 + size, false, false};
  if (frame.front() == kHello) {
    PutFrame(Hello(), out);
    reply.ends = frame.find("healthcheck") != frame.npos;  // It ends the connection itself, too.
  } else if (frame.front() == kNotify) {
    const std::size_t end = AfterNumber(frame, AfterNumber(frame, kHead));
    PutFrame(Yes(frame.substr(kHead, end - kHead)), out);
    reply.question = true;
  } else {
    reply.ends = true;
  }
  return reply;
}

}  // namespace stile::bench
