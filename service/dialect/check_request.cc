#include "service/dialect/check_request.h"

#include <algorithm>

#include "service/dialect/described_request.h"
#include "service/protobuf_reader.h"

namespace stile {
namespace {

bool ReadHeader(std::string_view message, CheckRequest& out) noexcept {
  HeadField header;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(1)) header.name = reader.bytes();
    if (reader.IsBytes(2) || reader.IsBytes(3)) header.value = reader.bytes();
  }
  if (!reader.ok()) return false;
  if (header.name.starts_with(':')) return true;  // A pseudo header, which is said elsewhere.
  if (out.header_count == CheckRequest::kMaxHeaders) {
    out.too_many_headers = true;
  } else {
    out.headers[out.header_count++] = header;
  }
  return true;
}

bool ReadHeaderMap(std::string_view message, CheckRequest& out) noexcept {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(1) && !ReadHeader(reader.bytes(), out)) return false;
  }
  return reader.ok();
}

bool ReadHttp(std::string_view message, CheckRequest& out) noexcept {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(2)) out.method = reader.bytes();
    if (reader.IsBytes(3) && !ReadHeader(reader.bytes(), out)) return false;
    if (reader.IsBytes(4)) out.path = reader.bytes();
    if (reader.IsBytes(5)) out.host = reader.bytes();
    if (reader.IsBytes(6)) out.scheme = reader.bytes();
    if (reader.IsBytes(13) && !ReadHeaderMap(reader.bytes(), out)) return false;
  }
  return reader.ok();
}

bool ReadSource(std::string_view message, CheckRequest& out) noexcept {
  // Peer, Address, SocketAddress.
  ProtobufReader peer(message);
  while (peer.Next()) {
    if (!peer.IsBytes(1)) continue;
    ProtobufReader address(peer.bytes());
    while (address.Next()) {
      if (!address.IsBytes(1)) continue;
      ProtobufReader socket(address.bytes());
      while (socket.Next()) {
        if (socket.IsBytes(2)) out.source_address = socket.bytes();
      }
      if (!socket.ok()) return false;
    }
    if (!address.ok()) return false;
  }
  return peer.ok();
}

bool ReadRequest(std::string_view message, CheckRequest& out) noexcept {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(2) && !ReadHttp(reader.bytes(), out)) return false;
  }
  return reader.ok();
}

bool ReadAttributes(std::string_view message, CheckRequest& out) noexcept {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(1) && !ReadSource(reader.bytes(), out)) return false;
    if (reader.IsBytes(4) && !ReadRequest(reader.bytes(), out)) return false;
  }
  return reader.ok();
}

// True if no byte ends the word that `text` is to be.
bool IsWord(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool IsLine(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// True for what the head has no use for: the request's content stays with the proxy.
bool IsLeftOut(std::string_view name) noexcept {
  return IsHopByHop(name) || EqualsLower(name, "content-length") || EqualsLower(name, "expect") ||
         EqualsLower(name, "host");
}

HeadReason FindFault(const CheckRequest& request) noexcept {
  if (!IsWord(request.method)) return HeadReason::kMethodSyntax;
  if (!IsWord(request.path)) return HeadReason::kTargetByte;
  if (!IsWord(request.host)) return HeadReason::kHostSyntax;
  if (request.too_many_headers) return HeadReason::kTooManyFields;
  for (const HeadField& field : request.fields()) {
    if (!IsWord(field.name) || field.name.find(':') != std::string_view::npos) {
      return HeadReason::kFieldName;
    }
    if (!IsLine(field.value)) return HeadReason::kFieldValue;
  }
  return HeadReason::kNone;
}

}  // namespace

bool ReadCheckRequest(std::string_view message, CheckRequest& out) noexcept {
  out.source_address = out.method = out.path = out.host = out.scheme = {};
  out.header_count = 0;
  out.too_many_headers = false;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(1) && !ReadAttributes(reader.bytes(), out)) return false;
  }
  return reader.ok();
}

HeadReason WriteQuestionHead(const CheckRequest& request, ByteBuffer& out) {
  const HeadReason fault = FindFault(request);
  if (fault != HeadReason::kNone) return fault;
  out.Append(request.method);
  out.Append(" ");
  out.Append(kCarriedPrefix);
  out.Append(request.path);
  out.Append(" HTTP/1.1\r\nHost: ");
  out.Append(request.host);
  for (const HeadField& field : request.fields()) {
    if (IsLeftOut(field.name)) continue;
    out.Append("\r\n");
    out.Append(field.name);
    out.Append(": ");
    out.Append(field.value);
  }
  out.Append("\r\n\r\n");
  return HeadReason::kNone;
}

}  // namespace stile
