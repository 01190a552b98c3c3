#ifndef STILE_VERIFIER_POLICY_INDEX_CIDR_TABLE_H_
#define STILE_VERIFIER_POLICY_INDEX_CIDR_TABLE_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "challenge/ip_address.h"
#include "verifier/policy/cidr.h"

namespace stile {

// Every address range of a policy in one table: says which sets of ranges an address is in.
//
// The address space is cut where a range begins or ends; each piece knows the sets that cover it.
// An index by the first bits, as large as the table needs, and a search without branches between
// its entries find the piece: 5 to 20 ns for IPv4, up to twice as much for IPv6, more where a large
// table has left the cache. 8 bytes a piece for IPv4, 20 for IPv6; n ranges make at most 2n + 1
// pieces. Immutable.
class CidrTable {
 public:
  // The most numbers that all different combinations of sets may hold together.
  static constexpr std::size_t kMaxMembers = 4'000'000;

  // Collects the ranges of numbered sets.
  class Builder {
   public:
    void Reserve(std::size_t ranges);
    // A length outside its family is cut to it.
    void Add(const Cidr& range, std::uint32_t set);

   private:
    friend class CidrTable;
    template <typename Number>
    struct Range {
      Number first;
      Number last;
      std::uint32_t set;
    };
    struct V6 {
      std::uint64_t high;
      std::uint64_t low;
      friend auto operator<=>(const V6&, const V6&) = default;
    };
    std::vector<Range<std::uint32_t>> v4_;
    std::vector<Range<V6>> v6_;
  };

  CidrTable() = default;

  // n log n in the number of ranges: 1,000,000 take about 0.3 s. Returns nothing if the sets
  // overlap in so many ways that kMaxMembers doesn't suffice.
  [[nodiscard]] static std::optional<CidrTable> Create(Builder builder);

  // The numbers of the sets that `address` is in, ascending.
  [[nodiscard]] std::span<const std::uint32_t> Find(const IpAddress& address) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return v4_.first.size() + v6_.first.size() == 0; }
  [[nodiscard]] std::size_t Bytes() const noexcept;

 private:
  using V6 = Builder::V6;

  // The pieces of one family, in order; the first begins at 0.
  template <typename Number>
  struct Pieces {
    std::vector<Number> first;
    std::vector<std::uint32_t> combination;  // Of the same piece.
    std::vector<std::uint32_t> index;        // By the first bits: the piece where they begin.
    int index_shift = 32;                    // Of the first 32 bits to an entry of `index`.

    [[nodiscard]] std::uint32_t Find(const Number& number) const noexcept;
  };
  class Combinations;
  template <typename Number>
  [[nodiscard]] static bool Cut(std::vector<Builder::Range<Number>> ranges,
                                Combinations& combinations, Pieces<Number>& pieces);

  Pieces<std::uint32_t> v4_;
  Pieces<V6> v6_;
  std::vector<std::uint32_t> begins_;  // Combination i is members_ [begins_[i], begins_[i + 1]).
  std::vector<std::uint32_t> members_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_CIDR_TABLE_H_
