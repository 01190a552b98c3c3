#include "engine/siteverify_form.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "challenge/ascii_text.h"
#include "engine/form_value.h"
#include "engine/json_reader.h"
#include "engine/media_range.h"

namespace stile {
namespace {

// The fields that count, each taken once.
class Fields {
 public:
  explicit Fields(SiteverifyForm& out) noexcept
      : fields_{{{"secret", &out.secret},
                 {"response", &out.response},
                 {"idempotency_key", &out.idempotency_key}}} {}

  [[nodiscard]] bool Wants(std::string_view name) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(),
                       [name](const Field& field) { return field.name == name; });
  }
  // Returns false if it was taken before.
  [[nodiscard]] bool Take(std::string_view name, std::string_view value) noexcept {
    for (Field& field : fields_) {
      if (field.name != name) continue;
      if (field.taken) return false;
      field.taken = true;
      *field.value = value;
    }
    return true;
  }

 private:
  struct Field {
    std::string_view name;
    std::string_view* value;
    bool taken = false;
  };
  std::array<Field, 3> fields_;
};

bool DecodeJson(std::string_view body, std::span<char> scratch, Fields& fields) noexcept {
  return ReadJsonObject(body, scratch, [&fields](std::string_view name, JsonReader& reader) {
    const bool is_string = reader.Peek() == '"';
    if (!fields.Wants(name) || reader.Peek() == 'n') return reader.SkipValue();
    std::string_view value;
    return is_string && reader.TakeString(value) && fields.Take(name, value);
  });
}

bool DecodeUrlEncoded(std::string_view body, std::span<char> scratch, Fields& fields) noexcept {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    if (!fields.Wants(name)) continue;
    std::string_view value;
    const std::string_view text = pair.substr(std::min(equals + 1, pair.size()));
    if (!DecodeFormValue(text, scratch, value) || !fields.Take(name, value)) return false;
  }
  return true;
}

// The value of the parameter `name` of a field such as `form-data; name="secret"`, without its
// quotes; empty if there is none. What is quoted holds no quotes of its own.
std::string_view ParameterOf(std::string_view field, std::string_view name) noexcept {
  while (true) {
    const std::size_t semicolon = field.find(';');
    if (semicolon == std::string_view::npos) return {};
    field.remove_prefix(semicolon + 1);
    field.remove_prefix(std::min(field.find_first_not_of(" \t"), field.size()));
    if (field.size() <= name.size() || !EqualsIgnoringCase(field.substr(0, name.size()), name) ||
        field[name.size()] != '=') {
      continue;
    }
    field.remove_prefix(name.size() + 1);
    if (!field.starts_with('"')) return field.substr(0, field.find_first_of("; \t"));
    const std::size_t end = field.find('"', 1);
    return end == std::string_view::npos ? std::string_view() : field.substr(1, end - 1);
  }
}

// The name of a part whose head is `head`; empty if it has none.
std::string_view PartNameOf(std::string_view head) noexcept {
  constexpr std::string_view kDisposition = "content-disposition:";
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    if (line.size() > kDisposition.size() &&
        EqualsIgnoringCase(line.substr(0, kDisposition.size()), kDisposition)) {
      return ParameterOf(line, "name");
    }
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return {};
}

// RFC 7578, as programs write it: nothing before the first boundary, no transfer encodings.
bool DecodeMultipart(std::string_view content_type, std::string_view body,
                     Fields& fields) noexcept {
  constexpr std::size_t kMaxBoundary = 70;
  const std::string_view boundary = ParameterOf(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kMaxBoundary) return false;
  std::array<char, 4 + kMaxBoundary> text{'\r', '\n', '-', '-'};
  std::copy(boundary.begin(), boundary.end(), text.begin() + 4);
  const std::string_view delimiter(text.data(), 4 + boundary.size());
  if (!body.starts_with(delimiter.substr(2))) return false;
  body.remove_prefix(delimiter.size() - 2);
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) return false;
    // With the line end before it, so that a part without a head has one to find.
    const std::size_t head_end = body.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return false;
    const std::string_view head = body.substr(2, std::max<std::size_t>(head_end, 2) - 2);
    body.remove_prefix(head_end + 2);
    const std::size_t end = body.find(delimiter);
    if (end == std::string_view::npos) return false;
    const std::string_view name = PartNameOf(head);
    // Between the blank line and the delimiter; the two may share a line end.
    const std::string_view value =
        body.substr(std::min<std::size_t>(2, end), end < 2 ? 0 : end - 2);
    if (fields.Wants(name) && !fields.Take(name, value)) return false;
    body.remove_prefix(end + delimiter.size());
  }
  return true;
}

}  // namespace

bool DecodeSiteverifyForm(std::string_view content_type, std::string_view body,
                          std::span<char> scratch, SiteverifyForm& out) noexcept {
  out = SiteverifyForm{};
  Fields fields(out);
  const std::string_view type = MediaTypeOf(content_type);
  if (EqualsIgnoringCase(type, "application/json")) return DecodeJson(body, scratch, fields);
  if (EqualsIgnoringCase(type, "multipart/form-data")) {
    return DecodeMultipart(content_type, body, fields);
  }
  if (type.empty() || EqualsIgnoringCase(type, "application/x-www-form-urlencoded")) {
    return DecodeUrlEncoded(body, scratch, fields);
  }
  return false;
}

}  // namespace stile
