#include "engine/media_range.h"

#include <algorithm>
#include <cstddef>

namespace stile {
namespace {

constexpr std::size_t kMaxAccept = 1024;

char Lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view Trim(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

// True if the parameters of a media range hold the weight 0, 0. or 0.000.
bool HasWeightZero(std::string_view range) noexcept {
  std::size_t semicolon = range.find(';');
  while (semicolon != std::string_view::npos) {
    range.remove_prefix(semicolon + 1);
    semicolon = range.find(';');
    const std::string_view parameter = Trim(range.substr(0, semicolon));
    if (parameter.size() < 3 || Lower(parameter[0]) != 'q' || parameter[1] != '=') continue;
    return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view MediaTypeOf(std::string_view field) noexcept {
  return Trim(field.substr(0, field.find(';')));
}

bool AcceptsHtml(std::string_view accept) noexcept {
  accept = accept.substr(0, kMaxAccept);
  while (!accept.empty()) {
    const std::string_view range = accept.substr(0, accept.find(','));
    if (EqualsIgnoringCase(MediaTypeOf(range), "text/html") && !HasWeightZero(range)) return true;
    accept.remove_prefix(std::min(range.size() + 1, accept.size()));
  }
  return false;
}

bool IsNavigation(const Request& request) noexcept {
  if (!request.sec_fetch_mode.empty()) return request.sec_fetch_mode == "navigate";
  return (request.method == "GET" || request.method == "HEAD") && AcceptsHtml(request.accept);
}

}  // namespace stile
