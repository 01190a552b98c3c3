#include "verifier/policy/index/field_match.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace stile {
namespace {

constexpr int HexValue(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that text[at] stands for once decoded; moves `at` to its last byte.
char Decoded(std::string_view text, std::size_t& at) noexcept {
  if (text[at] == '+') return ' ';
  if (text[at] != '%' || text.size() - at < 3) return text[at];
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  if (high < 0 || low < 0) return text[at];
  at += 2;
  return static_cast<char>(high * 16 + low);
}

// Whether decoding leaves `text` as it is.
bool IsPlain(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t before = at;
    if (Decoded(text, at) != text[before] || at != before) return false;
  }
  return true;
}

bool DecodesTo(std::string_view text, std::string_view name) noexcept {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = Decoded(text, at);
    if (size == name.size() || name[size++] != byte) return false;
  }
  return size == name.size();
}

// Whether numbers of `Word` size at three places differ elsewhere than in `case_bits`.
template <typename Word>
bool Differ(const char* sent, const char* name, const char* case_bits) noexcept {
  Word a;
  Word b;
  Word may_differ;
  std::memcpy(&a, sent, sizeof(Word));
  std::memcpy(&b, name, sizeof(Word));
  std::memcpy(&may_differ, case_bits, sizeof(Word));
  return ((a ^ b) & ~may_differ) != 0;
}

struct Parameter {
  std::string_view name;
  std::string_view value;
};

// Calls see(parameter) for each, until it returns false.
template <typename See>
void ForEachParameter(std::string_view query, See see) noexcept {
  for (;;) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view text = query.substr(0, end);
    const std::size_t equals = std::min(text.find('='), text.size());
    Parameter parameter{text.substr(0, equals), text.substr(std::min(equals + 1, text.size()))};
    if (!see(parameter) || end == query.size()) return;
    query.remove_prefix(end + 1);
  }
}

using Buffer = std::array<char, kMaxFieldSearched>;

}  // namespace

std::size_t DecodeParameter(std::string_view text, char* to) noexcept {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) to[size++] = Decoded(text, at);
  return size;
}

std::string_view QueryOf(std::string_view target) noexcept {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

FieldMatch::FieldMatch(FieldTest test, RegexSet regexes)
    : test_(std::move(test)), regexes_(std::move(regexes)) {
  for (const char c : test_.name) case_bits_ += c >= 'a' && c <= 'z' ? ' ' : '\0';
}

// Most fields have another length, and most others another beginning.
bool FieldMatch::IsName(std::string_view sent) const noexcept {
  const std::size_t size = sent.size();
  if (size != test_.name.size()) return false;
  const char* const name = test_.name.data();
  const char* const case_bits = case_bits_.data();
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i) {
      if (Differ<std::uint8_t>(sent.data() + i, name + i, case_bits + i)) return false;
    }
    return true;
  }
  for (std::size_t at = 0; at + 8 < size; at += 8) {
    if (Differ<std::uint64_t>(sent.data() + at, name + at, case_bits + at)) return false;
  }
  const std::size_t last = size - 8;
  return !Differ<std::uint64_t>(sent.data() + last, name + last, case_bits + last);
}

Truth FieldMatch::Satisfies(std::string_view text) const noexcept {
  const auto& values = test_.values;
  if (test_.question == FieldQuestion::kEquals) {
    return TruthOf(std::find(values.begin(), values.end(), text) != values.end());
  }
  if (test_.question == FieldQuestion::kContains) {
    return TruthOf(std::any_of(values.begin(), values.end(), [text](const std::string& value) {
      return text.find(value) != std::string_view::npos;
    }));
  }
  return regexes_.Find(text);
}

Truth FieldMatch::InHeader(std::span<const RequestField> fields, Reading reading) const noexcept {
  const bool strict = reading == Reading::kStrict;
  const bool asks_value = CanGiveUp();
  bool present = false;
  Truth some = Truth::kNo;
  Truth all = Truth::kYes;
  for (const RequestField& field : fields) {
    if (!IsName(field.name)) continue;
    present = true;
    if (!asks_value) break;
    Truth truth = strict ? Truth::kNo : Truth::kGaveUp;
    if (field.value.size() <= kMaxFieldSearched) truth = Satisfies(field.value);
    some = AnyOf(some, truth);
    all = AllOf(all, truth);
  }
  if (!asks_value) return TruthOf(present == (test_.question == FieldQuestion::kPresent));
  if (!strict) return some;
  return present ? all : Truth::kNo;
}

Truth FieldMatch::InQuery(std::string_view query, Reading reading) const noexcept {
  if (!CanGiveUp()) return HasParameter(query, reading);
  if (query.size() > kMaxFieldSearched) {
    return reading == Reading::kStrict ? Truth::kNo : Truth::kGaveUp;
  }
  return test_.name.empty() ? InWholeQuery(query, reading) : InParameters(query, reading);
}

Truth FieldMatch::InWholeQuery(std::string_view query, Reading reading) const noexcept {
  const bool plain = IsPlain(query);
  if (reading == Reading::kStrict && !plain) return Truth::kNo;
  const Truth sent = Satisfies(query);
  if (plain || sent == Truth::kYes) return sent;
  Buffer buffer;
  return AnyOf(sent, Satisfies({buffer.data(), DecodeParameter(query, buffer.data())}));
}

// What is present for one that lets pass has the name as sent; what is absent, in no reading.
Truth FieldMatch::HasParameter(std::string_view query, Reading reading) const noexcept {
  const bool wants = test_.question == FieldQuestion::kPresent;
  const bool as_sent_only = wants == (reading == Reading::kStrict);
  bool found = false;
  ForEachParameter(query, [&](const Parameter& parameter) {
    found =
        parameter.name == test_.name || (!as_sent_only && DecodesTo(parameter.name, test_.name));
    return !found;
  });
  return TruthOf(found == wants);
}

Truth FieldMatch::InParameters(std::string_view query, Reading reading) const noexcept {
  const bool strict = reading == Reading::kStrict;
  bool present = false;
  Truth some = Truth::kNo;
  Truth all = Truth::kYes;
  Buffer buffer;
  ForEachParameter(query, [&](const Parameter& parameter) {
    if (parameter.name != test_.name && !DecodesTo(parameter.name, test_.name)) return true;
    present = true;
    const bool plain = IsPlain(parameter.name) && IsPlain(parameter.value);
    if (strict) {
      all = AllOf(all, plain ? Satisfies(parameter.value) : Truth::kNo);
      return all != Truth::kNo;
    }
    some = AnyOf(some, Satisfies(parameter.value));
    if (!plain && some != Truth::kYes) {
      const std::size_t size = DecodeParameter(parameter.value, buffer.data());
      some = AnyOf(some, Satisfies({buffer.data(), size}));
    }
    return some != Truth::kYes;
  });
  if (!strict) return some;
  return present ? all : Truth::kNo;
}

std::size_t FieldMatch::Bytes() const noexcept {
  std::size_t bytes = sizeof(*this) + test_.name.capacity() + regexes_.Bytes();
  for (const std::string& value : test_.values) bytes += sizeof(value) + value.capacity();
  return bytes;
}

}  // namespace stile
