#include "verifier/policy/index/leaf_index.h"

#include <algorithm>

namespace stile {
namespace {

constexpr std::string_view kUnknown = "unknown";

// A text that differs for different lists of texts.
std::string KeyOf(char kind, const std::vector<std::string>& texts) {
  std::string key(1, kind);
  for (const std::string& text : texts) key += std::to_string(text.size()) + ":" + text;
  return key;
}

// A path is sent encoded. What refuses must also find it decoded, as PathForm::resolved has it.
std::vector<std::string> PathSpellings(const std::string& path, Reading reading) {
  std::vector<std::string> spellings = {EncodePath(path)};
  if (reading == Reading::kStrict) return spellings;
  std::string decoded = DecodePath(path);
  if (decoded != spellings.back()) spellings.push_back(std::move(decoded));
  return spellings;
}

}  // namespace

LeafLists::LeafLists(const std::vector<std::vector<std::uint32_t>>& lists) {
  for (const std::vector<std::uint32_t>& list : lists) {
    begins_.push_back(static_cast<std::uint32_t>(leaves_.size()));
    leaves_.insert(leaves_.end(), list.begin(), list.end());
  }
  begins_.push_back(static_cast<std::uint32_t>(leaves_.size()));
  begins_.shrink_to_fit();
  leaves_.shrink_to_fit();
}

std::span<const std::uint32_t> LeafIndex::NumberTable::Find(std::uint32_t key) const noexcept {
  const auto at = std::lower_bound(keys.begin(), keys.end(), key);
  if (at == keys.end() || *at != key) return {};
  return leaves[static_cast<std::size_t>(at - keys.begin())];
}

std::uint32_t LeafIndex::CountryKey(std::string_view country) noexcept {
  if (country.empty()) return 0;
  if (country.size() != 2) return UINT32_MAX;
  return static_cast<std::uint32_t>(static_cast<std::uint8_t>(country[0])) << 8 |
         static_cast<std::uint8_t>(country[1]);
}

std::size_t LeafIndex::Bytes() const noexcept {
  std::size_t bytes =
      hosts_.Bytes() + paths_.Bytes() + user_agents_.Bytes() + user_agent_leaves_.Bytes() +
      path_atoms_.Bytes() + path_atom_leaves_.Bytes() + ranges_.Bytes() + range_leaves_.Bytes() +
      countries_.leaves.Bytes() + asns_.leaves.Bytes() + fingerprints_.Bytes() +
      path_marks_.capacity() * sizeof(PathMark) +
      (countries_.keys.capacity() + asns_.keys.capacity() + no_fingerprint_.capacity()) *
          sizeof(std::uint32_t);
  for (const PathGlob& glob : globs_) bytes += glob.Bytes();
  return bytes;
}

void LeafIndex::Builder::Literals::Add(const LiteralFinder::Literal& literal, std::uint32_t leaf) {
  const auto [at, is_new] =
      known.try_emplace((literal.folded ? "f" : "e") + literal.text, literals.size());
  if (is_new) {
    literals.push_back(literal);
    leaves.emplace_back();
  }
  leaves[at->second].push_back(leaf);
}

std::pair<std::uint32_t, bool> LeafIndex::Builder::Number(std::string key) {
  const auto [at, is_new] = known_.try_emplace(std::move(key), static_cast<std::uint32_t>(size_));
  if (is_new) ++size_;
  return {at->second, is_new};
}

std::uint32_t LeafIndex::Builder::AddHosts(const std::vector<std::string>& hosts) {
  const auto [leaf, is_new] = Number(KeyOf('h', hosts));
  if (!is_new) return leaf;
  for (const std::string& host : hosts) {
    std::string reversed(host.rbegin(), host.rend());
    const bool is_beginning = reversed.ends_with('*');
    if (is_beginning) reversed.pop_back();
    hosts_.push_back({std::move(reversed), is_beginning, leaf});
  }
  return leaf;
}

std::uint32_t LeafIndex::Builder::AddPaths(const std::vector<std::string>& paths, Reading reading) {
  const auto [leaf, is_new] = Number(KeyOf(reading == Reading::kStrict ? 'p' : 'q', paths));
  if (!is_new) return leaf;
  for (const std::string& path : paths) {
    for (const std::string& spelling : PathSpellings(path, reading)) {
      AddPath(spelling, reading, leaf);
    }
  }
  return leaf;
}

void LeafIndex::Builder::AddPath(const std::string& spelling, Reading reading, std::uint32_t leaf) {
  const auto mark = static_cast<std::uint32_t>(path_marks_.size());
  const std::size_t wildcard = spelling.find_first_of("*?");
  if (wildcard == std::string::npos) {
    path_marks_.push_back({leaf, 0, reading});
    paths_.push_back({spelling, false, mark});
  } else if (spelling[wildcard] == '*' && wildcard + 1 == spelling.size()) {
    path_marks_.push_back({leaf, 0, reading});
    paths_.push_back({spelling.substr(0, wildcard), true, mark});
  } else {
    globs_.emplace_back(spelling);
    path_marks_.push_back({leaf, static_cast<std::uint32_t>(globs_.size()), reading});
    paths_.push_back({spelling.substr(0, wildcard), true, mark});
  }
}

std::uint32_t LeafIndex::Builder::AddUserAgents(const std::vector<std::string>& texts) {
  const auto [leaf, is_new] = Number(KeyOf('u', texts));
  if (!is_new) return leaf;
  for (const std::string& text : texts) user_agents_.Add({text, false}, leaf);
  return leaf;
}

std::uint32_t LeafIndex::Builder::AddUserAgentAtoms(
    const std::vector<LiteralFinder::Literal>& atoms) {
  const auto leaf = static_cast<std::uint32_t>(size_++);
  for (const LiteralFinder::Literal& atom : atoms) user_agents_.Add(atom, leaf);
  return leaf;
}

std::uint32_t LeafIndex::Builder::AddPathAtoms(const std::vector<LiteralFinder::Literal>& atoms) {
  const auto leaf = static_cast<std::uint32_t>(size_++);
  for (const LiteralFinder::Literal& atom : atoms) path_atoms_.Add(atom, leaf);
  return leaf;
}

std::size_t LeafIndex::Builder::ListOf(const RangeList* list) {
  const auto [at, is_new] = lists_.try_emplace(list, range_leaves_.size());
  if (is_new) {
    range_leaves_.emplace_back();
    ranges_.Reserve(list->ranges.size());
    for (const Cidr& range : list->ranges) {
      ranges_.Add(range, static_cast<std::uint32_t>(at->second));
    }
  }
  return at->second;
}

std::uint32_t LeafIndex::Builder::AddRanges(const std::vector<Cidr>& ranges, const Lists& lists) {
  std::vector<std::string> texts;
  for (const Cidr& range : ranges) {
    const auto& bytes = range.address.bytes();
    std::string text(bytes.begin(), bytes.end());
    text += range.address.is_v6() ? '6' : '4';
    text += std::to_string(range.length);
    texts.push_back(std::move(text));
  }
  for (const auto& list : lists) {
    texts.push_back(std::to_string(reinterpret_cast<std::uintptr_t>(list.get())));
  }
  const auto [leaf, is_new] = Number(KeyOf('i', texts));
  if (!is_new) return leaf;
  for (const auto& list : lists) {
    if (list != nullptr) range_leaves_[ListOf(list.get())].push_back(leaf);
  }
  if (ranges.empty()) return leaf;
  const auto own = static_cast<std::uint32_t>(range_leaves_.size());
  range_leaves_.push_back({leaf});
  for (const Cidr& range : ranges) ranges_.Add(range, own);
  return leaf;
}

std::uint32_t LeafIndex::Builder::AddCountries(const std::vector<std::string>& countries) {
  const auto [leaf, is_new] = Number(KeyOf('c', countries));
  if (!is_new) return leaf;
  for (const std::string& country : countries) {
    countries_.emplace_back(country == kUnknown ? 0 : CountryKey(country), leaf);
  }
  return leaf;
}

std::uint32_t LeafIndex::Builder::AddAsns(const std::vector<std::uint32_t>& asns) {
  std::vector<std::string> texts;
  for (const std::uint32_t asn : asns) texts.push_back(std::to_string(asn));
  const auto [leaf, is_new] = Number(KeyOf('a', texts));
  if (!is_new) return leaf;
  for (const std::uint32_t asn : asns) asns_.emplace_back(asn, leaf);
  return leaf;
}

std::uint32_t LeafIndex::Builder::AddFingerprints(const std::vector<std::string>& fingerprints) {
  const auto [leaf, is_new] = Number(KeyOf('t', fingerprints));
  if (!is_new) return leaf;
  for (const std::string& fingerprint : fingerprints) {
    if (fingerprint == kUnknown) {
      no_fingerprint_.push_back(leaf);
    } else {
      fingerprints_.push_back({fingerprint, false, leaf});
    }
  }
  return leaf;
}

tl::expected<LeafIndex, std::string> LeafIndex::Builder::Build() && {
  const auto number_table = [](std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs) {
    std::sort(pairs.begin(), pairs.end());
    NumberTable table;
    Lists32 lists;
    for (const auto& [key, leaf] : pairs) {
      if (table.keys.empty() || table.keys.back() != key) {
        table.keys.push_back(key);
        lists.emplace_back();
      }
      lists.back().push_back(leaf);
    }
    table.leaves = LeafLists(lists);
    return table;
  };
  LeafIndex index;
  index.size_ = size_;
  index.hosts_ = RadixTrie(std::move(hosts_));
  index.paths_ = RadixTrie(std::move(paths_));
  index.path_marks_ = std::move(path_marks_);
  index.globs_ = std::move(globs_);
  index.user_agents_ = LiteralFinder(user_agents_.literals);
  index.user_agent_leaves_ = LeafLists(user_agents_.leaves);
  index.path_atoms_ = LiteralFinder(path_atoms_.literals);
  index.path_atom_leaves_ = LeafLists(path_atoms_.leaves);
  auto ranges = CidrTable::Create(std::move(ranges_));
  if (!ranges) {
    return tl::unexpected(std::string(
        "the lists of ranges overlap in too many ways: use fewer lists, or lists that say less"));
  }
  index.ranges_ = *std::move(ranges);
  index.range_leaves_ = LeafLists(range_leaves_);
  index.countries_ = number_table(std::move(countries_));
  index.asns_ = number_table(std::move(asns_));
  index.has_fingerprints_ = !fingerprints_.empty() || !no_fingerprint_.empty();
  index.fingerprints_ = RadixTrie(std::move(fingerprints_));
  index.no_fingerprint_ = std::move(no_fingerprint_);
  return index;
}

}  // namespace stile
