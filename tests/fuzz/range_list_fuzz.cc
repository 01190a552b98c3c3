// Lists of ranges, in every shape. A list is accepted, or every mistake has a place and a sentence;
// what is accepted says the same written another way.

#include <string>

#include "tests/fuzz/error_property.h"
#include "tests/fuzz/fuzz_target.h"
#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/range_list.h"

namespace stile {
namespace {

constexpr std::size_t kMaxMistakes = 100;

std::string SpellingOf(const Cidr& range) {
  return range.address.ToString() + "/" + std::to_string(range.length);
}

void RequireSameWrittenAnew(const RangeList& list) {
  std::string lines;
  std::string texts = "[";
  std::string tables = R"({"prefixes":[)";
  for (const Cidr& range : list.ranges) {
    STILE_REQUIRE(!MistakeInCidr(range).has_value());
    const std::string spelling = SpellingOf(range);
    const bool is_first = lines.empty();
    lines += spelling + "\n";
    texts += (is_first ? "\"" : ",\"") + spelling + "\"";
    tables += std::string(is_first ? "{\"" : ",{\"") +
              (range.address.is_v6() ? "ipv6Prefix" : "ipv4Prefix") + "\":\"" + spelling + "\"}";
  }
  for (const std::string& text : {lines, texts + "]", tables + "]}"}) {
    const auto again = ParseRangeList(text, "list");
    STILE_REQUIRE(again.has_value() && again->digest == list.digest);
  }
}

void NoteShape(std::string_view text, const RangeList& list) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const char c = first == std::string_view::npos ? ' ' : text[first];
  Reach(c == '{' ? "list of tables" : c == '[' ? "list of texts" : "list of lines");
  if (list.created) Reach("list with a time");
}

}  // namespace

void FuzzRangeList(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const auto list = ParseRangeList(text, "list");
  if (!list.has_value()) {
    Reach("refused list");
    RequireGoodErrors(list.error(), "list:");
    STILE_REQUIRE(list.error().size() <= kMaxMistakes);
    return;
  }
  NoteShape(text, *list);
  STILE_REQUIRE(!list->ranges.empty() && list->ranges.size() <= text.size());
  STILE_REQUIRE(list->name == "list" && list->digest.size() == 64);
  RequireSameWrittenAnew(*list);
}

}  // namespace stile
