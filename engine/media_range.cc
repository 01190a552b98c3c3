#include "engine/media_range.h"

#include <algorithm>
#include <cstddef>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

constexpr std::size_t kMaxAccept = 1024;

// True if the parameters of a media range hold the weight 0, 0. or 0.000.
bool HasWeightZero(std::string_view range) noexcept {
  std::size_t semicolon = range.find(';');
  while (semicolon != std::string_view::npos) {
    range.remove_prefix(semicolon + 1);
    semicolon = range.find(';');
    const std::string_view parameter = TrimBlanks(range.substr(0, semicolon));
    if (parameter.size() < 3 || AsciiLower(parameter[0]) != 'q' || parameter[1] != '=') continue;
    return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string_view MediaTypeOf(std::string_view field) noexcept {
  return TrimBlanks(field.substr(0, field.find(';')));
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

bool IsSubmittedForm(const Request& request) noexcept {
  if (request.method != "POST") return false;
  const std::string_view type = MediaTypeOf(request.content_type);
  return EqualsIgnoringCase(type, "application/x-www-form-urlencoded") ||
         EqualsIgnoringCase(type, "multipart/form-data") || EqualsIgnoringCase(type, "text/plain");
}

bool IsNavigation(const Request& request) noexcept {
  if (!request.sec_fetch_mode.empty()) return request.sec_fetch_mode == "navigate";
  const bool read = request.method == "GET" || request.method == "HEAD";
  return (read || IsSubmittedForm(request)) && AcceptsHtml(request.accept);
}

}  // namespace stile
