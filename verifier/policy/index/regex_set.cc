#include "verifier/policy/index/regex_set.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <utility>

#include "verifier/policy/index/regex_options.h"

namespace stile {
namespace {

RE2::Options OptionsWith(std::int64_t memory) {
  RE2::Options options = RegexOptions();
  options.set_max_mem(memory);
  return options;
}

// Texts that so many requests have that they filter nothing.
bool IsCommon(const std::string& atom) {
  static constexpr std::string_view kCommon =
      "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) "
      "chrome/125.0.0.0 safari/537.36 firefox/126.0 (x11; linux x86_64; rv:126.0) mobile version/ "
      "(iphone; cpu iphone os 17_5 like mac os x) (macintosh; intel mac os x 10_15_7) android "
      "(compatible; +https://www. bot http:// .com/ .html index api";
  return kCommon.find(atom) != std::string_view::npos;
}

// Literals of one expression such that each match has at least one of them; empty if there are
// none. Takes away from all that the filter knows what it can do without, the least telling first.
std::vector<std::string> AtomsOf(re2::FilteredRE2& filter) {
  std::vector<std::string> atoms;
  filter.Compile(&atoms);
  const auto passes = [&filter](const std::vector<bool>& has) {
    std::vector<int> indexes;
    for (std::size_t i = 0; i < has.size(); ++i) {
      if (has[i]) indexes.push_back(static_cast<int>(i));
    }
    std::vector<int> potentials;
    filter.AllPotentials(indexes, &potentials);
    return !potentials.empty();
  };
  std::vector<bool> has(atoms.size(), false);  // In the text, of the atoms that aren't needed.
  if (passes(has)) return {};
  std::vector<std::size_t> order(atoms.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&atoms](std::size_t a, std::size_t b) {
    const bool a_common = IsCommon(atoms[a]);
    if (a_common != IsCommon(atoms[b])) return a_common;
    return atoms[a].size() < atoms[b].size();
  });
  std::vector<std::string> needed;
  for (const std::size_t i : order) {
    has[i] = true;
    if (!passes(has)) continue;
    has[i] = false;
    needed.push_back(atoms[i]);
  }
  return needed;
}

}  // namespace

struct RegexSet::Compiled {
  Compiled() : set(RE2::Options(), RE2::UNANCHORED) {}

  RE2::Set set;
  std::vector<LiteralFinder::Literal> atoms;
  LiteralFinder filter;
};

RegexSet::RegexSet() = default;
RegexSet::~RegexSet() = default;
RegexSet::RegexSet(RegexSet&&) noexcept = default;
RegexSet& RegexSet::operator=(RegexSet&&) noexcept = default;

tl::expected<RegexSet, Error> RegexSet::Create(const std::vector<std::string>& expressions,
                                               std::int64_t memory) {
  const auto wrong = [](ErrorCode code, std::string message) {
    return tl::unexpected(Error{code, {}, std::move(message)});
  };
  RegexSet result;
  result.compiled_ = std::make_unique<Compiled>();
  Compiled& compiled = *result.compiled_;
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(expressions.size(), 1));
  compiled.set = RE2::Set(OptionsWith(memory * count), RE2::UNANCHORED);
  for (const std::string& expression : expressions) {
    re2::FilteredRE2 filter(kShortestAtom);
    int id = 0;
    // With the memory of one, so that an expression that is too large is told from the others.
    const RE2::ErrorCode code = filter.Add(expression, OptionsWith(memory), &id);
    if (code == RE2::ErrorPatternTooLarge) {
      return wrong(ErrorCode::kOutOfRange,
                   "the regular expression takes too much memory: write smaller repetitions");
    }
    std::string error;
    if (code != RE2::NoError || compiled.set.Add(expression, &error) < 0) {
      return wrong(ErrorCode::kInvalidArgument,
                   "the regular expression is none of RE2" +
                       (error.empty() ? std::string() : " (" + Printable(error) + ")") +
                       ": write one that is");
    }
    const std::vector<std::string> atoms = AtomsOf(filter);
    if (atoms.empty()) {
      return wrong(ErrorCode::kInvalidArgument,
                   "the regular expression may match without any literal text of 3 bytes, so every "
                   "request would have to be searched: write one that needs such a text");
    }
    for (const std::string& atom : atoms) compiled.atoms.push_back({atom, true});
  }
  if (!compiled.set.Compile()) {
    return wrong(ErrorCode::kOutOfRange,
                 "the regular expressions take too much memory: write smaller repetitions");
  }
  compiled.filter = LiteralFinder(compiled.atoms);
  return result;
}

const std::vector<LiteralFinder::Literal>& RegexSet::atoms() const noexcept {
  static const std::vector<LiteralFinder::Literal> none;
  return compiled_ == nullptr ? none : compiled_->atoms;
}

Truth RegexSet::Find(std::string_view text) const noexcept {
  if (compiled_ == nullptr) return Truth::kGaveUp;
  bool found = false;
  compiled_->filter.Find(text, [&found](std::uint32_t) { found = true; });
  return found ? FindBehindAtom(text) : Truth::kNo;
}

Truth RegexSet::FindBehindAtom(std::string_view text) const noexcept {
  if (compiled_ == nullptr) return Truth::kGaveUp;
  try {
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    const re2::StringPiece piece(text.data(), text.size());
    if (compiled_->set.Match(piece, nullptr, &error)) return Truth::kYes;
    return error.kind == RE2::Set::kNoError ? Truth::kNo : Truth::kGaveUp;
  } catch (...) {  // RE2 found no memory.
    return Truth::kGaveUp;
  }
}

std::size_t RegexSet::Bytes() const noexcept {
  if (compiled_ == nullptr) return 0;
  std::size_t bytes = sizeof(Compiled) + compiled_->filter.Bytes();
  for (const LiteralFinder::Literal& atom : compiled_->atoms)
    bytes += sizeof(atom) + atom.text.size();
  return bytes;
}

}  // namespace stile
