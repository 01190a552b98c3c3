#include <string>
#include <utility>
#include <vector>

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include "verifier/policy/index/regex_options.h"
#include "verifier/policy/mistake/source_mistake.h"

namespace stile {
namespace {

// The shortest text that spares enough requests the regular expression.
constexpr int kMinLiteral = 3;

std::string_view ReasonFor(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "it has an escape that RE2 doesn't know";
    case RE2::ErrorBadCharClass:
    case RE2::ErrorBadCharRange:
      return "it has a character class that RE2 doesn't know";
    case RE2::ErrorMissingBracket:
      return "a '[' has no ']'";
    case RE2::ErrorMissingParen:
      return "a '(' has no ')'";
    case RE2::ErrorUnexpectedParen:
      return "a ')' has no '('";
    case RE2::ErrorTrailingBackslash:
      return "it ends with a '\\'";
    case RE2::ErrorRepeatArgument:
      return "nothing stands before a repetition";
    case RE2::ErrorRepeatSize:
      return "it repeats something more than 1000 times";
    case RE2::ErrorRepeatOp:
      return "it has two repetitions in a row";
    case RE2::ErrorBadPerlOp:
      return "RE2 can't look around, and doesn't know this group";
    case RE2::ErrorBadNamedCapture:
      return "a group has a wrong name";
    case RE2::ErrorPatternTooLarge:
      return "it becomes too large: repeat less";
    default:
      return "RE2 doesn't understand it";
  }
}

SourceMistake SyntaxMistake(std::string_view pattern) {
  const RE2 regex(re2::StringPiece(pattern.data(), pattern.size()), RegexOptions());
  std::string message = "this is no regular expression: ";
  message += ReasonFor(regex.error_code());
  if (!regex.error_arg().empty()) message += ", at \"" + Printable(regex.error_arg()) + "\"";
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

}  // namespace

std::optional<SourceMistake> MistakeInRegex(std::string_view pattern) {
  if (auto mistake = WrongLength("the regular expression", pattern, kMaxRegex)) return mistake;
  re2::FilteredRE2 filter(kMinLiteral);
  int index = 0;
  const re2::StringPiece piece(pattern.data(), pattern.size());
  if (filter.Add(piece, RegexOptions(), &index) != RE2::NoError) return SyntaxMistake(pattern);
  std::vector<std::string> literals;
  filter.Compile(&literals);
  std::vector<int> unfiltered;
  filter.AllPotentials({}, &unfiltered);
  if (unfiltered.empty()) return std::nullopt;
  return SourceMistake{ErrorCode::kInvalidArgument,
                       "every request would have to be searched for the regular expression: write "
                       "it so that a text of 3 bytes or more is in whatever it finds"};
}

}  // namespace stile
