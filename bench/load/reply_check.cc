#include "bench/load/reply_check.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stile::bench {
namespace {

constexpr std::size_t kMaxHead = 16 * 1024;

// The value of a field; `name` in lower case. Absent if there is none.
std::optional<std::string_view> FieldOf(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    at += 2;
    const std::size_t end = head.find("\r\n", at);
    if (end == std::string_view::npos || end == at) break;
    const std::string_view line = head.substr(at, end - at);
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
    if (line.size() > name.size() && line[name.size()] == ':' &&
        std::equal(name.begin(), name.end(), line.begin(),
                   [&](char b, char a) { return same(a, b); })) {
      std::string_view value = line.substr(name.size() + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      return value;
    }
    at = end;
  }
  return std::nullopt;
}

}  // namespace

bool ReplyCheck::IsKnown(std::string_view bytes) const noexcept {
  return !known_.empty() && bytes.size() >= known_.size() &&
         std::memcmp(bytes.data(), known_.data(), date_begin_) == 0 &&
         std::memcmp(bytes.data() + date_end_, known_.data() + date_end_,
                     known_.size() - date_end_) == 0;
}

ReplyCheck::Result ReplyCheck::Check(std::string_view bytes, Reply& reply) {
  if (!IsKnown(bytes)) return CheckNew(bytes, reply);
  reply = {known_.size(), known_content_};
  return Result::kGood;
}

ReplyCheck::Result ReplyCheck::CheckNew(std::string_view bytes, Reply& reply) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() > kMaxHead ? Wrong("a head without end", bytes) : Result::kNeedMore;
  }
  const std::string_view head = bytes.substr(0, end + 4);
  int status = 0;
  if (head.starts_with("HTTP/1.1 ")) {
    std::from_chars(head.data() + 9, head.data() + head.size(), status);
  }
  if (status != expected_.status) return Wrong("another status than expected", head);
  const auto connection = FieldOf(head, "connection");
  if (connection && *connection == "close" && !expected_.may_close) {
    return Wrong("the connection is to end", head);
  }
  const auto length = FieldOf(head, "content-length");
  std::size_t content = 0;
  if (length) {
    const auto read = std::from_chars(length->data(), length->data() + length->size(), content);
    if (read.ec != std::errc() || read.ptr != length->data() + length->size()) {
      return Wrong("a Content-Length that is none", head);
    }
  } else if (status != 204 && status != 304) {
    return Wrong("no Content-Length", head);
  }
  if (expected_.length && *expected_.length != content) {
    return Wrong("another length than expected", head);
  }
  if (head.find(expected_.contains) == std::string_view::npos) {
    return Wrong("without \"" + expected_.contains + "\"", head);
  }
  known_ = head;
  known_content_ = content;
  const auto date = FieldOf(known_, "date");
  date_begin_ = date ? static_cast<std::size_t>(date->data() - known_.data()) : known_.size();
  date_end_ = date ? date_begin_ + date->size() : known_.size();
  reply = {head.size(), content};
  return Result::kGood;
}

ReplyCheck::Result ReplyCheck::Wrong(std::string why, std::string_view head) {
  why_ = "a wrong reply, " + std::move(why) + ":\n" + std::string(head.substr(0, 2'000));
  return Result::kWrong;
}

}  // namespace stile::bench
