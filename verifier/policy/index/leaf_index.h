#ifndef STILE_VERIFIER_POLICY_INDEX_LEAF_INDEX_H_
#define STILE_VERIFIER_POLICY_INDEX_LEAF_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "verifier/policy/index/cidr_table.h"
#include "verifier/policy/index/literal_finder.h"
#include "verifier/policy/index/path_glob.h"
#include "verifier/policy/index/radix_trie.h"
#include "verifier/policy/index/reading.h"
#include "verifier/policy/index/request_facts.h"
#include "verifier/policy/index/reversed_host.h"
#include "verifier/policy/index/sparse_bits.h"
#include "verifier/policy/range_list.h"

namespace stile {

// Lists of leaves, each list under a number.
class LeafLists {
 public:
  LeafLists() = default;
  explicit LeafLists(const std::vector<std::vector<std::uint32_t>>& lists);

  [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t list) const noexcept {
    return {leaves_.data() + begins_[list], begins_[list + 1] - begins_[list]};
  }
  [[nodiscard]] std::size_t Bytes() const noexcept {
    return (begins_.capacity() + leaves_.capacity()) * sizeof(std::uint32_t);
  }

 private:
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> leaves_;
};

// Finds the leaves of a policy that hold for a request. A leaf is one matcher of one table whose
// values can be looked up: hosts, paths, texts in a user agent, address ranges, countries, numbers
// of networks, fingerprints; equal matchers are one leaf. All leaves are found together with one
// walk or search of each kind, whatever their number. Immutable.
class LeafIndex {
 public:
  static constexpr std::size_t kMaxLeaves = std::size_t{1} << 17;
  using Leaves = SparseBits<kMaxLeaves>;

  class Builder;

  LeafIndex() = default;

  // Calls found(leaf) for each that holds, some more than once.
  template <typename Found>
  void Find(RequestFacts& facts, Found found) const noexcept {
    const Request& request = facts.request();
    const auto each = [&found](std::span<const std::uint32_t> leaves) {
      for (const std::uint32_t leaf : leaves) found(leaf);
    };
    if (!user_agents_.empty()) {
      user_agents_.Find(facts.user_agent(), [&](std::uint32_t i) { each(user_agent_leaves_[i]); });
    }
    if (!ranges_.empty() && request.address) {
      for (const std::uint32_t list : ranges_.Find(*request.address)) each(range_leaves_[list]);
    }
    if (!paths_.empty() || !path_atoms_.empty()) FindPath(facts.path(), found);
    if (!hosts_.empty()) hosts_.Walk(ReversedHost(request.host).view(), found);
    if (!countries_.keys.empty()) each(countries_.Find(CountryKey(request.country)));
    if (!asns_.keys.empty()) each(asns_.Find(request.asn));
    if (has_fingerprints_) {
      if (request.tls_fingerprint.empty()) {
        each(no_fingerprint_);
      } else {
        fingerprints_.Walk(request.tls_fingerprint, found);
      }
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t Bytes() const noexcept;

 private:
  // Leaves by a number that a request has.
  struct NumberTable {
    std::vector<std::uint32_t> keys;  // Ascending.
    LeafLists leaves;

    [[nodiscard]] std::span<const std::uint32_t> Find(std::uint32_t key) const noexcept;
  };
  struct PathMark {
    std::uint32_t leaf;
    std::uint32_t glob;  // In globs_, from 1; 0: none.
    Reading reading;
  };

  // Two letters as a number; 0: not known.
  [[nodiscard]] static std::uint32_t CountryKey(std::string_view country) noexcept;

  template <typename Found>
  void FindPath(const PathForm& path, Found& found) const noexcept {
    const auto walk = [&](std::string_view text, bool strict_too) {
      paths_.Walk(text, [&](std::uint32_t i) {
        const PathMark& mark = path_marks_[i];
        if (mark.reading == Reading::kStrict && !strict_too) return;
        if (mark.glob == 0 || globs_[mark.glob - 1].Matches(text)) found(mark.leaf);
      });
      path_atoms_.Find(text, [&](std::uint32_t i) {
        for (const std::uint32_t leaf : path_atom_leaves_[i]) found(leaf);
      });
    };
    walk(path.sent, path.normal);
    if (path.resolved.data() != path.sent.data()) walk(path.resolved, false);
    if (path.whole.data() != path.resolved.data()) walk(path.whole, false);
  }

  std::size_t size_ = 0;
  RadixTrie hosts_;
  RadixTrie paths_;
  std::vector<PathMark> path_marks_;
  std::vector<PathGlob> globs_;
  LiteralFinder user_agents_;
  LeafLists user_agent_leaves_;
  LiteralFinder path_atoms_;
  LeafLists path_atom_leaves_;
  CidrTable ranges_;
  LeafLists range_leaves_;
  NumberTable countries_;
  NumberTable asns_;
  RadixTrie fingerprints_;
  std::vector<std::uint32_t> no_fingerprint_;
  bool has_fingerprints_ = false;
};

// Numbers leaves, and makes their index. Values have no mistakes.
class LeafIndex::Builder {
 public:
  using Lists = std::vector<std::shared_ptr<const RangeList>>;

  // Each returns the leaf's number.
  std::uint32_t AddHosts(const std::vector<std::string>& hosts);
  std::uint32_t AddPaths(const std::vector<std::string>& paths, Reading reading);
  std::uint32_t AddUserAgents(const std::vector<std::string>& texts);
  // Of expressions about the user agent, or the path: one of the literals is there.
  std::uint32_t AddUserAgentAtoms(const std::vector<LiteralFinder::Literal>& atoms);
  std::uint32_t AddPathAtoms(const std::vector<LiteralFinder::Literal>& atoms);
  std::uint32_t AddRanges(const std::vector<Cidr>& ranges, const Lists& lists);
  std::uint32_t AddCountries(const std::vector<std::string>& countries);
  std::uint32_t AddAsns(const std::vector<std::uint32_t>& asns);
  std::uint32_t AddFingerprints(const std::vector<std::string>& fingerprints);

  // Leaves that differ.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // At most kMaxLeaves have been added. Returns what to change if the ranges overlap in more ways
  // than CidrTable keeps.
  [[nodiscard]] tl::expected<LeafIndex, std::string> Build() &&;

 private:
  using Lists32 = std::vector<std::vector<std::uint32_t>>;
  // Literals of one subject, and whose they are.
  struct Literals {
    std::vector<LiteralFinder::Literal> literals;
    Lists32 leaves;
    std::unordered_map<std::string, std::size_t> known;

    void Add(const LiteralFinder::Literal& literal, std::uint32_t leaf);
  };

  // The leaf that has this key, and whether it is new. `key` says everything about a leaf.
  std::pair<std::uint32_t, bool> Number(std::string key);
  void AddPath(const std::string& spelling, Reading reading, std::uint32_t leaf);
  std::size_t ListOf(const RangeList* list);

  std::size_t size_ = 0;
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<RadixTrie::Entry> hosts_;
  std::vector<RadixTrie::Entry> paths_;
  std::vector<PathMark> path_marks_;
  std::vector<PathGlob> globs_;
  Literals user_agents_;
  Literals path_atoms_;
  CidrTable::Builder ranges_;
  Lists32 range_leaves_;
  std::unordered_map<const RangeList*, std::size_t> lists_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> countries_;  // Key and leaf.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> asns_;
  std::vector<RadixTrie::Entry> fingerprints_;
  std::vector<std::uint32_t> no_fingerprint_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_LEAF_INDEX_H_
