#include "tool/text_table.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace stile {
namespace {

// How many characters of a terminal a text takes: bytes that go on a UTF-8 character take none.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string TextTable::Text(std::string_view indent) const {
  std::vector<std::size_t> widths(alignment_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string padding(widths[i] - Width(row[i]), ' ');
      if (i != 0) line += "  ";
      line += alignment_[i] == 'r' ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line;
    text += '\n';
  }
  return text;
}

std::string GroupedText(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string PercentText(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  std::array<char, 32> text{};
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  const int size = std::snprintf(text.data(), text.size(), "%.1f %%", percent);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string OneLine(std::string_view text, std::size_t limit) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (line.size() >= limit) return line += "...";
    if (byte >= 0x20 && byte < 0x7F) {
      line += c;
    } else {
      line += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return line;
}

}  // namespace stile
