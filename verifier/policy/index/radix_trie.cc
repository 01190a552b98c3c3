#include "verifier/policy/index/radix_trie.h"

#include <algorithm>
#include <tuple>

namespace stile {
namespace {

// Entries [begin, end) share their first `depth` bytes, the last of which led to `node`.
struct Pending {
  std::size_t node;
  std::size_t begin;
  std::size_t end;
  std::size_t depth;
};

// How many bytes from `depth` on the first and the last of sorted entries share.
std::size_t SharedBytes(const std::string& first, const std::string& last, std::size_t depth) {
  const std::size_t size = std::min(first.size(), last.size());
  std::size_t shared = depth;
  while (shared < size && first[shared] == last[shared]) ++shared;
  return shared - depth;
}

}  // namespace

RadixTrie::RadixTrie(std::vector<Entry> entries) {
  if (entries.empty()) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.text, b.is_beginning, a.mark) < std::tie(b.text, a.is_beginning, b.mark);
  });
  nodes_.emplace_back();
  first_bytes_ += '\0';
  std::vector<Pending> queue = {{0, 0, entries.size(), 0}};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    Pending job = queue[next];
    Node node;
    const std::string& first = entries[job.begin].text;
    const std::size_t shared = SharedBytes(first, entries[job.end - 1].text, job.depth);
    node.edge = static_cast<std::uint32_t>(edges_.size());
    node.edge_size = static_cast<std::uint32_t>(shared);
    edges_.append(first, job.depth, shared);
    job.depth += shared;
    node.beginnings = static_cast<std::uint32_t>(marks_.size());
    std::size_t i = job.begin;
    while (i < job.end && entries[i].text.size() == job.depth && entries[i].is_beginning) {
      marks_.push_back(entries[i++].mark);
    }
    node.wholes = static_cast<std::uint32_t>(marks_.size());
    while (i < job.end && entries[i].text.size() == job.depth) marks_.push_back(entries[i++].mark);
    node.marks_end = static_cast<std::uint32_t>(marks_.size());

    node.child = static_cast<std::uint32_t>(nodes_.size());
    while (i < job.end) {
      const char byte = entries[i].text[job.depth];
      std::size_t end = i;
      while (end < job.end && entries[end].text[job.depth] == byte) ++end;
      queue.push_back({nodes_.size(), i, end, job.depth});
      nodes_.emplace_back();
      first_bytes_ += byte;
      ++node.child_count;
      i = end;
    }
    nodes_[job.node] = node;
  }
  nodes_.shrink_to_fit();
  first_bytes_.shrink_to_fit();
  edges_.shrink_to_fit();
  marks_.shrink_to_fit();
}

std::size_t RadixTrie::Child(const Node& node, char byte) const noexcept {
  constexpr std::uint32_t kFew = 8;
  const char* bytes = first_bytes_.data() + node.child;
  if (node.child_count <= kFew) {
    for (std::uint32_t i = 0; i < node.child_count; ++i) {
      if (bytes[i] == byte) return node.child + i;
    }
    return 0;
  }
  const auto less = [](char a, char b) {
    return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
  };
  const char* const end = bytes + node.child_count;
  const char* const at = std::lower_bound(bytes, end, byte, less);
  return at != end && *at == byte ? node.child + static_cast<std::size_t>(at - bytes) : 0;
}

std::size_t RadixTrie::Bytes() const noexcept {
  return nodes_.capacity() * sizeof(Node) + first_bytes_.capacity() + edges_.capacity() +
         marks_.capacity() * sizeof(std::uint32_t);
}

}  // namespace stile
