#include "engine/redeem_form.h"

#include <algorithm>
#include <cstddef>

#include "challenge/ascii_text.h"
#include "engine/form_value.h"
#include "engine/media_range.h"

namespace stile {
namespace {

// The two fields, each taken once.
class Fields {
 public:
  explicit Fields(RedeemForm& out) noexcept : out_(out) {}

  [[nodiscard]] bool Take(std::string_view name, std::string_view value) noexcept {
    if (name == "challenge" && !has_challenge_) {
      has_challenge_ = true;
      out_.challenge = value;
      return true;
    }
    if (name == "solution" && !has_solution_) {
      has_solution_ = true;
      out_.solution = value;
      return true;
    }
    return false;
  }
  [[nodiscard]] bool complete() const noexcept { return has_challenge_ && has_solution_; }

 private:
  RedeemForm& out_;
  bool has_challenge_ = false;
  bool has_solution_ = false;
};

bool DecodeUrlEncoded(std::string_view body, std::span<char> scratch, Fields& fields) noexcept {
  while (true) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return false;
    std::string_view value;
    if (!DecodeFormValue(pair.substr(equals + 1), scratch, value)) return false;
    if (!fields.Take(pair.substr(0, equals), value)) return false;
    if (end == body.size()) return fields.complete();
    body.remove_prefix(end + 1);
  }
}

// Reads a JSON text from its front.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) noexcept : left_(text) {}

  // Skips white space and then exactly `c`.
  [[nodiscard]] bool Skip(char c) noexcept {
    SkipSpace();
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }

  [[nodiscard]] bool ReadString(std::string_view& value) noexcept {
    if (!Skip('"')) return false;
    const std::size_t end = left_.find('"');
    if (end == std::string_view::npos) return false;
    value = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    // All of it, whatever is found: that can be done many bytes at a time.
    unsigned char wrong = 0;
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      wrong |= static_cast<unsigned char>((byte < 0x20) | (byte == '\\'));
    }
    return wrong == 0;
  }

  [[nodiscard]] bool AtEnd() noexcept {
    SkipSpace();
    return left_.empty();
  }

 private:
  void SkipSpace() noexcept {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size()));
  }

  std::string_view left_;
};

bool DecodeJson(std::string_view body, Fields& fields) noexcept {
  JsonCursor cursor(body);
  if (!cursor.Skip('{')) return false;
  do {
    std::string_view name;
    std::string_view value;
    if (!cursor.ReadString(name) || !cursor.Skip(':') || !cursor.ReadString(value)) return false;
    if (!fields.Take(name, value)) return false;
  } while (cursor.Skip(','));
  return cursor.Skip('}') && cursor.AtEnd() && fields.complete();
}

}  // namespace

RedeemEncoding RedeemEncodingOf(std::string_view content_type) noexcept {
  const std::string_view type = MediaTypeOf(content_type);
  if (EqualsIgnoringCase(type, "application/x-www-form-urlencoded")) return RedeemEncoding::kForm;
  if (EqualsIgnoringCase(type, "application/json")) return RedeemEncoding::kJson;
  return RedeemEncoding::kNone;
}

bool DecodeRedeemForm(RedeemEncoding encoding, std::string_view body, std::span<char> scratch,
                      RedeemForm& out) noexcept {
  Fields fields(out);
  if (encoding == RedeemEncoding::kForm) return DecodeUrlEncoded(body, scratch, fields);
  if (encoding == RedeemEncoding::kJson) return DecodeJson(body, fields);
  return false;
}

}  // namespace stile
