#ifndef STILE_VERIFIER_POLICY_LITERAL_FINDER_H_
#define STILE_VERIFIER_POLICY_LITERAL_FINDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// Finds which of many literals occur in a text.
//
// Of each literal a few neighbouring windows of 4 bytes are kept in a hashed bit table, so many
// that one of them is met whatever the literal's place if only every 2nd (or, with long literals,
// every 4th) window of the text is looked up. Where the table says so, the literals that have the
// window are compared. The lookups don't wait for each other, as the steps of an automaton do:
// about 0.4 ns a byte, and as much with 10,000 literals as with one, as long as their windows are
// not those of every text; the windows chosen are the rarest that a literal has. Literals of less
// than 5 bytes have shorter windows, and each length of them costs as much again.
//
// A literal takes about 60 bytes besides its text. Immutable.
class LiteralFinder {
 public:
  struct Literal {
    std::string text;     // Not empty.
    bool folded = false;  // `text` is in lower case and found in any case of ASCII letters.
  };

  LiteralFinder() = default;
  explicit LiteralFinder(const std::vector<Literal>& literals);

  [[nodiscard]] bool empty() const noexcept { return literals_.empty(); }
  [[nodiscard]] std::size_t Bytes() const noexcept;

  // Calls found(index of the literal) for each occurrence.
  template <typename Found>
  void Find(std::string_view text, Found found) const noexcept {
    for (const Table& table : tables_) {
      Scan(
          table, text,
          [](void* context, std::uint32_t literal) noexcept {
            (*static_cast<Found*>(context))(literal);
          },
          &found);
    }
  }

 private:
  using Report = void (*)(void* context, std::uint32_t literal) noexcept;

  // A window of a literal.
  struct Window {
    std::uint32_t bytes;
    std::uint32_t literal;
    std::uint32_t offset;
  };
  // The windows of literals that are searched alike.
  struct Table {
    std::uint32_t size = 0;    // Of a window, 1 to 4 bytes.
    std::uint32_t stride = 0;  // Every how many bytes of a text one is looked up.
    int shift = 0;             // Of a hash to an index of `bits`.
    int bucket_shift = 0;      // Of a hash to an index of `buckets`.
    std::vector<std::uint64_t> bits;
    std::vector<std::uint32_t> buckets;  // Bucket i is windows [buckets[i], buckets[i + 1]).
    std::vector<Window> windows;
  };
  struct Place {
    std::uint32_t begin;
    std::uint32_t size;
    bool folded;
  };

  [[nodiscard]] static Table MakeTable(const std::vector<Literal>& literals,
                                       const std::vector<std::uint32_t>& chosen, std::uint32_t size,
                                       std::uint32_t stride);
  void Scan(const Table& table, std::string_view text, Report report, void* context) const noexcept;
  void Verify(const Table& table, std::string_view text, std::size_t at, std::uint32_t window,
              Report report, void* context) const noexcept;

  std::vector<Table> tables_;
  std::vector<Place> literals_;
  std::string texts_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_LITERAL_FINDER_H_
