#include "capi/source_bundle.h"

#include <charconv>
#include <cstddef>

namespace stile {
namespace {

constexpr std::string_view kMagic = "stile-source 1\n";

// Takes a size and the space behind it.
bool TakeSize(std::string_view& text, std::size_t& size) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, size);
  if (error != std::errc() || at == end || *at != ' ') return false;
  const auto digits = static_cast<std::size_t>(at - text.data());
  if (text.front() == '0' && digits > 1) return false;
  text.remove_prefix(digits + 1);
  return true;
}

// Takes `size` bytes and `stop` behind them.
bool TakeText(std::string_view& text, std::size_t size, char stop, std::string_view& out) {
  if (size >= text.size() || text[size] != stop) return false;
  out = text.substr(0, size);
  text.remove_prefix(size + 1);
  return true;
}

}  // namespace

std::string SourceBundle::Write(const Files& files) {
  std::string text(kMagic);
  for (const auto& [name, content] : files) {
    text.append(std::to_string(name.size())).append(" ");
    text.append(std::to_string(content.size())).append(" ");
    text.append(name).append(" ").append(content).append("\n");
  }
  return text;
}

std::optional<SourceBundle::Files> SourceBundle::Read(std::string_view text) {
  if (!text.starts_with(kMagic)) return std::nullopt;
  text.remove_prefix(kMagic.size());
  Files files;
  while (!text.empty()) {
    std::size_t name_size = 0;
    std::size_t size = 0;
    std::string_view name;
    std::string_view content;
    if (!TakeSize(text, name_size) || !TakeSize(text, size) ||
        !TakeText(text, name_size, ' ', name) || !TakeText(text, size, '\n', content) ||
        files.size() == kMaxFiles || (!files.empty() && files.rbegin()->first >= name)) {
      return std::nullopt;
    }
    files.emplace_hint(files.end(), name, content);
  }
  return files;
}

}  // namespace stile
