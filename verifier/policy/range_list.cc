#include "verifier/policy/range_list.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "verifier/policy/text/json_scanner.h"
#include "verifier/policy/text/range_collector.h"

namespace stile {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

// One range or address a line.
void ReadLines(std::string_view text, std::size_t begin, RangeCollector& ranges) {
  constexpr std::string_view kCreated = "created:";
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t hash = line.find('#');
    const std::string_view range = Trimmed(line.substr(0, hash));
    if (!range.empty()) {
      if (!ranges.AddRange(range, static_cast<std::size_t>(range.data() - text.data()))) return;
    } else if (hash != std::string_view::npos) {
      const std::string_view comment = Trimmed(line.substr(hash + 1));
      if (comment.starts_with(kCreated)) {
        ranges.SetCreated(Trimmed(comment.substr(kCreated.size())));
      }
    }
    begin = end + 1;
  }
}

// The shapes of JSON.
class JsonListReader {
 public:
  JsonListReader(std::string_view text, std::size_t begin, RangeCollector& ranges)
      : text_(text), scanner_(text, begin), ranges_(ranges) {}

  void Read() {
    const bool is_whole =
        (scanner_.Peek() == '[' ? ReadTexts() : ReadObject()) && scanner_.TakeEnd();
    if (is_whole || ranges_.is_full() || is_refused_) return;
    ranges_.AddMistake(scanner_.offset(), ErrorCode::kInvalidArgument,
                       "this is no JSON: " + scanner_.problem());
  }

 private:
  using Family = RangeCollector::Family;
  struct RangeName {
    std::string_view name;
    Family family;
  };
  static constexpr std::array<RangeName, 5> kRangeNames = {{{"ipv4Prefix", Family::kV4},
                                                            {"ipv6Prefix", Family::kV6},
                                                            {"ip_prefix", Family::kAny},
                                                            {"ipv6_prefix", Family::kAny},
                                                            {"ip_address", Family::kAny}}};

  bool ReadTexts() {
    return scanner_.TakeArray([this] { return ReadRange(Family::kAny); });
  }

  // Takes one value, which should be the text of a range.
  bool ReadRange(Family family) {
    if (scanner_.Peek() != '"') {
      return SkipWrong("a range is a text in quotes, such as \"192.0.2.0/24\"");
    }
    JsonScanner::String range;
    // The place is that of the text, behind its quote.
    return scanner_.TakeString(range) && ranges_.AddRange(range.text, range.offset + 1, family);
  }

  bool ReadObject() {
    return scanner_.TakeObject([this](const JsonScanner::String& name) {
      if (name.text == "prefixes" || name.text == "ipv6_prefixes" || name.text == "ips") {
        return ReadEntries(std::string(name.text));
      }
      if (name.text == "creationTime" || name.text == "createDate") return ReadCreated();
      if (name.text == "formatVersion") return ReadVersion();
      return scanner_.SkipValue();
    });
  }

  bool ReadCreated() {
    if (scanner_.Peek() != '"') return scanner_.SkipValue();
    JsonScanner::String time;
    if (!scanner_.TakeString(time)) return false;
    ranges_.SetCreated(time.text);
    return true;
  }

  // "1.0"; nothing is known of what a greater one means.
  bool ReadVersion() {
    static_cast<void>(scanner_.Peek());
    const std::size_t begin = scanner_.offset();
    if (!scanner_.SkipValue()) return false;
    std::string_view version = text_.substr(begin, scanner_.offset() - begin);
    if (version.starts_with('"')) version = version.substr(1, version.size() - 2);
    version = version.substr(0, version.find('.'));
    if (version == "0" || version == "1") return true;
    is_refused_ = true;
    ranges_.AddMistake(begin, ErrorCode::kInvalidArgument,
                       "only lists with a formatVersion of 1, or none, are known: keep the last "
                       "one that was");
    return false;
  }

  bool ReadEntries(const std::string& name) {
    if (scanner_.Peek() != '[') {
      return SkipWrong(name + " must be a list of tables");
    }
    return scanner_.TakeArray([this] {
      if (scanner_.Peek() == '{') return ReadEntry();
      return SkipWrong("a range stands in a table, such as {\"ipv4Prefix\": \"192.0.2.0/24\"}");
    });
  }

  bool ReadEntry() {
    const std::size_t begin = scanner_.offset();
    std::size_t found = 0;
    const bool is_whole = scanner_.TakeObject([&](const JsonScanner::String& name) {
      const auto* const known =
          std::find_if(kRangeNames.begin(), kRangeNames.end(),
                       [&name](const RangeName& range) { return range.name == name.text; });
      if (known == kRangeNames.end()) return scanner_.SkipValue();
      ++found;
      return ReadRange(known->family);
    });
    if (!is_whole) return false;
    if (found == 1) return true;
    return ranges_.AddMistake(
        begin, ErrorCode::kInvalidArgument,
        found == 0 ? "the table has no range: add ipv4Prefix or ipv6Prefix, or remove it"
                   : "the table has more than one range: give each its own");
  }

  // Skips a value that should be another. False if there is no use in going on.
  bool SkipWrong(std::string message) {
    static_cast<void>(scanner_.Peek());
    const std::size_t begin = scanner_.offset();
    return scanner_.SkipValue() &&
           ranges_.AddMistake(begin, ErrorCode::kInvalidArgument, std::move(message));
  }

  std::string_view text_;
  JsonScanner scanner_;
  RangeCollector& ranges_;
  bool is_refused_ = false;
};

}  // namespace

tl::expected<RangeList, Errors> ParseRangeList(std::string_view text, std::string_view name) {
  RangeCollector ranges(text, name);
  if (text.size() > RangeList::kMaxBytes) {
    ranges.AddMistake(
        0, ErrorCode::kOutOfRange,
        "the list has " + std::to_string(text.size()) + " bytes: keep it under 64 MiB");
    return std::move(ranges).Take();
  }
  const std::size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const std::size_t first = text.find_first_not_of(kSpaces, mark);
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    JsonListReader(text, first, ranges).Read();
  } else {
    ReadLines(text, mark, ranges);
  }
  return std::move(ranges).Take();
}

}  // namespace stile
