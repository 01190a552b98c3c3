#ifndef STILE_VERIFIER_POLICY_INDEX_RADIX_TRIE_H_
#define STILE_VERIFIER_POLICY_INDEX_RADIX_TRIE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// Finds which of many texts a text is, and with which of many it begins, in one walk over it.
// Costs a few nanoseconds for each node on the way, however many texts there are. About 40 bytes a
// text, besides the text. Immutable.
class RadixTrie {
 public:
  struct Entry {
    std::string text;
    bool is_beginning = false;  // Found in every text that begins so; else in this text only.
    std::uint32_t mark = 0;     // What a walk reports.
  };

  RadixTrie() = default;
  explicit RadixTrie(std::vector<Entry> entries);

  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
  [[nodiscard]] std::size_t Bytes() const noexcept;

  // Calls found(mark) for every entry that `text` is or begins with.
  template <typename Found>
  void Walk(std::string_view text, Found found) const noexcept {
    if (nodes_.empty()) return;
    for (std::size_t at = 0, node = 0;;) {
      const Node& here = nodes_[node];
      if (here.edge_size > text.size() - at) return;
      if (here.edge_size != 0 &&
          std::memcmp(text.data() + at, edges_.data() + here.edge, here.edge_size) != 0) {
        return;
      }
      at += here.edge_size;
      for (std::uint32_t i = here.beginnings; i < here.wholes; ++i) found(marks_[i]);
      if (at == text.size()) {
        for (std::uint32_t i = here.wholes; i < here.marks_end; ++i) found(marks_[i]);
        return;
      }
      node = Child(here, text[at]);
      if (node == 0) return;
    }
  }

 private:
  struct Node {
    std::uint32_t edge = 0;  // The bytes that lead here begin at edges_[edge].
    std::uint32_t edge_size = 0;
    std::uint32_t child = 0;  // The first of its children, which lie side by side.
    std::uint32_t child_count = 0;
    std::uint32_t beginnings = 0;  // Its marks: first those of beginnings,
    std::uint32_t wholes = 0;      // then those of whole texts.
    std::uint32_t marks_end = 0;
  };

  // The child whose edge begins with `byte`, or 0.
  [[nodiscard]] std::size_t Child(const Node& node, char byte) const noexcept;

  std::vector<Node> nodes_;
  std::string first_bytes_;  // Of the nodes' edges: a search reads only these.
  std::string edges_;
  std::vector<std::uint32_t> marks_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_RADIX_TRIE_H_
