#include "verifier/policy/index/path_form.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "verifier/request.h"

namespace stile {
namespace {

// More rounds of decoding than any chain of servers does.
constexpr int kMaxRounds = 4;

constexpr int HexValue(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that is percent-encoded at `at`, or -1.
int EncodedByte(const char* text, std::size_t size, std::size_t at) noexcept {
  if (text[at] != '%' || size - at < 3) return -1;
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

constexpr bool IsUnreserved(int c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// What a byte of a path asks of its reader.
enum class ByteClass : std::uint8_t { kPlain, kLook, kNever };

constexpr std::array<ByteClass, 256> kByteClasses = [] {
  std::array<ByteClass, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    if (c <= 0x20 || c >= 0x7F || c == '\\' || c == '#') {
      classes[static_cast<std::size_t>(c)] = ByteClass::kNever;
    }
  }
  classes['/'] = classes['%'] = classes[';'] = ByteClass::kLook;
  return classes;
}();

// Whether the percent sign at `at` begins something that could not be written otherwise.
bool IsNeededEncoding(std::string_view path, std::size_t at) noexcept {
  const int byte = EncodedByte(path.data(), path.size(), at);
  if (byte < 0x20 || byte == 0x7F || byte == '/' || byte == '\\' || IsUnreserved(byte)) {
    return false;
  }
  if (byte != '%') return true;
  // "%25" and two more hex digits would be an encoding once it is decoded.
  const bool nested =
      path.size() - at >= 5 && HexValue(path[at + 3]) >= 0 && HexValue(path[at + 4]) >= 0;
  return !nested;
}

// Whether the segment that begins at `at` is empty but not last, or nothing but parameters, or
// could be taken for a dot segment.
bool IsDoubtfulSegment(std::string_view path, std::size_t at) noexcept {
  if (at == path.size()) return false;
  if (path[at] == '/' || path[at] == ';') return true;
  std::size_t dots = 0;
  while (dots < 2 && at + dots < path.size() && path[at + dots] == '.') ++dots;
  if (dots == 0) return false;
  const std::size_t after = at + dots;
  return after == path.size() || path[after] == '/' || path[after] == ';' || path[after] == '%';
}

// How a path reads: `normal` as in PathForm; `plain` if it is also its own resolved form.
struct Reading {
  bool normal = false;
  bool plain = false;
};

Reading Read(std::string_view path) noexcept {
  if (path.empty() || path[0] != '/') return {};
  bool plain = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const ByteClass byte_class = kByteClasses[static_cast<std::uint8_t>(path[i])];
    if (byte_class == ByteClass::kPlain) continue;
    if (byte_class == ByteClass::kNever) return {};
    if (path[i] == '/') {
      if (IsDoubtfulSegment(path, i + 1)) return {};
    } else {
      plain = false;
      if (path[i] == '%' && !IsNeededEncoding(path, i)) return {};
    }
  }
  return {true, plain};
}

// Decodes in place, once and whatever that uncovers at the same spot. Returns the new size.
std::size_t DecodeOnce(char* text, std::size_t size) noexcept {
  std::size_t to = 0;
  for (std::size_t from = 0; from < size; ++from) {
    for (int byte; (byte = EncodedByte(text, size, from)) >= 0;) {
      from += 2;
      text[from] = static_cast<char>(byte);
    }
    text[to++] = text[from] == '\\' ? '/' : text[from];
  }
  return to;
}

std::size_t Decode(char* text, std::size_t size) noexcept {
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::size_t decoded = DecodeOnce(text, size);
    if (decoded == size) break;
    size = decoded;
  }
  return size;
}

bool IsDotSegment(std::string_view segment) noexcept { return segment == "." || segment == ".."; }

// Removes empty segments and dot segments in place, and parameters if asked. `text` begins with
// '/'.
std::size_t RemoveSegments(char* text, std::size_t size, bool parameters_too) noexcept {
  std::size_t to = 0;
  bool slash_at_end = false;
  for (std::size_t from = 1; from <= size;) {
    const char* end = std::find(text + from, text + size, '/');
    const std::size_t next = static_cast<std::size_t>(end - text);
    std::string_view segment(text + from, next - from);
    if (parameters_too) segment = segment.substr(0, segment.find(';'));
    from = next + 1;
    slash_at_end = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      while (to > 0 && text[--to] != '/') {
      }
    } else if (!slash_at_end) {
      text[to++] = '/';
      std::memmove(text + to, segment.data(), segment.size());
      to += segment.size();
    }
  }
  if (slash_at_end || to == 0) text[to++] = '/';
  return to;
}

// Whether a segment of a decoded path is a dot segment, if not as it is then without parameters.
bool HasDotSegment(std::string_view path) noexcept {
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t next = std::min(path.find('/', from), path.size());
    const std::string_view segment = path.substr(from, next - from);
    if (IsDotSegment(segment.substr(0, segment.find(';')))) return true;
    from = next + 1;
  }
  return false;
}

// Whether something besides dot segments can be read in two ways.
bool HasOtherDoubt(std::string_view sent) noexcept {
  if (!sent.starts_with('/') || sent.find("//") != std::string_view::npos) return true;
  return std::any_of(sent.begin(), sent.end(), [](char c) {
    return c == '%' || c == ';' || kByteClasses[static_cast<std::uint8_t>(c)] == ByteClass::kNever;
  });
}

// What follows "http://authority" or "https://authority"; `path` itself if it has neither.
std::string_view WithoutAuthority(std::string_view path) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (path.size() < scheme.size()) continue;
    const bool same = std::equal(scheme.begin(), scheme.end(), path.begin(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b);
    });
    if (!same) continue;
    const std::size_t slash = path.find_first_of("/\\", scheme.size());
    return slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return path;
}

}  // namespace

bool IsNormalPath(std::string_view path) noexcept { return Read(path).normal; }

PathForm FormOfPath(std::string_view target, PathBuffer& buffer) noexcept {
  PathForm form;
  form.sent = form.resolved = form.whole = PathOf(target);
  if (form.sent.size() > kMaxPath) return form;
  const Reading reading = Read(form.sent);
  form.normal = reading.normal;
  if (reading.plain) return form;
  std::string_view rest = WithoutAuthority(form.sent);
  rest = rest.substr(0, rest.find('#'));
  char* text = buffer.characters.data();
  std::size_t size = 0;
  if (rest.empty() || (rest[0] != '/' && rest[0] != '\\')) text[size++] = '/';
  std::copy(rest.begin(), rest.end(), text + size);
  size = Decode(text, size + rest.size());
  const std::string_view decoded(text, size);
  form.tangled = !form.normal && HasDotSegment(decoded) && HasOtherDoubt(form.sent);
  const bool has_parameters = decoded.find(';') != std::string_view::npos;
  if (has_parameters) {
    std::copy(decoded.begin(), decoded.end(), buffer.whole.data());
    form.whole = {buffer.whole.data(), RemoveSegments(buffer.whole.data(), size, false)};
  }
  form.resolved = {text, RemoveSegments(text, size, true)};
  if (!has_parameters) form.whole = form.resolved;
  return form;
}

std::string EncodePath(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int byte = EncodedByte(path.data(), path.size(), i);
    const auto c = static_cast<std::uint8_t>(byte >= 0 ? byte : path[i]);
    if (byte < 0 && c > 0x20 && c < 0x7F) {
      encoded += path[i];
      continue;
    }
    if (byte >= 0) i += 2;
    encoded += '%';
    encoded += kDigits[c >> 4];
    encoded += kDigits[c & 15];
  }
  return encoded;
}

std::string DecodePath(std::string_view path) {
  std::string decoded(path);
  decoded.resize(Decode(decoded.data(), decoded.size()));
  return decoded;
}

}  // namespace stile
