#include <array>
#include <cstddef>
#include <string_view>

#include "challenge/ascii_text.h"
#include "challenge/browser/page.h"

namespace stile {
namespace {

constexpr std::size_t kMaxAcceptLanguage = 256;

// A weight of RFC 9110 section 12.4.2 in thousandths: "0.5" is 500. -1 if it isn't one.
int Thousandths(std::string_view weight) {
  if (weight.empty() || weight.size() > 5) return -1;
  if (weight[0] != '0' && weight[0] != '1') return -1;
  int value = (weight[0] - '0') * 1000;
  if (weight.size() > 1 && weight[1] != '.') return -1;
  int place = 100;
  for (std::size_t i = 2; i < weight.size(); ++i, place /= 10) {
    if (weight[i] < '0' || weight[i] > '9') return -1;
    value += (weight[i] - '0') * place;
  }
  return value <= 1000 ? value : -1;
}

// The weight of one element's parameters, "q=0.5"; 1000 without any.
int WeightOf(std::string_view parameters) {
  parameters = TrimBlanks(parameters);
  if (parameters.empty()) return 1000;
  if (parameters.size() < 2 || AsciiLower(parameters[0]) != 'q' || parameters[1] != '=') return -1;
  return Thousandths(parameters.substr(2));
}

// Names by which browsers ask for a translation of another name: regions that write in the other
// script, a language that is written as a near one, and codes that were replaced.
struct Alias {
  std::string_view range;
  std::string_view language;
};
constexpr std::array kAliases = {
    Alias{"zh", "zh-Hans"},    Alias{"zh-TW", "zh-Hant"}, Alias{"zh-HK", "zh-Hant"},
    Alias{"zh-MO", "zh-Hant"}, Alias{"yue", "zh-Hant"},   Alias{"no", "nb"},
    Alias{"nn", "nb"},         Alias{"iw", "he"},         Alias{"in", "id"},
    Alias{"prs", "fa"},        Alias{"mo", "ro"},
};

// The translation of exactly this name; empty if there is none.
std::string_view Named(std::string_view range) {
  for (const Alias& alias : kAliases) {
    if (EqualsIgnoringCase(range, alias.range)) range = alias.language;
  }
  for (const std::string_view language : PageLanguages()) {
    if (EqualsIgnoringCase(range, language)) return language;
  }
  return {};
}

// The translation for `range`, shortened from its end until one fits; empty if none does. That a
// subtag of one letter goes together with the one after it makes no difference: no translation's
// tag ends with such a one.
std::string_view Lookup(std::string_view range) {
  while (!range.empty()) {
    const std::string_view language = Named(range);
    if (!language.empty()) return language;
    const std::size_t dash = range.rfind('-');
    if (dash == std::string_view::npos) break;
    range = range.substr(0, dash);
  }
  return {};
}

}  // namespace

std::string_view ChoosePageLanguage(std::string_view accept_language) noexcept {
  if (accept_language.size() > kMaxAcceptLanguage) {
    // What was cut in two is nobody's wish.
    accept_language = accept_language.substr(0, kMaxAcceptLanguage);
    const std::size_t comma = accept_language.rfind(',');
    accept_language = accept_language.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  std::string_view chosen = PageLanguages().front();
  int best = 0;
  while (!accept_language.empty()) {
    const std::size_t comma = accept_language.find(',');
    const std::string_view element = accept_language.substr(0, comma);
    accept_language.remove_prefix(comma == std::string_view::npos ? accept_language.size()
                                                                  : comma + 1);
    const std::size_t semicolon = element.find(';');
    const int weight =
        semicolon == std::string_view::npos ? 1000 : WeightOf(element.substr(semicolon + 1));
    if (weight <= best) continue;
    const std::string_view found = Lookup(TrimBlanks(element.substr(0, semicolon)));
    if (found.empty()) continue;
    chosen = found;
    best = weight;
  }
  return chosen;
}

}  // namespace stile
