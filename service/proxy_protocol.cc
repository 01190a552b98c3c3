#include "service/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace stile {
namespace {

using Reason = ProxyHeaderReason;

constexpr std::array<std::string_view, kProxyHeaderReasonCount> kNames = {
    "none",    "untrusted-peer", "incomplete", "signature", "too-long",
    "version", "command",        "family",     "address",   "extension",
};
static_assert(static_cast<std::size_t>(Reason::kExtension) + 1 == kProxyHeaderReasonCount);
static_assert(!kNames.back().empty());

constexpr std::string_view kTextSignature = "PROXY ";
constexpr std::string_view kBinarySignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kBinaryFixed = 16;  // Signature, version and command, family, length.
constexpr std::uint8_t kTls = 0x20;
constexpr std::size_t kTlsFixed = 5;  // Flags, and the result of verification.
constexpr std::uint8_t kClientSpokeTls = 0x01;

ProxyHeader Refuse(Reason reason) noexcept {
  ProxyHeader header;
  header.status = ProxyHeader::Status::kRefused;
  header.reason = reason;
  return header;
}

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::size_t NumberAt(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::size_t>(ByteAt(bytes, at)) << 8 | ByteAt(bytes, at + 1);
}

// --- Version 1 ---------------------------------------------------------------------------------

// The part before the next space, which is taken off `line` with it.
std::string_view TakeWord(std::string_view& line) noexcept {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// 0 to 65535 without leading zeros.
bool IsPort(std::string_view word) noexcept {
  if (word.empty() || word.size() > 5 || (word.size() > 1 && word.front() == '0')) return false;
  std::uint32_t port = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= 65'535;
}

// An address as the family writes it: one of IPv6 has a colon, also where it is a mapped one.
std::optional<IpAddress> ParseAddress(std::string_view word, bool v6) noexcept {
  if ((word.find(':') != std::string_view::npos) != v6) return std::nullopt;
  return IpAddress::Parse(word);
}

// `line` is what stands between the signature and the CRLF.
ProxyHeader ReadTextLine(std::string_view line) noexcept {
  ProxyHeader header;
  header.status = ProxyHeader::Status::kComplete;
  if (line.find_first_of("\r\n") != std::string_view::npos) return Refuse(Reason::kAddress);
  const bool ends_in_space = line.ends_with(' ');
  const std::string_view family = TakeWord(line);
  if (family == "UNKNOWN") return header;  // Whatever follows is to be ignored.
  if (family != "TCP4" && family != "TCP6") return Refuse(Reason::kFamily);
  const bool v6 = family == "TCP6";
  header.client = ParseAddress(TakeWord(line), v6);
  const bool has_destination = ParseAddress(TakeWord(line), v6).has_value();
  const bool has_ports = IsPort(TakeWord(line)) && IsPort(TakeWord(line));
  if (!header.client || !has_destination || !has_ports || !line.empty() || ends_in_space) {
    return Refuse(Reason::kAddress);
  }
  return header;
}

ProxyHeader ReadText(std::string_view bytes) noexcept {
  const std::string_view readable = bytes.substr(0, kMaxProxyHeaderV1);
  const std::size_t lf = readable.find('\n');
  if (lf == std::string_view::npos) {
    return readable.size() == kMaxProxyHeaderV1 ? Refuse(Reason::kTooLong) : ProxyHeader{};
  }
  const std::size_t begin = kTextSignature.size();
  if (lf < begin + 1 || readable[lf - 1] != '\r') return Refuse(Reason::kAddress);
  ProxyHeader header = ReadTextLine(readable.substr(begin, lf - 1 - begin));
  if (header.status == ProxyHeader::Status::kComplete) header.size = lf + 1;
  return header;
}

// --- Version 2 ---------------------------------------------------------------------------------

// Reads what says that the client spoke TLS, and that every extension ends within `rest`.
Reason ReadExtensions(std::string_view rest, bool& tls) noexcept {
  bool seen = false;
  while (!rest.empty()) {
    if (rest.size() < 3) return Reason::kExtension;
    const std::uint8_t type = ByteAt(rest, 0);
    const std::size_t size = NumberAt(rest, 1);
    rest.remove_prefix(3);
    if (size > rest.size()) return Reason::kExtension;
    if (type == kTls) {
      if (seen || size < kTlsFixed) return Reason::kExtension;
      seen = true;
      tls = (ByteAt(rest, 0) & kClientSpokeTls) != 0;
    }
    rest.remove_prefix(size);
  }
  return Reason::kNone;
}

// Takes the addresses of a family, transport or no transport, off `body`.
Reason TakeAddresses(std::uint8_t family, std::string_view& body,
                     std::optional<IpAddress>& client) noexcept {
  if ((family & 0x0F) > 2) return Reason::kFamily;
  std::size_t size = 0;
  switch (family >> 4) {
    case 0:
      break;
    case 1:
      size = 12;
      break;
    case 2:
      size = 36;
      break;
    case 3:
      size = 216;
      break;
    default:
      return Reason::kFamily;
  }
  if (body.size() < size) return Reason::kAddress;
  if (family >> 4 == 1) {
    IpAddress::Bytes4 bytes;
    std::memcpy(bytes.data(), body.data(), bytes.size());
    client = IpAddress::V4(bytes);
  } else if (family >> 4 == 2) {
    IpAddress::Bytes16 bytes;
    std::memcpy(bytes.data(), body.data(), bytes.size());
    client = IpAddress::V6(bytes);
  }
  body.remove_prefix(size);
  return Reason::kNone;
}

ProxyHeader ReadBinary(std::string_view bytes) noexcept {
  const std::size_t at = kBinarySignature.size();
  if (bytes.size() > at && ByteAt(bytes, at) >> 4 != 2) return Refuse(Reason::kVersion);
  if (bytes.size() > at && (ByteAt(bytes, at) & 0x0F) > 1) return Refuse(Reason::kCommand);
  if (bytes.size() < kBinaryFixed) return {};
  const std::size_t size = kBinaryFixed + NumberAt(bytes, at + 2);
  if (size > kMaxProxyHeader) return Refuse(Reason::kTooLong);
  if (bytes.size() < size) return {};

  ProxyHeader header;
  header.status = ProxyHeader::Status::kComplete;
  header.size = size;
  header.local = (ByteAt(bytes, at) & 0x0F) == 0;
  if (header.local) return header;  // The rest is to be ignored.
  std::string_view body = bytes.substr(kBinaryFixed, size - kBinaryFixed);
  Reason reason = TakeAddresses(ByteAt(bytes, at + 1), body, header.client);
  if (reason == Reason::kNone) reason = ReadExtensions(body, header.tls);
  return reason == Reason::kNone ? header : Refuse(reason);
}

}  // namespace

std::string_view ProxyHeaderReasonName(ProxyHeaderReason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return index < kNames.size() ? kNames[index] : std::string_view();
}

ProxyHeader ReadProxyHeader(std::string_view bytes) noexcept {
  if (bytes.empty()) return {};
  const bool text = bytes.front() == kTextSignature.front();
  const std::string_view signature = text ? kTextSignature : kBinarySignature;
  const std::size_t compared = std::min(bytes.size(), signature.size());
  if (bytes.substr(0, compared) != signature.substr(0, compared)) {
    return Refuse(Reason::kSignature);
  }
  if (compared < signature.size()) return {};
  return text ? ReadText(bytes) : ReadBinary(bytes);
}

}  // namespace stile
