#include "engine/config/host_pattern.h"

#include <cstddef>

#include "challenge/concat.h"
#include "challenge/ip_address.h"

namespace stile {
namespace {

tl::unexpected<std::string> Wrong(std::string_view text, std::string_view advice) {
  const std::string_view shown = text.substr(0, 100);
  return tl::unexpected(
      Concat("is \"", shown, shown.size() < text.size() ? "..." : "", "\": ", advice));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

bool IsDnsName(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      if (label == 0 || label > 63) return false;
      if (text[i - label] == '-' || text[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    if (!IsDigit(text[i]) && !IsLetter(text[i]) && text[i] != '-' && text[i] != '_') return false;
    ++label;
  }
  return true;
}

tl::expected<std::string, std::string> ParseHostPattern(std::string_view text) {
  constexpr std::string_view kAdvice =
      "write a name such as \"example.org\", \"*.example.org\" or \"*\"";
  if (text == "*") return std::string(text);
  if (text.starts_with("[") && text.ends_with("]")) {
    const auto address = IpAddress::Parse(text.substr(1, text.size() - 2));
    if (!address) return Wrong(text, kAdvice);
    return LowerCase(text);
  }
  if (text.find("://") != std::string_view::npos) {
    return Wrong(text, "leave out the scheme and what stands behind the name");
  }
  if (text.find(':') != std::string_view::npos) return Wrong(text, "leave out the port");
  std::string_view name = text;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (!IsDnsName(name)) return Wrong(text, kAdvice);
  return LowerCase(text);
}

}  // namespace stile
