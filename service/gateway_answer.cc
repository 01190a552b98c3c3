#include "service/gateway_answer.h"

#include <charconv>
#include <cstddef>

namespace stile {
namespace {

struct Page {
  std::uint16_t status;
  std::string_view reason;
  std::string_view body;
};

constexpr Page kPages[] = {
    {400, "Bad Request", "400 Bad Request\n"},
    {403, "Forbidden", "403 Forbidden\n"},
    {404, "Not Found", "404 Not Found\n"},
    {405, "Method Not Allowed", "405 Method Not Allowed\n"},
    {408, "Request Timeout", "408 Request Timeout\n"},
    {413, "Content Too Large", "413 Content Too Large\n"},
    {414, "URI Too Long", "414 URI Too Long\n"},
    {417, "Expectation Failed", "417 Expectation Failed\n"},
    {431, "Request Header Fields Too Large", "431 Request Header Fields Too Large\n"},
    {501, "Not Implemented", "501 Not Implemented\n"},
    {502, "Bad Gateway",
     "<!doctype html><meta charset=utf-8><title>502 Bad Gateway</title>"
     "<h1>502 Bad Gateway</h1><p>The website does not answer. Please try again in a minute.\n"},
    {503, "Service Unavailable", "503 Service Unavailable\n"},
    {504, "Gateway Timeout",
     "<!doctype html><meta charset=utf-8><title>504 Gateway Timeout</title>"
     "<h1>504 Gateway Timeout</h1><p>The website takes too long to answer. Please try again in a "
     "minute.\n"},
    {505, "HTTP Version Not Supported", "505 HTTP Version Not Supported\n"},
};

void AppendNumber(std::uint64_t number, ByteBuffer& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.Append({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace

std::string_view ReasonPhrase(std::uint16_t status) noexcept {
  for (const Page& page : kPages) {
    if (page.status == status) return page.reason;
  }
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 401:
      return "Unauthorized";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    default:
      return "Status";
  }
}

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
  out.Append("HTTP/1.1 ");
  AppendNumber(answer.status, out);
  out.Append(" ");
  out.Append(ReasonPhrase(answer.status));
  out.Append("\r\nDate: ");
  out.Append(frame.date);
  out.Append("\r\n");
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    out.Append(answer.fields[i].name);
    out.Append(": ");
    out.Append(answer.fields[i].value);
    out.Append("\r\n");
  }
  const bool has_content = answer.status != 204 && answer.status != 304;
  if (has_content) {
    out.Append("Content-Length: ");
    AppendNumber(answer.body.size(), out);
    out.Append("\r\n");
  }
  if (!frame.keep_alive) {
    out.Append("Connection: close\r\n");
  } else if (frame.http_1_0) {
    out.Append("Connection: keep-alive\r\n");
  }
  out.Append("\r\n");
  if (has_content && !frame.to_head) out.Append(answer.body);
}

}  // namespace stile
