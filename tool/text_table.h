#ifndef STILE_TOOL_TEXT_TABLE_H_
#define STILE_TOOL_TEXT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// Text in columns: those of numbers to the right, those of words to the left.
class TextTable {
 public:
  // `alignment` has a letter for each column: 'l' or 'r'.
  explicit TextTable(std::string_view alignment) : alignment_(alignment) {}

  // As many cells as there are columns.
  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

  // Every row on a line of its own that begins with `indent`, without spaces at its end.
  [[nodiscard]] std::string Text(std::string_view indent = "") const;

 private:
  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
};

// "1,234,567".
[[nodiscard]] std::string GroupedText(std::uint64_t number);
// "12.5 %"; "-" of nothing.
[[nodiscard]] std::string PercentText(std::uint64_t part, std::uint64_t whole);
// `text` on one line of at most `limit` characters, with what can't be printed as \xHH.
[[nodiscard]] std::string OneLine(std::string_view text, std::size_t limit);

}  // namespace stile

#endif  // STILE_TOOL_TEXT_TABLE_H_
