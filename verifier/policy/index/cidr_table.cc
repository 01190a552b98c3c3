#include "verifier/policy/index/cidr_table.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

namespace stile {
namespace {

std::uint64_t Word(const IpAddress::Bytes16& bytes, std::size_t begin, std::size_t size) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = begin; i < begin + size; ++i) word = word << 8 | bytes[i];
  return word;
}

std::uint32_t NumberV4(const IpAddress& address) noexcept {
  return static_cast<std::uint32_t>(Word(address.bytes(), 0, 4));
}

// Ones in the last `bits` of a word; `bits` may be more than it has, or negative.
std::uint64_t LastBits(int bits) noexcept {
  if (bits <= 0) return 0;
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

}  // namespace

// Gives every combination of sets that occurs a number. 0 is the empty one.
class CidrTable::Combinations {
 public:
  Combinations() { all_.emplace_back(); }

  // The number of combination `of` with `set` added; nothing if there are too many.
  [[nodiscard]] std::optional<std::uint32_t> With(std::uint32_t of, std::uint32_t set) {
    const std::uint64_t step = std::uint64_t{of} << 32 | set;
    if (const auto known = steps_.find(step); known != steps_.end()) return known->second;
    std::vector<std::uint32_t> sets = all_[of];
    const auto at = std::lower_bound(sets.begin(), sets.end(), set);
    std::uint32_t number = of;
    if (at == sets.end() || *at != set) {
      sets.insert(at, set);
      const auto [place, is_new] =
          numbers_.try_emplace(sets, static_cast<std::uint32_t>(all_.size()));
      number = place->second;
      if (is_new) {
        if (members_ + sets.size() > kMaxMembers) return std::nullopt;
        members_ += sets.size();
        all_.push_back(std::move(sets));
      }
    }
    steps_.emplace(step, number);
    return number;
  }

  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& all() const { return all_; }

 private:
  std::vector<std::vector<std::uint32_t>> all_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_;
  std::unordered_map<std::uint64_t, std::uint32_t> steps_;
  std::size_t members_ = 0;
};

namespace {

std::uint32_t Next(std::uint32_t number) noexcept { return number + 1; }
template <typename V6>
V6 Next(V6 number) noexcept {
  if (++number.low == 0) ++number.high;
  return number;
}
constexpr std::uint32_t FirstBits(std::uint32_t number) noexcept { return number; }
template <typename V6>
std::uint32_t FirstBits(const V6& number) noexcept {
  return static_cast<std::uint32_t>(number.high >> 32);
}
// The first number that begins with these 32 bits.
template <typename Number>
Number FirstWith(std::uint32_t bits) noexcept {
  if constexpr (std::is_integral_v<Number>) {
    return bits;
  } else {
    return {std::uint64_t{bits} << 32, 0};
  }
}
template <typename Number>
Number Last() noexcept {
  if constexpr (std::is_integral_v<Number>) {
    return std::numeric_limits<Number>::max();
  } else {
    return {~std::uint64_t{0}, ~std::uint64_t{0}};
  }
}

}  // namespace

void CidrTable::Builder::Reserve(std::size_t ranges) { v4_.reserve(v4_.size() + ranges); }

void CidrTable::Builder::Add(const Cidr& range, std::uint32_t set) {
  const IpAddress::Bytes16& bytes = range.address.bytes();
  if (!range.address.is_v6()) {
    const auto mask = static_cast<std::uint32_t>(LastBits(32 - std::clamp(range.length, 0, 32)));
    const std::uint32_t number = NumberV4(range.address);
    v4_.push_back({number & ~mask, number | mask, set});
    return;
  }
  const int rest = 128 - std::clamp(range.length, 0, 128);
  const V6 mask = {LastBits(rest - 64), LastBits(rest)};
  const V6 number = {Word(bytes, 0, 8), Word(bytes, 8, 8)};
  v6_.push_back({{number.high & ~mask.high, number.low & ~mask.low},
                 {number.high | mask.high, number.low | mask.low},
                 set});
}

// Ranges of addresses with a common beginning never overlap in part: of two, one holds the other or
// they are apart. So those around the current address are a stack.
template <typename Number>
bool CidrTable::Cut(std::vector<Builder::Range<Number>> ranges, Combinations& combinations,
                    Pieces<Number>& pieces) {
  if (ranges.empty()) return true;
  using Range = Builder::Range<Number>;
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.last != b.last ? b.last < a.last : a.set < b.set;
  });
  const auto begin = [&pieces](const Number& first, std::uint32_t combination) {
    if (!pieces.first.empty() && pieces.first.back() == first) {
      pieces.first.pop_back();
      pieces.combination.pop_back();
    }
    if (!pieces.combination.empty() && pieces.combination.back() == combination) return;
    pieces.first.push_back(first);
    pieces.combination.push_back(combination);
  };
  std::vector<std::pair<Number, std::uint32_t>> around = {{Last<Number>(), 0}};
  begin(Number{}, 0);
  const auto leave = [&around, &begin] {
    const Number last = around.back().first;
    around.pop_back();
    begin(Next(last), around.back().second);
  };
  for (const Range& range : ranges) {
    while (around.back().first < range.first) leave();
    const auto combination = combinations.With(around.back().second, range.set);
    if (!combination) return false;
    around.emplace_back(range.last, *combination);
    begin(range.first, *combination);
  }
  while (around.back().first != Last<Number>()) leave();
  pieces.first.shrink_to_fit();
  pieces.combination.shrink_to_fit();

  const std::size_t count = pieces.first.size();
  const int bits = std::clamp(static_cast<int>(std::bit_width(count)), 1, 16);
  pieces.index_shift = 32 - bits;
  pieces.index.resize((std::size_t{1} << bits) + 1);
  std::size_t piece = 0;
  for (std::size_t i = 0; i + 1 < pieces.index.size(); ++i) {
    // The last piece that begins at or before the first address with these bits.
    const auto top = static_cast<std::uint32_t>(i << pieces.index_shift);
    while (piece + 1 < count && !(FirstWith<Number>(top) < pieces.first[piece + 1])) ++piece;
    pieces.index[i] = static_cast<std::uint32_t>(piece);
  }
  pieces.index.back() = static_cast<std::uint32_t>(count - 1);
  return true;
}

std::optional<CidrTable> CidrTable::Create(Builder builder) {
  CidrTable table;
  Combinations combinations;
  if (!Cut(std::move(builder.v4_), combinations, table.v4_) ||
      !Cut(std::move(builder.v6_), combinations, table.v6_)) {
    return std::nullopt;
  }
  for (const std::vector<std::uint32_t>& sets : combinations.all()) {
    table.begins_.push_back(static_cast<std::uint32_t>(table.members_.size()));
    table.members_.insert(table.members_.end(), sets.begin(), sets.end());
  }
  table.begins_.push_back(static_cast<std::uint32_t>(table.members_.size()));
  table.begins_.shrink_to_fit();
  table.members_.shrink_to_fit();
  return table;
}

template <typename Number>
std::uint32_t CidrTable::Pieces<Number>::Find(const Number& number) const noexcept {
  if (first.empty()) return 0;
  const std::size_t entry = FirstBits(number) >> index_shift;
  std::size_t piece = index[entry];
  for (std::size_t size = index[entry + 1] - piece + 1; size > 1;) {
    const std::size_t half = size / 2;
    piece = first[piece + half] <= number ? piece + half : piece;
    size -= half;
  }
  return combination[piece];
}

std::span<const std::uint32_t> CidrTable::Find(const IpAddress& address) const noexcept {
  if (empty()) return {};
  const IpAddress::Bytes16& bytes = address.bytes();
  const std::uint32_t combination = address.is_v6()
                                        ? v6_.Find({Word(bytes, 0, 8), Word(bytes, 8, 8)})
                                        : v4_.Find(NumberV4(address));
  const std::uint32_t begin = begins_[combination];
  return {members_.data() + begin, begins_[combination + 1] - begin};
}

std::size_t CidrTable::Bytes() const noexcept {
  return (v4_.first.capacity() + v4_.combination.capacity() + v4_.index.capacity() +
          v6_.combination.capacity() + v6_.index.capacity() + begins_.capacity() +
          members_.capacity()) *
             sizeof(std::uint32_t) +
         v6_.first.capacity() * sizeof(V6);
}

}  // namespace stile
