#ifndef STILE_TESTS_SERVICE_HEAD_HEAD_TEXT_H_
#define STILE_TESTS_SERVICE_HEAD_HEAD_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/request_head.h"

namespace stile {

// Reads `text` at once.
inline HeadResult ReadHead(std::string_view text, RequestHead& head,
                           const HeadLimits& limits = {}) {
  return head.Read({text.data(), text.size()}, limits);
}

inline HeadResult ReadHead(std::string_view text, const HeadLimits& limits = {}) {
  RequestHead head;
  return ReadHead(text, head, limits);
}

// Reads `text` as it arrives in two pieces, the first of `first` bytes, in memory that moves.
inline HeadResult ReadHeadInTwo(std::string_view text, std::size_t first,
                                const HeadLimits& limits = {}) {
  RequestHead head;
  const std::vector<char> early(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first));
  const HeadResult result = head.Read(early, limits);
  if (result.status != HeadStatus::kNeedMore) return result;
  const std::vector<char> whole(text.begin(), text.end());
  return head.Read(whole, limits);
}

// Reads `text` as it arrives byte by byte, in memory that moves.
inline HeadResult ReadHeadByteByByte(std::string_view text, const HeadLimits& limits = {}) {
  RequestHead head;
  HeadResult result;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const std::vector<char> bytes(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    result = head.Read(bytes, limits);
    if (result.status != HeadStatus::kNeedMore) return result;
  }
  return result;
}

// A head of a GET on "/" with Host and the given field lines, which end in CRLF.
inline std::string GetWith(std::string_view field_lines) {
  return "GET / HTTP/1.1\r\nHost: example.org\r\n" + std::string(field_lines) + "\r\n";
}
inline std::string PostWith(std::string_view field_lines) {
  return "POST / HTTP/1.1\r\nHost: example.org\r\n" + std::string(field_lines) + "\r\n";
}

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_HEAD_HEAD_TEXT_H_
