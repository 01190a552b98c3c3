#include "service/cookie_room.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

// What all Cache-Control fields of a response say together.
struct CacheDirectives {
  bool shared = false;  // public or s-maxage.
  bool is_private = false;
  bool no_store = false;
  bool must_understand = false;  // A cache that knows what it means ignores no-store.
  bool no_cache = false;
  bool has_age = false;
  bool fresh = false;  // A max-age other than 0.

  void Note(std::string_view name, std::string_view argument) noexcept {
    if (EqualsIgnoringCase(name, "public") || EqualsIgnoringCase(name, "s-maxage")) {
      shared = true;
    } else if (EqualsIgnoringCase(name, "no-store")) {
      no_store = true;
    } else if (EqualsIgnoringCase(name, "private")) {
      is_private = is_private || argument.empty();
    } else if (EqualsIgnoringCase(name, "must-understand")) {
      must_understand = true;
    } else if (EqualsIgnoringCase(name, "no-cache")) {
      no_cache = no_cache || argument.empty();
    } else if (EqualsIgnoringCase(name, "max-age")) {
      has_age = true;
      const bool zero =
          !argument.empty() && argument.find_first_not_of('0') == std::string_view::npos;
      fresh = fresh || !zero;
    }
  }
};

// The length of the element that `list` begins with; a comma inside quotes doesn't end it.
std::size_t ElementSize(std::string_view list) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quoted && list[i] == '\\') {
      ++i;
    } else if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == ',' && !quoted) {
      return i;
    }
  }
  return list.size();
}

void ReadDirectives(std::string_view list, CacheDirectives& directives) noexcept {
  while (!list.empty()) {
    const std::size_t size = ElementSize(list);
    const std::string_view element = TrimBlanks(list.substr(0, size));
    list.remove_prefix(std::min(size + 1, list.size()));
    const std::size_t equals = std::min(element.find('='), element.size());
    std::string_view argument = element.substr(std::min(equals + 1, element.size()));
    directives.Note(TrimBlanks(element.substr(0, equals)), TrimBlanks(argument));
  }
}

bool EndsWithIgnoringCase(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() &&
         EqualsIgnoringCase(text.substr(text.size() - end.size()), end);
}

bool SpeaksToSomeCache(std::string_view name) noexcept {
  return EndsWithIgnoringCase(name, "cdn-cache-control") ||
         EqualsIgnoringCase(name, "surrogate-control") ||
         EqualsIgnoringCase(name, "x-accel-expires");
}

}  // namespace

CookieRoom CookieRoomOf(const ResponseHead& head) noexcept {
  if (head.is_interim() || head.status() == 304) return CookieRoom::kNone;
  CacheDirectives directives;
  bool expires = false;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    if (SpeaksToSomeCache(field.name)) return CookieRoom::kNone;
    if (EqualsIgnoringCase(field.name, "expires")) expires = true;
    if (EqualsIgnoringCase(field.name, "cache-control")) ReadDirectives(field.value, directives);
  }
  if (directives.shared) return CookieRoom::kNone;
  if (directives.is_private) return CookieRoom::kPrivate;
  if (directives.no_store) {
    return directives.must_understand ? CookieRoom::kNone : CookieRoom::kPrivate;
  }
  if (directives.no_cache) return CookieRoom::kIfMadePrivate;
  if (directives.fresh || (expires && !directives.has_age)) return CookieRoom::kNone;
  return CookieRoom::kIfMadePrivate;
}

}  // namespace stile
