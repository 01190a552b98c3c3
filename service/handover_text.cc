#include "service/handover_text.h"

#include <charconv>
#include <optional>

#include "challenge/concat.h"

namespace stile {
namespace {

constexpr std::string_view kMagic = "stile-handover 1 ";

// A number and the blank behind it, taken off; at most `most`.
std::optional<std::size_t> TakeNumber(std::string_view& text, std::size_t most) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(' ')) return std::nullopt;
  text.remove_prefix(1);
  return number;
}

}  // namespace

std::string HandoverText::Format() const {
  std::string text = Concat(kMagic, pid, " ", total, " ");
  for (const bool owned : owns_file) text += owned ? 'f' : '-';
  return text + "\n";
}

tl::expected<HandoverText, std::string> HandoverText::Parse(std::string_view text) {
  const auto refused = tl::unexpected(
      std::string("it doesn't say which sockets it hands over: it is of a version that can't"));
  if (!text.starts_with(kMagic) || !text.ends_with('\n')) return refused;
  text.remove_prefix(kMagic.size());
  text.remove_suffix(1);
  constexpr std::size_t kMaxPid = std::size_t{1} << 30;
  const auto pid = TakeNumber(text, kMaxPid);
  const auto total = pid ? TakeNumber(text, kMostInAll) : std::nullopt;
  if (!total || text.size() > kMostAtOnce || text.size() > *total) return refused;
  HandoverText handover;
  handover.pid = static_cast<int>(*pid);
  handover.total = *total;
  for (const char mark : text) {
    if (mark != 'f' && mark != '-') return refused;
    handover.owns_file.push_back(mark == 'f');
  }
  return handover;
}

}  // namespace stile
