#include "verifier/policy/mistake/source_mistake.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "verifier/policy/built_in_levels.h"
#include "verifier/policy/index/path_form.h"
#include "verifier/policy/index/path_glob.h"
#include "verifier/policy/index/request_facts.h"
#include "verifier/policy/index/reversed_host.h"

namespace stile {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxMethod = 32;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool HoldsOnly(std::string_view text, std::initializer_list<std::string_view> sets) {
  return std::all_of(text.begin(), text.end(), [&sets](char c) {
    return std::any_of(sets.begin(), sets.end(),
                       [c](std::string_view set) { return set.find(c) != std::string_view::npos; });
  });
}

bool HasUpperCase(std::string_view text) {
  return text.find_first_of(kUpper) != std::string_view::npos;
}

SourceMistake Wrong(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
SourceMistake TooMuch(std::string message) { return {ErrorCode::kOutOfRange, std::move(message)}; }

std::optional<SourceMistake> MistakeInRank(const Level& level) {
  const Level* built_in = FindBuiltInLevel(level.name);
  if (built_in != nullptr && level.rank != built_in->rank) {
    return Wrong("the rank of level \"" + level.name + "\" is " + std::to_string(built_in->rank) +
                 " for ever: write that or leave it out");
  }
  if (level.rank == 0) {
    return TooMuch("level \"" + level.name + "\" needs a rank from 1 to 255");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInLimits(const Alternative& a) {
  if (a.lifetime_seconds == 0 || a.lifetime_seconds > kMaxClearanceSeconds) {
    return TooMuch("the lifetime must be from \"1s\" to \"168h\"");
  }
  if (a.puzzle == Puzzle::kSha256 || a.puzzle == Puzzle::kHashwx) {
    if (a.effort == 0 || a.effort > kMaxEffort) {
      return TooMuch("the effort must be from 1 to " + std::to_string(kMaxEffort));
    }
    if (a.parts == 0 || a.parts > kMaxParts) {
      return TooMuch("the parts must be from 1 to " + std::to_string(kMaxParts));
    }
    return std::nullopt;
  }
  if (a.puzzle == Puzzle::kWait) {
    if (a.effort == 0 || a.effort > kMaxWaitMillis) {
      return TooMuch("the wait must be from 1 ms to 3600 s");
    }
    if (a.parts != 0) return Wrong("waiting has no parts: remove them");
    return std::nullopt;
  }
  return Wrong("the puzzle must be \"hashwx\", \"sha256\" or \"wait\"");
}

// `levels` are sorted by rank.
std::optional<SourceMistake> MistakeInEarned(const std::vector<Level>& levels, const Level& level,
                                             const Alternative& alternative,
                                             const std::string& name) {
  const auto earned = std::find_if(levels.begin(), levels.end(),
                                   [&name](const Level& l) { return l.name == name; });
  if (earned == levels.end() || earned->rank != alternative.rank) {
    return Wrong("there is no level \"" + name + "\" to earn: name one that exists");
  }
  if (earned->rank > level.rank) {
    return Wrong("it earns \"" + name + "\", a level above \"" + level.name +
                 "\": let it earn its own level");
  }
  const auto between = std::find_if(levels.begin(), levels.end(), [&](const Level& l) {
    return l.rank > earned->rank && l.rank < level.rank;
  });
  if (between != levels.end()) {
    return Wrong("it earns \"" + name + "\", so every clearance of \"" + between->name +
                 "\" would open \"" + level.name + "\" as well: let it earn \"" + level.name +
                 "\" or the level directly below it, or remove it");
  }
  return std::nullopt;
}

void FindRepeated(const std::vector<Level>& levels, std::size_t i,
                  std::vector<LevelMistake>& mistakes) {
  for (std::size_t j = 0; j < i; ++j) {
    if (levels[j].name == levels[i].name) {
      mistakes.push_back(
          {i, {}, Wrong("level \"" + levels[i].name + "\" is there twice: remove one")});
    } else if (levels[j].rank == levels[i].rank && levels[i].rank != 0) {
      mistakes.push_back(
          {i,
           {},
           Wrong("rank " + std::to_string(levels[i].rank) + " is that of \"" + levels[j].name +
                 "\" too: give \"" + levels[i].name + "\" another")});
    }
  }
}

void FindInAlternatives(const std::vector<Level>& levels, std::size_t i,
                        std::vector<LevelMistake>& mistakes) {
  const Level& level = levels[i];
  if (level.alternative_count == 0 || level.alternative_count > kMaxAlternatives) {
    mistakes.push_back({i,
                        {},
                        TooMuch("level \"" + level.name + "\" needs 1 to " +
                                std::to_string(kMaxAlternatives) + " alternatives")});
    return;
  }
  for (std::size_t a = 0; a < level.alternative_count; ++a) {
    auto mistake = MistakeInLimits(level.alternatives[a]);
    if (!mistake) mistake = MistakeInEarned(levels, level, level.alternatives[a], level.earns[a]);
    if (mistake) mistakes.push_back({i, a, std::move(*mistake)});
  }
}

}  // namespace

std::optional<SourceMistake> WrongLength(std::string_view what, std::string_view text,
                                         std::size_t max) {
  if (text.empty()) return Wrong(std::string(what) + " is empty: write one or remove it");
  if (text.size() <= max) return std::nullopt;
  return TooMuch(std::string(what) + " has " + std::to_string(text.size()) +
                 " bytes: write at most " + std::to_string(max));
}

std::optional<SourceMistake> MistakeInName(std::string_view name) {
  if (auto mistake = WrongLength("the name", name, kMaxName)) return mistake;
  if (!HoldsOnly(name, {kLower, kUpper, kDigits, "-_."})) {
    return Wrong("the name goes into headers and metrics: write letters, digits, '-', '_' and '.'");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInHost(std::string_view pattern) {
  if (auto mistake = WrongLength("the host", pattern, kMaxHost)) return mistake;
  if (pattern == "*") return std::nullopt;
  std::string_view name = pattern;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (HasUpperCase(name)) return Wrong("a host is written in lower case");
  if (name.find('*') != std::string_view::npos) {
    return Wrong("a host has '*' only alone or at its start, as in \"*.example.org\"");
  }
  const bool is_address = name.starts_with('[') && name.ends_with(']');
  if (is_address && HoldsOnly(name, {"abcdef", kDigits, "[]:."})) return std::nullopt;
  if (name.find(':') != std::string_view::npos) {
    return Wrong("a host is matched without its port: remove it");
  }
  if (name.empty() || !HoldsOnly(name, {kLower, kDigits, "-_."}) || name.starts_with('.') ||
      name.ends_with('.') || name.find("..") != std::string_view::npos) {
    return Wrong("a host is a name such as \"example.org\" (non-ASCII ones as \"xn--...\")");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInPath(std::string_view pattern, Reading reading) {
  if (auto mistake = WrongLength("the path", pattern, kMaxPathPattern)) return mistake;
  if (pattern[0] != '/' && pattern[0] != '*') return Wrong("a path begins with '/' or '*'");
  if (std::count(pattern.begin(), pattern.end(), '*') > static_cast<int>(kMaxStars)) {
    return TooMuch("the path has more than " + std::to_string(kMaxStars) + " '*': use fewer");
  }
  const std::string encoded = EncodePath(pattern);
  if (!IsNormalPath(pattern[0] == '/' ? encoded : "/" + encoded)) {
    return Wrong(
        "the path is not in its normal form and would not match as meant: write it without dot "
        "segments, empty segments, '\\', '#' and needless percent-encoding");
  }
  if (reading == Reading::kLenient && pattern.find(';') != std::string_view::npos) {
    return Wrong("what refuses looks at a path without its parameters: end the path before ';'");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInMethod(std::string_view method) {
  if (auto mistake = WrongLength("the method", method, kMaxMethod)) return mistake;
  if (!HoldsOnly(method, {kUpper, "-"})) {
    return Wrong("a method is written in upper case, as in \"GET\"");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInCidr(const Cidr& range) {
  const int size = range.address.is_v6() ? 128 : 32;
  if (range.length < 0 || range.length > size) {
    return TooMuch("the prefix length of " + range.address.ToString() + " must be from 0 to " +
                   std::to_string(size));
  }
  IpAddress::Bytes16 bytes = range.address.bytes();
  for (int bit = range.length; bit < size; ++bit) {
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  }
  if (bytes == range.address.bytes()) return std::nullopt;
  const IpAddress network = range.address.is_v6()
                                ? IpAddress::V6(bytes)
                                : IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
  return Wrong("the range has bits set after its prefix: write \"" + network.ToString() + "/" +
               std::to_string(range.length) + "\"");
}

std::optional<SourceMistake> MistakeInUserAgent(std::string_view pattern) {
  return WrongLength("the user agent", pattern, kMaxUserAgentPattern);
}

std::optional<SourceMistake> MistakeInCountry(std::string_view country) {
  if (country == "unknown") return std::nullopt;
  if (country.size() == 2 && HoldsOnly(country, {kUpper})) return std::nullopt;
  return Wrong("a country is two upper-case letters such as \"NO\", or \"unknown\"");
}

std::optional<SourceMistake> MistakeInTlsFingerprint(std::string_view fingerprint) {
  return WrongLength("the fingerprint", fingerprint, kMaxFieldText);
}

std::optional<SourceMistake> MistakeInFieldName(std::string_view name) {
  if (auto mistake = WrongLength("the name of a header", name, kMaxName)) return mistake;
  if (HoldsOnly(name, {kLower, kDigits, "!#$%&'*+-.^_`|~"})) return std::nullopt;
  if (HasUpperCase(name)) return Wrong("the name of a header is kept in lower case");
  return Wrong("the name of a header has letters, digits and '-': write it without ':' and spaces");
}

std::optional<SourceMistake> MistakeInParameterName(std::string_view name) {
  return WrongLength("the name of a parameter", name, kMaxFieldText);
}

std::optional<SourceMistake> MistakeInFieldValue(FieldQuestion question, std::string_view value) {
  if (question == FieldQuestion::kRegex) return MistakeInRegex(value);
  if (question == FieldQuestion::kEquals && value.empty()) return std::nullopt;
  return WrongLength("the value", value, kMaxFieldText);
}

std::optional<SourceMistake> MistakeInReverseName(std::string_view name) {
  if (auto mistake = WrongLength("the name", name, kMaxHost)) return mistake;
  if (HasUpperCase(name)) return Wrong("a host is written in lower case");
  const std::size_t dot = name.find('.');
  const std::string_view first = name.substr(0, dot);
  const std::string_view rest = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  if (!HoldsOnly(first, {kLower, kDigits, "-_*"}) || !HoldsOnly(rest, {kLower, kDigits, "-_."}) ||
      std::count(first.begin(), first.end(), '*') > 1 || first.empty() || rest.empty() ||
      rest.ends_with('.') || name.find("..") != std::string_view::npos) {
    return Wrong(
        "a name of reverse DNS has '*' at most once and before its first dot, as in "
        "\"*.search.example.com\" or \"crawl-*.example.com\"");
  }
  if (first.find('*') != std::string_view::npos && rest.find('.') == std::string_view::npos) {
    return Wrong(
        "the name would trust a whole top-level domain: write at least two labels after "
        "the first, as in \"*.example.com\"");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInBudget(const Rate& rate) {
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(rate.period.count(), 0));
  if (rate.count == 0 || rate.burst == 0 || millis == 0 || rate.period > std::chrono::hours{24}) {
    return TooMuch("a budget has requests, a burst, and a period of at most a day");
  }
  if (rate.count > millis * BudgetTable::kTicksPerMilli) {
    return TooMuch("a budget gives at most 64000 requests a second: lower it, or write \"none\"");
  }
  const Pace pace = BudgetTable::PaceOf(rate);
  if (pace.span != pace.interval * rate.burst) {
    return TooMuch("the burst would take longer than a day to refill: lower it");
  }
  return std::nullopt;
}

std::optional<SourceMistake> MistakeInExtension(std::string_view extension) {
  if (auto mistake = WrongLength("the extension", extension, kMaxExtension)) return mistake;
  if (HoldsOnly(extension, {kLower, kDigits})) return std::nullopt;
  return Wrong("an extension is lower-case letters and digits without the dot, as in \"css\"");
}

std::optional<SourceMistake> MistakeInCharge(const Rule& rule) {
  if (!rule.cost && !rule.budget) return std::nullopt;
  if (rule.cost.value_or(0) > kMaxCost) return TooMuch("the cost must be from 0 to 100");
  if (rule.action == Action::kAllow || rule.action == Action::kChallenge) return std::nullopt;
  return Wrong("only a rule that allows or challenges has a cost or a budget: remove it");
}

std::vector<LevelMistake> MistakesInLevels(const std::vector<Level>& levels) {
  std::vector<LevelMistake> mistakes;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (auto mistake = MistakeInName(levels[i].name)) mistakes.push_back({i, {}, *mistake});
    if (auto mistake = MistakeInRank(levels[i])) mistakes.push_back({i, {}, *mistake});
    FindRepeated(levels, i, mistakes);
    FindInAlternatives(levels, i, mistakes);
  }
  return mistakes;
}

}  // namespace stile
