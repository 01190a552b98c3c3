#include "service/dialect/spop_message.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "service/dialect/spop_value.h"

namespace stile {
namespace {

using Reason = DescriptionReason;

constexpr std::string_view kVersion = " HTTP/1.1\r\n";

// One argument: how often it came, and how last.
struct Argument {
  std::string_view name;
  std::size_t count = 0;
  SpopValue value;

  [[nodiscard]] bool is_text() const noexcept { return value.type == SpopType::kString; }
  // What HAProxy has no answer to comes as NULL.
  [[nodiscard]] bool is_missing() const noexcept {
    return count == 0 || value.type == SpopType::kNull || (is_text() && value.bytes.empty());
  }
};

struct Arguments {
  Argument method{"method", 0, {}};
  Argument uri{"uri", 0, {}};
  Argument https{"https", 0, {}};
  Argument fields{"fields", 0, {}};
  Argument address{"address", 0, {}};

  void Note(std::string_view name, const SpopValue& value) noexcept {
    for (Argument* argument : {&method, &uri, &https, &fields, &address}) {
      if (argument->name != name) continue;
      ++argument->count;
      argument->value = value;
      return;
    }
  }
};

bool ReadArguments(SpopReader& reader, Arguments& arguments) noexcept {
  std::string_view message;
  std::uint8_t count = 0;
  if (!reader.ReadString(message) || !reader.ReadByte(count)) return false;
  for (; count > 0; --count) {
    std::string_view name;
    SpopValue value;
    if (!reader.ReadString(name) || !reader.ReadValue(value)) return false;
    arguments.Note(name, value);
  }
  return true;
}

Reason ReadMethod(const Argument& method, SpopDescription& out) noexcept {
  if (method.count > 1) return Reason::kMethodRepeated;
  if (method.is_missing()) return Reason::kMethodMissing;
  out.method = method.value.bytes;
  return method.is_text() ? DescribedMethodReason(out.method) : Reason::kMethodSyntax;
}

Reason ReadUri(const Argument& uri, SpopDescription& out) noexcept {
  if (uri.count > 1) return Reason::kUriRepeated;
  if (uri.is_missing()) {
    if (out.method != "OPTIONS") return Reason::kUriMissing;
    out.uri = "*";
    return Reason::kNone;
  }
  out.uri = uri.value.bytes;
  return uri.is_text() ? DescribedUriReason(out.uri, out.method) : Reason::kUriForm;
}

Reason ReadHttps(const Argument& https, SpopDescription& out) noexcept {
  if (https.count > 1) return Reason::kProtoRepeated;
  if (https.is_missing()) return Reason::kNone;
  out.https = https.value.number != 0;
  return https.value.type == SpopType::kBoolean ? Reason::kNone : Reason::kProtoSyntax;
}

Reason ReadFields(const Argument& fields, SpopDescription& out) noexcept {
  if (fields.count > 1) return Reason::kFieldsRepeated;
  if (fields.is_missing()) return Reason::kFieldsMissing;
  out.fields = fields.value.bytes;
  return fields.is_text() ? Reason::kNone : Reason::kFieldsSyntax;
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> BytesOf(std::string_view text) noexcept {
  std::array<std::uint8_t, kSize> bytes{};
  std::copy_n(text.begin(), std::min(kSize, text.size()), bytes.begin());
  return bytes;
}

Reason ReadAddress(const Argument& address, SpopDescription& out) noexcept {
  if (address.count > 1) return Reason::kAddressRepeated;
  if (address.is_missing()) return Reason::kNone;
  if (address.value.type == SpopType::kIpv4) {
    out.address = IpAddress::V4(BytesOf<4>(address.value.bytes));
  } else if (address.value.type == SpopType::kIpv6) {
    out.address = IpAddress::V6(BytesOf<16>(address.value.bytes));
  } else {
    return Reason::kAddressSyntax;
  }
  return Reason::kNone;
}

}  // namespace

bool ReadSpopMessages(std::string_view payload, SpopDescription& out,
                      DescriptionReason& reason) noexcept {
  SpopReader reader(payload);
  Arguments arguments;
  std::size_t messages = 0;
  for (; !reader.at_end(); ++messages) {
    if (!ReadArguments(reader, arguments)) return false;
  }
  SpopDescription described;
  reason = messages == 1 ? Reason::kNone : Reason::kMessageCount;
  if (reason == Reason::kNone) reason = ReadMethod(arguments.method, described);
  if (reason == Reason::kNone) reason = ReadUri(arguments.uri, described);
  if (reason == Reason::kNone) reason = ReadHttps(arguments.https, described);
  if (reason == Reason::kNone) reason = ReadFields(arguments.fields, described);
  if (reason == Reason::kNone) reason = ReadAddress(arguments.address, described);
  if (reason == Reason::kNone) out = described;
  return true;
}

std::size_t SpopHeadSize(const SpopDescription& description) noexcept {
  return description.method.size() + 1 + description.uri.size() + kVersion.size() +
         description.fields.size();
}

void WriteSpopHead(const SpopDescription& description, std::span<char> out) noexcept {
  for (const std::string_view part :
       {description.method, std::string_view(" "), description.uri, kVersion, description.fields}) {
    const std::size_t size = std::min(part.size(), out.size());
    std::copy_n(part.begin(), size, out.begin());
    out = out.subspan(size);
  }
}

}  // namespace stile
