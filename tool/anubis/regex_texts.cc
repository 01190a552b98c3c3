#include "tool/anubis/regex_texts.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace stile {
namespace {

constexpr std::size_t kMaxTexts = 256;
constexpr std::size_t kMaxText = 512;
constexpr std::size_t kMaxDepth = 16;
constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$";

using Texts = std::vector<std::string>;

bool IsPunctuation(char c) {
  return c > 0x20 && c < 0x7F && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
         !(c >= 'a' && c <= 'z');
}

// Every text of `first` followed by every one of `second`; nullopt if they are too many or long.
std::optional<Texts> Product(const Texts& first, const Texts& second) {
  if (first.size() * second.size() > kMaxTexts) return std::nullopt;
  Texts product;
  for (const std::string& a : first) {
    for (const std::string& b : second) {
      if (a.size() + b.size() > kMaxText) return std::nullopt;
      product.push_back(a + b);
    }
  }
  return product;
}

// Reads one expression. Every function returns nullopt for what is no choice of texts.
class RegexReader {
 public:
  explicit RegexReader(std::string_view regex) : rest_(regex) {}

  std::optional<std::vector<RegexText>> Read() {
    std::vector<RegexText> all;
    do {
      if (!ReadBranch(all) || all.size() > kMaxTexts) return std::nullopt;
    } while (Take("|"));
    if (!rest_.empty()) return std::nullopt;
    return all;
  }

 private:
  bool Take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // One alternative of the outermost choice: only there are anchors read.
  bool ReadBranch(std::vector<RegexText>& all) {
    bool at_begin = Take("^");
    if (Take(".*")) at_begin = false;
    const auto texts = ReadSequence(0);
    if (!texts) return false;
    const bool is_open = Take(".*");
    const bool at_end = Take("$") && !is_open;
    for (const std::string& text : *texts) {
      if (text.empty() && !(at_begin && at_end)) return false;
      all.push_back({text, at_begin, at_end});
    }
    return true;
  }

  std::optional<Texts> ReadChoice(std::size_t depth) {
    Texts all;
    do {
      auto texts = ReadSequence(depth);
      if (!texts || all.size() + texts->size() > kMaxTexts) return std::nullopt;
      std::move(texts->begin(), texts->end(), std::back_inserter(all));
    } while (Take("|"));
    return all;
  }

  std::optional<Texts> ReadSequence(std::size_t depth) {
    std::optional<Texts> texts = Texts{""};
    while (texts && !AtEndOfSequence()) {
      auto atom = ReadAtom(depth);
      if (!atom) return std::nullopt;
      if (Take("?")) atom->push_back("");
      if (!rest_.empty() && std::string_view("*+?{").find(rest_[0]) != std::string_view::npos) {
        return std::nullopt;
      }
      texts = Product(*texts, *atom);
    }
    return texts;
  }

  [[nodiscard]] bool AtEndOfSequence() const {
    return rest_.empty() || rest_[0] == '|' || rest_[0] == ')' || rest_[0] == '$' ||
           rest_.starts_with(".*");
  }

  std::optional<Texts> ReadAtom(std::size_t depth) {
    if (Take("(?:")) return ReadGroup(depth);
    if (rest_.starts_with("(?")) return std::nullopt;
    if (Take("(")) return ReadGroup(depth);
    if (Take("[")) return ReadClass();
    if (rest_[0] == '\\') {
      if (rest_.size() < 2 || !IsPunctuation(rest_[1])) return std::nullopt;
      rest_.remove_prefix(1);
    } else if (kSpecial.find(rest_[0]) != std::string_view::npos) {
      return std::nullopt;
    }
    Texts text{std::string(1, rest_[0])};
    rest_.remove_prefix(1);
    return text;
  }

  std::optional<Texts> ReadGroup(std::size_t depth) {
    if (depth == kMaxDepth) return std::nullopt;
    auto texts = ReadChoice(depth + 1);
    return Take(")") ? texts : std::nullopt;
  }

  // A class of single characters: no range, not negated.
  std::optional<Texts> ReadClass() {
    Texts characters;
    while (!rest_.empty() && rest_[0] != ']') {
      if (std::string_view("^-[\\").find(rest_[0]) != std::string_view::npos) return std::nullopt;
      // A byte of a longer character is none.
      if (static_cast<unsigned char>(rest_[0]) >= 0x80) return std::nullopt;
      characters.emplace_back(1, rest_[0]);
      rest_.remove_prefix(1);
    }
    if (characters.empty() || !Take("]")) return std::nullopt;
    return characters;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<RegexText>> TextsOfRegex(std::string_view regex) {
  auto texts = RegexReader(regex).Read();
  // A quantifier or a "?" after a character of several bytes would have taken its last one alone.
  const bool is_ascii =
      std::all_of(regex.begin(), regex.end(), [](char c) { return c > 0 && c < 0x7F; });
  return is_ascii ? texts : std::nullopt;
}

std::string QuotedRegex(std::string_view text) {
  std::string regex;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) regex += '\\';
    regex += c;
  }
  return regex;
}

std::vector<std::string> RegexBranches(std::string_view regex) {
  std::vector<std::string> branches(1);
  int depth = 0;
  bool in_class = false;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '\\' && i + 1 < regex.size()) {
      // What \Q begins is not read any further: no branch of it is known.
      if (regex[i + 1] == 'Q') return {std::string(regex)};
      branches.back() += c;
      branches.back() += regex[++i];
      continue;
    }
    if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // A ']' that comes first is one of the class.
      const std::size_t first = i + 1 < regex.size() && regex[i + 1] == '^' ? i + 2 : i + 1;
      if (first < regex.size() && regex[first] == ']') {
        branches.back() += regex.substr(i, first - i + 1);
        i = first;
        continue;
      }
    } else if (c == '(') {
      // A flag for the rest of the expression holds beyond the next '|'.
      const std::string_view group = regex.substr(i);
      if (depth == 0 && group.starts_with("(?") && !group.starts_with("(?:") &&
          !group.starts_with("(?P")) {
        const std::size_t end = regex.find_first_of(":)", i);
        if (end == std::string_view::npos || regex[end] == ')') return {std::string(regex)};
      }
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (c == '|' && depth == 0) {
      branches.emplace_back();
      continue;
    }
    branches.back() += c;
  }
  return branches;
}

}  // namespace stile
