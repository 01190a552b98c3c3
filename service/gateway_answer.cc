#include "service/gateway_answer.h"

#include <charconv>
#include <cstddef>
#include <cstring>

#include "engine/reason_phrase.h"

namespace stile {
namespace {

struct Page {
  std::uint16_t status;
  std::string_view body;
};

constexpr Page kPages[] = {
    {400, "400 Bad Request\n"},
    {403, "403 Forbidden\n"},
    {404, "404 Not Found\n"},
    {405, "405 Method Not Allowed\n"},
    {408, "408 Request Timeout\n"},
    {413, "413 Content Too Large\n"},
    {414, "414 URI Too Long\n"},
    {417, "417 Expectation Failed\n"},
    {431, "431 Request Header Fields Too Large\n"},
    {501, "501 Not Implemented\n"},
    {502,
     "<!doctype html><meta charset=utf-8><title>502 Bad Gateway</title>"
     "<h1>502 Bad Gateway</h1><p>The website does not answer. Please try again in a minute.\n"},
    {503, "503 Service Unavailable\n"},
    {504,
     "<!doctype html><meta charset=utf-8><title>504 Gateway Timeout</title>"
     "<h1>504 Gateway Timeout</h1><p>The website takes too long to answer. Please try again in a "
     "minute.\n"},
    {505, "505 HTTP Version Not Supported\n"},
};

// All that WriteAnswer writes beside the date, the fields and the body is shorter.
constexpr std::size_t kFrameRoom = 192;

// Writes where there is room.
struct Pen {
  char* at;

  Pen& operator<<(std::string_view text) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
    return *this;
  }
  Pen& operator<<(std::uint64_t number) {
    at = std::to_chars(at, at + 20, number).ptr;
    return *this;
  }
};

}  // namespace

Answer PlainAnswer(std::uint16_t status) noexcept {
  Answer answer;
  answer.status = status;
  for (const Page& page : kPages) {
    if (page.status == status) answer.body = page.body;
  }
  answer.Add("Content-Type", answer.body.starts_with('<') ? "text/html; charset=utf-8"
                                                          : "text/plain; charset=utf-8");
  answer.Add("Cache-Control", "no-store");
  return answer;
}

void WriteAnswer(const Answer& answer, const AnswerFrame& frame, ByteBuffer& out) {
  // Room for all of it at once: each piece is then a copy and nothing else.
  std::size_t size = kFrameRoom + frame.date.size() + answer.body.size();
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    size += answer.fields[i].name.size() + answer.fields[i].value.size() + 4;
  }
  char* const begin = out.Room(size).data();
  Pen pen{begin};
  pen << "HTTP/1.1 " << answer.status << " " << ReasonPhrase(answer.status)
      << "\r\nDate: " << frame.date << "\r\n";
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    pen << answer.fields[i].name << ": " << answer.fields[i].value << "\r\n";
  }
  const bool has_content = answer.status != 204 && answer.status != 304;
  if (has_content) pen << "Content-Length: " << answer.body.size() << "\r\n";
  if (!frame.keep_alive) {
    pen << "Connection: close\r\n";
  } else if (frame.http_1_0) {
    pen << "Connection: keep-alive\r\n";
  }
  pen << "\r\n";
  if (has_content && !frame.to_head) pen << answer.body;
  out.Commit(static_cast<std::size_t>(pen.at - begin));
}

}  // namespace stile
